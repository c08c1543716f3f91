"""What happened in the demo, told from the ledger: late, refused, corrected, taken back, sent twice, retried."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from infra.airflow.server import client
from infra.local.services import Platform
from jobs.ledger.models import Release

SHOWN = 4
"""Files named per kind of event; the rest is counted."""
_TROUBLE = re.compile(r'"GET /v1/\S* HTTP/1.1" (429|503)')


def _short(paths: list[str]) -> str:
    rest = f" 等 {len(paths)} 个" if len(paths) > SHOWN else ""
    return "；".join(paths[:SHOWN]) + rest


def files_told() -> Iterator[tuple[str, str]]:
    """Give kinds of events of files, each with what the ledger says of it."""
    from jobs.ledger import session
    from jobs.ledger.models import Batch, File

    with session() as s:
        files = list(s.scalars(select(File).order_by(File.file_id)))
        batches = {b.file_id: b for b in s.scalars(select(Batch))}
    refused = [f.reason or f.path for f in files if f.verdict == "refused"]
    yield "拒收的文件", f"{len(refused)} 个：" + _short(refused)
    yield "同一文件再来一次", _short([f.path for f in files if f.verdict == "unchanged"]) or "无"
    by_scope: dict[tuple[str, str | None], list[File]] = defaultdict(list)
    for f in files:
        if f.verdict == "accepted" and f.mark is None:
            by_scope[f.feed, f.scope].append(f)
    again = [v for v in by_scope.values() if len(v) > 1]
    back = [v for v in again if len(v) > 2 and v[0].sha256 == v[-1].sha256 != v[1].sha256]
    yield "更正的文件", _short([v[-1].path for v in again if v not in back]) or "无"
    yield "A → B → A", _short([" → ".join(f.path.rsplit("/", 1)[1] for f in v) for v in back]) or "无"
    gone = [(f.path, batches[f.file_id].withdrawn) for f in files if f.file_id in batches]
    yield "更正文件未列出而撤下", _short([f"{p} {n} 个主键" for p, n in gone if n]) or "无"
    counts: dict[str, int] = defaultdict(int)
    for b in batches.values():
        counts[b.feed] += b.quarantined
    bad = {f: n for f, n in counts.items() if n}
    yield "隔离的行", f"{sum(bad.values())} 行，{len(bad)} 个数据源：zjtx quarantine list"


def releases_told() -> Iterator[tuple[str, str]]:
    """Give what became complete late, and what corrections changed in the headline figures."""
    from jobs.ledger import releases
    from jobs.operate.summary import headline_rows, headlines
    from jobs.release.causes import NEW, causes

    by_period: dict[tuple[str, str], list[Release]] = defaultdict(list)
    for r in releases.live():
        by_period[r.programme, r.period].append(r)
    for (programme, period), rows in sorted(by_period.items()):
        for before, now in pairwise(rows):
            if before.status == "partial" and now.status == "complete":
                yield "迟到", f"{programme} {period}：{before.release_id} 部分 → {now.release_id} 完整"
            changes = [str(c) for c in causes(now, before) if c.kind != NEW]
            moved = [
                line.strip(" -")
                for line in headlines(headline_rows(now), headline_rows(before))
                if "（原" in line
            ]
            if changes and now.period == max(r.period for r in releases.of(now.release_id)):
                why = f"{programme} {period} {before.release_id} → {now.release_id}：{_short(changes)}"
                yield "更正后重算", why + (f"；{'；'.join(moved)}" if moved else "；主要数未变")


def _services(platform: Platform) -> Iterator[tuple[str, str]]:
    log = platform.site.log / "tax.log"
    refusals: dict[str, int] = defaultdict(int)
    if log.exists():
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if match := _TROUBLE.search(line):
                refusals[match[1]] += 1
    yield (
        "税务接口的 429、503",
        "、".join(f"{k} {n} 次" for k, n in sorted(refusals.items())) + "，均已重试取全",
    )
    with client(platform.site) as airflow:
        runs = airflow.runs("kpi")
        worked = sum(airflow.tasks("kpi", r["dag_run_id"]).get("compute") == "success" for r in runs)
    yield "kpi 运行", f"{len(runs)} 次，其中 {worked} 次有可算的期间"


def show(console: Console, platform: Platform) -> None:
    """Print the events as a table."""
    table = Table(title="演示里发生了什么 what happened", show_lines=True)
    table.add_column("事件")
    table.add_column("台账所记", overflow="fold")
    for source in (files_told(), releases_told(), _services(platform)):
        for kind, what in source:
            table.add_row(kind, what)
    console.print(table, highlight=False, markup=False)
