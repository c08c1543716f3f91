"""Pieces of SQL: names and texts, quoted."""

from __future__ import annotations


def name(column: str) -> str:
    """Return a column's name as SQL takes it, whatever word it is."""
    return '"' + column.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text as SQL takes it."""
    return "'" + value.replace("'", "''") + "'"
