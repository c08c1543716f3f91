"""Building the served file: per programme and period the latest approved release, as plain tables."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from jobs import lake
from jobs.definitions.contract import Contract, load_table, table_names
from jobs.lake.content import served_columns, served_type
from jobs.ledger.models import Publication, Release
from jobs.refusals import Refusal
from jobs.release.report_state import AHEAD, MISSING
from jobs.serve import comments, dimensions, hashes, renewal, revisions
from jobs.serve.classes import Folded, class_of
from jobs.sqltext import text

Approved = dict[tuple[str, str], Release]
_NAME = "served"
"""What the file is called while it is written."""


def _typed(contract: Contract, names: list[str]) -> str:
    return ", ".join(f'"{c.name}" {served_type(c.type)}' for c in contract.columns if c.name in names)


def create_table(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Create a gold table of the served file, with its Chinese labels as comments."""
    fold = class_of(contract.id).folded
    names = fold.per if fold else [c.name for c in contract.columns]
    body = _typed(contract, names)
    if fold:
        body += f', "{fold.column}" STRUCT({_typed(contract, _inner(contract, fold))})[]'
    con.execute(f'CREATE TABLE "{contract.id}" ({body}, is_latest BOOLEAN, publication_id VARCHAR)')
    said = comments.of_contract(contract, names) | comments.ADDED
    if fold:
        labels = {c.name: c.label for c in contract.columns}
        inner = "、".join(f"{n} {labels[n]}" for n in _inner(contract, fold))
        said[fold.column] = f"{fold.label}：{inner}"
    purpose = contract.model.description.purpose if contract.model.description else None
    comments.write(con, contract.id, "：".join(filter(None, (contract.title, purpose))), said)


def _inner(contract: Contract, fold: Folded) -> list[str]:
    """Return the columns that become a row's list."""
    return [c.name for c in contract.columns if c.name not in fold.per]


def _rows(contract: Contract, periods: list[str]) -> str:
    """Return the query of a table's served rows of some periods on ``gold_rows``."""
    asked = ", ".join(map(text, periods))
    rows = f"SELECT {served_columns(contract)} FROM gold_rows WHERE period IN ({asked})"
    if not (fold := class_of(contract.id).folded):
        return rows
    per = ", ".join(f'"{c}"' for c in fold.per)
    one = ", ".join(f"'{c}': \"{c}\"" for c in _inner(contract, fold))
    # Unordered: to sort within every row costs five times the rest, and `position` tells the order.
    return f'SELECT {per}, list({{{one}}}) AS "{fold.column}" FROM ({rows}) GROUP BY {per}'


def _newest(approved: Approved) -> dict[str, str]:
    newest: dict[str, str] = {}
    for programme, period in approved:
        newest[programme] = max(newest.get(programme, ""), period)
    return newest


def _wanted(contract: Contract, approved: Approved) -> set[renewal.Part]:
    """Return whose rows a table shall have: of a folded one only the latest period's."""
    newest = _newest(approved)
    return {
        (programme, period, release.release_id)
        for (programme, period), release in approved.items()
        if not class_of(contract.id).folded or newest[programme] == period
    }


def _order(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """Return the order of the rows that are put in: the key's, but none of firms and cells, which are many.

    Who reads those says in which order; written as they come they take half the time.
    """
    many = class_of(contract.id).holds in ("firms", "cells")
    con.execute(f"SET preserve_insertion_order = {not many}")
    return "" if many else "ORDER BY " + (", ".join(f'"{k}"' for k in contract.key) or "ALL")


def _fill(con: duckdb.DuckDBPyConnection, contract: Contract, publication: str, approved: Approved) -> None:
    """Take out a table's rows of releases that no longer stand, and copy those of the ones that came."""
    table = f'"{contract.id}"'
    wanted, there = _wanted(contract, approved), renewal.parts(con, table)
    renewal.forget(con, table, there - wanted)
    by_release: dict[tuple[str, str], list[str]] = {}
    for programme, period, release in sorted(wanted - there):
        by_release.setdefault((release, programme), []).append(period)
    newest = _newest(approved)
    order = _order(con, contract)
    for (release, programme), periods in sorted(by_release.items()):
        if lake.gold_view(con, contract.id, release, programme, "gold_rows"):
            con.execute(
                f"INSERT INTO {table} BY NAME SELECT *, period = ? AS is_latest, ? AS publication_id "
                f"FROM ({_rows(contract, periods)}) {order}",
                [newest[programme], publication],
            )


_OPEN = "count(*) FILTER (coalesce(rows_waiting, rows_quarantined) > 0)"
"""Reports with rows that wait; of a release that did not count them yet, those with rows in quarantine."""


def publication_table(
    con: duckdb.DuckDBPyConnection, publication: str, published_at: Any, approved: Approved
) -> None:
    """Say what is served: of each period the release, and how many reports are missing, to come, or hold rows that wait."""
    con.execute(
        "CREATE OR REPLACE TABLE publication (publication_id VARCHAR, published_at TIMESTAMPTZ, programme VARCHAR, "
        "period VARCHAR, release VARCHAR, status VARCHAR, revision INTEGER, seq BIGINT, data_as_of TIMESTAMPTZ, "
        "content_hash VARCHAR, provisional BOOLEAN, is_latest BOOLEAN, n_missing BIGINT, n_to_come BIGINT, "
        "n_open BIGINT)"
    )
    newest = _newest(approved)
    for (programme, period), r in sorted(approved.items()):
        con.execute(
            "INSERT INTO publication SELECT ?,?,?,?,?,?,?,?,?,NULL,?,?, count(*) FILTER (state = ?), "
            f"count(*) FILTER (list_contains(?, state)), {_OPEN} FROM data_status WHERE programme = ? AND period = ?",
            [publication, published_at, programme, period, r.release_id, r.status, r.revision, r.seq, r.data_as_of,
             r.provisional, newest[programme] == period, MISSING, list(AHEAD), programme, period],
        )  # fmt: skip


class ReleaseEmpty(Refusal, RuntimeError):
    """An approved release has lost rows in the lake: something removed them."""


def _all_there(con: duckdb.DuckDBPyConnection, approved: Approved, known: hashes.Hashes) -> None:
    """Refuse a file that lacks the rows of a table which a release's hashes name."""
    missing = [
        (programme, period, name)
        for name in table_names()
        for programme, period, _ in sorted(
            _wanted(load_table(name), approved) - renewal.parts(con, f'"{name}"')
        )
        if name in known[programme, period] or name == "kpi_region"
    ]
    if missing:
        raise ReleaseEmpty(f"已批准的发布在湖仓中没有数据，停止发布：{missing}")


def _mark_latest(con: duckdb.DuckDBPyConnection) -> None:
    """Mark the rows taken over: they may not be of the latest period now, and what is joined asks for it."""
    for name in table_names():
        renewal.mark_latest(con, f'"{name}"', "publication")


def date_rows(con: duckdb.DuckDBPyConnection, publication: str, carried: bool) -> None:
    """Write the publication into every row that does not name it."""
    for (name,) in con.execute(_UNSIGNED, {"carried": carried}).fetchall():
        renewal.sign(con, f'"{name}"', publication)


_UNSIGNED = """
SELECT table_name FROM duckdb_columns()
WHERE database_name = current_database() AND NOT internal AND table_name <> 'publication'
GROUP BY table_name HAVING $carried OR arg_max(column_name, column_index) <> 'publication_id'
"""
"""Tables without it in the place where :func:`renewal.sign` puts it."""


def build(
    path: Path,
    publication: str,
    published_at: Any,
    approved: Approved,
    base: Path | None = None,
    history: Sequence[Publication] = (),
) -> tuple[str, dict[str, str]]:
    """Write the served file and return its content hash.

    Parameters
    ----------
    path : Path
        File to write; its name is DuckDB's database name and stays the same in every build.
    publication : str
        Publication id, written into every row.
    published_at : datetime
        Business time.
    approved : dict
        (programme, period) -> release to serve.
    base : Path, optional
        A served file of the same layout: what it holds of the same releases is taken over.
    history : sequence of Publication
        All publications that were ever made, oldest first, this one last: what each changed is kept in the file.

    Returns
    -------
    str
        SHA-256 over the tables' hashes.
    dict
        Table -> SHA-256 over the content hashes of its rows, by programme and period; of a folded table too those of
        all periods, as they stand in the lake.

    Raises
    ------
    ReleaseEmpty
        If an approved release has lost its rows; the served file stays as it is.
    """
    known = hashes.of_releases(approved)
    whole, by_table = hashes.together(known)
    if base:
        shutil.copyfile(base, path)
    with duckdb.connect() as con:
        con.execute("SET TimeZone='Asia/Shanghai'")
        renewal.attach(con, path, _NAME)
        con.execute(f"USE {_NAME}")
        for name in table_names():
            if not base:
                create_table(con, load_table(name))
            _fill(con, load_table(name), publication, approved)
        con.execute("SET preserve_insertion_order = true")
        _all_there(con, approved, known)
        publication_table(con, publication, published_at, approved)
        con.execute("UPDATE publication SET content_hash = ?", [whole])
        _mark_latest(con)
        dimensions.add(con)
        revisions.add(con, history)
        date_rows(con, publication, carried=base is not None)
        con.execute(f"CHECKPOINT; USE memory; DETACH {_NAME}")
    return whole, by_table
