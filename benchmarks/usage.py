"""What work takes of the machine: seconds of the clock and of the processors, and memory, of this process and of the servers."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import perf_counter

import psutil

_EVERY = 0.25


@dataclass
class Usage:
    """What some work took.

    Attributes
    ----------
    seconds, cpu : float
        Of the clock; of all processors together.
    peak : int
        Bytes that all processes had at once at most; what several of them share is divided among them.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    peak: int = 0


def _all(roots: Iterable[int]) -> list[psutil.Process]:
    """Return this process, the given ones and what they started."""
    found: dict[int, psutil.Process] = {}
    for root in (psutil.Process().pid, *roots):
        with suppress(psutil.Error):
            process = psutil.Process(root)
            found |= {p.pid: p for p in (process, *process.children(recursive=True))}
    return list(found.values())


def _cpu(roots: Iterable[int]) -> float:
    total = 0.0
    for process in _all(roots):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def _memory(roots: Iterable[int]) -> int:
    total = 0
    for process in _all(roots):
        with suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total


@contextmanager
def used(roots: Iterable[int]) -> Iterator[Usage]:
    """Measure what is done inside, in this process and in those of some servers (process ids)."""
    servers, usage, over = list(roots), Usage(), threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY):
            usage.peak = max(usage.peak, _memory(servers))

    watching = threading.Thread(target=watch, daemon=True)
    before, since = _cpu(servers), perf_counter()
    watching.start()
    try:
        yield usage
    finally:
        usage.seconds, usage.cpu = perf_counter() - since, _cpu(servers) - before
        over.set()
        watching.join()
