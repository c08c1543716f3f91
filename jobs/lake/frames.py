"""Reading at a state of knowledge: only rows of accepted batches, the latest row per key."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from jobs.contract import load_feed
from jobs.lake.tables import path_of
from jobs.ledger import batches
from jobs.quality.values import key_columns

_NO_BATCH = "batch_id STRING, seq BIGINT"


def silver_rows(spark: SparkSession, feed: str, known_by: int | None = None) -> DataFrame:
    """Return all silver rows of batches accepted by ``known_by``, every version of a key, with ``seq``."""
    accepted = [(b.batch_id, b.seq) for b in batches.accepted(feed, known_by)]
    known = spark.createDataFrame(accepted, _NO_BATCH)
    rows = spark.read.format("delta").load(path_of("silver", feed))
    return rows.join(F.broadcast(known), "batch_id")


def read(spark: SparkSession, feed: str, known_by: int | None = None) -> DataFrame:
    """Return the latest accepted row per key of a feed.

    Parameters
    ----------
    spark : SparkSession
    feed : str
        Id of the feed's contract.
    known_by : int, optional
        Sequence number of the last batch to be known; default: all accepted so far.

    Returns
    -------
    DataFrame
        The contract's columns, the lineage columns and ``seq``; withdrawn keys are left out.
    """
    latest = Window.partitionBy(*key_columns(load_feed(feed))).orderBy(F.desc("seq"))
    ranked = silver_rows(spark, feed, known_by).withColumn("_n", F.row_number().over(latest))
    return ranked.where("_n = 1 and not deleted").drop("_n", "deleted")


def read_group(spark: SparkSession, feeds: list[str], known_by: int | None = None) -> DataFrame:
    """Return the rows of feeds that are read as one, each as :func:`read` gives it, joined by column name.

    A column that a feed does not have is null in its rows. Of a key that stands in two feeds (a firm that changed its
    form) the row of the later batch counts.
    """
    rows = read(spark, feeds[0], known_by)
    if len(feeds) == 1:
        return rows
    for feed in feeds[1:]:
        rows = rows.unionByName(read(spark, feed, known_by), allowMissingColumns=True)
    latest = Window.partitionBy(*key_columns(load_feed(feeds[0]))).orderBy(F.desc("seq"))
    return rows.withColumn("_n", F.row_number().over(latest)).where("_n = 1").drop("_n")


def files(spark: SparkSession, feeds: list[str], known_by: int | None = None) -> DataFrame:
    """Return the batches with ``seq``, files and sheets that any accepted row of some feeds came from, once each."""
    names = ["batch_id", "file_name", "sheet", "seq"]
    rows = [silver_rows(spark, feed, known_by).select(*names) for feed in feeds]
    return reduce(DataFrame.unionByName, rows).distinct()


def gold(spark: SparkSession, table: str, release: str, programme: str) -> DataFrame:
    """Return a gold table's rows of one release and programme."""
    rows = spark.read.format("delta").load(path_of("gold", table))
    return rows.where((F.col("release") == release) & (F.col("programme") == programme))
