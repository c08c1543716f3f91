"""Choosing the sheet of a file that is meant, and making sure that it is the form it claims to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from jobs.contract import Column, Contract
from jobs.edition import Edition
from jobs.feeds import editions, recognise
from jobs.feeds.grid import Sheet, sheets
from jobs.feeds.header import AmbiguousHeader, Header, Merged, Row, find
from jobs.feeds.recognise import listed

HEAD_ROWS = 20
"""Rows at the top of a sheet among which title, unit and header are looked for."""


class Refused(ValueError):
    """The file as a whole is refused; the message names rule and place, in Chinese."""


@dataclass
class Choice:
    """A sheet with the header it has, the rows read so far, and the other sheets' names."""

    sheet: Sheet
    header: Header
    head: list[tuple[int, Row]]
    whole: bool
    others: list[str] = field(default_factory=list)

    @property
    def cells(self) -> list[Row]:
        """The rows read so far, without their numbers."""
        return [cells for _, cells in self.head]

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """By which the better sheet is known: required columns, then all, then anything below."""
        return self.whole, len(self.header.places), self.has_data

    @property
    def has_data(self) -> bool:
        """Whether anything stands under the header, as far as it was read."""
        below = self.cells[self.header.first + self.header.depth :]
        return len(self.head) == HEAD_ROWS or any(c.strip() for row in below for c in row)


def choose(contract: Contract, edition: Edition | None, path: Path) -> Choice:
    """Return the sheet that names most columns.

    Raises
    ------
    Refused
        If none has the required columns, two have the same, or the file fits another contract or edition.
    """
    columns = [c.in_edition(edition) for c in contract.cells]
    choices: list[Choice] = []
    heads: list[tuple[list[Row], Merged]] = []
    names: list[str] = []
    unclear: list[str] = []
    for sheet in sheets(path):
        head = list(islice(sheet.rows, HEAD_ROWS))
        cells = [row for _, row in head]
        heads.append((cells, sheet.merged))
        names.append(sheet.name)
        try:
            header = find(cells, columns, sheet.merged)
        except AmbiguousHeader as error:
            unclear.append(str(error))
            continue
        if header:
            whole = all(c.name in header.places for c in columns if c.in_header)
            choices = _kept(choices, Choice(sheet, header, head, whole))
    best = max(choices, key=lambda c: c.rank, default=None)
    if unclear and (best is None or not best.whole):
        raise Refused("；".join(unclear))
    if best is None:
        wanted = "、".join(c.label for c in columns if c.in_header)
        raise Refused(
            _with_guess(contract, f"前 {HEAD_ROWS} 行找不到表头：应有列 {wanted}{_seen(heads)}", heads)
        )
    _refuse_other_edition(contract, edition, best)
    if not best.whole:
        raise Refused(_with_guess(contract, _lacking(columns, best), heads))
    _refuse_twins(best, choices)
    _refuse_other_form(contract, best)
    best.others = [n for n in names if n != best.sheet.name]
    return best


def _kept(choices: list[Choice], new: Choice) -> list[Choice]:
    """Return the sheets worth keeping in memory: those of the best rank so far."""
    best = max([new, *choices], key=lambda c: c.rank).rank
    return [c for c in [*choices, new] if c.rank == best]


def _seen(heads: list[tuple[list[Row], Merged]]) -> str:
    texts = list(dict.fromkeys(c.strip() for rows, _ in heads for row in rows for c in row if c.strip()))
    return f"（见到的开头：{listed(texts)}）" if texts else "（没有内容）"


def _with_guess(contract: Contract, reason: str, heads: list[tuple[list[Row], Merged]]) -> str:
    fit = recognise.guess(contract, heads)
    return f"{reason}；{fit}" if fit else reason


def _lacking(columns: list[Column], best: Choice) -> str:
    """Return which required columns a header lacks, and what it has instead."""
    header = best.header
    missing = "、".join(c.label for c in columns if c.in_header and c.name not in header.places)
    row = best.head[header.first][0]
    names = [n for n in header.names if n]
    blank = [i + 1 for i, n in enumerate(header.names) if not n]
    unnamed = f"；第{'、'.join(map(str, blank[:12]))}列没有列名" if blank else ""
    return f"缺少必需列：{missing}（表头在第{row}行，见到的列：{listed(names)}{unnamed}）"


def _refuse_other_edition(contract: Contract, edition: Edition | None, best: Choice) -> None:
    if reason := editions.other(contract, edition, best.header, best.cells, best.sheet.merged):
        raise Refused(reason)


def _refuse_twins(best: Choice, choices: list[Choice]) -> None:
    """Refuse a workbook of which two sheets are the form: one of them would be lost."""
    twins = [c.sheet.name for c in choices if c.rank == best.rank and c.has_data]
    if len(set(twins)) > 1:
        raise Refused(f"有 {len(twins)} 张工作表都是本表，无法判断用哪一张：{listed(twins)}")


def _refuse_other_form(contract: Contract, best: Choice) -> None:
    above = best.cells[: best.header.first]
    if reason := recognise.wrong_title(contract, above):
        raise Refused(reason)
    if fit := recognise.better(contract, best.header, best.cells, best.sheet.merged):
        own = f"本表《{contract.title}》的 {len(contract.cells)} 列只对上 {len(best.header.places)} 列"
        raise Refused(f"文件同时符合两种表，疑为错报：{own}，{fit}")
