"""Reading the lake without Spark, as Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from jobs.lake import store
from jobs.lake.tables import open_table, path_of
from jobs.sqltext import text

if TYPE_CHECKING:  # it loads pandas, and looking things up needs neither
    import pyarrow.dataset as ds


def arrow_dataset(layer: str, name: str, batch_ids: list[str]) -> ds.Dataset:
    """Return the rows of some batches in a table without Spark, to be scanned piece by piece."""
    rows = open_table(layer, name).to_pyarrow_dataset()
    return rows.filter(pc.field("batch_id").isin(batch_ids))


def gold_arrow(table: str, release: str, programme: str) -> pa.Table:
    """Return a gold table's rows of one release and programme without Spark, for audit and serving."""
    rows = open_table("gold", table)
    return rows.to_pyarrow_table(filters=[("release", "=", release), ("programme", "=", programme)])


def gold_dataset(table: str, release: str, programme: str, periods: list[str]) -> ds.Dataset:
    """Return a gold table's rows of some periods of a release, to be scanned piece by piece without Spark."""
    rows = open_table("gold", table).to_pyarrow_dataset()
    wanted = (pc.field("programme") == programme) & pc.field("period").isin(periods)
    return rows.filter((pc.field("release") == release) & wanted)


def gold_view(con: duckdb.DuckDBPyConnection, table: str, release: str, programme: str) -> bool:
    """Make a gold table's rows of one release and programme a view of a DuckDB, read where they lie.

    Parameters
    ----------
    con : DuckDBPyConnection
    table : str
        Also the name of the view.
    release, programme : str

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
    written = {name for name, *_ in con.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()}
    # A column that the contract got after these files were written is in the table and in none of them.
    columns = [f'"{f.name}"' if f.name in written else f'NULL AS "{f.name}"' for f in delta.schema().fields]
    con.execute(
        f"CREATE OR REPLACE VIEW {table} AS SELECT file_index, file_row_number, {', '.join(columns)} "
        f"FROM {scan} WHERE programme = {text(programme)}"
    )
    if con.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
        return True
    con.execute(f"DROP VIEW {table}")
    return False
