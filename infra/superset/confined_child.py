"""Child process that runs one statement under its own limits; run as a script by ``confined``, imports DuckDB only.

Reads a request from standard input and writes the answer, or why there is none, to standard output, both pickled.
"""

from __future__ import annotations

import pickle
import resource
import sys
from typing import Any

import duckdb

_BATCH = 500


class TooLarge(Exception):
    """The answer is larger than allowed."""


def _fetch(result: duckdb.DuckDBPyConnection, rows_limit: int, bytes_limit: int) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    size = 0
    while batch := result.fetchmany(_BATCH):
        size += len(pickle.dumps(batch))
        rows += batch
        if len(rows) > rows_limit:
            raise TooLarge(f"结果超过 {rows_limit} 行，请汇总或加上 LIMIT")
        if size > bytes_limit:
            raise TooLarge(f"结果超过 {bytes_limit // 1_000_000} MB，请减少列或行")
    return rows


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the statement; the answer has ``rows`` and ``description``, or ``error`` and ``message``."""
    for kind, value in (
        (resource.RLIMIT_AS, request["address_space"]),
        (resource.RLIMIT_CPU, request["cpu_seconds"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(kind, (value, value))
    try:
        connection = duckdb.connect(request["path"], config=request["config"])
        for setting in request["settings"]:
            connection.execute(setting)
        result = connection.execute(request["statement"])
        description = [(column[0], str(column[1]), *column[2:]) for column in result.description or ()]
        return {
            "description": description,
            "rows": _fetch(result, request["rows_limit"], request["bytes_limit"]),
        }
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"error": "OutOfMemoryException", "message": ""}
    except TooLarge as refusal:
        return {"error": "PermissionException", "message": str(refusal)}
    except duckdb.Error as error:
        return {"error": type(error).__name__, "message": str(error)}


if __name__ == "__main__":
    pickle.dump(answer(pickle.load(sys.stdin.buffer)), sys.stdout.buffer)
