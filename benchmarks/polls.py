"""What one poll costs at least: an idle one and one of a single small file, in a running process and in a fresh one.

``python -m benchmarks.polls``: seconds by part. A source's feeds are polled by one process, one after the other; the fresh process
is what its first feed costs, imports and all.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.table import Table

from benchmarks import inputs
from benchmarks.ingest import Spent, Watch
from benchmarks.site import out, servers
from infra.measurements import Measured, Record, keep
from jobs.settings import REPO

PARTS = ("import", "look", "ledger", "rest", "total", "cpu")
"""``rest`` is what there is to do with rows: parsing, judging, appending; ``cpu``, of all, is this process's processors alone."""

Parts = dict[str, float]


def _poll() -> Parts:
    """Poll in this process and return the seconds of the parts."""
    begun = Spent.now()
    from jobs.feeds import ingest
    from jobs.ledger import batches

    imported = Spent.now()
    watch = Watch()
    with watch:
        watch.on(ingest, "fetch_new", "look")
        for name in ("start_poll", "finish_poll", "looked", "open_poll"):
            watch.on(batches, name, "ledger")
        ingest.poll(inputs.FEED)
    total = Spent().plus(begun, Spent.now())
    parts = {"import": imported.clock - begun.clock} | {k: s.clock for k, s in watch.spent.items()}
    return parts | {"rest": total.clock - sum(parts.values()), "total": total.clock, "cpu": total.work}


def _in_fresh_process() -> Parts:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.polls", "--child"],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


PROCESSES = {"running": _poll, "fresh": _in_fresh_process}
KINDS = {
    ("running", "small"): "小文件，进程已在运行 small (1 file, 10 rows), running process",
    ("running", "idle"): "空转，进程已在运行 idle, running process",
    ("fresh", "small"): "小文件，新进程 small, fresh process",
    ("fresh", "idle"): "空转，新进程 idle, fresh process",
}


def measure(times: int = 5) -> list[Measured]:
    """Poll small files and nothing, print what each poll took, and return the medians."""
    found: dict[tuple[str, str], list[Parts]] = {kind: [] for kind in KINDS}
    with servers() as platform:
        source = Path(platform.site.home) / "sandbox" / "sftp"
        _poll()  # the running process has done this before
        for number in range(times):
            # Another year each time: another scope.
            for process, base in (("running", 2011), ("fresh", 2021)):
                inputs.write(source, base + number, 1, 10)
                for what in ("small", "idle"):
                    with out.status(f"{KINDS[process, what]} {number + 1}/{times}"):
                        found[process, what].append(PROCESSES[process]())
    out.print(_table(found))
    return [
        Measured(
            name=f"poll_{what}_{process}{suffix}", value=median(r[part] for r in runs), unit="s", n=times
        )
        for (process, what), runs in found.items()
        for suffix, part in (("", "total"), ("_cpu", "cpu"))
    ]


def _table(found: dict[tuple[str, str], list[Parts]]) -> Table:
    table = Table(title="一次接收的固定成本，秒 · what one poll costs at least, seconds")
    for heading in ("", *PARTS):
        table.add_column(heading, justify="right")
    for kind, runs in found.items():
        for run in runs:
            table.add_row(KINDS[kind], *[f"{run.get(p, 0):.2f}" for p in PARTS])
    return table


def main(
    times: Annotated[int, typer.Option(help="每种几次 · how often each")] = 5,
    child: Annotated[bool, typer.Option(hidden=True)] = False,
    record: Record = False,
) -> None:
    """空转一次、收一个小文件一次各用几秒 · seconds of an idle poll and of one of a small file."""
    if child:
        typer.echo(json.dumps(_poll()))
    else:
        keep(record, "benchmarks.polls", measure(times))


if __name__ == "__main__":
    typer.run(main)
