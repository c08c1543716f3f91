"""One run of the models: slices of enterprises, each in an engine of its own, and the merge over what they staged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from jobs.contract import load_table
from jobs.kpi import inputs, runner
from jobs.kpi.inputs import Pinned
from jobs.lake.tables import gold_columns
from jobs.quality.widths import folded_sql

Bounds = tuple[str | None, str | None]
"""First key of a slice and of the next one; None: open."""

STAGED = ("cells", "awarded", "ratio_singles", "flow_cells", "grant_documents", "first_certificates")
"""What the slices hand to the merge."""
RESULTS = ("kpi_enterprise", "enterprise_statement", "incentive")
"""Tables of single enterprises: a slice's own part is final."""
MERGED = ("kpi_region", "coverage", "breakthrough", "incentive_rule")
"""Tables of regions and of rules."""


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
    by : str or None
        Column of the enterprise by which slices are cut.
    """

    sources: Mapping[str, tuple[Pinned, ...]]
    columns: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, pa.Table]
    scalars: Mapping[str, Any]
    models: Mapping[str, str]
    by: str | None = "uscc"


def _prepare(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    for name, table in run.tables.items():
        con.register(name, table)
    for name, value in run.scalars.items():
        con.execute(f"SET VARIABLE {name} = ?", [value])


def _feed_models(con: duckdb.DuckDBPyConnection, run: Run) -> dict[str, str]:
    special = {"notices": None, "register": run.by}
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


def compute_slice(
    run: Run, bounds: Bounds, number: int, folder: Path, threads: int | None = None
) -> dict[str, int]:
    """Compute one slice and stage its tables.

    Returns
    -------
    dict
        Rows by table.
    """
    with runner.connection(threads) as con:
        _prepare(con, run)
        for name, value in zip(("slice_from", "slice_to"), bounds, strict=True):
            con.execute(f"SET VARIABLE {name} = CAST(? AS VARCHAR)", [value])
        models = {**runner.files("slice"), **_feed_models(con, run), **run.models}
        runner.run(con, models)
        return {name: _stage(con, name, folder, number) for name in (*STAGED, *RESULTS) if name in models}


def shaped(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """Return the SQL of a model's table in the columns and types of its contract.

    Raises
    ------
    ValueError
        If the model has not exactly the contract's columns.
    """
    wanted = gold_columns(load_table(table))
    there = [r[0] for r in con.execute(f"DESCRIBE {table}").fetchall()]
    if set(there) != set(wanted) or len(there) != len(wanted):
        raise ValueError(
            f"{table} 与合同的列不同 / other columns than the contract: {sorted(set(there) ^ set(wanted))}"
        )
    return f"SELECT {', '.join(f'CAST({n} AS {inputs.kind_of(k)}) AS {n}' for n, k in wanted.items())} FROM {table}"


def _stage(con: duckdb.DuckDBPyConnection, name: str, folder: Path, number: int) -> int:
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    path = str(target / f"{number:05d}.parquet").replace("'", "''")
    rows = shaped(con, name) if name in RESULTS else f"FROM {name}"
    done = con.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)").fetchone()
    return int(done[0]) if done else 0


def merge(run: Run, folder: Path, threads: int | None = None) -> dict[str, pa.Table]:
    """Merge what the slices staged; return the tables of regions in the shapes of their contracts, less what is few."""
    with runner.connection(threads) as con:
        _prepare(con, run)
        for name in STAGED:
            path = str(folder / name / "*.parquet").replace("'", "''")
            con.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
        runner.run(con, runner.files("merge"))
        return {name: con.execute(shaped(con, name)).to_arrow_table() for name in MERGED}


def compute(
    run: Run, folder: Path, slices: Sequence[Bounds] = ((None, None),), threads: int | None = None
) -> dict[str, pa.Table]:
    """Compute a run in this process, one slice after the other."""
    for number, bounds in enumerate(slices):
        compute_slice(run, bounds, number, folder, threads)
    return merge(run, folder, threads)


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
