"""The Spark job of a poll: its parsed rows judged, counted and appended to the lake.

Apart from :mod:`jobs.feeds.ingest`, because a look that finds nothing needs no Spark, and importing its
client costs more than the look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.contract import Contract
from jobs.feeds.balance import Tally
from jobs.feeds.classify import Split, split
from jobs.feeds.parse import ROWS, Parsed
from jobs.feeds.reading import rows_folder
from jobs.feeds.tally import tally
from jobs.lake import append, append_as_read, read, together
from jobs.lake.session import interpret, writing
from jobs.ledger import Writer
from jobs.ledger.models import File
from jobs.ledger.repairs import is_repair

FEW = 5_000
"""Rows of a poll up to which interpreting was quicker than compiling (8 s against 5 s for a few hundred)."""

_FILE_COLUMNS = (
    "file_id BIGINT, batch_id STRING, file_name STRING, scope STRING, reporter STRING, ordinal INT, place INT, "
    "attributes MAP<STRING,STRING>, headers MAP<STRING,STRING>, units MAP<STRING,STRING>, path STRING"
)


def _file_frame(
    spark: SparkSession, files: list[File], parsed: dict[int, Parsed], ids: dict[int, str]
) -> DataFrame:
    """Return one row per accepted file; ``ordinal`` counts the files of one scope."""
    seen: dict[str, int] = {}
    rows = []
    for file in files:
        if file.file_id in parsed:
            found, scope = parsed[file.file_id], file.scope or ""
            seen[scope] = seen.get(scope, 0) + 1
            rows.append((file.file_id, ids[file.file_id], file.path, scope, file.reporter, seen[scope], file.ordinal,
                         found.attributes, found.headers, found.units, f"{file.ordinal}.parquet"))  # fmt: skip
    return spark.createDataFrame(rows, _FILE_COLUMNS)


def _landed_rows(spark: SparkSession, files: DataFrame, token: str) -> DataFrame:
    """Read the parsed rows of a poll, each with its file's attributes."""
    rows = spark.read.parquet(str(rows_folder(token))).withColumn(
        "path", F.element_at(F.split(F.col("_metadata.file_path"), "/"), -1)
    )
    return rows.join(F.broadcast(files), "path")


def _as_read(
    files: list[File], parsed: dict[int, Parsed], ids: dict[int, str], token: str
) -> pa.RecordBatchReader:
    """Return the parsed rows of a poll in the shape of bronze, a piece of a file at a time."""
    shape = pa.schema([("batch_id", pa.string()), ("file_id", pa.int64()), ("file_name", pa.string()), *ROWS])

    def pieces() -> Iterator[pa.RecordBatch]:
        for file in files:
            if file.file_id in parsed:
                own = (ids[file.file_id], file.file_id, file.path)
                with pq.ParquetFile(rows_folder(token) / f"{file.ordinal}.parquet") as source:
                    for piece in source.iter_batches():
                        named = [
                            pa.repeat(pa.scalar(v, f.type), len(piece))
                            for v, f in zip(own, shape, strict=False)
                        ]
                        yield pa.RecordBatch.from_arrays([*named, *piece.columns], schema=shape)

    return pa.RecordBatchReader.from_batches(shape, pieces())


def _append(
    contract: Contract, rows: pa.RecordBatchReader, parts: Split, token: str, counted: list[Tally]
) -> None:
    """Append what there is: a commit without rows costs as much as one with."""
    transaction = f"poll-{token}"
    writes: list[Callable[[], None]] = [partial(append_as_read, rows, "bronze", contract.id, transaction)]
    if any(t.silver or t.withdrawn for t in counted):
        writes.append(partial(append, parts.silver, "silver", contract.id, transaction))
    if any(t.quarantined for t in counted):
        writes.append(partial(append, parts.quarantine, "quarantine", "rows", transaction))
    together(writes)


def _live(spark: SparkSession, contract: Contract) -> DataFrame:
    """Return key columns, year, scope and reporter of the feed's live rows."""
    year = [] if "year" in contract.key else ["year"]
    return read(spark, contract.id).select(*contract.key, *year, "scope", "reporter")


def load(
    writer: Writer,
    contract: Contract,
    files: list[File],
    parsed: dict[int, Parsed],
    ids: dict[int, str],
    token: str,
) -> dict[str, Tally]:
    """Judge the parsed rows of a poll and append them, to count once the ledger says so.

    Parameters
    ----------
    writer : Writer
    contract : Contract
    files : list of File
        The poll's files in their order.
    parsed : dict
        What the parser found, by file id; only the accepted ones.
    ids : dict
        Batch id by file id.
    token : str
        The poll's name, which makes the appends no-ops when they are repeated.

    Returns
    -------
    dict
        Counts by batch id.
    """
    with writing(writer) as spark:
        if sum(found.rows for found in parsed.values()) <= FEW:
            interpret(spark)
        table = _file_frame(spark, files, parsed, ids)
        rows = _landed_rows(spark, table, token)
        repairing = any(is_repair(f.path) for f in files)
        parts = split(contract, rows, _live(spark, contract), table, withdraws=not repairing)
        tallies = tally(contract, rows, parts)
        _append(contract, _as_read(files, parsed, ids, token), parts, token, list(tallies.values()))
    return tallies
