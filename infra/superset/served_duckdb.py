"""The served DuckDB file as Superset's database: read only, locked, one open instance per worker.

Superset builds an engine per query, so the instance is kept here and every query gets a cursor of it. Publishing
moves the symlink ``var/served/current``; the next query sees another real path and opens the new file, while
cursors in flight keep the old instance alive until they end.
"""

from __future__ import annotations

import os
import re
import threading
from typing import Any

import duckdb
from duckdb_engine import ConnectionWrapper, CursorWrapper

_START_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "access_mode": "read_only",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
# PRAGMA reaches us rewritten into a SELECT from one of these functions, which tell about the server
_PRAGMA = re.compile(r"\bpragma_\w+", re.IGNORECASE)
_lock = threading.Lock()
_instances: dict[str, duckdb.DuckDBPyConnection] = {}


class GuardedCursor(CursorWrapper):
    """A cursor that runs SELECT statements only and interrupts itself after ``timeout`` seconds."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, wrapper: ConnectionWrapper, timeout: float) -> None:
        super().__init__(cursor, wrapper)
        self._raw = cursor
        self._timeout = timeout

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> Any:
        """Run one query; anything that DuckDB's own parser does not call a SELECT is refused."""
        for parsed in self._raw.extract_statements(statement):
            if parsed.type != duckdb.StatementType.SELECT or _PRAGMA.search(parsed.query):
                raise duckdb.PermissionException(f"只允许查询语句（SELECT），已拒绝 {parsed.type.name}")
        timer = threading.Timer(self._timeout, self._raw.interrupt)
        timer.start()
        try:
            return super().execute(statement, parameters, context)
        except duckdb.InterruptException as interrupted:
            message = f"查询超过 {self._timeout:.0f} 秒，已中止，请缩小范围"
            raise duckdb.InterruptException(message) from interrupted
        finally:
            timer.cancel()

    def executemany(self, statement: str, parameters: Any = None, context: Any = None) -> Any:
        """Refuse: only writers need it."""
        raise duckdb.PermissionException("只允许查询语句（SELECT）")


class GuardedConnection(ConnectionWrapper):
    """A connection of the shared instance that hands out guarded cursors."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, timeout: float) -> None:
        super().__init__(connection)
        self._raw = connection
        self._timeout = timeout

    def cursor(self) -> GuardedCursor:
        """Return a cursor; the connection itself is already one of the shared instance."""
        return GuardedCursor(self._raw, self, self._timeout)


def _open(path: str, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    instance = duckdb.connect(path, config=_START_CONFIG)
    for statement in (
        "SET GLOBAL TimeZone = 'Asia/Shanghai'",
        f"SET memory_limit = '{memory}'",
        f"SET threads = {threads}",
        # else FROM <name> reads a variable of the server's own Python
        "SET python_enable_replacements = false",
        "SET lock_configuration = true",
    ):
        instance.execute(statement)
    return instance


def connect(link: str, memory: str = "2GB", threads: int = 2, timeout: float = 30.0) -> GuardedConnection:
    """Open a connection to the file that ``link`` points at now.

    Parameters
    ----------
    link
        Path of the served file through the symlink that publishing moves.
    memory, threads
        Limits of the one DuckDB instance of this process.
    timeout
        Seconds after which a statement is interrupted.
    """
    path = os.path.realpath(link)
    with _lock:
        if path not in _instances:
            opened = _open(path, memory, threads)
            _instances.clear()
            _instances[path] = opened
        return GuardedConnection(_instances[path].cursor(), timeout)
