"""A corrected sheet that comes back: checked as a whole against the quarantine, then taken in like a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from xlsxwriter.utility import xl_col_to_name as letter

from jobs import clock
from jobs.contractcheck import require
from jobs.definitions.contract import Contract, feed_ids, load_feed
from jobs.feeds.quarantine import OPEN, OVERTAKEN, STATES, Row, open_rows, rows
from jobs.feeds.reading import Progress
from jobs.feeds.repair import (
    ACTION,
    ACTIONS,
    CORRECT,
    DROP,
    FIXED,
    GUIDE,
    LEAVE,
    Entry,
    entries,
    header,
    land,
)
from jobs.feeds.take_in import PollResult, finish_open
from jobs.ledger import repairs, writer_lock
from jobs.operate.export import editable, fixed_of, units_of
from jobs.refusals import Refusal
from jobs.sheets.files import sheets
from jobs.sheets.grid import Sheet, Unreadable

SHOWN = 50
"""Faults told of one sheet."""
LONGEST_NAME = 64


class SheetRefused(Refusal, ValueError):
    """The whole sheet is refused, nothing of it was taken in.

    Parameters
    ----------
    faults : list of str
        One line each: sheet, row, column, value, and what is wrong.
    """

    def __init__(self, faults: list[str]) -> None:
        more = [f"……另有 {len(faults) - SHOWN} 处"] if len(faults) > SHOWN else []
        super().__init__(
            "\n".join([f"更正表整张退回，未作任何改动（{len(faults)} 处）：", *faults[:SHOWN], *more])
        )
        self.faults = faults


@dataclass
class Outcome:
    """What an import did.

    Attributes
    ----------
    polls : list of PollResult
        One per feed of the sheet.
    dropped : int
        Rows dropped.
    again : list of Row
        Corrected rows that still break a rule and wait in quarantine again.
    """

    polls: list[PollResult] = field(default_factory=list)
    dropped: int = 0
    again: list[Row] = field(default_factory=list)


def import_sheet(path: Path, by: str, progress: Progress = lambda *_: None) -> Outcome:
    """Take in a corrected sheet.

    Parameters
    ----------
    path : Path
        The workbook as exported and corrected.
    by : str
        Who decided.
    progress : callable
        Told (what, how far, of how many).

    Returns
    -------
    Outcome
        A run that died is repeated with the same sheet and ends with the same rows.

    Raises
    ------
    SheetRefused
        If anything in the sheet is wrong or stale, or it was taken in before.
    jobs.ledger.database.WriterBusy
        If another process writes to the lake.
    """
    if not 0 < len(by.strip()) <= LONGEST_NAME:
        raise SheetRefused([f"--by：姓名应为 1 至 {LONGEST_NAME} 个字，实为“{by}”"])
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    with writer_lock():
        begun = repairs.polls_of(sha256)
        if begun and all(p.done_at for p in begun):
            raise SheetRefused([f"{path.name}：这张更正表已于 {begun[0].opened_at:%Y-%m-%d %H:%M} 导入过"])
        if not begun:
            # What a dead run left unfinished may overtake rows of the sheet.
            for feed in feed_ids():
                finish_open(feed, progress)
            wanted = checked(path, path.name)
            # Only what is taken in is kept: anybody may name any file here.
            sha256, size = land(path)
            begun = repairs.start(wanted, sha256, size, path.name, by, clock.now())
        outcome = Outcome([finish_open(p.feed, progress) for p in begun if not p.done_at])
    made = {b.batch_id for p in outcome.polls for b in p.accepted}
    outcome.dropped = sum(
        r.batch_id in made and r.action == repairs.DROPPED for r in repairs.decided().values()
    )
    outcome.again = [r for p in outcome.polls for r in open_rows(p.feed) if r.batch_id in made]
    return outcome


def checked(workbook: Path, name: str) -> dict[str, list[str]]:
    """Check a sheet and return feed -> batches that it decides on.

    Raises
    ------
    SheetRefused
        With every fault found.
    ContractBroken
        If the contract of a feed in the sheet has a fault.
    """
    faults: list[str] = []
    wanted: dict[str, list[str]] = {}
    try:
        for sheet in sheets(workbook):
            if sheet.name == GUIDE:
                continue
            if sheet.name not in feed_ids():
                faults.append(f"{name} 工作表“{sheet.name}”：不是数据源编号，不是本系统导出的更正表")
                continue
            require(sheet.name)
            decided = _checked_sheet(load_feed(sheet.name), sheet, faults)
            if decided:
                wanted[sheet.name] = decided
    except Unreadable as error:
        faults.append(f"{name}：{error}")
    if not faults and not wanted:
        faults.append(f"{name}：没有一行标为“{CORRECT}”或“{DROP}”")
    if faults:
        raise SheetRefused(faults)
    return wanted


def _checked_sheet(contract: Contract, sheet: Sheet, faults: list[str]) -> list[str]:
    """Check one sheet, add its faults, and return the batches it decides on, oldest first."""
    _, first_row = next(sheet.rows, (1, []))
    expected = header(contract)
    wrong = [i for i, text in enumerate(expected) if i >= len(first_row) or first_row[i] != text]
    if wrong:
        seen = first_row[wrong[0]] if wrong[0] < len(first_row) else ""
        faults.append(
            f"工作表“{sheet.name}”第1行{letter(wrong[0])}列：表头应为“{expected[wrong[0]]}”，实为“{seen}”"
        )
        return []
    names = [c.name for c in contract.cells] + first_row[len(expected) :]
    known = {r.place: r for r in rows(contract.id)}
    units = units_of(known.values())
    seen_rows: dict[repairs.Place, int] = {}
    batches: dict[str, int] = {}
    for entry in entries(contract, first_row, sheet.rows):
        at = f"工作表“{sheet.name}”第{entry.number}行"
        row = known.get(entry.place)
        if row is None:
            faults.append(f"{at}A—C列：隔离区没有这一行（“{'|'.join(entry.fixed[:3])}”）")
            continue
        if entry.place in seen_rows:
            faults.append(f"{at}：与第{seen_rows[entry.place]}行是同一条隔离数据")
            continue
        seen_rows[entry.place] = entry.number
        faults += [f"{at}{f}" for f in _faults(contract, entry, row, units[row.file_id], names)]
        if entry.action in ACTIONS:
            batches[row.batch_id] = row.seq
    return sorted(batches, key=lambda b: batches[b])


def _same(left: str, right: str) -> bool:
    """Whether two texts are the same cell: a spreadsheet program may write line breaks in another way."""

    def plain(text: str) -> str:
        return text.replace("_x000D_", "\r").replace("\r\n", "\n").replace("\r", "\n").strip()

    return plain(left) == plain(right)


def _faults(contract: Contract, entry: Entry, row: Row, unit: str, names: list[str]) -> list[str]:
    """Return what is wrong with one row of the sheet."""
    if entry.action in ACTIONS and row.state != OPEN:
        why = f"{STATES[row.state]}：{row.by}"
        return [f"：过时，{why}；请重新导出" if row.state == OVERTAKEN else f"：过时，该行{why}"]
    if entry.fixed[3] != row.fingerprint():
        return [f"D列：指纹“{entry.fixed[3]}”与隔离区现有的这一行不符；请重新导出"]
    faults = []
    for i, (text, expected) in enumerate(zip(entry.fixed, fixed_of(contract, row, unit), strict=True)):
        if i != ACTION and not _same(text, expected):
            faults.append(f"{letter(i)}列“{FIXED[i]}”：不可改动，应为“{expected}”，实为“{text}”")
    if entry.action not in (*ACTIONS, LEAVE):
        faults.append(f"{letter(ACTION)}列“处理”：应为 {CORRECT}、{DROP}、{LEAVE} 之一，实为“{entry.action}”")
    free = editable(contract, row)
    labels = {c.name: c.label for c in contract.cells}
    for i, name in enumerate(names, start=len(FIXED)):
        text, sent = entry.cells.get(name, ""), row.cells.get(name, "")
        if _same(text, sent):
            continue
        where = f"{letter(i)}列“{labels.get(name, name)}”"
        if name not in free:
            faults.append(f"{where}：这个单元格没有问题，不可改动，收到的是“{sent}”，实为“{text}”")
        elif entry.action != CORRECT:
            faults.append(f"{where}：已改为“{text}”，但处理为“{entry.action}”，应为“{CORRECT}”")
    return faults
