"""Which codes and Chinese words stand in a DuckDB file."""

from __future__ import annotations

from pathlib import Path

import duckdb

_WORD = "[0-9A-Z]{18}|[^\\x00-\\x7F]+"
"""Codes of firms, and whatever is written in Chinese."""


def words(path: Path) -> dict[tuple[str, str], set[str]]:
    """Return the codes and the Chinese words that stand in each (table, column) of a DuckDB file."""
    with duckdb.connect(str(path), read_only=True) as con:
        columns = con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
        ).fetchall()
        return {
            (table, column): {
                word
                for (word,) in con.execute(
                    f'SELECT DISTINCT unnest(regexp_extract_all(CAST("{column}" AS VARCHAR), \'{_WORD}\')) FROM "{table}"'
                ).fetchall()
            }
            for table, column in columns
        }


def named(texts: set[str], firms: set[str]) -> set[str]:
    """Return which of some firms' codes and names stand in words, also inside a longer one."""
    together = "\n".join(texts)
    return {firm for firm in firms if firm in together}
