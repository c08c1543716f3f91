"""What the checks of a release cost, beside DuckDB reading the same gold tables, and apart from them the second computation.

``make bench-audit`` or ``python -m benchmarks.audit`` after ``make demo``: the newest release of the installation is audited
as if none of its rows had been audited before, once, in this process; silver then as after the release before it. Its ledger
keeps no verdict, its Data Docs no page. What DuckDB does is to read every column of every row of the release's gold tables, and
nothing with them. The first computation's seconds are those that the release keeps of itself.
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
from infra.measurements import Measured, Record, keep
from jobs import lake
from jobs.definitions.contract import table_names
from jobs.ledger import releases
from jobs.ledger.models import Release
from jobs.quality import audit
from jobs.quality.auditor import Auditor, context
from jobs.quality.witness import scratch
from jobs.release.second_computation import Second, again

PARTS = {
    "silver": "入库行与台账 rows of silver, counts against the ledger",
    "gold": "结果表与跨表核对 gold tables, what must hold between them",
    "docs": "审核报告 Data Docs",
}
CHECKS = "全部检查 all checks"
NEW = "入库行与台账，只看上一版以后的 only rows since the release before"
SECOND, FIRST = "第二次计算 second computation", "第一次计算 first computation"
RATIO = "第二次比第一次 second to first"


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


def _since(rows: list[Release]) -> int:
    """Return the last batch that the audited release before knew; 0 if there is none."""
    own = max(r.seq for r in rows)
    return max((r.seq for r in releases.passed() if r.seq < own), default=0)


def _checks(name: str, rows: list[Release]) -> tuple[dict[str, float], int]:
    """Return the seconds of each part of the checks, and how many tables break a rule."""
    feeds = audit.feeds_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        auditor = Auditor(context(Path(folder)))
        silver, broken = _timed(lambda: audit.silver_failures(auditor, {f: (0, s) for f, s in feeds.items()}))
        programmes = sorted({r.programme for r in rows})
        gold, more = _timed(lambda: [audit.gold_failures(auditor, name, p) for p in programmes])
        docs, _ = _timed(auditor.publish)
    with tempfile.TemporaryDirectory() as folder:
        auditor, since = Auditor(context(Path(folder))), _since(rows)
        new, _ = _timed(lambda: audit.silver_failures(auditor, {f: (since, s) for f, s in feeds.items()}))
    seconds = dict(zip(PARTS.values(), (silver, gold, docs), strict=True))
    return seconds | {CHECKS: silver + gold + docs, NEW: new}, len(broken) + sum(map(len, more))


def _measured(seconds: dict[str, float], second: Second) -> list[Measured]:
    """Return all that was measured."""
    rows: list[Measured] = [{"name": n, "value": s, "unit": "s"} for n, s in seconds.items()]
    rows.append(
        {"name": SECOND, "value": second.seconds, "unit": "s", "remark": f"{second.slices} 段 slices"}
    )
    if second.first is not None:
        rows.append({"name": FIRST, "value": second.first, "unit": "s"})
        rows.append({"name": RATIO, "value": second.seconds / second.first, "unit": "倍 x"})
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
    with out.status("审核 · auditing"):
        seconds, tables = _checks(name, rows)
        read, count = _timed(lambda: _read(name, sorted({r.programme for r in rows})))
        second = again(rows)
    measured = _measured(seconds, second)
    table = Table(title=f"{name}（{len(rows)} 期，结果 {count:,} 行）的审核 · audit of a release")
    for column in ("步骤 step", "值 value", "单位 unit"):
        table.add_column(column, justify="right" if column.startswith("值") else "left")
    for row in measured:
        table.add_row(row["name"], f"{row['value']:.1f}", row["unit"])
    table.add_row("DuckDB 读同样的结果表 reads the same gold tables", f"{read:.1f}", "s")
    table.add_row("检查比读 checks to reading", f"{seconds[CHECKS] / read:.1f}", "倍 x")
    out.print(table)
    out.print(f"有 {tables} 张表不合规则（含只提示的） · tables that break a rule, mere remarks included")
    out.print(second.words())
    keep(record and not second.differing, "benchmarks.audit", measured)


if __name__ == "__main__":
    typer.run(main)
