"""What of each table stands in the file of one region: written anew, or only for the releases that came."""

from __future__ import annotations

import duckdb

from jobs.serve import renewal, small_cells
from jobs.serve.classes import TableClass

_OWN = "region_code IN (SELECT code FROM own)"
_REPORTS = """
reporter IN (SELECT code FROM own) OR reporter IN (SELECT region_code FROM firm_programme)
OR reporter NOT IN (SELECT code FROM whole.region)
"""
_CELLS = f"""
{_OWN} OR programme NOT IN (SELECT id FROM firm_programme)
OR ({small_cells.UNDIVIDED} AND w.rowid NOT IN (SELECT id FROM withheld))
"""
"""Without the parts of the whole region: they add up to the total, and so each can be told from the others."""
_LISTS = "true"


def columns(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Return the tables of the attached file ``whole`` with their columns."""
    rows = con.execute(
        "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
        "WHERE database_name = 'whole' AND NOT internal GROUP BY table_name ORDER BY table_name"
    ).fetchall()
    return dict(rows)


def fill(
    con: duckdb.DuckDBPyConnection,
    file: str,
    scope: str | None,
    classes: dict[str, TableClass],
    carried: bool,
) -> None:
    """Copy what a scope keeps of every table of the attached file ``whole``.

    Parameters
    ----------
    con : DuckDBPyConnection
        After :func:`small_cells.prepare`, with the scope's regions in the table ``own``.
    file : str
        Name under which the scope's file is attached.
    scope : str or None
        Region; None: of nobody's region, only lists.
    classes : dict
        What each table tells about firms.
    carried : bool
        Whether the file is a copy of an earlier one in the same layout.
    """
    keeps = {"lists": _LISTS}
    if scope:
        small_cells.judge(con)
        keeps |= {"firms": _OWN, "reports": _REPORTS, "cells": _CELLS}
    held = columns(con)
    for table, entry in classes.items():
        if condition := keeps.get(entry.holds):
            _keep(con, file, table, held[table], scope, condition, carried)
        elif scope:
            if carried:
                con.execute(f'DELETE FROM {file}."{table}"')
            small_cells.withhold(con, table, held[table], scope)
            con.execute(_blanked(file, table, held[table], entry))
    if carried:
        _date(con, file, held)


def _keep(
    con: duckdb.DuckDBPyConnection,
    file: str,
    table: str,
    columns: list[str],
    scope: str | None,
    condition: str,
    carried: bool,
) -> None:
    """Copy the rows of a table that fulfil a condition; into a file of before only those of releases that came."""
    target = f'{file}."{table}"'
    fresh = "true"
    if carried and "is_latest" in columns and table != "publication":
        wanted, there = renewal.parts(con, f'whole."{table}"'), renewal.parts(con, target)
        renewal.forget(con, target, there - wanted)
        if wanted <= there:
            return
        fresh = renewal.among(wanted - there, "w")
    elif carried:
        con.execute(f"DELETE FROM {target}")
    if condition is _CELLS and scope:
        small_cells.withhold(con, table, columns, scope, f"{small_cells.UNDIVIDED} AND {fresh}")
    con.execute(
        f'INSERT INTO {target} BY NAME SELECT w.* FROM whole."{table}" w WHERE {fresh} AND ({condition})'
    )


def _date(con: duckdb.DuckDBPyConnection, file: str, held: dict[str, list[str]]) -> None:
    """Write the latest period and the publication into the rows that were there before."""
    (publication,) = con.execute("SELECT any_value(publication_id) FROM whole.publication").fetchone() or (
        "",
    )
    for table, columns in held.items():
        if table != "publication":
            if "is_latest" in columns:
                renewal.mark_latest(con, f'{file}."{table}"', "whole.publication")
            renewal.sign(con, f'{file}."{table}"', publication)


def _blanked(file: str, table: str, columns: list[str], entry: TableClass) -> str:
    """Return the statement that copies all rows of a table, withheld ones with the columns that the class keeps."""

    def shown(column: str) -> str:
        if column in entry.said:
            text = entry.said[column].replace("'", "''")
            return f'CASE WHEN h.id IS NULL THEN w."{column}" ELSE \'{text}\' END AS "{column}"'
        if column in entry.kept:
            return f'w."{column}"'
        return f'CASE WHEN h.figures THEN NULL ELSE w."{column}" END AS "{column}"'

    return (
        f'INSERT INTO {file}."{table}" BY NAME SELECT {", ".join(map(shown, columns))} '
        f'FROM whole."{table}" w LEFT JOIN withheld h ON h.id = w.rowid ORDER BY w.rowid'
    )
