"""Building the served file: per programme and period the latest approved release, as plain tables."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from jobs import lake
from jobs.contract import Contract, load_table, table_names
from jobs.lake.content import TOGETHER, line_hash, served_columns, served_type
from jobs.ledger.models import Release
from jobs.refusals import Refusal
from jobs.release.report_state import AHEAD, MISSING
from jobs.serve import dimensions

Approved = dict[tuple[str, str], Release]


def create_table(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Create a gold table of the served file, with its Chinese labels as comments."""
    body = ", ".join(f'"{c.name}" {served_type(c.type)}' for c in contract.columns)
    con.execute(f'CREATE TABLE "{contract.id}" (publication_id VARCHAR, {body}, is_latest BOOLEAN)')
    for c in contract.columns:
        con.execute(f'COMMENT ON COLUMN "{contract.id}"."{c.name}" IS \'{c.label}\'')


def _newest(approved: Approved) -> dict[str, str]:
    newest: dict[str, str] = {}
    for programme, period in approved:
        newest[programme] = max(newest.get(programme, ""), period)
    return newest


def _fill(con: duckdb.DuckDBPyConnection, contract: Contract, publication: str, approved: Approved) -> None:
    """Copy a table's rows of every approved release, in the order of its key."""
    newest = _newest(approved)
    order = ", ".join(f'"{k}"' for k in contract.key) or "ALL"
    by_release: dict[tuple[str, str], list[str]] = {}
    for (programme, period), release in sorted(approved.items()):
        by_release.setdefault((release.release_id, programme), []).append(period)
    for (release_id, programme), periods in sorted(by_release.items()):
        rows: pa.Table = lake.gold_arrow(contract.id, release_id, programme)  # noqa: F841 - DuckDB reads it by name
        con.execute(
            f'INSERT INTO "{contract.id}" SELECT ?, {served_columns(contract)}, period = ? FROM rows '
            f"WHERE list_contains(?, period) ORDER BY {order}",
            [publication, newest[programme], periods],
        )


_OPEN = "count(*) FILTER (coalesce(rows_waiting, rows_quarantined) > 0)"
"""Reports with rows that wait; of a release that did not count them yet, those with rows in quarantine."""


def publication_table(
    con: duckdb.DuckDBPyConnection, publication: str, published_at: Any, approved: Approved
) -> None:
    """Say what is served: of each period the release, and how many reports are missing, to come, or hold rows that wait."""
    con.execute(
        "CREATE TABLE publication (publication_id VARCHAR, published_at TIMESTAMPTZ, programme VARCHAR, "
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
    """An approved release has no figures in the lake: something removed them."""


def _all_there(con: duckdb.DuckDBPyConnection, approved: Approved) -> None:
    found = set(con.execute("SELECT DISTINCT programme, period FROM kpi_region").fetchall())
    if missing := sorted(set(approved) - found):
        raise ReleaseEmpty(f"已批准的发布在湖仓中没有数据，停止发布：{missing}")


def build(path: Path, publication: str, published_at: Any, approved: Approved) -> tuple[str, dict[str, str]]:
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

    Returns
    -------
    str
        SHA-256 over the tables' hashes.
    dict
        Table -> SHA-256 over its business columns, whatever the order of its rows.

    Raises
    ------
    ReleaseEmpty
        If an approved release has lost its rows; the served file stays as it is.
    """
    con = duckdb.connect(str(path))
    try:
        con.execute("SET TimeZone='Asia/Shanghai'")
        for name in table_names():
            contract = load_table(name)
            create_table(con, contract)
            _fill(con, contract, publication, approved)
        publication_table(con, publication, published_at, approved)
        _all_there(con, approved)
        dimensions.add(con, publication)
        hashes = {name: content_hash(con, load_table(name)) for name in table_names()}
        whole = hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
        con.execute("UPDATE publication SET content_hash = ?", [whole])
        con.execute("CHECKPOINT")
        return whole, hashes
    finally:
        con.close()


def content_hash(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """Return an order-free hash of a table's business columns: no id of a run, batch or release."""
    row = con.execute(
        f'SELECT {TOGETHER} FROM (SELECT {line_hash(contract)} AS h FROM "{contract.id}")'
    ).fetchone()
    return str(row[0]) if row else "empty"
