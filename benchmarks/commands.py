"""How long the commands take that look something up, beside what any command takes: Python itself, and one word of the ledger.

``python -m benchmarks.commands``: on the installation that ``ZJTX_HOME`` names, which must have published something. Seconds of the
clock and of the processor, the least of a few runs, and the ratio to the sum of the two floors.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from benchmarks.site import out
from infra.measurements import Record, keep
from jobs.operate.figure import query
from jobs.settings import REPO

PING = (
    "import psycopg, sys\n"
    "with psycopg.connect(sys.argv[1]) as c: c.execute('select 1').fetchone()"
)  # fmt: skip
"""A connection to the ledger by its driver alone, and one question."""


def _run(command: list[str]) -> tuple[float, float]:
    """Run a command and return its seconds: of the clock and of the processor."""
    before, begun = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - begun, os.times()
    if done.returncode:
        raise SystemExit(f"{' '.join(command[-4:])}：{done.stderr.strip() or done.stdout.strip()}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, used


def _least(command: list[str], times: int) -> tuple[float, float]:
    each = [_run(command) for _ in range(times)]
    return min(s for s, _ in each), min(c for _, c in each)


def _commands() -> dict[str, list[str]]:
    """Return the commands by name; the figures that are traced are published ones of the newest period."""
    published = query(
        "SELECT programme, period, indicator, region_code FROM kpi_region WHERE is_latest AND region_level = 'province' "
        "AND tier IS NULL AND value IS NOT NULL AND ((indicator = 'revenue_growth' AND reading = 'same_firm') "
        "OR (indicator = 'rd_intensity' AND reading = 'pooled') OR (indicator = 'revenue' AND reading = 'sum')) ORDER BY indicator"
    )
    traced = {
        f"trace {r['indicator']}": ["trace", r["period"], r["indicator"], r["region_code"]] for r in published
    }
    plain = ("status", "targets", "ranking", "file list", "file show 1", "quarantine list", "rule list")
    return {text: text.split() for text in plain} | traced


def main(
    times: Annotated[int, typer.Option(min=1, help="每条命令几遍 · runs of each command")] = 3,
    record: Record = False,
) -> None:
    """查询类命令的耗时 · what the commands that look something up take."""
    from jobs.settings import settings

    url = settings().ledger_url.replace("+psycopg", "")
    floors = {
        "python -c pass": _least([sys.executable, "-c", "pass"], times),
        "ledger ping": _least([sys.executable, "-c", PING, url], times),
    }
    floor = sum(clock for clock, _ in floors.values())
    table = Table(title="查询命令 · commands that look something up")
    for heading in ("command", "clock s", "processor s", "x floor"):
        table.add_column(heading, justify="left" if heading == "command" else "right")
    zjtx = str(Path(sys.executable).parent / "zjtx")
    measured = {name: _least([zjtx, *arguments], times) for name, arguments in _commands().items()}
    for name, (clock, used) in {**floors, **measured}.items():
        table.add_row(name, f"{clock:.2f}", f"{used:.2f}", f"{clock / floor:.1f}")
    out.print(table)
    clocks = {name: clock for name, (clock, _) in {**floors, **measured}.items()}
    keep(record, "benchmarks.commands", [{"name": n, "value": s, "unit": "s"} for n, s in clocks.items()])


if __name__ == "__main__":
    typer.run(main)
