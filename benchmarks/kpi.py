"""What a release costs to compute: every table of Jilin's programme, and headline figures beside SQL of their own.

``make bench`` or ``python -m benchmarks.kpi``; ``make bench-large`` for ten times the enterprises. A release is computed as
production does, its slices spread over Spark, and once more in this process alone. Headline figures must equal the peer's to
the 分, else the run ends with an error. What the peer does is less: the headline readings alone, without where they come
from, who is left out and why, contributions, quartiles.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.table import Table

from benchmarks import headline, silver
from benchmarks.ingest import Watch
from benchmarks.kpi_peer import Peer
from benchmarks.site import out, servers
from jobs.definitions.period import parse
from jobs.lake.staging import apart
from jobs.pipeline.plan import Known
from jobs.pipeline.tables import How

PERIOD = "2025Q4"
SPANS = (1, 16)
"""Periods of the headline figures."""
PARTS = {
    "plan": "计划 plan",
    "slices": "各段 slices",
    "merge": "归并 merge",
    "few": "少量指标 figures beside the models",
    "judged": "目标、排名 targets, rankings",
}


def _seconds(work: Callable[[], object]) -> float:
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def _watched() -> Watch:
    from jobs.kpi import computation
    from jobs.pipeline import tables

    watch = Watch()
    for name in ("plan", "few", "judged"):
        watch.on(tables, name, name)
    watch.on(computation, "compute", "slices")
    watch.on(computation, "merge", "merge")
    return watch


def _release(stands: Known, how: How, watch: Watch) -> dict[str, float]:
    """Compute all tables of a period; return the seconds of its parts and of the whole."""
    watch.seconds.clear()
    with apart("R1") as attempt:
        total = _seconds(lambda: headline.computed(stands, [PERIOD], attempt, how))
    own = dict(watch.seconds)
    own["slices"] -= own["merge"]
    return {name: own[name] for name in PARTS} | {"total": total}


def _table(title: str, headings: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(title=title)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _of_release(firms: int, runs: dict[str, dict[str, float]]) -> Table:
    names = PARTS | {"total": "合计 total"}
    rows = [(text, *[f"{run[name]:.2f}" for run in runs.values()]) for name, text in names.items()]
    title = f"{firms:,} 户 {PERIOD} 的全部结果表，秒 · every table of a period, seconds"
    return _table(title, ("步骤 step", *runs), rows)


def _beside(folder: Path, stands: Known, firms: int, span: int) -> tuple[str, ...]:
    """Measure the headline figures by the models and by the peer, and compare them."""
    periods = [parse(PERIOD).shift(-n).key for n in reversed(range(span))]
    since = time.perf_counter()
    with apart("R1") as attempt:
        figures = headline.computed(stands, periods, attempt, headline=True).kpi_region
    ours = time.perf_counter() - since
    with duckdb.connect() as con:
        peer = Peer(con, folder, periods, headline.RD_COMPLETE)
        theirs = _seconds(peer.gather) + _seconds(peer.fold)
        equal = len(headline.compare(figures, peer.figures().df()))
    out.print(f"{firms:,} 户 {span} 期：{equal:,} 个数到分相同 · figures equal to the 分")
    return f"{firms:,} 户 {span} 期", f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.0f}"


def main(
    firms: Annotated[int, typer.Option(help="企业数 · enterprises")] = 15_000,
    memory: Annotated[str, typer.Option(help="Spark 内存 · heap of Spark")] = "2g",
) -> None:
    """算出一个期间的全部结果表用多少秒，主要数与另写的 SQL 相比 · seconds of a period's tables; figures beside a peer."""
    with servers(memory) as platform:
        from jobs.kpi.spark import cores, spread_over
        from jobs.lake import connect

        folder = Path(platform.site.home) / "firms"
        folder.mkdir()
        with out.status(f"造 {firms:,} 户 · making the enterprises"):
            silver.write(folder, firms)
        stands, watch, runs = headline.known(folder), _watched(), {}
        with connect(deadline=7200) as spark:
            spread = How(cores(spark), spread_over(spark))
            for name in ("经 Spark 第一次 first run", "经 Spark 第二次 second run"):
                with out.status(name):
                    runs[name] = _release(stands, spread, watch)
        with out.status("不经 Spark · in this process"):
            runs["不经 Spark in this process"] = _release(stands, How(), watch)
        out.print(_of_release(firms, runs))
        rows = []
        for span in SPANS:
            with out.status(f"{span} 期与另写的 SQL 相比 · beside the peer"):
                rows.append(_beside(folder, stands, firms, span))
        headings = ("主要数 headline", "模型 models 秒", "另写的 SQL peer 秒", "倍 ratio")
        out.print(_table("主要数 · headline figures", headings, rows))


if __name__ == "__main__":
    typer.run(main)
