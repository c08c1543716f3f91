"""The statements with which the driver itself asks for names of tables and columns.

Readers' statements do not reach DuckDB's catalogue. The driver's do, in exactly these forms: they are recorded from the
driver once, names come as parameters, so nothing of a reader's is part of the text.
"""

from __future__ import annotations

import functools
import warnings
from typing import Any

import duckdb
from duckdb_engine import ConnectionWrapper, CursorWrapper
from sqlalchemy import create_engine, inspect

_SCHEMAS = (None, "main", "memory.main")


class _Recorder(CursorWrapper):
    """A cursor of an empty database that keeps what it is asked."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, wrapper: ConnectionWrapper, heard: set[str]
    ) -> None:
        super().__init__(cursor, wrapper)
        self._heard = heard

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> Any:
        self._heard.add(statement)
        return super().execute(statement, parameters, context)


class _Recording(ConnectionWrapper):
    def __init__(self, connection: duckdb.DuckDBPyConnection, heard: set[str]) -> None:
        super().__init__(connection)
        self._raw, self._heard = connection, heard

    def cursor(self) -> _Recorder:
        return _Recorder(self._raw, self, self._heard)


@functools.cache
def forms() -> frozenset[str]:
    """Texts of the driver's own questions."""
    heard: set[str] = set()
    empty = duckdb.connect()
    empty.execute("CREATE TABLE t (a INTEGER)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inspector = inspect(create_engine("duckdb:///", creator=lambda: _Recording(empty.cursor(), heard)))
        inspector.get_schema_names()
        for schema in _SCHEMAS:
            asks = (inspector.get_table_names, inspector.get_view_names)
            for ask in asks:
                ask(schema)
            for details in (
                inspector.has_table,
                inspector.get_columns,
                inspector.get_pk_constraint,
                inspector.get_foreign_keys,
                inspector.get_indexes,
                inspector.get_unique_constraints,
                inspector.get_table_comment,
            ):
                details("t", schema)
    return frozenset(heard)
