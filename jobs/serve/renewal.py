"""What a served file keeps of the one it is copied from: the rows of every release that still stands.

Only rows of other releases are taken out and put in, so that a publication costs what changed in it. Blocks that are
left free are filled by the next build: a file grows to about twice the size of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from jobs.sqltext import text

Part = tuple[str, str, str]
"""Programme, period, release: rows that come and go together."""


def quoted(path: Path) -> str:
    """Return a path as it stands between quotes in a statement."""
    return str(path).replace("'", "''")


def attach(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Open a file that is written aside: without a log, for a killed run's file is never opened again.

    Small blocks, for most of the tables fill no large one; and the format of a release with long support, which packs
    texts at half the cost of the oldest.
    """
    how = "RECOVERY_MODE NO_WAL_WRITES, STORAGE_VERSION 'v1.4.0', BLOCK_SIZE 65536"
    con.execute(f"ATTACH '{quoted(path)}' AS {name} ({how})")
    # Once, at the end: each time would write the unfinished blocks of a table once more.
    con.execute("SET wal_autocheckpoint = '1TB'")


def parts(con: duckdb.DuckDBPyConnection, table: str) -> set[Part]:
    """Return whose rows a table has."""
    return set(con.execute(f"SELECT DISTINCT programme, period, release FROM {table}").fetchall())


def among(named: Iterable[Part], row: str) -> str:
    """Return a condition on rows of the table ``row``: that they belong to one of some parts."""
    rows = sorted(named)
    if not rows:
        return "false"
    # The periods by themselves as well: blocks of others are then not read, and there are many more of them.
    periods = ", ".join(text(p) for p in sorted({period for _, period, _ in rows}))
    whole = ", ".join(f"({', '.join(map(text, part))})" for part in rows)
    return f"({row}.period IN ({periods}) AND ({row}.programme, {row}.period, {row}.release) IN ({whole}))"


def forget(con: duckdb.DuckDBPyConnection, table: str, gone: set[Part]) -> None:
    """Take out the rows of parts."""
    if gone:
        con.execute(f"DELETE FROM {table} AS g WHERE {among(gone, 'g')}")


def mark_latest(con: duckdb.DuckDBPyConnection, table: str, publication: str) -> None:
    """Say of each row anew whether it is of its programme's latest period, which the table ``publication`` names."""
    con.execute(
        f"UPDATE {table} SET is_latest = NOT is_latest WHERE is_latest <> "
        f"((programme, period) IN (SELECT programme, period FROM {publication} WHERE is_latest))"
    )


def sign(con: duckdb.DuckDBPyConnection, table: str, publication: str) -> None:
    """Write the publication's id into every row: the last column, of one value, made again and not changed row by row."""
    con.execute(f"ALTER TABLE {table} DROP COLUMN IF EXISTS publication_id")
    con.execute(f"ALTER TABLE {table} ADD COLUMN publication_id VARCHAR DEFAULT '{publication}'")
    con.execute(f"COMMENT ON COLUMN {table}.publication_id IS '发布号'")
