"""The content hash of a gold table: order-free, over its business columns, the same in the lake and as served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import duckdb

from jobs import lake
from jobs.definitions.contract import Contract, load_table
from jobs.lake import store
from jobs.lake.tables import PARTITION

if TYPE_CHECKING:  # what only asks how a table is served needs no arrays
    import pyarrow as pa

Rows: TypeAlias = "pa.Table | tuple[str, ...]"
"""Rows of a gold table: at hand, or as they lie in files without the column of its partitions."""
NOT_CONTENT = {"publication_id", "release", "batch_id", "den_batch_id", "frozen_release", "is_latest"}
"""Ids and moments: they say how a figure came to be here, not what it is."""
EVIDENCE = "evidence"
"""Column of JSON that names batches among what was found."""
_BATCH_IN_TEXT = '"batch_id":"[^"]*"'


def served_type(kind: str) -> str:
    """Return DuckDB's type of a contract column: maps travel as JSON text."""
    if kind.startswith("MAP"):
        return "VARCHAR"
    return {"STRING": "VARCHAR", "INT": "INTEGER"}.get(kind, kind)


def served_columns(contract: Contract) -> str:
    """Return the columns of a gold table as DuckDB expressions of the served types."""
    return ", ".join(f"{_served(_quoted(c.name), c.type)} AS {_quoted(c.name)}" for c in contract.columns)


def _served(column: str, kind: str) -> str:
    if kind == "DOUBLE":
        # There is one zero: a file that numbers its values keeps either sign for both.
        return f"CAST({column} AS DOUBLE) + 0.0"
    return f"CAST({f'to_json({column})' if kind.startswith('MAP') else column} AS {served_type(kind)})"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _as_text(name: str) -> str:
    text = f"CAST({_quoted(name)} AS VARCHAR)"
    return f"regexp_replace({text}, '{_BATCH_IN_TEXT}', '', 'g')" if name == EVIDENCE else text


def line_hash(contract: Contract) -> str:
    """Return the hash of one served row as a DuckDB expression: no id of a run, batch or release."""
    names = sorted(c.name for c in contract.columns if c.name not in NOT_CONTENT)
    line = ", ".join(f"coalesce({_as_text(n)}, '\\N')" for n in names)
    return f"sha256(concat_ws(chr(31), {line}))"


TOGETHER = "coalesce(sha256(string_agg(h, '' ORDER BY h)), 'empty')"
"""Hash over the hashes ``h`` of rows, whatever their order."""


def connection() -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection in which moments are written as they are served."""
    con = duckdb.connect()
    con.execute("SET TimeZone='Asia/Shanghai'")
    return con


def known_as(con: duckdb.DuckDBPyConnection, name: str, rows: Rows) -> None:
    """Make rows of a gold table known to a connection, whether they are at hand or lie in files."""
    if not isinstance(rows, tuple):
        con.register(name, rows)
        return
    scan = store.parquet(con, rows, f"hive_partitioning = true, hive_types = {{'{PARTITION}': VARCHAR}}")
    con.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM {scan}")


def period_hashes(tables: Mapping[str, Rows], periods: list[str]) -> dict[str, dict[str, str]]:
    """Return period -> table -> content hash of the period's rows; tables without rows are not named.

    Parameters
    ----------
    tables : mapping
        Gold tables of one programme by name, in the shape of their contracts.
    periods : list of str
        Periods asked for; rows of others are left out.
    """
    hashes: dict[str, dict[str, str]] = {p: {} for p in periods}
    with connection() as con:
        for name, rows in sorted(tables.items()):
            known_as(con, name, rows)
            _hash(con, name, hashes)
    return hashes


def lake_hashes(
    names: Iterable[str], release: str, programme: str, periods: list[str]
) -> dict[str, dict[str, str]]:
    """Return what :func:`period_hashes` does of the tables of a release as they lie in the lake."""
    hashes: dict[str, dict[str, str]] = {p: {} for p in periods}
    with connection() as con:
        for name in sorted(names):
            if lake.gold_view(con, name, release, programme):
                _hash(con, name, hashes)
    return hashes


def _hash(con: duckdb.DuckDBPyConnection, table: str, hashes: dict[str, dict[str, str]]) -> None:
    """Add the hashes of the asked periods of a table that the connection knows by its name."""
    contract = load_table(table)
    hashed = con.execute(
        f"SELECT period, {TOGETHER} FROM (SELECT period, {line_hash(contract)} AS h "
        f"FROM (SELECT {served_columns(contract)} FROM {table})) WHERE list_contains(?, period) GROUP BY period",
        [list(hashes)],
    )
    for period, whole in hashed.fetchall():
        hashes[period][table] = whole
