"""The served DuckDB file as Superset's database: read only, locked, one open instance per worker.

Superset builds an engine per query, so the instance is kept here and every query gets a cursor of it. Publishing
moves the symlink ``var/served/current``; the next query sees another real path and opens the new file, while
cursors in flight keep the old instance alive until they end.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from typing import Any

import duckdb
from duckdb_engine import ConnectionWrapper, CursorWrapper

from infra.superset import catalogue, confined, reader, statement

_START_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "access_mode": "read_only",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_SETTINGS = (
    "SET GLOBAL TimeZone = 'Asia/Shanghai'",
    # else FROM <name> reads a variable of the server's own Python
    "SET python_enable_replacements = false",
    "SET lock_configuration = true",
)
_lock = threading.Lock()
_instances: dict[str, duckdb.DuckDBPyConnection] = {}


class GuardedCursor(CursorWrapper):
    """A cursor that runs what its reader may ask, and interrupts itself after ``timeout`` seconds."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, wrapper: ConnectionWrapper, timeout: float) -> None:
        super().__init__(cursor, wrapper)
        self._raw = cursor
        self._timeout = timeout
        self._rows: Iterator[tuple[Any, ...]] | None = None
        self.description: Any = None

    def execute(self, text: str, parameters: Any = None, context: Any = None) -> Any:
        """Run one query within the reader's bounds; what a person typed runs in a process of its own."""
        self._rows = None
        # the driver's own questions come with parameters, if empty ones; a reader's statement never does
        if parameters is None or text not in catalogue.forms():
            bounds = reader.bounds()
            statement.check(self._raw, text, bounds)
            if bounds.free:
                found = confined.run(self._path(), text, _START_CONFIG, _SETTINGS)
                self._rows, self.description = iter(found.rows), found.description
                return self
        self._run(text, parameters, context)
        self.description = self._raw.description
        return self

    def _run(self, text: str, parameters: Any, context: Any) -> None:
        timer = threading.Timer(self._timeout, self._raw.interrupt)
        timer.start()
        try:
            super().execute(text, parameters, context)
        except duckdb.InterruptException as interrupted:
            message = f"查询超过 {self._timeout:.0f} 秒，已中止，请缩小范围"
            raise duckdb.InterruptException(message) from interrupted
        finally:
            timer.cancel()

    def _path(self) -> str:
        """The file of this very connection, whatever the link points at by now."""
        found = self._raw.execute(
            "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
        ).fetchone()
        return str(found[0]) if found else ""

    def fetchone(self) -> Any:
        """Return the next row."""
        return self._raw.fetchone() if self._rows is None else next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows."""
        if self._rows is None:
            return super().fetchmany(size)
        return list(itertools.islice(self._rows, size or 1))

    def fetchall(self) -> list[Any]:
        """Return the rest of the rows."""
        return self._raw.fetchall() if self._rows is None else list(self._rows)

    def executemany(self, text: str, parameters: Any = None, context: Any = None) -> Any:
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
    for setting in (f"SET memory_limit = '{memory}'", f"SET threads = {threads}", *_SETTINGS):
        instance.execute(setting)
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
