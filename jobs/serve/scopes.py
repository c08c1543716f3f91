"""One file per region that officials belong to, beside the whole served file: it holds no other region's firms.

Superset connects a person to the file of the region, so that not even a statement of the person's own finds more.
Every file has the same tables and columns; what each table keeps is said in ``schemas/served.yaml``. Who belongs to
no region, or to several, gets the file ``none``: names and texts, no figure.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import duckdb
import structlog

from jobs import yamlfile
from jobs.serve import small_cells
from jobs.serve.classes import TableClass, classes_of
from jobs.settings import settings

log = structlog.get_logger()

FOLDER = "scopes"
"""Folder beside the whole file, with a folder per scope."""
NONE = "none"
"""Scope of who belongs to no region."""
_CODE = re.compile(r"[0-9A-Z]{2,12}")
_PROVINCE = "0000"
"""End of the code of a province: it takes in every region whose code begins like its own."""


def scopes() -> tuple[str, ...]:
    """Return the scopes that get a file: the regions of the officials in the access file, and ``none``.

    Raises
    ------
    ValueError
        If a region is no code: it names a folder.
    """
    officials = yamlfile.read(settings().access).get("officials") or []
    regions = sorted({str(o["region"]) for o in officials if o.get("region")})
    if wrong := [r for r in regions if not _CODE.fullmatch(r)]:
        raise ValueError(f"{settings().access.name}：地区代码格式不对：{'、'.join(wrong)}")
    return (*regions, NONE)


def file_of(whole: Path, scope: str) -> Path:
    """Return the file of a scope; its name, and so DuckDB's name of the database, is that of the whole file."""
    return whole.parent / FOLDER / scope / whole.name


def write(whole: Path) -> None:
    """Write the files of all scopes that a build lacks; one that is there is whole and stays.

    Parameters
    ----------
    whole : Path
        The build's file with all rows, closed.

    Raises
    ------
    Unclassified
        If nobody said what a table of it tells about firms.
    """
    lacking = [s for s in scopes() if not file_of(whole, s).exists()]
    if not lacking:
        return
    con = duckdb.connect()
    try:
        con.execute(f"ATTACH '{_quoted(whole)}' AS whole (READ_ONLY)")
        columns = _columns(con)
        classes = classes_of(columns)
        small_cells.prepare(con)
        for scope in lacking:
            _write_one(con, file_of(whole, scope), scope, columns, classes)
    finally:
        con.close()
    sizes = {s: file_of(whole, s).stat().st_size for s in lacking if not file_of(whole, s).is_symlink()}
    log.info("scopes", whole=whole.stat().st_size, written=sizes)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    rows = con.execute(
        "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
        "WHERE database_name = 'whole' AND NOT internal GROUP BY table_name ORDER BY table_name"
    ).fetchall()
    return dict(rows)


def _write_one(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    scope: str,
    columns: dict[str, list[str]],
    classes: dict[str, TableClass],
) -> None:
    """Write a scope's file aside and move it into place; a scope that holds all firms is a link to the whole file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    con.execute(
        "CREATE OR REPLACE TABLE own AS SELECT code FROM whole.region WHERE code = $scope OR unit_code = $scope "
        f"OR (right($scope, 4) = '{_PROVINCE}' AND starts_with(code, left($scope, 2)))",
        {"scope": scope},
    )
    if scope != NONE and _holds_all(con, [t for t, c in classes.items() if c.holds == "firms"]):
        aside.symlink_to(os.path.relpath(path.parents[2] / path.name, path.parent))
    else:
        con.execute(f"ATTACH '{_quoted(aside)}' AS scoped")
        con.execute("COPY FROM DATABASE whole TO scoped (SCHEMA)")
        _fill(con, scope, columns, classes)
        con.execute("CHECKPOINT scoped")
        con.execute("DETACH scoped")
    os.replace(aside, path)


def _holds_all(con: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> bool:
    outside = " OR ".join(
        f'EXISTS (SELECT 1 FROM whole."{t}" WHERE region_code NOT IN (SELECT code FROM own))' for t in tables
    )
    found = con.execute(f"SELECT {outside}").fetchone()
    return found == (False,)


def _fill(
    con: duckdb.DuckDBPyConnection, scope: str, columns: dict[str, list[str]], classes: dict[str, TableClass]
) -> None:
    """Copy what a scope keeps of every table; of ``none`` only the lists."""
    keeps = {"lists": "true"}
    if scope != NONE:
        small_cells.judge(con)
        keeps |= {"firms": _OWN, "reports": _REPORTS, "cells": _CELLS}
    for table, entry in classes.items():
        if scope != NONE and entry.holds in ("cells", "declared", "counts"):
            small_cells.withhold(con, table, columns[table], scope)
        if entry.holds in keeps:
            con.execute(
                f'INSERT INTO scoped."{table}" SELECT w.* FROM whole."{table}" w WHERE {keeps[entry.holds]}'
            )
        elif scope != NONE:
            con.execute(_blanked(table, columns[table], entry))


_OWN = "region_code IN (SELECT code FROM own)"
_REPORTS = """
reporter IN (SELECT code FROM own) OR reporter IN (SELECT region_code FROM firm_programme)
OR reporter NOT IN (SELECT code FROM whole.region)
"""
_CELLS = f"""
{_OWN} OR programme NOT IN (SELECT id FROM firm_programme)
OR (region_code = (SELECT p.region_code FROM firm_programme p WHERE p.id = programme)
    AND domain IS NULL AND size_class IS NULL AND industry IS NULL AND w.rowid NOT IN (SELECT id FROM withheld))
"""
"""Without the parts of the whole region: they add up to the total, and so each can be told from the others."""


def _blanked(table: str, columns: list[str], entry: TableClass) -> str:
    """Return the statement that copies all rows of a table, withheld ones with the columns that the class keeps."""

    def shown(column: str) -> str:
        if column in entry.said:
            text = entry.said[column].replace("'", "''")
            return f"CASE WHEN h.id IS NULL THEN w.\"{column}\" ELSE '{text}' END"
        if column in entry.kept:
            return f'w."{column}"'
        return f'CASE WHEN h.figures THEN NULL ELSE w."{column}" END'

    return (
        f'INSERT INTO scoped."{table}" SELECT {", ".join(map(shown, columns))} '
        f'FROM whole."{table}" w LEFT JOIN withheld h ON h.id = w.rowid ORDER BY w.rowid'
    )
