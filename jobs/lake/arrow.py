"""Reading the lake without Spark, as Arrow."""

from __future__ import annotations

import duckdb
import pyarrow as pa
from deltalake import Field
from deltalake.schema import PrimitiveType

from jobs.lake import store
from jobs.lake.tables import open_table, path_of
from jobs.sqltext import text


def gold_arrow(table: str, release: str, programme: str) -> pa.Table:
    """Return a gold table's rows of one release and programme without Spark, for audit and serving."""
    rows = open_table("gold", table)
    return rows.to_pyarrow_table(filters=[("release", "=", release), ("programme", "=", programme)])


def gold_view(
    con: duckdb.DuckDBPyConnection, table: str, release: str, programme: str, name: str = ""
) -> bool:
    """Make a gold table's rows of one release and programme a view of a DuckDB, read where they lie.

    Parameters
    ----------
    con : DuckDBPyConnection
    table, release, programme : str
    name : str, optional
        Of the view, which lasts as long as the connection; default: the table's.

    Returns
    -------
    bool
        Whether there are any rows; without, there is no view. Columns ``file_index`` and ``file_row_number`` say
        where a row stands.

    Raises
    ------
    ValueError
        If rows of the table are deleted by mark: its files still hold them.
    """
    delta = open_table("gold", table)
    if "deletionVectors" in (delta.protocol().reader_features or []):
        raise ValueError(f"{table} 以标记删行，文件里仍有这些行，不能就地读")
    lying = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    # As paths and not as URIs, which spell a blank as %20.
    files = [f"{path_of('gold', table)}/{a['path']}" for a in lying if a["partition.release"] == release]
    if not files:
        return False
    how = "union_by_name = true, hive_partitioning = true, hive_types = {'release': VARCHAR}"
    scan = store.parquet(con, files, how)
    written = {c: kind for c, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()}
    zoneless = _zoneless(con, files) if "TIMESTAMP WITH TIME ZONE" in written.values() else []
    columns = [_column(f, written.get(f.name), zoneless) for f in delta.schema().fields]
    view = name or table
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT file_index, file_row_number, {', '.join(columns)} "
        f"FROM {scan} WHERE programme = {text(programme)}"
    )
    if con.execute(f"SELECT 1 FROM {view} LIMIT 1").fetchone():
        return True
    con.execute(f"DROP VIEW {view}")
    return False


def _zoneless(con: duckdb.DuckDBPyConnection, files: list[str]) -> list[int]:
    """Return the places of the files that Spark wrote: with moments in UTC that do not say so."""
    listed = ", ".join(map(text, files))
    rows = con.execute(
        f"SELECT DISTINCT file_name FROM parquet_schema([{listed}]) WHERE type = 'INT96'"
    ).fetchall()
    names = {name for (name,) in rows}
    return [place for place, file in enumerate(files) if file in names]


def _column(field: Field, written: str | None, zoneless: list[int]) -> str:
    """Return a column as SQL, of the type that files have written it in."""
    own = f'"{field.name}"'
    if written is None:  # the contract got it after these files were written
        return f"NULL AS {own}"
    if field.type != PrimitiveType("timestamp"):
        return own
    if written == "TIMESTAMP":
        return f"{own} AT TIME ZONE 'UTC' AS {own}"
    if zoneless:  # beside files with zones DuckDB takes their moments as the session's
        theirs = f"file_index IN ({', '.join(map(str, zoneless))})"
        return f"CASE WHEN {theirs} THEN CAST({own} AS TIMESTAMP) AT TIME ZONE 'UTC' ELSE {own} END AS {own}"
    return own
