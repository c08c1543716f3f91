"""Writing: idempotent appends and the replacement of a candidate by itself."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from pyspark.sql import DataFrame

from jobs.contract import load_table
from jobs.lake.arrow import gold_arrow
from jobs.lake.tables import gold_columns, path_of

AT_ONCE = 3
"""Writes under way together: a small write mostly waits for planning and for its commit."""


def together(writes: list[Callable[[], None]]) -> None:
    """Run writes of different tables side by side; the first error is raised once all have ended."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(w) for w in writes]:
            done.result()


_VERSION = 1
"""Version that every named append carries; Delta keeps the highest one of each name."""


def append(frame: DataFrame, layer: str, name: str, transaction: str) -> None:
    """Append rows once.

    Parameters
    ----------
    frame : DataFrame
    layer, name : str
        The table.
    transaction : str
        Name of the append; Delta makes a repeated append of the same name a no-op.
    """
    (
        frame.write.format("delta")
        .mode("append")
        .option("txnAppId", f"{transaction}:{layer}/{name}")
        .option("txnVersion", _VERSION)
        .save(path_of(layer, name))
    )


def append_as_read(rows: pa.RecordBatchReader, layer: str, name: str, transaction: str) -> None:
    """Append rows once that nothing is to be computed of, without Spark.

    Parameters
    ----------
    rows : pyarrow.RecordBatchReader
        In the shape of the table; read piece by piece.
    layer, name, transaction : str
        As for :func:`append`; of one name one append counts, whichever of the two made it.
    """
    table, known_as = DeltaTable(path_of(layer, name)), f"{transaction}:{layer}/{name}"
    if table.transaction_version(known_as) is None:
        once = CommitProperties(app_transactions=[Transaction(known_as, _VERSION)])
        write_deltalake(table, rows, mode="append", commit_properties=once)


def shaped(frame: DataFrame, table: str) -> DataFrame:
    """Put a gold table's columns into its contract's order and types."""
    return frame.selectExpr(
        *[f"cast({c} as {kind}) as {c}" for c, kind in gold_columns(load_table(table)).items()]
    )


def replace_release(frame: DataFrame, table: str, release: str, programme: str, periods: list[str]) -> None:
    """Write a candidate's rows of a gold table, replacing what the same candidate wrote before.

    Only the candidate's own periods are touched: a release of the same state of knowledge may have been
    approved for others.

    The columns are put into the contract's order; a column the contract does not have is an error
    of Delta (no schema change here).
    """
    writer = shaped(frame, table).write.format("delta")
    # Almost always there is nothing to replace, and looking costs Delta more than writing.
    there = gold_arrow(table, release, programme)["period"].to_pylist()
    if set(there) & set(periods):
        named = ", ".join(f"'{p}'" for p in periods)
        mine = f"release = '{release}' AND programme = '{programme}' AND period IN ({named})"
        writer = writer.mode("overwrite").option("replaceWhere", mine)
    else:
        writer = writer.mode("append")
    writer.save(path_of("gold", table))
