"""What a release costs to compute: every table of Jilin's programme, and headline figures beside DuckDB.

``make bench`` or ``python -m benchmarks.kpi``; ``make bench-large`` for ten times the enterprises. A release is computed
three times in a process and all three are shown, as the JVM goes on compiling for minutes; headline seconds are those of a
second run. Figures must equal the peer's to the 分, else the run ends with an error. What DuckDB does is less: the headline
readings alone, without where they come from, who is left out and why, contributions, quartiles.
"""

from __future__ import annotations

import functools
import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from pyspark.sql import DataFrame
from rich.table import Table

from benchmarks import headline, silver
from benchmarks.ingest import Watch
from benchmarks.kpi_peer import Peer
from benchmarks.site import out, servers
from jobs.kpi.kept import by_column
from jobs.period import parse

PERIOD = "2025Q4"
SPANS = (1, 16)
"""Periods of the headline figures."""

BEFORE = {
    (15_000, 1): {"sums": (0.62, 0.02), "medians": (0.94, 0.02)},
    (150_000, 1): {"sums": (0.98, 0.04), "medians": (1.4, 0.10)},
    (150_000, 16): {"sums": (2.4, 0.25), "medians": (8.7, 0.62)},
}
"""Enterprises and periods -> seconds of Spark and of DuckDB, measured before on this stack (quiet machine, 2 cores): four
grouping sets of one row per firm and period, sums alone, and with two medians by two-level lists."""

PARTS = {
    "population": "总体、度量、事实 population, measures, facts",
    "figures": "地区指标 kpi_region",
    "aside": "少量指标 figures beside the population",
    "judged": "目标、排名 targets, rankings",
    "plans": "其余各表的计划 plans of all other tables",
}
WORK = {
    "gather": "取数 gather",
    "sums": "汇总 sums",
    "medians": "汇总与中位数 sums, median",
}


def _seconds(work: Callable[[], object]) -> float:
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def _written(frame: DataFrame) -> None:
    """Have every row and column computed, and kept nowhere."""
    frame.write.format("noop").mode("overwrite").save()


def _warm(work: Callable[[], object]) -> float:
    """Return the seconds of a second run."""
    work()
    return _seconds(work)


class Calls:
    """What a function was last called with, where a module calls it."""

    def __init__(self, module: Any, name: str) -> None:
        self.function: Callable[..., DataFrame] = getattr(module, name)
        self.last: tuple[Any, ...] = ()

        @functools.wraps(self.function)
        def seen(*args: Any) -> DataFrame:
            self.last = args
            return self.function(*args)

        setattr(module, name, seen)


@dataclass
class Release:
    """Seconds of one computation: by part of ``compute``, and to have each of its tables."""

    parts: dict[str, float]
    tables: dict[str, float]

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.parts.values()) + sum(self.tables.values())


class Assembly:
    """``jobs.kpi.compute`` with its parts measured."""

    def __init__(self) -> None:
        from jobs.kpi import compute

        self.compute = compute.compute
        self.watch = Watch()
        self.watch.on(compute._Run, "_enterprises", "population")
        self.watch.on(compute._Run, "figures", "figures")
        self.watch.on(compute, "figures_aside", "aside")
        self.watch.on(compute, "_judged", "judged")
        self.folded = Calls(compute, "kpi_region")
        self.moved = Calls(compute, "flow_figures")

    def release(self, inputs: Any) -> Release:
        """Compute all tables of a period."""
        from jobs.policy.model import load

        self.watch.seconds.clear()
        # What the run before kept on the server goes with the last frame that stands on it.
        self.folded.last = self.moved.last = ()
        gc.collect()
        since = time.perf_counter()
        tables = self.compute(inputs, load("JL"), [PERIOD], available={"stat_rd": headline.RD_COMPLETE})
        total, own = time.perf_counter() - since, dict(self.watch.seconds)
        own["figures"] -= own["aside"]
        own["plans"] = total - sum(own.values())
        parts = {part: own[part] for part in PARTS}
        return Release(parts, {n: _seconds(functools.partial(_written, t)) for n, t in tables.items()})

    def families(self) -> dict[str, float]:
        """Return the seconds of ``kpi_region`` by family, over the population of the last release."""
        *same, used, wanted = self.folded.last
        found = {}
        with by_column(self.moved.last[1]):
            for family in sorted({i.fold for i, _ in used}):
                own = [(i, specs) for i, specs in used if i.fold == family]
                name = f"{family}（{len(own)}）"
                found[name] = _warm(lambda own=own: _written(self.folded.function(*same, own, wanted)))
            found["flow"] = _warm(lambda: _written(self.moved.function(*self.moved.last)))
        return found


def _table(title: str, headings: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(title=title)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _of_release(firms: int, runs: list[Release]) -> Table:
    def row(name: str, seconds: Iterable[float]) -> tuple[str, ...]:
        return name, *[f"{s:.2f}" for s in seconds]

    rows = [row(f"compute：{PARTS[p]}", [r.parts[p] for r in runs]) for p in runs[0].parts]
    rows += [row(name, [r.tables[name] for r in runs]) for name in runs[0].tables]
    rows.append(row("合计 total", [r.total for r in runs]))
    title = f"{firms:,} 户 {PERIOD} 的全部结果表，秒 · every table of a period, seconds"
    return _table(title, ("步骤 step", "第一次 first", "第二次 second", "第三次 third"), rows)


def _beside(folder: Path, inputs: Any, firms: int, span: int) -> list[tuple[str, ...]]:
    """Measure the headline figures in Spark and DuckDB, and compare them."""
    periods = [parse(PERIOD).shift(-n).key for n in reversed(range(span))]
    headline.gather(inputs, periods)
    since = time.perf_counter()
    population = headline.gather(inputs, periods)
    spark = {"gather": time.perf_counter() - since}
    with by_column(population.entities):
        spark["sums"] = _warm(lambda: _written(population.figures(headline.SUMS)))
        spark["medians"] = _warm(lambda: _written(population.figures()))
    with duckdb.connect() as con:
        peer = Peer(con, folder, periods, headline.RD_COMPLETE)
        theirs = {
            "gather": _warm(peer.gather),
            "sums": _warm(lambda: peer.fold(medians=False)),
            "medians": _warm(peer.fold),
        }
        equal = len(headline.compare(population.figures(), peer.figures().df()))
    out.print(f"{firms:,} 户 {span} 期：{equal:,} 个数与 DuckDB 到分相同 · figures equal to the 分")
    rows = []
    for work, seconds in spark.items():
        before = BEFORE.get((firms, span), {}).get(work)
        rows.append(
            (
                f"{firms:,} 户 {span} 期 {WORK[work]}",
                f"{seconds:.2f}",
                f"{theirs[work]:.2f}",
                f"{seconds / theirs[work]:.0f}",
                f"{before[0]}/{before[1]} = {before[0] / before[1]:.0f}" if before else "",
            )
        )
    return rows


def main(
    firms: Annotated[int, typer.Option(help="企业数 · enterprises")] = 15_000,
    memory: Annotated[str, typer.Option(help="Spark 内存 · heap of Spark")] = "2g",
) -> None:
    """算出一个期间的全部结果表用多少秒，主要数与 DuckDB 相比 · seconds of a period's tables; figures beside DuckDB."""
    with servers(memory) as platform:
        from jobs.lake import connect

        folder = Path(platform.site.home) / "firms"
        folder.mkdir()
        with out.status(f"造 {firms:,} 户 · making the enterprises"):
            silver.write(folder, firms)
        with connect(deadline=7200) as spark:
            inputs, assembly = headline.read(spark, folder, silver.FEEDS), Assembly()
            runs = []
            for name in ("第一次 · first run", "第二次 · second run", "第三次 · third run"):
                with out.status(name):
                    runs.append(assembly.release(inputs))
            out.print(_of_release(firms, runs))
            with out.status("各族 · by family"):
                families = assembly.families()
            rows = [(name, f"{seconds:.2f}") for name, seconds in families.items()]
            out.print(
                _table("地区指标各族（指标数），秒 · kpi_region by family", ("族 family", "秒 seconds"), rows)
            )
            rows = []
            for span in SPANS:
                with out.status(f"{span} 期与 DuckDB 相比 · beside DuckDB"):
                    rows += _beside(folder, inputs, firms, span)
            headings = ("主要数 headline", "Spark 秒", "DuckDB 秒", "倍 ratio", "以前测的 measured before")
            out.print(_table("主要数与 DuckDB 相比 · headline figures beside DuckDB", headings, rows))


if __name__ == "__main__":
    typer.run(main)
