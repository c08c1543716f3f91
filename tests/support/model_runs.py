"""Single models in one engine: over small tables, or over all that a run gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from jobs.kpi import engine, parameters, runner
from jobs.kpi.engine import Run

Row = dict[str, Any]


def table(columns: Mapping[str, pa.DataType], rows: Iterable[Mapping[str, Any]] = ()) -> pa.Table:
    """Return rows as a table; what a row does not name is null."""
    return parameters.table(columns, [[r.get(c) for c in columns] for r in rows])


def rows_of(con: duckdb.DuckDBPyConnection, name: str) -> list[Row]:
    """Return the rows of a table."""
    relation = con.execute(f'FROM "{name}"')
    names = [column[0] for column in relation.description]
    return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]


def single(
    tables: Mapping[str, pa.Table], *names: str, scalars: Mapping[str, Any] | None = None
) -> dict[str, list[Row]]:
    """Return the rows of models over small tables; of the others those run that they read and that are not given."""
    files = {**runner.files("slice"), **runner.files("merge")}
    with runner.connection(1) as con:
        for name, given in tables.items():
            con.register(name, given)
        for name, value in (scalars or {}).items():
            con.execute(f"SET VARIABLE {name} = ?", [value])
        runner.run(con, {n: sql for n, sql in files.items() if n not in tables}, names)
        return {n: rows_of(con, n) for n in names}


def only(run: Run, *names: str) -> dict[str, list[Row]]:
    """Return the rows of some models of a run, in one slice; of the others those run that they read."""
    with engine.opened(run) as (con, models):
        runner.run(con, {**runner.files("merge"), **models}, names)
        return {n: rows_of(con, n) for n in names}
