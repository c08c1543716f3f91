"""Columns of gold tables as their contracts state them, in the types of DuckDB and Arrow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from jobs.contract import load_table
from jobs.lake.tables import PARTITION, gold_columns

_MAP = re.compile(r"MAP<(\w+),(.+)>")
_DECIMAL = re.compile(r"DECIMAL\((\d+), *(\d+)\)")
_ARROW = {
    "STRING": pa.string(),
    "INT": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", "UTC"),
}


def duckdb_type(kind: str) -> str:
    """Return DuckDB's type of a contract's; a moment knows its zone."""
    if found := _MAP.fullmatch(kind):
        return f"MAP({duckdb_type(found[1])}, {duckdb_type(found[2])})"
    return {"STRING": "VARCHAR", "INT": "INTEGER", "TIMESTAMP": "TIMESTAMPTZ"}.get(kind, kind)


def arrow_type(kind: str) -> pa.DataType:
    """Return Arrow's type of a contract's."""
    if found := _MAP.fullmatch(kind):
        return pa.map_(arrow_type(found[1]), arrow_type(found[2]))
    if found := _DECIMAL.fullmatch(kind):
        return pa.decimal128(int(found[1]), int(found[2]))
    return _ARROW[kind]


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
