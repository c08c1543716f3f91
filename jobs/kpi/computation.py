"""The whole of a run: slices computed wherever they are spread to, held against what they say, and merged."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

from jobs.kpi import engine, memory, runner
from jobs.kpi.engine import Bounds, Limits, Part, Run
from jobs.lake.shape import shaped
from jobs.lake.staging import Attempt
from jobs.lake.store import parquet, rows_in
from jobs.refusals import Refusal


class RunFailed(Refusal, RuntimeError):
    """A run could not be computed: nothing of it is seen by anybody."""


@dataclass(frozen=True)
class Made:
    """What a run made.

    Attributes
    ----------
    rows : dict
        Tables that are bounded by the number of regions.
    files : dict
        Tables that grow with enterprises, as they lie in files without the column ``release``.
    slices : int
        Parts that the enterprises were cut into.
    """

    rows: dict[str, pa.Table]
    files: dict[str, tuple[str, ...]]
    slices: int


Spread = Callable[[Run, Sequence[Bounds], Attempt, Limits], list[Part]]
"""How the slices of a run come to be computed."""


def _read(con: duckdb.DuckDBPyConnection, name: str, parts: Iterable[Part]) -> None:
    """Make what the slices staged of a table known to a merge."""
    scan = parquet(con, [p.path for p in parts], "hive_partitioning = false")
    con.execute(f"CREATE VIEW {name} AS FROM {scan}")


def merge(run: Run, parts: Sequence[Part], attempt: Attempt, limits: Limits) -> Made:
    """Merge what the slices staged.

    Returns
    -------
    Made
        The tables of regions in the shapes of their contracts, less what is few; those of single enterprises as they
        lie in files.
    """
    by_table: dict[str, list[Part]] = {}
    for part in parts:
        by_table.setdefault(part.table, []).append(part)
    with limits.connection() as con:
        engine.prepare(con, run)
        for name, own in by_table.items():
            _read(con, name, own)
        runner.run(con, runner.files("merge"), (*run.merged, *run.written), engine.READINGS)
        rows = {
            name: con.execute(shaped(con, name, run.shapes[name])).to_arrow_table() for name in run.merged
        }
        for name in run.written:
            by_table[name] = [engine.staged(con, run, name, 0, attempt)]
        rows |= {
            name: con.execute(f"FROM {name}").to_arrow_table() for name in engine.ASKED if name in by_table
        }
    files = {
        n: tuple(p.path for p in by_table[n]) for n in (*engine.RESULTS, *engine.WRITTEN) if n in by_table
    }
    return Made(rows, files, len({p.slice for p in parts}))


def spread_here(run: Run, slices: Sequence[Bounds], attempt: Attempt, limits: Limits) -> list[Part]:
    """Compute the slices in this process, as many at once as there are cores, which they share like the memory."""
    cores = os.cpu_count() or 1
    at_once = min(cores, len(slices))
    own = limits if at_once == 1 else _share(limits, cores, at_once)
    engines: list[duckdb.DuckDBPyConnection] = []

    def parts_of(number: int) -> list[Part]:
        return engine.compute_slice(run, slices[number], number, attempt, own, engines.append)

    with ThreadPoolExecutor(at_once) as pool:
        each = [pool.submit(parts_of, n) for n in range(len(slices))]
        try:
            return [part for parts in each for part in parts.result()]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            _stop(each, engines)


def _stop(slices: Sequence[Future[list[Part]]], engines: Iterable[duckdb.DuckDBPyConnection]) -> None:
    """End the slices that still run: of a computation that somebody stopped, or that failed elsewhere, nobody waits for them."""
    while running := [s for s in slices if s.running()]:
        for con in list(engines):
            with suppress(duckdb.Error):  # closed meanwhile
                con.interrupt()
        wait(running, timeout=0.1)


def _share(limits: Limits, cores: int, at_once: int) -> Limits:
    own = limits.memory or memory.of_engine(memory.of_machine(), at_once)
    return replace(limits, threads=limits.threads or cores // at_once, memory=own)


def compute(
    run: Run,
    slices: Sequence[Bounds],
    attempt: Attempt,
    spread: Spread = spread_here,
    limits: Limits | None = None,
) -> Made:
    """Compute a run: its slices wherever they are spread to, and then the merge of what they staged.

    Raises
    ------
    RunFailed
        If what the slices say they staged is not what there is.
    """
    bounds = limits or Limits()
    parts = spread(run, slices, attempt, bounds)
    check(parts, len(slices))
    return merge(run, parts, attempt, bounds)


def check(parts: Iterable[Part], slices: int) -> None:
    """Hold what slices say they staged against the files: each slice once, by the models and the code of this process.

    Raises
    ------
    RunFailed
        Naming the table and what is wrong.
    """
    staged: dict[str, list[int]] = {}
    for part in parts:
        staged.setdefault(part.table, []).append(part.slice)
        if part.digest != engine.digest():
            raise RunFailed(
                f"{part.table} 第 {part.slice + 1} 段由另一版模型或程序算出：请重启 Spark 后重新计算 / other models or code"
            )
        if (there := rows_in(part.path)) != part.rows:
            raise RunFailed(
                f"{part.table} 第 {part.slice + 1} 段应有 {part.rows} 行，文件里有 {there} 行 / rows were lost"
            )
    whole = list(range(slices))
    wrong = sorted(name for name, own in staged.items() if sorted(own) != whole)
    if wrong or not staged:
        raise RunFailed(f"{'、'.join(wrong) or '所有表'}：各段不是恰好一份 / not one part of each slice")
