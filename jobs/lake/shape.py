"""Rows of gold tables in the columns and types that their contracts state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from jobs.definitions.contract import load_table
from jobs.lake.tables import PARTITION, gold_columns
from jobs.lake.types import arrow_type, duckdb_type


def arrow_rows(table: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return rows as Arrow in the columns and types of a table's contract."""
    shape = pa.schema([(n, arrow_type(k)) for n, k in columns_of(table).items()])
    return pa.Table.from_pylist(list(rows), shape)


def columns_of(table: str) -> dict[str, str]:
    """Return name -> type of a gold table as its contract states them."""
    return gold_columns(load_table(table))


def shaped(
    con: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], *, partitioned: bool = False
) -> str:
    """Return the SQL of a relation's rows in the columns and types of a gold table.

    Parameters
    ----------
    con : DuckDBPyConnection
    table : str
        Table or view of the connection.
    columns : mapping
        Name -> type as the contract states them (:func:`columns_of`).
    partitioned : bool
        As they lie in a file of the table: without the column of its partitions.

    Raises
    ------
    ValueError
        If the relation has not exactly these columns.
    """
    there = [r[0] for r in con.execute(f"DESCRIBE {table}").fetchall()]
    if set(there) != set(columns) or len(there) != len(columns):
        raise ValueError(
            f"{table} 与合同的列不同 / other columns than the contract: {sorted(set(there) ^ set(columns))}"
        )
    own = [(n, k) for n, k in columns.items() if not (partitioned and n == PARTITION)]
    return f"SELECT {', '.join(f'CAST({n} AS {duckdb_type(k)}) AS {n}' for n, k in own)} FROM {table}"
