"""What happened to a file, from ledger and lake: received, judged, split, repaired, used."""

from __future__ import annotations

from typing import Any

import duckdb
from sqlalchemy import select
from sqlalchemy.orm import defer

from jobs.clock import ZONE
from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.period import parse
from jobs.definitions.policy.influence import affected
from jobs.definitions.policy.model import load_all
from jobs.definitions.wording import key_text
from jobs.feeds import quarantine
from jobs.feeds.notices import HELD_BACK
from jobs.lake.scan import view
from jobs.ledger import batches, repairs, session
from jobs.ledger.models import Batch, File, Poll, Release, Repair
from jobs.refusals import NotThere, instead, shown

VERDICTS = {"accepted": "接收", "refused": "拒收", "unchanged": "与上次相同，未重复接收", None: "处理未完成"}
SHORTEST_HASH = 6


def listing(feed: str | None = None, refused: bool = False) -> list[File]:
    """Return the files of the ledger, newest first, without their details: of thousands nobody reads how each was read."""
    query = select(File).options(defer(File.details, raiseload=True)).order_by(File.file_id.desc())
    if feed:
        query = query.where(File.feed == feed)
    if refused:
        query = query.where(File.verdict == "refused")
    with session() as s:
        return list(s.scalars(query))


def find(text: str) -> list[File]:
    """Return the files that an id, a path or the beginning of a content hash names, newest first.

    Raises
    ------
    NotThere
        If there is none; with the nearest paths.
    """
    query = select(File).order_by(File.file_id.desc())
    named = [File.path == text]
    if text.isdecimal() and len(text) < 10:
        named.insert(0, File.file_id == int(text))
    if len(text) >= SHORTEST_HASH:
        named.append(File.sha256.startswith(text.lower(), autoescape=True))
    with session() as s:
        for condition in named:
            if files := list(s.scalars(query.where(condition))):
                return files
    raise NotThere(f"台账中没有文件“{shown(text)}”{_others(text, listing())}")


def _others(text: str, files: list[File]) -> str:
    """Return what to say after a wrong name of a file."""
    if text.isdecimal() and files:
        return f"；现有编号 {files[-1].file_id} 至 {files[0].file_id}，用 zjtx file list 查"
    return instead(text, {f.path for f in files}, "用 zjtx file list 查编号")


def known_part(text: str, feed: str | None = None) -> None:
    """Refuse a piece of a path, or an id, that no file of the ledger has."""
    files = listing(feed)
    if not any(text in f.path or text == str(f.file_id) for f in files):
        raise NotThere(f"没有编号或路径含“{shown(text)}”的文件{_others(text, files)}")


def batch_of(file: File) -> Batch | None:
    """Return the batch of an accepted file."""
    with session() as s:
        return s.scalars(select(Batch).where(Batch.file_id == file.file_id)).first()


def _poll_text(poll: Poll) -> str:
    done = f"{poll.done_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S} 完成" if poll.done_at else "未完成"
    return f"第 {poll.poll_id} 轮，{done}，{poll.run_id or '手工运行'}"


def facts(file: File) -> list[tuple[str, str]]:
    """Return what the ledger knows of a file, line by line: label and text."""
    with session() as s:
        poll = s.get_one(Poll, file.poll_id)
    contract, told = load_feed(file.feed), file.details or {}
    lines = [
        ("编号", str(file.file_id)),
        ("数据源", f"{file.feed} {contract.title}"),
        ("路径", file.path),
        ("来源", contract.feed.connection),
        ("发出时间", f"{file.modified_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"),
        ("接收时间", f"{file.received_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"),
        ("内容散列", f"{file.sha256}（{file.size} 字节）"),
        ("轮次", _poll_text(poll)),
        ("结论", VERDICTS.get(file.verdict, file.verdict or "")),
    ]
    if file.reason:
        lines.append(("原因", file.reason))
    if detail := told.get(repairs.DETAIL):
        lines[3] = ("来源", f"更正表 {detail['workbook']}，{detail['by']}；更正批次 {detail['of_batch']}")
    if file.scope:
        lines.append(("报送范围", file.scope))
    if told.get("edition") or told.get("attributes", {}).get("edition"):
        lines.append(("制度版本", str(told.get("edition") or told["attributes"]["edition"])))
    if "headers" in told:
        lines += header_lines(contract, told)
        lines += _skipped(told)
    if held := told.get(HELD_BACK):
        lines.append(("暂不撤下", f"{held} 个旧主键（文件有主键不可读的行）"))
    return lines


def header_lines(contract: Contract, told: dict[str, Any]) -> list[tuple[str, str]]:
    """Return how a file's columns were read: sheet, the header and the unit of each, and those that were not."""
    lines = [("工作表", told.get("sheet") or "（文本文件）")]
    units, assumed = told.get("units", {}), told.get("units_assumed", [])
    for name, header in told["headers"].items():
        unit = f"，单位 {units[name]}" if name in units else ""
        source = "（合同规定，文件未注明）" if name in assumed else ""
        lines.append(("表头", f"{contract.column(name).label} ← {header}{unit}{source}"))
    return [*lines, ("多出的列", "、".join(told.get("extra_columns", [])) or "无")]


def _skipped(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Return which lines below the header were left out, and why: of each kind how many, then the first ones."""
    kinds = "、".join(f"{kind} {n}" for kind, n in told.get("skipped", {}).items())
    rows = [("跳过", f"第{r['row']}行 {r['kind']}：{r['text']}") for r in told.get("skipped_rows", [])]
    return [("跳过的行", kinds or "无"), *rows]


def counts(batch: Batch) -> str:
    """Return the balance of a batch in words."""
    sums = (
        f"收到 {batch.landed} ＝ 采用 {batch.silver} ＋ 隔离 {batch.quarantined} ＋ 重复 {batch.duplicates}"
    )
    return f"{sums}；撤下旧主键 {batch.withdrawn}；批次 {batch.batch_id}（序号 {batch.seq}）"


def quarantined(batch: Batch) -> list[quarantine.Row]:
    """Return the batch's quarantined rows with what became of each."""
    return [r for r in quarantine.rows(batch.feed) if r.batch_id == batch.batch_id]


def _of_batch(
    con: duckdb.DuckDBPyConnection, name: str, table: tuple[str, str], batch: Batch, columns: list[str]
) -> None:
    """Give a connection a table of a batch's rows."""
    only = ("feed", [batch.feed]) if table[0] == "quarantine" else None
    view(con, "every_batch", table, [*columns, "batch_id"], only)
    query = f"CREATE TEMP TABLE {name} AS SELECT * EXCLUDE (batch_id) FROM every_batch WHERE batch_id = ?"
    con.execute(query, [batch.batch_id])


def duplicates(batch: Batch) -> list[tuple[str, int]]:
    """Return sheet and row of the batch's rows that repeat a row that was kept."""
    place = ["sheet", "row_no"]
    with duckdb.connect() as con:
        _of_batch(con, "bronze", ("bronze", batch.feed), batch, place)
        _of_batch(con, "silver", ("silver", batch.feed), batch, place)
        _of_batch(con, "bad", ("quarantine", "rows"), batch, place)
        repeated = con.execute(
            "SELECT sheet, row_no FROM bronze EXCEPT SELECT sheet, row_no FROM silver "
            "EXCEPT SELECT sheet, row_no FROM bad ORDER BY ALL"
        ).fetchall()
    return [(sheet or "", row) for sheet, row in repeated]


def withdrawn(batch: Batch) -> list[str]:
    """Return the keys that the batch's file left out and thereby withdrew."""
    contract = load_feed(batch.feed)
    columns = list(dict.fromkeys([*contract.key, "deleted"]))
    with duckdb.connect() as con:
        _of_batch(con, "silver", ("silver", batch.feed), batch, columns)
        query = f"SELECT {key_text(contract)} AS key FROM silver WHERE deleted ORDER BY key"
        return [k for (k,) in con.execute(query).fetchall()]


def repaired_here(batch: Batch) -> list[Repair]:
    """Return what a corrected sheet's batch decided."""
    with session() as s:
        query = select(Repair).where(Repair.batch_id == batch.batch_id).order_by(Repair.sheet, Repair.row_no)
        return list(s.scalars(query))


def _next_of_scope(batch: Batch) -> int | None:
    """Return the sequence number at which another file replaces this one, None while it stands."""
    if load_feed(batch.feed).feed.mode != "replace":
        return None
    repairing = repairs.batch_ids()
    later = (b.seq for b in batches.accepted(batch.feed) if b.scope == batch.scope and b.seq > batch.seq)
    ordinary = {b.seq for b in batches.accepted(batch.feed) if b.batch_id not in repairing}
    return min((seq for seq in later if seq in ordinary), default=None)


def used_by(batch: Batch) -> list[Release]:
    """Return the releases whose figures may rest on the batch: oldest first, whatever became of them.

    They know the batch, no later file replaces it for them, and their period reads one of its periods.
    """
    sources = batch.periods or ([batch.first_date.isoformat()] if batch.first_date else [])
    until, programmes = _next_of_scope(batch), load_all()
    with session() as s:
        query = select(Release).where(Release.seq >= batch.seq)
        known = list(s.scalars(query.order_by(Release.seq, Release.release_id, Release.period)))

    def reads(release: Release) -> bool:
        programme = programmes.get(release.programme)
        uses = [u for u in programme.feeds if u.feed == batch.feed] if programme else []
        return any(affected(u, source, parse(release.period)) for u in uses for source in sources)

    return [r for r in known if (until is None or r.seq < until) and reads(r)]


def repair_files(rows: list[quarantine.Row]) -> dict[str, Any]:
    """Return batch -> file of the corrected sheets that decided on quarantined rows."""
    from jobs.operate.lines import files_of

    places = {r.place for r in rows}
    return files_of({str(d.batch_id) for p, d in repairs.decided().items() if p in places})
