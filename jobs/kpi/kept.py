"""Frames that are kept on the server, because several tables stand on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession


def kept(frame: DataFrame) -> DataFrame:
    """Compute a frame of wide rows, and keep them packed.

    Rows of hundreds of columns, most of them empty, take a quarter of the memory when compressed, and no longer push each
    other out to disk.
    """
    return frame.localCheckpoint(storageLevel=StorageLevel.MEMORY_AND_DISK)


@contextmanager
def by_column(frame: DataFrame) -> Iterator[None]:
    """Keep a frame column by column for a while: many passes, each of a few columns.

    Of packed rows every pass would unpack all columns.
    """
    held = frame.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield
    finally:
        held.unpersist()


@contextmanager
def lists_by_sorting(spark: SparkSession) -> Iterator[None]:
    """Have lists collected one after the other from sorted rows, as Spark does by default.

    The session has the few lists of cells collected side by side (:mod:`jobs.lake.session`); of those of all holders
    memory would be full.
    """
    threshold = "spark.sql.objectHashAggregate.sortBased.fallbackThreshold"
    before = str(spark.conf.get(threshold))
    spark.conf.unset(threshold)
    try:
        yield
    finally:
        spark.conf.set(threshold, before)
