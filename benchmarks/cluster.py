"""What a second worker of a cluster spares: every table of a period, with inputs and results in an object store.

``make bench-cluster`` or ``python -m benchmarks.cluster``. Workers of one machine share its cores, its disk and the gateway: the
ratio says what the spreading itself costs, not what a second machine gives.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import psutil
import typer
from pyarrow import fs
from rich.table import Table

from benchmarks import headline, silver
from benchmarks.ingest import Watch
from benchmarks.site import BUCKET, out, servers
from infra.local import processes
from infra.local.services import STORAGE
from infra.measurements import Measured, Record, keep
from jobs.lake.content import period_hashes
from jobs.pipeline.plan import Known
from jobs.pipeline.tables import ROSTER, How

PERIOD = "2025Q4"
WORKERS = (1, 2)
"""One core each."""
PARTS = {"slices": "各段 slices", "merge": "归并 merge", "total": "合计 total"}


def _watched() -> Watch:
    from jobs.kpi import computation

    watch = Watch()
    watch.on(computation, "compute", "slices")
    watch.on(computation, "merge", "merge")
    return watch


def _sent(folder: Path, stands: Known) -> Known:
    """Send silver's files to the store; return them as they lie there."""
    from jobs.lake import store

    target = f"{BUCKET}/firms"
    system, inside = store.place(target)
    fs.copy_files(str(folder), inside, source_filesystem=fs.LocalFileSystem(), destination_filesystem=system)
    sources = {
        name: tuple(replace(p, files=tuple(f.replace(str(folder), target) for f in p.files)) for p in own)
        for name, own in stands.sources.items()
    }
    return replace(stands, sources=sources)


def main(
    firms: Annotated[int, typer.Option(help="企业数 · enterprises")] = 150_000,
    memory: Annotated[str, typer.Option(help="每个工作进程的内存 · memory of a worker")] = "2g",
    recorded: Record = False,
) -> None:
    """一个与两个工作进程各用多少秒，内容是否相同 · seconds with one worker and with two, and whether the content is the same."""
    runs: dict[int, dict[str, float]] = {}
    hashes: list[object] = []
    for workers in WORKERS:
        with servers(memory, STORAGE, workers) as platform:
            runs[workers], found = _measured(Path(platform.site.home) / "firms", firms)
            hashes.append(found)
            held = processes.proportional_memory(platform.processes()) / 2**20
            out.print(f"{workers} 个工作进程：全部进程 {held:,.0f} MB，机器 {psutil.cpu_count()} 核")
    table = Table(title=f"{firms:,} 户 {PERIOD} 的全部结果表，秒 · every table of a period, seconds")
    for heading in ("步骤 step", *(f"{w} 个 workers" for w in WORKERS)):
        table.add_column(heading)
    for name, text in PARTS.items():
        table.add_row(text, *(f"{runs[w][name]:.1f}" for w in WORKERS))
    out.print(table)
    if hashes[0] != hashes[1]:
        raise AssertionError("内容随工作进程数而变 / the content depends on the number of workers")
    out.print(f"内容散列相同：{len(hashes)} 次 · same content hashes")
    keep(recorded, "benchmarks.cluster", _rows(runs, firms))


def _rows(runs: dict[int, dict[str, float]], firms: int) -> list[Measured]:
    """Return what is kept of the runs, by number of workers."""
    return [
        {"name": f"{workers} 个工作进程 workers，{text}", "value": seconds[name], "unit": "s", "n": firms}
        for workers, seconds in runs.items()
        for name, text in PARTS.items()
    ]


def _measured(folder: Path, firms: int) -> tuple[dict[str, float], object]:
    """Compute a period over the cluster, the second time in warm processes; return that one's seconds and hashes."""
    from jobs.kpi.spark import cores, room, spread_over
    from jobs.lake import connect
    from jobs.lake.staging import in_lake

    folder.mkdir()
    silver.write(folder, firms)
    stands, watch = _sent(folder, headline.known(folder)), _watched()
    with connect(deadline=7200) as spark:
        how = How(cores(spark), spread_over(spark), room=room(spark))
        for _ in range(2):
            with in_lake("R1") as attempt:
                watch.spent.clear()
                since = time.perf_counter()
                made = headline.computed(stands, [PERIOD], attempt, how)
                seconds = {name: spent.clock for name, spent in watch.spent.items()} | {
                    "total": time.perf_counter() - since
                }
                seconds["slices"] -= seconds["merge"]
                tables = {n: rows for n, rows in {**made.rows, **made.files}.items() if n != ROSTER}
                found = period_hashes(tables, [PERIOD])
    return seconds, found


if __name__ == "__main__":
    typer.run(main)
