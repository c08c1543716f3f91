"""The served DuckDB files as Superset's database: read only, locked, a few open instances per worker.

Superset builds an engine per query, so the instances are kept here, one per file and never two files in one, and
every query gets a cursor of its file's. Publishing moves the symlink ``var/served/current``; the next request names
a file of another build, and opening it drops the instances of the old one, while cursors in flight keep theirs alive
until they end.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
from duckdb_engine import ConnectionWrapper, CursorWrapper

from infra.superset import catalogue, confined, reader, statement

_START_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "access_mode": "read_only",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # nothing may be written beside the file: what does not fit into memory is refused as such
    "temp_directory": "",
}
_SETTINGS = (
    "SET GLOBAL TimeZone = 'Asia/Shanghai'",
    # else FROM <name> reads a variable of the server's own Python
    "SET python_enable_replacements = false",
    "SET lock_configuration = true",
)
_SCOPES = "scopes"
_MOST_SCOPES = 3
"""Scopes' files open at a time in this process, beside the whole one."""
_lock = threading.Lock()
_instances: OrderedDict[str, duckdb.DuckDBPyConnection] = OrderedDict()


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
                answer = confined.run(self._path(), text, _START_CONFIG, _SETTINGS)
                self._rows, self.description = iter(answer.rows), answer.description
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
        path = self._raw.execute(
            "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
        ).fetchone()
        return str(path[0]) if path else ""

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


def _open(path: str, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    instance = duckdb.connect(path, config=_START_CONFIG)
    if instance.execute("SELECT current_setting('lock_configuration')").fetchone() == (True,):
        return instance  # a cursor in flight kept the instance alive that was dropped here
    for setting in (f"SET memory_limit = '{memory_mb}MB'", f"SET threads = {threads}", *_SETTINGS):
        instance.execute(setting)
    return instance


def _build(path: str) -> Path:
    """Return the build that a file belongs to: all its files lie in one folder, the scopes' ones two levels deeper."""
    folder = Path(path).parent
    return folder.parent.parent if _is_scope(path) else folder


def _is_scope(path: str) -> bool:
    return Path(path).parent.parent.name == _SCOPES


def _make_room(path: str) -> None:
    """Drop the instances of other builds of the file, and the scope asked least recently where there are too many."""
    for other in [p for p in _instances if Path(p).name == Path(path).name and _build(p) != _build(path)]:
        del _instances[other]
    scopes = [p for p in _instances if _is_scope(p)]
    if _is_scope(path) and len(scopes) >= _MOST_SCOPES:
        del _instances[scopes[0]]


def connect(file: Path, memory_mb: int = 2048, threads: int = 2, timeout: float = 30.0) -> GuardedConnection:
    """Open a connection to a served file.

    Parameters
    ----------
    file
        Path of the whole file or of a scope's; a scope that holds all firms is a link to the whole one.
    memory_mb, threads
        Limits of this process. DuckDB's limit is per instance: the whole file has half, the scopes share the rest.
    timeout
        Seconds after which a statement is interrupted.
    """
    path = os.path.realpath(file)
    with _lock:
        if path not in _instances:
            opened = _open(path, memory_mb // (2 * _MOST_SCOPES if _is_scope(path) else 2), threads)
            _make_room(path)
            _instances[path] = opened
        _instances.move_to_end(path)
        return GuardedConnection(_instances[path].cursor(), timeout)
