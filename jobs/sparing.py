"""Looking things up and taking in without pandas, which DuckDB and pyarrow load as soon as Python hands them a value.

They load it only to recognise its missing values and arrays, and work as well where it is not installed. It takes longer than
most answers; whoever holds no frame of pandas need not wait for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Absent(MetaPathFinder):
    """Answers for pandas as if it were not installed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError(
                "pandas 在查询和接收中不装入 / is not loaded by what looks something up or takes in",
                name=fullname,
            )
        return None


@contextmanager
def without_pandas() -> Iterator[None]:
    """Let nothing load pandas meanwhile; where it is loaded already, nothing changes."""
    if "pandas" in sys.modules:
        yield
        return
    absent = _Absent()
    sys.meta_path.insert(0, absent)
    try:
        yield
    finally:
        sys.meta_path.remove(absent)
