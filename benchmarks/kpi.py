"""What a release costs to compute: every table of Jilin's programme, and headline figures beside SQL of their own.

``make bench`` or ``python -m benchmarks.kpi``; ``make bench-large`` for ten times the enterprises, ``make bench-huge`` for a
hundred times. A release is computed as production does, its slices spread over Spark: once by a server that has only just
started, once more by the same. Headline figures are computed in the same way and beside DuckDB alone, and must equal the
peer's to the 分, else the run ends with an error. What the peer does is less: the headline readings alone, without where
they come from, who is left out and why, contributions, quartiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.table import Table

from benchmarks import headline, silver
from benchmarks.ingest import Watch
from benchmarks.kpi_peer import Peer
from benchmarks.site import out, servers
from benchmarks.usage import Usage, used
from infra.measurements import Measured, Record, keep
from jobs.definitions.period import parse
from jobs.kpi.engine import Limits
from jobs.lake.staging import apart
from jobs.pipeline.plan import Known
from jobs.pipeline.tables import How

PERIOD = "2025Q4"
FRESH, WARM = "刚启动的服务器 fresh server", "同一服务器再算 warm"
HEAP = 1
"""GiB of Spark: it hands out slices and computes nothing itself."""
PARTS = {
    "plan": "计划 plan",
    "slices": "各段 slices",
    "merge": "归并 merge",
    "few": "少量指标 figures beside the models",
    "judged": "目标、排名 targets, rankings",
}


@dataclass(frozen=True)
class _Site:
    """Enterprises as they are known, and where they are computed."""

    folder: Path
    firms: int
    stands: Known
    how: How
    processes: tuple[int, ...]


def _watched() -> Watch:
    from jobs.kpi import computation
    from jobs.pipeline import tables

    watch = Watch()
    for name in ("plan", "few", "judged"):
        watch.on(tables, name, name)
    watch.on(computation, "compute", "slices")
    watch.on(computation, "merge", "merge")
    return watch


def _release(site: _Site, watch: Watch) -> tuple[Usage, dict[str, float]]:
    """Compute all tables of a period; return what it took, and the seconds of its parts."""
    watch.spent.clear()
    with apart("R1") as attempt, used(site.processes) as usage:
        headline.computed(site.stands, [PERIOD], attempt, site.how)
    own = {part: spent.clock for part, spent in watch.spent.items()}
    own["slices"] -= own["merge"]
    return usage, own


def of_release(firms: int, runs: dict[str, tuple[Usage, dict[str, float]]]) -> list[Measured]:
    """Return what all tables of a period took."""
    found: list[Measured] = []
    for name, (usage, parts) in runs.items():
        found += [
            {"name": name, "value": usage.seconds, "unit": "s", "n": firms},
            {"name": f"{name}，CPU", "value": usage.cpu, "unit": "s", "n": firms},
            {"name": f"{name}，内存最高 peak memory", "value": usage.peak / 2**30, "unit": "GiB", "n": firms},
            *(
                Measured(name=f"{name}，{said}", value=parts[part], unit="s", n=firms)
                for part, said in PARTS.items()
            ),
        ]
    return found


def _beside(site: _Site, span: int) -> list[Measured]:
    """Measure the headline figures of some periods by the models and by the peer, and compare them."""
    periods = [parse(PERIOD).shift(-n).key for n in reversed(range(span))]
    with apart("R1") as attempt, used(site.processes) as ours:
        figures = headline.computed(site.stands, periods, attempt, site.how, headline=True).kpi_region
    with duckdb.connect() as con:
        peer = Peer(con, site.folder, periods, headline.RD_COMPLETE)
        with used(()) as theirs:
            peer.gather()
            peer.fold()
        equal = len(headline.compare(figures, peer.figures().df()))
    out.print(f"{span} 期：{equal:,} 个数到分相同 · figures equal to the 分")
    seconds = {"Spark 分段 slices": ours.seconds, "DuckDB 单独 alone": theirs.seconds}
    name = f"主要数 headline {span} 期 periods"
    return [
        *(Measured(name=f"{name}，{who}", value=s, unit="s", n=site.firms) for who, s in seconds.items()),
        {
            "name": f"{name}，比 ratio",
            "value": ours.seconds / theirs.seconds,
            "unit": "倍 x",
            "n": site.firms,
        },
    ]


def _shown(results: Iterable[Measured]) -> Table:
    table = Table(title=f"{PERIOD} 的全部结果表与主要数 · every table of a period, headline figures")
    for number, heading in enumerate(("项目 what", "值 value", "单位 unit")):
        table.add_column(heading, justify="right" if number == 1 else "left")
    for r in results:
        table.add_row(r["name"], f"{r['value']:.2f}", r["unit"])
    return table


def measured(firms: int, memory: float, spans: Sequence[int]) -> list[Measured]:
    """Make enterprises, compute their figures and return what that took.

    Parameters
    ----------
    firms : int
    memory : float
        GiB that server and engines may take together.
    spans : sequence of int
        Numbers of periods of the headline figures.
    """
    with servers(f"{HEAP}g", only=("spark",)) as platform:
        from jobs.kpi.memory import of_engine
        from jobs.kpi.spark import cores, spread_over
        from jobs.lake import connect

        folder = Path(platform.site.home) / "firms"
        folder.mkdir()
        with out.status(f"造 {firms:,} 户 · making the enterprises"), used(()) as making:
            silver.write(folder, firms)
        out.print(f"造 {firms:,} 户 {making.seconds:.0f} 秒，CPU {making.cpu:.0f} 秒 · made the enterprises")
        processes, watch, runs = tuple(platform.supervisor.pids().values()), _watched(), {}
        with connect(deadline=7200) as spark:
            limits = Limits(memory=of_engine(int((memory - HEAP) * 2**30), cores(spark)))
            how = How(cores(spark), spread_over(spark), limits)
            site = _Site(folder, firms, headline.known(folder), how, processes)
            for name in (FRESH, WARM):
                with out.status(name):
                    runs[name] = _release(site, watch)
            found = of_release(firms, runs)
            for span in spans:
                with out.status(f"{span} 期与另写的 SQL 相比 · beside the peer"):
                    found += _beside(site, span)
    return found


def main(
    firms: Annotated[int, typer.Option(help="企业数 · enterprises")] = 15_000,
    memory: Annotated[float, typer.Option(help="全部进程的内存，GiB · memory of all processes")] = 4,
    spans: Annotated[
        str, typer.Option(help="主要数的期数，逗号分开 · periods of the headline figures")
    ] = "1,16",
    record: Record = False,
) -> None:
    """算出一个期间的全部结果表用多少秒，主要数与另写的 SQL 相比 · seconds of a period's tables; figures beside a peer."""
    results = measured(firms, memory, [int(s) for s in spans.split(",")])
    out.print(f"{firms:,} 户 enterprises")
    out.print(_shown(results))
    keep(record, "benchmarks.kpi", results)


if __name__ == "__main__":
    typer.run(main)
