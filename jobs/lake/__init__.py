"""The lake: the only place that knows where Delta tables lie and how they are written and read."""

from jobs.lake.read import gold, gold_arrow, read, read_group, silver_rows
from jobs.lake.session import connect
from jobs.lake.tables import create_all, path_of
from jobs.lake.write import append, replace_release, together

__all__ = [
    "append",
    "connect",
    "create_all",
    "gold",
    "gold_arrow",
    "path_of",
    "read",
    "read_group",
    "replace_release",
    "silver_rows",
    "together",
]
