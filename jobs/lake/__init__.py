"""The lake: the only place that knows where Delta tables lie and how they are written and read."""

from jobs.lake.read import arrow_dataset, files, gold, gold_arrow, gold_dataset, read, read_group, silver_rows
from jobs.lake.session import connect
from jobs.lake.tables import create_all, path_of
from jobs.lake.write import append, append_as_read, replace_release, shaped, together

__all__ = [
    "append",
    "append_as_read",
    "arrow_dataset",
    "connect",
    "create_all",
    "files",
    "gold",
    "gold_arrow",
    "gold_dataset",
    "path_of",
    "read",
    "read_group",
    "replace_release",
    "shaped",
    "silver_rows",
    "together",
]
