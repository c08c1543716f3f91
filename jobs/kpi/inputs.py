"""Inputs of a run, pinned once: version and files of each silver table and the accepted batches; read a slice at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.wording import key_sql
from jobs.lake import store
from jobs.lake.tables import open_table, silver_columns
from jobs.lake.types import duckdb_type
from jobs.ledger.models import Batch

LINE_COLUMNS = ("batch_id", "file_name", "sheet", "row_no")
"""Where a silver row comes from: down to the line of the file as received."""
_SHIFT = 2**31
"""A line is the number of its sheet and its row in one whole number, so that lines sort by where they stand."""


@dataclass(frozen=True)
class Pinned:
    """A silver table as a run reads it, whoever appends to it meanwhile.

    Attributes
    ----------
    files : tuple of str
        Parquet files of the version.
    accepted : tuple
        Batch and sequence number of what counts.
    rows : pyarrow.Table or None
        The rows themselves, in place of files: with ``seq``, those that count.
    """

    feed: str
    version: int
    files: tuple[str, ...]
    accepted: tuple[tuple[str, int], ...]
    key: tuple[str, ...]
    by_enterprise: bool
    """Whether the key names the enterprise, so that the newest row of a key lies in the slice of its enterprise."""
    rows: pa.Table | None = None
    columns: tuple[tuple[str, str], ...] = ()
    """Name and type of each column, of which a table without a file says nothing."""


def pin(feed: str, known: Iterable[Batch]) -> Pinned:
    """Pin a feed's silver table, with the batches that count.

    Raises
    ------
    ValueError
        If rows are deleted by vectors, which a reader of the files alone does not see.
    """
    table, contract = open_table("silver", feed), load_feed(feed)
    if "deletionVectors" in (table.protocol().reader_features or []):
        raise ValueError(f"{feed}：湖仓表启用了删除向量，不能按文件读取 / deletion vectors are on")
    accepted = tuple((b.batch_id, b.seq) for b in known)
    return pinned(contract, accepted, table.version(), tuple(sorted(table.file_uris())))


def pinned(
    contract: Contract, accepted: tuple[tuple[str, int], ...], version: int, files: tuple[str, ...]
) -> Pinned:
    """Return a feed's table as it lies in files."""
    columns = tuple(silver_columns(contract).items())
    return Pinned(
        contract.id, version, files, accepted, tuple(key_sql(contract)), "uscc" in contract.key, None, columns
    )


def pin_all(
    read_as: Mapping[str, str], accepted: Mapping[str, Iterable[Batch]]
) -> dict[str, tuple[Pinned, ...]]:
    """Return the pinned tables by the name they are read as: that of a group of forms, or a feed's own."""
    pinned: dict[str, list[Pinned]] = {}
    for feed, name in read_as.items():
        pinned.setdefault(name, []).append(pin(feed, accepted[feed]))
    return {name: tuple(own) for name, own in pinned.items()}


def columns_of(con: duckdb.DuckDBPyConnection, expressions: Iterable[str]) -> set[str]:
    """Return the columns that SQL expressions name."""
    names: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("class") == "COLUMN_REF":
                names.add(node["column_names"][-1])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    for expression in expressions:
        row = con.execute(
            "SELECT json_serialize_sql(CAST(? AS VARCHAR))", [f"SELECT {expression}"]
        ).fetchone()
        tree = json.loads(row[0]) if row else {}
        if tree.get("error"):
            raise ValueError(f"{expression}：{tree.get('error_message')}")
        walk(tree)
    return names


def open_feed(con: duckdb.DuckDBPyConnection, source: Pinned) -> list[str]:
    """Make a feed's rows known as ``raw_<feed>``, those of accepted batches with ``seq``; return their columns."""
    name = source.feed
    if source.rows is not None:
        con.register(f"raw_{name}", source.rows)
    else:
        accepted = pa.table(
            {
                "batch_id": pa.array([b for b, _ in source.accepted], pa.string()),
                "seq": pa.array([s for _, s in source.accepted], pa.int64()),
            }
        )
        con.register(f"accepted_{name}", accepted)
        con.execute(
            f"CREATE OR REPLACE VIEW raw_{name} AS SELECT f.*, a.seq FROM {_files(con, source)} f JOIN accepted_{name} a USING (batch_id)"
        )
    return [r[0] for r in con.execute(f"DESCRIBE raw_{name}").fetchall()]


def _files(con: duckdb.DuckDBPyConnection, source: Pinned) -> str:
    if not source.files:
        columns = ", ".join(f"CAST(NULL AS {duckdb_type(k)}) AS {n}" for n, k in source.columns)
        return f"(SELECT {columns} LIMIT 0)"
    how = "union_by_name = true, hive_partitioning = true, hive_types = {'year': INTEGER}"
    return store.parquet(con, source.files, how)


def latest(
    con: duckdb.DuckDBPyConnection,
    sources: Sequence[Pinned],
    wanted: Iterable[str],
    by: str | None,
    lined: bool = False,
) -> str:
    """Return the SQL of the rows that stand: the newest of each key, of several feeds that are read as one, too.

    Parameters
    ----------
    con : DuckDBPyConnection
        Where the feeds are to be known.
    sources : sequence of Pinned
    wanted : iterable of str
        Columns that are read; one that a feed lacks is null in its rows.
    by : str or None
        Column of the enterprise by which slices are cut; None: rows of all.
    lined : bool
        With the line in one number, in place of the four columns that say it.
    """
    keys = sorted({c for s in sources for c in columns_of(con, s.key)} | ({by} if by else set()))
    names = {*wanted, *keys, *LINE_COLUMNS, "seq"}
    parts = [
        _newest(con, s, names - {*LINE_COLUMNS} | {"line"} if lined else names, by, lined) for s in sources
    ]
    whole = " UNION ALL BY NAME ".join(parts)
    if len(sources) > 1:
        whole = f"SELECT * FROM ({whole}) QUALIFY row_number() OVER (PARTITION BY {', '.join(sources[0].key)} ORDER BY seq DESC) = 1"
    outside = f" WHERE {in_slice(by)}" if by and not all(s.by_enterprise for s in sources) else ""
    return f"SELECT * FROM ({whole}){outside}"


def _newest(
    con: duckdb.DuckDBPyConnection, source: Pinned, names: Iterable[str], by: str | None, lined: bool
) -> str:
    """Return the SQL of the newest row of each key of a feed that is not withdrawn."""
    there = [*open_feed(con, source), *(["line"] if lined else [])]
    columns = [c if c in there else f"NULL AS {c}" for c in sorted(names)]
    # Of the places rows come from there are few: a number is carried through what follows, not four texts.
    rows = f"({_with_line(source.feed)})" if lined else f"raw_{source.feed}"
    inside = f"WHERE {in_slice(by)}" if by and source.by_enterprise else ""
    gone = "deleted" if "deleted" in there else "false AS deleted"
    key = ", ".join(source.key)
    newest = f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY seq DESC) = 1" if key else ""
    return (
        f"SELECT * EXCLUDE (deleted) FROM (SELECT {', '.join(columns)}, {gone} FROM {rows} {inside} {newest}) "
        "WHERE NOT deleted"
    )


def _with_line(feed: str) -> str:
    return (
        f"SELECT r.*, o.sheet_no * {_SHIFT} + coalesce(r.row_no, 0) AS line FROM raw_{feed} r JOIN sheets o "
        "ON o.batch_id IS NOT DISTINCT FROM r.batch_id AND o.file_name IS NOT DISTINCT FROM r.file_name "
        "AND o.sheet IS NOT DISTINCT FROM r.sheet"
    )


def in_slice(column: str) -> str:
    """Return the SQL condition of a row to belong to the slice of this connection."""
    return (
        f"(getvariable('slice_from') IS NULL OR {column} >= getvariable('slice_from')) "
        f"AND (getvariable('slice_to') IS NULL OR {column} < getvariable('slice_to'))"
    )


def sheets_of(con: duckdb.DuckDBPyConnection, sources: Iterable[Pinned], by: str | None) -> str:
    """Return the model that numbers the files and sheets of all rows, in the order of their content.

    Of several rows the first line is shown, and that must not hang on the ids of batches, which every ledger gives anew.
    Where the key does not name the enterprise, the newest row of a key may be another enterprise's than the one before:
    the sheets of all slices are numbered then.
    """
    each = ["SELECT '' AS batch_id, '' AS file_name, '' AS sheet, 0 AS seq WHERE false"]
    for source in sorted(sources, key=lambda s: s.feed):
        open_feed(con, source)
        inside = f" WHERE {in_slice(by)}" if by and source.by_enterprise else ""
        each.append(f"SELECT DISTINCT batch_id, file_name, sheet, seq FROM raw_{source.feed}{inside}")
    return (
        "-- grain: batch, file, sheet.\n"
        "SELECT batch_id, file_name, sheet, row_number() OVER (ORDER BY coalesce(file_name, ''), coalesce(sheet, ''), "
        f"coalesce(seq, 0), batch_id) AS sheet_no FROM ({' UNION '.join(each)})"
    )


def sheet_and_row(line: int) -> tuple[int, int]:
    """Return the number of a line's sheet and its row there."""
    return divmod(line, _SHIFT)


def with_lines(
    con: duckdb.DuckDBPyConnection,
    name: str,
    sources: Sequence[Pinned],
    wanted: Iterable[str],
    by: str | None,
) -> str:
    """Return the model of a feed's rows with their lines."""
    rows = latest(con, sources, wanted, by, lined=True)
    return f"-- grain: the key of {name}. Rows that stand, each with its line.\nSELECT * EXCLUDE (seq) FROM ({rows})"
