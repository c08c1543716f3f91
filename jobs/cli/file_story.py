"""A file's story as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.feeds.quarantine import STATES, Row
from jobs.ledger.models import Batch, File
from jobs.operate import files


def tell(file: File, limit: int | None) -> Iterator[str]:
    """Yield what happened to a file, line by line; of long lists the first ``limit`` entries."""
    for label, text in files.facts(file):
        yield f"{label}：{text}"
    batch = files.batch_of(file)
    if batch is None:
        return
    yield f"行数：{files.counts(batch)}"
    yield f"期间：{'、'.join(batch.periods) or '—'}"
    yield from _repaired_here(batch, limit)
    yield from _rows(batch, limit)
    yield from _list("重复行（与已采用的行完全相同）", [_place(*p) for p in files.duplicates(batch)], limit)
    yield from _list("撤下的旧主键", files.withdrawn(batch), limit)
    used = [f"{r.release_id} {r.programme} {r.period} {r.state}" for r in files.used_by(batch)]
    yield from _list("使用它的发布", used, limit)


def _place(sheet: str, row_no: int) -> str:
    return f"{sheet} 第{row_no}行".strip()


def _list(title: str, entries: list[str], limit: int | None) -> Iterator[str]:
    yield f"{title}：{len(entries)}"
    for entry in entries[:limit]:
        yield f"  {entry}"
    if limit is not None and len(entries) > limit:
        yield f"  ……另有 {len(entries) - limit} 条，用 --all 列出"


def _repaired_here(batch: Batch, limit: int | None) -> Iterator[str]:
    repairs = files.repaired_here(batch)
    if repairs:
        words = [f"{_place(r.sheet, r.row_no)}（{r.of_batch}） {STATES[r.action]}" for r in repairs]
        yield from _list("它处理的隔离行", words, limit)


def _rows(batch: Batch, limit: int | None) -> Iterator[str]:
    rows = files.quarantined(batch)
    by_batch = files.repair_files(rows)
    told = [text for row in rows for text in _row(row, by_batch)]
    yield f"隔离行：{len(rows)}"
    shown = rows if limit is None else rows[:limit]
    yield from told[: sum(len(list(_row(r, by_batch))) for r in shown)]
    if len(rows) > len(shown):
        yield f"  ……另有 {len(rows) - len(shown)} 行，用 --all 列出"


def _row(row: Row, by_batch: dict[str, File]) -> Iterator[str]:
    fate = STATES[row.state]
    if row.by:
        file = next((f for b, f in by_batch.items() if b in row.by), None)
        fate += f"：{row.by}" + (f"，文件 {file.file_id} {file.path}" if file else "")
    yield f"  {_place(row.sheet, row.row_no)} [{fate}]"
    for r in row.reasons:
        yield f"      {r['header'] or r['column']} “{r['value']}” {r['rule']}：{r['message']}"
