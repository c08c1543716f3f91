"""What the checks of a release cost, beside DuckDB reading the same gold tables.

``make bench-audit`` or ``python -m benchmarks.audit`` after ``make demo``: the newest release of the installation is audited
as if none of its rows had been audited before, once, in this process. Its ledger keeps no verdict, its Data Docs no page. What
DuckDB does is to read every column of every row of the release's gold tables, and nothing with them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from benchmarks.site import out
from infra.measurements import Record, keep
from jobs import lake
from jobs.definitions.contract import table_names
from jobs.ledger import releases
from jobs.quality import audit
from jobs.quality.auditor import Auditor, context
from jobs.quality.witness import scratch

PARTS = {
    "silver": "入库行与台账 rows of silver, counts against the ledger",
    "gold": "结果表与跨表核对 gold tables, what must hold between them",
    "docs": "审核报告 Data Docs",
}
CHECKS = "全部检查 all checks"


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    since = time.perf_counter()
    done = work()
    return time.perf_counter() - since, done


def _read(release: str, programmes: list[str]) -> int:
    """Read a release's gold tables by DuckDB and return how many rows they have."""
    rows = 0
    for programme in programmes:
        with scratch() as con:
            for table in table_names():
                if lake.gold_view(con, table, release, programme):
                    rows += len(con.execute(f"SELECT * FROM {table}").fetch_arrow_table())
    return rows


def main(
    release: Annotated[
        str, typer.Argument(help="发布编号，默认最新一次 · a release, default: the newest")
    ] = "",
    record: Record = False,
) -> None:
    """审核一次发布用多少秒，是 DuckDB 读同样结果表的几倍 · seconds of an audit, and its ratio to reading the same tables."""
    live = releases.live()
    name = release or (live[-1].release_id if live else "")
    rows = releases.of(name)
    if not rows:
        raise typer.BadParameter("没有这样的发布：先运行 make demo · no such release")
    programmes = sorted({r.programme for r in rows})
    with tempfile.TemporaryDirectory() as folder, out.status("审核 · auditing"):
        auditor = Auditor(context(Path(folder)))
        feeds = {feed: (0, until) for feed, until in audit.feeds_of(rows).items()}
        silver, broken = _timed(lambda: audit.silver_failures(auditor, feeds))
        gold, more = _timed(lambda: [audit.gold_failures(auditor, name, p) for p in programmes])
        docs, _ = _timed(auditor.publish)
        read, count = _timed(lambda: _read(name, programmes))
    table = Table(
        title=f"{name}（{len(rows)} 期，结果 {count:,} 行）的审核，秒 · audit of a release, seconds"
    )
    table.add_column("步骤 step")
    table.add_column("秒 seconds", justify="right")
    for part, seconds in zip(PARTS.values(), (silver, gold, docs), strict=True):
        table.add_row(part, f"{seconds:.1f}")
    whole = silver + gold + docs
    table.add_row(CHECKS, f"{whole:.1f}")
    table.add_row("DuckDB 读同样的结果表 reads the same gold tables", f"{read:.1f}")
    table.add_row("倍 ratio", f"{whole / read:.1f}")
    out.print(table)
    named = {**dict(zip(PARTS.values(), (silver, gold, docs), strict=True)), CHECKS: whole}
    keep(record, "benchmarks.audit", [{"name": name, "value": s, "unit": "s"} for name, s in named.items()])
    tables = len(broken) + sum(map(len, more))
    out.print(f"有 {tables} 张表不合规则（含只提示的） · tables that break a rule, mere remarks included")


if __name__ == "__main__":
    typer.run(main)
