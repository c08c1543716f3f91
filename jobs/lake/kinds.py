"""Types of columns as contracts state them, in those of DuckDB and Arrow."""

from __future__ import annotations

import re

import pyarrow as pa

_MAP = re.compile(r"MAP<(\w+),(.+)>")
_ARRAY = re.compile(r"ARRAY<(.+)>")
_STRUCT = re.compile(r"STRUCT<([\w:,]+)>")
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
    """Return Arrow's type of a contract's, or of a table's that has no contract."""
    if found := _MAP.fullmatch(kind):
        return pa.map_(arrow_type(found[1]), arrow_type(found[2]))
    if found := _ARRAY.fullmatch(kind):
        return pa.list_(arrow_type(found[1]))
    if found := _STRUCT.fullmatch(kind):
        parts = (part.split(":") for part in found[1].split(","))
        return pa.struct([(name, arrow_type(own)) for name, own in parts])
    if found := _DECIMAL.fullmatch(kind):
        return pa.decimal128(int(found[1]), int(found[2]))
    return _ARROW[kind]
