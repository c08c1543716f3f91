"""Columns that every silver table has beside its contract's."""

from __future__ import annotations

LINEAGE = {
    "feed": "STRING",
    "batch_id": "STRING",
    "file_id": "BIGINT",
    "file_name": "STRING",
    "sheet": "STRING",
    "row_no": "INT",
    "scope": "STRING",
    "reporter": "STRING",
}
"""Where a silver row comes from: down to the line of the file as received."""

SILVER_TAIL = {"reported": "MAP<STRING,STRING>", "units": "MAP<STRING,STRING>", "deleted": "BOOLEAN"}
"""Marks of the table itself: the texts and units as reported, and whether the key was withdrawn."""
