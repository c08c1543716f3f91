"""Plain reads of the lake by DuckDB, straight from a table's files: for whoever waits in front of a terminal.

Arrow's data sets load pandas, which takes longer than such a read.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
from deltalake.schema import ArrayType, DataType, MapType, PrimitiveType, StructType

from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.wording import key_sql
from jobs.lake import store
from jobs.lake.tables import open_table
from jobs.ledger import batches

_TYPES = {
    "string": "VARCHAR",
    "long": "BIGINT",
    "integer": "INTEGER",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
}
"""Moments are missing: files written by Spark hold them without their zone."""


def _type(of: DataType) -> str:
    """Return DuckDB's type of a Delta column.

    Raises
    ------
    KeyError
        If it is none that is read so.
    """
    if isinstance(of, ArrayType):
        return f"{_type(of.element_type)}[]"
    if isinstance(of, MapType):
        return f"MAP({_type(of.key_type)}, {_type(of.value_type)})"
    if isinstance(of, StructType):
        own = ", ".join(f'"{f.name}" {_type(f.type)}' for f in of.fields)
        return f"STRUCT({own})"
    kind = of.type if isinstance(of, PrimitiveType) else str(of)
    return kind if kind.startswith("decimal") else _TYPES[kind]


def view(
    con: duckdb.DuckDBPyConnection,
    name: str,
    table: tuple[str, str],
    columns: Sequence[str],
    only: tuple[str, Sequence[str]] | None = None,
) -> None:
    """Give a connection a view of a table's newest version.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
    name : str
        Of the view.
    table : tuple of str
        Layer and name.
    columns : sequence of str
        Columns wanted; none may be a moment.
    only : tuple, optional
        The column that the table is partitioned by, and the values whose files are read.

    Raises
    ------
    ValueError
        If rows are deleted by vectors, which a reader of the files alone does not see.
    """
    delta = open_table(*table)
    if "deletionVectors" in (delta.protocol().reader_features or []):
        raise ValueError(f"{table}：湖仓表启用了删除向量，不能按文件读取 / deletion vectors are on")
    fields = {f.name: _type(f.type) for f in delta.schema().fields if f.name in columns}
    parts = {p: fields.get(p, "VARCHAR") for p in delta.metadata().partition_columns}
    files = delta.file_uris(file_pruning_predicate=[(only[0], "in", list(only[1]))] if only else None)
    # A column that the contract got later is in none of the older files.
    empty = ", ".join(f'CAST(NULL AS {fields[c]}) AS "{c}"' for c in columns)
    rows = f"SELECT {empty} WHERE false"
    if files:
        kinds = ", ".join(f"'{p}': {kind}" for p, kind in parts.items())
        hive = f"hive_partitioning = true, hive_types = {{{kinds}}}" if parts else "hive_partitioning = false"
        scan = store.parquet(con, files, f"union_by_name = true, {hive}")
        rows += f" UNION ALL BY NAME SELECT * FROM {scan}"
    wanted = ", ".join(f'"{c}"' for c in columns)
    con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {wanted} FROM ({rows})")


def latest(contract: Contract) -> str:
    """Return SQL of the latest row per key that is not withdrawn, of ``silver_rows`` whose batches are ``known``.

    Parameters
    ----------
    contract : Contract
        Of the feed whose rows they are.
    """
    return (
        "SELECT * FROM (SELECT * FROM silver_rows JOIN known USING (batch_id) QUALIFY row_number() "
        f"OVER (PARTITION BY {', '.join(key_sql(contract))} ORDER BY seq DESC) = 1) WHERE NOT coalesce(deleted, false)"
    )


def standing(
    con: duckdb.DuckDBPyConnection, feed: str, columns: Sequence[str], known_by: int | None = None
) -> str:
    """Return SQL of the latest accepted row per key of a feed, to be asked of the connection before any other feed's.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Gets the table's rows and the accepted batches.
    feed : str
        Id of the feed's contract.
    columns : sequence of str
        Columns wanted; there are also the key's, ``batch_id``, ``deleted`` and ``seq``.
    known_by : int, optional
        Sequence number of the last batch to be known; default: all accepted so far.

    Notes
    -----
    Withdrawn keys are left out.
    """
    contract, known = load_feed(feed), batches.accepted(feed, known_by)
    view(
        con,
        "silver_rows",
        ("silver", feed),
        list(dict.fromkeys([*contract.key, *columns, "batch_id", "deleted"])),
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE known AS SELECT unnest($ids::VARCHAR[]) AS batch_id, unnest($seqs::BIGINT[]) AS seq",
        {"ids": [b.batch_id for b in known], "seqs": [b.seq for b in known]},
    )
    return latest(contract)
