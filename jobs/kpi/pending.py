"""Figures that wait for a correction: a row of the same firm and period stands in quarantine.

Where the firm has no value the row in quarantine is why (``QUARANTINED``); where it has one, that is an
older value, and every figure that uses it is marked.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi.dictionary import Read
from jobs.kpi.measures import KEY_COLUMN

MARK = "更正待处理"
"""Says that a figure uses a value whose correction is in quarantine."""

WAITS = ("now", "before", "den")
"""What may wait: the row of the period (of the numerator), the one a year before, the denominator's."""


def nothing_waits() -> Column:
    """Return the struct of an entity for which nothing stands in quarantine."""
    return F.struct(*[F.lit(False).alias(n) for n in WAITS])


def _of_read(pending: DataFrame, read: Read, tracks: DataFrame, entity: str) -> DataFrame:
    """Return ``period, entity, now, before``: for whom a row of the read waits."""
    keys, time = F.col("keys"), "year" if read.at == "year" else "period"
    rows = pending.where(F.col("feed") == read.feed)
    for column, text in read.where.items():
        rows = rows.where(F.coalesce(keys[column], F.lit(text)) == text)
    rows = rows.select(keys[KEY_COLUMN[entity]].alias("entity"), keys[time].alias("row_key")).dropna()
    times = tracks.select("period", F.col("row_key").alias("a"), F.col("prior_key").alias("b"))
    matched = rows.join(times, (F.col("row_key") == F.col("a")) | (F.col("row_key") == F.col("b")))
    return matched.groupBy("period", "entity").agg(
        F.max(F.col("row_key") == F.col("a")).alias("now"),
        F.max(F.col("row_key") == F.col("b")).alias("before"),
    )


def waiting(pending: DataFrame, reads: dict[str, tuple[Read, DataFrame]], entity: str) -> DataFrame:
    """Return ``period, entity, waits`` of the entities for which a row of a measure waits.

    Parameters
    ----------
    pending : DataFrame
        Open rows of the quarantine: feed and keys.
    reads : dict
        ``numerator`` and ``denominator`` of a ratio, else the one read under any other name; each with its
        time lines.
    entity : str
        ``enterprise`` or ``region``.
    """
    parts = []
    for name, (read, tracks) in reads.items():
        rows, den = _of_read(pending, read, tracks, entity), name == "denominator"
        now, no = F.col("now"), F.lit(False)
        parts.append(
            rows.select(
                "period",
                "entity",
                (no if den else now).alias("now"),
                (no if den else F.col("before")).alias("before"),
                (now if den else no).alias("den"),
            )
        )
    whole = reduce(lambda a, b: a.union(b), parts)
    found = whole.groupBy("period", "entity").agg(*[F.max(n).alias(n) for n in WAITS])
    return found.select("period", "entity", F.struct(*WAITS).alias("waits"))
