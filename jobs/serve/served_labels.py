"""Chinese words of served tables, as the contracts have them: of codes, for statements that join them, and of columns."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from jobs.definitions.contract import load_table, table_names
from jobs.sqltext import name, text

_SAID = (
    ("enterprise_statement", "domain"),
    ("kpi_enterprise", "label"),
    ("criteria_result", "rule_version"),
    ("criteria_result", "tier"),
    ("incentive", "kind"),
    ("ticket_progress", "category"),
    ("ticket_progress", "level"),
    ("ticket_progress", "state"),
    ("warning", "state"),
)
"""Table and column of the contracts whose codes are told."""


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the temporary table ``word``: one row per table, column and code, with its label."""
    con.execute('CREATE OR REPLACE TEMP TABLE word ("of" VARCHAR, code VARCHAR, label VARCHAR)')
    for table, column in _SAID:
        codes = load_table(table).column(column).codes
        rows = [[f"{table}.{column}", code, label] for label, code in codes.items() if label != code]
        con.executemany("INSERT INTO word VALUES (?, ?, ?)", rows)


def comment(con: duckdb.DuckDBPyConnection, table: str, title: str, own: Mapping[str, str]) -> None:
    """Say in Chinese what a table and each of its columns holds.

    Parameters
    ----------
    con : DuckDBPyConnection
    table, title : str
    own : mapping
        Column -> what it holds; of the others the contracts say it.

    Raises
    ------
    KeyError
        If neither says it.
    """
    known = {c.name: c.label for of in table_names() for c in load_table(of).columns}
    con.execute(f"COMMENT ON TABLE {name(table)} IS {text(title)}")
    for column, *_ in con.execute(f"DESCRIBE {name(table)}").fetchall():
        said = own[column] if column in own else known[column]
        con.execute(f"COMMENT ON COLUMN {name(table)}.{name(column)} IS {text(said)}")
