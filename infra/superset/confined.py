"""Statements that people type run in a child process with limits of the operating system.

DuckDB counts its buffers, not what a function allocates beside them, and notices an interrupt only between two blocks of
rows: ``repeat('x', 2000000000)`` takes gigabytes past its limit, ``lpad`` of that length minutes past any interrupt. A
child has an address space of a fixed size and is killed when its time is up; the server and its other readers go on.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

CHILD = Path(__file__).with_name("confined_child.py")


@dataclass(frozen=True)
class Limits:
    """What one statement may take; DuckDB's own limit is lower, so that its clear refusal comes first."""

    seconds: float = 30.0
    memory: str = "1GB"
    address_space: int = 1_600_000_000
    rows: int = 100_000
    answer_bytes: int = 50_000_000
    threads: int = 2


LIMITS = Limits()
PATIENCE = 5.0
"""Seconds to wait for a place: whoever waits holds a thread that officials' pages need as well."""
# two at a time in each process of the server: more would share the processors and all come late
_places = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class Answer:
    """Rows and their description as the DB API gives them."""

    description: list[tuple[Any, ...]]
    rows: list[tuple[Any, ...]]


def run(
    path: str,
    statement: str,
    config: Mapping[str, Any],
    settings: Iterable[str],
    limits: Limits = LIMITS,
) -> Answer:
    """Run a checked statement on a file, or raise what DuckDB raised.

    Parameters
    ----------
    path
        The DuckDB file itself, not a link.
    statement
        One SELECT.
    config, settings
        How the file is opened, and statements that follow; the memory limit among them gives way to ``limits``.
    limits
        Limits of the child.
    """
    request = {
        "path": path,
        "statement": statement,
        "config": dict(config) | {"memory_limit": limits.memory, "threads": limits.threads},
        "settings": list(settings),
        "address_space": limits.address_space,
        "cpu_seconds": int(limits.seconds * limits.threads) + 1,
        "rows_limit": limits.rows,
        "bytes_limit": limits.answer_bytes,
    }
    if not _places.acquire(timeout=PATIENCE):
        raise duckdb.PermissionException("同时运行的查询太多，请稍后再试")
    try:
        answer = _ask_child(request, limits)
    finally:
        _places.release()
    if "error" in answer:
        raise _error(answer["error"], answer["message"], limits)
    return Answer(answer["description"], answer["rows"])


def _ask_child(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    try:
        # an empty environment: the child needs no setting and no secret of the server
        ended = subprocess.run(
            [sys.executable, "-I", str(CHILD)],
            input=pickle.dumps(request),
            capture_output=True,
            timeout=limits.seconds,
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": "InterruptException", "message": ""}
    if ended.returncode:
        return {"error": "OutOfMemoryException", "message": ""}
    return pickle.loads(ended.stdout)


def _error(name: str, message: str, limits: Limits) -> duckdb.Error:
    if name == "OutOfMemoryException":
        return duckdb.OutOfMemoryException(f"查询需要的内存超过 {limits.memory}，已中止，请缩小范围或先汇总")
    if name == "InterruptException":
        return duckdb.InterruptException(f"查询超过 {limits.seconds:.0f} 秒，已中止，请缩小范围")
    kind = getattr(duckdb, name, duckdb.Error)
    return kind(message)
