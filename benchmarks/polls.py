"""What one poll costs at least: an idle one and one of a single small file, each in a fresh process as a task is.

``python -m benchmarks.polls``: seconds from the start of the work in the process to its end, by part.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from benchmarks import inputs
from benchmarks.site import out, servers
from jobs.settings import REPO

PARTS = ("import", "contract", "look", "parse", "ledger", "rest", "total")
"""``rest`` is what there is to do with rows: judging and appending."""


def _work() -> dict[str, float]:
    """Do one poll in this process and return the seconds of its parts."""
    begun = time.perf_counter()
    from jobs.feeds.ingest import poll

    imported = time.perf_counter()
    from jobs.definitions.contract import load_feed

    load_feed(inputs.FEED)
    contract = time.perf_counter()
    from benchmarks.ingest import Watch

    watch = _watched(Watch())
    started = time.perf_counter()
    poll(inputs.FEED)
    ended = time.perf_counter()
    total = (ended - begun) - (started - contract)
    parts = {"import": imported - begun, "contract": contract - imported} | watch.seconds
    return parts | {"rest": total - sum(parts.values()), "total": total}


def _watched(watch: Any) -> Any:
    from jobs.feeds import ingest
    from jobs.ledger import batches

    watch.on(ingest, "fetch_new", "look")
    watch.on(ingest, "parse_all", "parse")
    for name in ("start_poll", "finish_poll", "looked", "open_poll"):
        watch.on(batches, name, "ledger")
    return watch


def _in_process() -> dict[str, float]:
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


def main(
    times: Annotated[int, typer.Option(help="每种几次 · how often each")] = 3,
    child: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """空转一次、收一个小文件一次各用几秒 · seconds of an idle poll and of one of a small file."""
    if child:
        typer.echo(json.dumps(_work()))
        return
    with servers() as platform:
        source = Path(platform.site.home) / "sandbox" / "sftp"
        found: dict[str, list[dict[str, float]]] = {}
        for number in range(times):
            # Another year each time: another scope.
            inputs.write(source, 2021 + number, 1, 10)
            for kind in ("小文件 small (1 file, 10 rows)", "空转 idle"):
                with out.status(f"{kind} {number + 1}/{times}"):
                    found.setdefault(kind, []).append(_in_process())
    table = Table(title="一次接收的固定成本，秒 · what one poll costs at least, seconds")
    for heading in ("", *PARTS):
        table.add_column(heading, justify="right")
    for kind, runs in found.items():
        for number, run in enumerate(runs, start=1):
            table.add_row(f"{kind} {number}", *[f"{run.get(p, 0):.2f}" for p in PARTS])
    out.print(table)


if __name__ == "__main__":
    typer.run(main)
