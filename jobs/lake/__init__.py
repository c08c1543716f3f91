"""The lake: the only place that knows where Delta tables lie and how they are written and read."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.lake.arrow import gold_arrow, gold_view
    from jobs.lake.scan import standing
    from jobs.lake.session import connect
    from jobs.lake.tables import create_all, path_of
    from jobs.lake.write import append, replace_release, together

__all__ = [
    "append",
    "connect",
    "create_all",
    "gold_arrow",
    "gold_view",
    "path_of",
    "replace_release",
    "standing",
    "together",
]
_MODULES = {
    "arrow": ("gold_arrow", "gold_view"),
    "scan": ("standing",),
    "session": ("connect",),
    "tables": ("create_all", "path_of"),
    "write": ("append", "replace_release", "together"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import what is asked for (PEP 562): who looks up a path or reads a few rows does not load Spark."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
