"""Types of a contract's columns as DuckDB and Arrow name them."""

from __future__ import annotations

import re

import pyarrow as pa

_MAP = re.compile(r"MAP<(\w+),(.+)>")
_ARRAY = re.compile(r"ARRAY<(.+)>")
_STRUCT = re.compile(r"STRUCT<(.+)>")
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
    if parts := _MAP.fullmatch(kind):
        return f"MAP({duckdb_type(parts[1])}, {duckdb_type(parts[2])})"
    return {"STRING": "VARCHAR", "INT": "INTEGER", "TIMESTAMP": "TIMESTAMPTZ"}.get(kind, kind)


def arrow_type(kind: str) -> pa.DataType:
    """Return Arrow's type of a contract's; the fields of a ``STRUCT`` are plain types.

    Raises
    ------
    KeyError
        If no contract may state the type.
    """
    if parts := _MAP.fullmatch(kind):
        return pa.map_(arrow_type(parts[1]), arrow_type(parts[2]))
    if parts := _ARRAY.fullmatch(kind):
        return pa.list_(arrow_type(parts[1]))
    if parts := _STRUCT.fullmatch(kind):
        return pa.struct([(n, arrow_type(k)) for n, k in (f.split(":") for f in parts[1].split(","))])
    if parts := _DECIMAL.fullmatch(kind):
        return pa.decimal128(int(parts[1]), int(parts[2]))
    return _ARROW[kind]
