"""The lake: the only place that knows where Delta tables lie and how they are written and read.

What needs Spark is imported when it is asked for: the way in does without, and its client takes a second to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jobs.lake.arrow import arrow_dataset, gold_arrow, standing
from jobs.lake.tables import create_all, path_of
from jobs.lake.write import append, replace_release, shaped, together

if TYPE_CHECKING:
    from jobs.lake.frames import files, gold, read, read_group, silver_rows
    from jobs.lake.session import connect

_OF_SPARK = {"connect": "session"} | dict.fromkeys(
    ("files", "gold", "read", "read_group", "silver_rows"), "frames"
)
"""Name -> the module that has it."""


def __getattr__(name: str) -> Any:
    if name not in _OF_SPARK:
        raise AttributeError(name)
    return getattr(import_module(f"jobs.lake.{_OF_SPARK[name]}"), name)


__all__ = [
    "append",
    "arrow_dataset",
    "connect",
    "create_all",
    "files",
    "gold",
    "gold_arrow",
    "path_of",
    "read",
    "read_group",
    "replace_release",
    "shaped",
    "silver_rows",
    "standing",
    "together",
]
