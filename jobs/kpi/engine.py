"""One run of the models: slices of enterprises, each in an engine of its own, and the merge over what they staged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from jobs.kpi import inputs, runner
from jobs.kpi.inputs import Pinned
from jobs.lake.shape import shaped
from jobs.lake.staging import Attempt, lay_down, rows_in
from jobs.quality.widths import folded_sql

Bounds = tuple[str | None, str | None]
"""First key of a slice and of the next one; None: open."""

STAGED = (
    "cells", "awarded", "ratio_singles", "flow_cells", "grant_documents", "first_certificates", "rule_counts", "told_warnings",
    "roster",
)  # fmt: skip
"""What the slices hand to the merge."""
RESULTS = (
    "kpi_enterprise", "enterprise_statement", "criteria_condition", "criteria_result", "certificate_expiry", "incentive",
    "ticket_progress",
)  # fmt: skip
"""Tables of single enterprises: a slice's own part is final."""
VIEWS = (*RESULTS, "past", "facts")
"""Models that are read once, or a few columns of them: as tables they would only be copied."""
MERGED = ("kpi_region", "coverage", "breakthrough", "incentive_rule", "warning_rule")
"""Tables of regions and of rules."""
WRITTEN = ("warning",)
"""Tables of single enterprises that the merge finishes: they stay in files as well."""
ASKED = ("roster",)
"""No tables: what the status of the feeds asks of all slices."""


@dataclass(frozen=True)
class Run:
    """All that a slice must be told; plain data, so that it can be sent to where the slice is computed.

    Attributes
    ----------
    sources : mapping
        Name a feed is read as -> its pinned tables.
    columns : mapping
        Name -> columns that the models read of it.
    tables : mapping
        Parameters, by the name under which models read them.
    scalars : mapping
        Parameters that are one value each.
    models : mapping
        Models made from the dictionary, beside those in files.
    shapes : mapping
        Gold table -> its columns and their types.
    by : str or None
        Column of the enterprise by which slices are cut.
    """

    sources: Mapping[str, tuple[Pinned, ...]]
    columns: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, pa.Table]
    scalars: Mapping[str, Any]
    models: Mapping[str, str]
    shapes: Mapping[str, Mapping[str, str]]
    by: str | None = "uscc"


@dataclass(frozen=True)
class Limits:
    """What the engine of a slice, or of the merge, may take of its machine (:func:`jobs.kpi.runner.connection`)."""

    threads: int | None = None
    memory: str | None = None
    disk: str | None = None

    def connection(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open an engine within these limits."""
        return runner.connection(self.threads, self.memory, self.disk)


@dataclass(frozen=True)
class Part:
    """What a slice staged of a table.

    Attributes
    ----------
    slice : int
        Its number, from 0.
    digest : str
        Of the models and the code it was computed by.
    """

    slice: int
    table: str
    path: str
    rows: int
    digest: str


@dataclass(frozen=True)
class Made:
    """What a run made.

    Attributes
    ----------
    rows : dict
        Tables that are bounded by the number of regions.
    files : dict
        Tables that grow with enterprises, as they lie in files without the column ``release``.
    """

    rows: dict[str, pa.Table]
    files: dict[str, tuple[Path, ...]]


Spread = Callable[[Run, Sequence[Bounds], Attempt, Limits], list[Part]]
"""How the slices of a run come to be computed."""


def _prepare(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    for name, table in run.tables.items():
        con.register(name, table)
    for name, value in run.scalars.items():
        con.execute(f"SET VARIABLE {name} = ?", [value])


def _feed_models(con: duckdb.DuckDBPyConnection, run: Run) -> dict[str, str]:
    special = {"notices": None, "register": run.by, "tickets": run.by}
    found = {}
    for name, sources in run.sources.items():
        by = special.get(name, run.by)
        rows = inputs.latest(con, sources, run.columns[name], by)
        if name == "notices":
            rows = f"SELECT *, {folded_sql('name')} AS folded_name FROM ({rows})"
        found[name if name in special else f"rows_{name}"] = rows
    plain = [n for n in run.sources if n not in special]
    found["origins"] = inputs.origins_of(plain)
    return found | {f"silver_{n}": inputs.with_lines(n) for n in plain}


def compute_slice(run: Run, bounds: Bounds, number: int, attempt: Attempt, limits: Limits) -> list[Part]:
    """Compute one slice and stage its tables.

    Returns
    -------
    list of Part
        What was staged: of each table that the run has one file.
    """
    with limits.connection() as con:
        models = _of_slice(con, run, bounds)
        runner.run(con, models, views=VIEWS)
        return [_stage(con, run, n, number, attempt) for n in (*STAGED, *RESULTS) if n in models]


def _of_slice(con: duckdb.DuckDBPyConnection, run: Run, bounds: Bounds) -> dict[str, str]:
    """Make a slice's inputs known to a connection and return its models."""
    _prepare(con, run)
    for name, value in zip(("slice_from", "slice_to"), bounds, strict=True):
        con.execute(f"SET VARIABLE {name} = CAST(? AS VARCHAR)", [value])
    return {**runner.files("slice"), **_feed_models(con, run), **run.models}


@contextmanager
def opened(run: Run) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, str]]]:
    """Open an engine on all enterprises, and give the models that can be run in it: for who looks into a figure."""
    with runner.connection() as con:
        yield con, _of_slice(con, run, (None, None))


def _stage(con: duckdb.DuckDBPyConnection, run: Run, name: str, number: int, attempt: Attempt) -> Part:
    shape = run.shapes.get(name)
    target = attempt.beside(name) if shape else attempt.aside(name)
    rows = shaped(con, name, shape, partitioned=True) if shape else f"FROM {name}"
    return Part(number, name, str(target), lay_down(con, rows, target), digest())


def _read(con: duckdb.DuckDBPyConnection, name: str, parts: Iterable[Part]) -> None:
    """Make what the slices staged of a table known to a merge."""
    listed = ", ".join("'" + p.path.replace("'", "''") + "'" for p in parts)
    con.execute(f"CREATE VIEW {name} AS FROM read_parquet([{listed}], hive_partitioning = false)")


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
        _prepare(con, run)
        for name, own in by_table.items():
            _read(con, name, own)
        models = runner.files("merge")
        runner.run(con, models)
        rows = {name: con.execute(shaped(con, name, run.shapes[name])).to_arrow_table() for name in MERGED}
        for name in (n for n in WRITTEN if n in models):
            by_table[name] = [_stage(con, run, name, 0, attempt)]
        rows |= {name: con.execute(f"FROM {name}").to_arrow_table() for name in ASKED if name in by_table}
    files = {n: tuple(Path(p.path) for p in by_table[n]) for n in (*RESULTS, *WRITTEN) if n in by_table}
    return Made(rows, files)


def spread_here(run: Run, slices: Sequence[Bounds], attempt: Attempt, limits: Limits) -> list[Part]:
    """Compute the slices in this process, one after the other."""
    return [p for n, bounds in enumerate(slices) for p in compute_slice(run, bounds, n, attempt, limits)]


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
    ValueError
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
    ValueError
        Naming the table and what is wrong.
    """
    found: dict[str, list[int]] = {}
    for part in parts:
        found.setdefault(part.table, []).append(part.slice)
        if part.digest != digest():
            raise ValueError(
                f"{part.table} 第 {part.slice + 1} 段由另一版模型或程序算出：请重启 Spark 后重新计算 / other models or code"
            )
        if (there := rows_in(part.path)) != part.rows:
            raise ValueError(
                f"{part.table} 第 {part.slice + 1} 段应有 {part.rows} 行，文件里有 {there} 行 / rows were lost"
            )
    whole = list(range(slices))
    wrong = sorted(name for name, own in found.items() if sorted(own) != whole)
    if wrong or not found:
        raise ValueError(f"{'、'.join(wrong) or '所有表'}：各段不是恰好一份 / not one part of each slice")


@lru_cache(maxsize=1)
def digest() -> str:
    """Return a fingerprint of the models and the code as this process has them: read once, at its first slice."""
    whole = hashlib.sha256()
    for path in sorted(p for kind in ("*.py", "*.sql") for p in Path(__file__).parent.parent.rglob(kind)):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]


def slices_of(run: Run, count: int) -> list[Bounds]:
    """Cut the enterprises into slices of about the same size, by ranges of their codes.

    Parameters
    ----------
    run : Run
    count : int
        Number of slices; a run without enterprises has one.
    """
    if run.by is None or count == 1:
        return [(None, None)]
    shares = [n / count for n in range(1, count)]
    with runner.connection() as con:
        inputs.open_feed(con, run.sources["register"][0])
        feed = run.sources["register"][0].feed
        row = con.execute(f"SELECT quantile_disc({run.by}, {shares}) FROM raw_{feed}").fetchone()
    cuts = sorted({c for c in (row[0] if row else None) or [] if c is not None})
    return list(zip([None, *cuts], [*cuts, None], strict=True))
