"""How much memory an engine may take of the machine that it runs on."""

from __future__ import annotations

import os
from pathlib import Path

_SHARE = 0.6
"""Of the memory that is left to the tasks: some of an engine's is outside its limit, and Python has its own."""
_LEAST = 256 * 2**20
_MOST_HERE = 6 * 2**10
"""MiB that an engine in a process of the platform is cut for at most: services and other jobs are beside it."""


def of_machine() -> int:
    """Return the memory of the machine this runs on, or what this process may have of it."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and (said := limit.read_text(encoding="ascii").strip()).isdigit():
        total = min(total, int(said))
    return total


def of_engine(total: int, at_once: int) -> int:
    """Return how many MiB an engine may take of what is left to all that compute at once."""
    return max(_LEAST, int(total * _SHARE / at_once)) // 2**20


def here() -> int:
    """Return how many MiB an engine of this process is cut for, of which there is one a core; less of a small machine."""
    return min(_MOST_HERE, of_engine(of_machine(), os.cpu_count() or 1))
