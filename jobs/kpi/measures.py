"""Measure frames: the values of an indicator per entity and period, as whole minor units.

Shape: ``period, entity`` and a struct ``m`` with ``value``, ``base`` (the form's own 上年同期), ``prior``
(last year's own figure), ``flag`` (why the rows must not be used, null = usable) and ``line`` (where
the value stands in the file as received, and where its base does).
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.kpi.dictionary import Read

LINE_FIELDS = {"batch_id": "string", "file_name": "string", "sheet": "string", "row_no": "int"}
"""Where the value stands."""
DEN_FIELDS = {f"den_{n}": kind for n, kind in LINE_FIELDS.items()}
"""Where what it is divided by stands: often another row of another file."""

KEY_COLUMN = {"enterprise": "uscc", "region": "region_code"}
"""Column of a feed that names its entity."""


def minor_units(column: Column, minor: int) -> Column:
    """Turn an exact decimal into whole minor units (元 -> 分 with 100), half-up if finer."""
    return F.round(column.cast("decimal(30,6)") * F.lit(minor).cast("decimal(10,0)"), 0).cast("bigint")


def _optional(frame: DataFrame, name: str, kind: str) -> Column:
    return F.col(name) if name in frame.columns else F.lit(None).cast(kind)


def _line(frame: DataFrame) -> Column:
    return F.struct(*[_optional(frame, n, k).alias(n) for n, k in LINE_FIELDS.items()])


def _both_lines(line: Column, denominator: Column) -> Column:
    """Return a line that also names the denominator's; null where the line is, as nothing is reported there."""
    own = [line[n].alias(n) for n in LINE_FIELDS]
    under = [denominator[n].alias(f"den_{n}") for n in LINE_FIELDS]
    return F.when(line.isNotNull(), F.struct(*own, *under))


def _row_key(read: Read) -> Column:
    return F.col("year").cast("string") if read.at == "year" else F.col("period")


def measure(feed: DataFrame, read: Read, tracks: DataFrame, entity: str, minor: int) -> DataFrame:
    """Pick the rows that stand for each period and shape them as a measure frame.

    Parameters
    ----------
    feed : DataFrame
        Silver rows, one per entity and source period.
    read : Read
        Column, base column and filter.
    tracks : DataFrame
        ``period``, ``row_key``, ``prior_key`` of the read.
    entity : str
        ``enterprise`` or ``region``.
    minor : int
        Minor units in one unit of the column.

    Returns
    -------
    DataFrame
        period, entity, m.
    """
    rows = feed
    for column, text in read.where.items():
        rows = rows.where(F.col(column) == text)
    amount = minor_units(F.col(read.column), minor)
    base = minor_units(F.col(read.base_column), minor) if read.base_column else F.lit(None).cast("bigint")
    rows = rows.select(
        _row_key(read).alias("row_key"),
        F.col(KEY_COLUMN[entity]).alias("entity"),
        amount.alias("value"),
        base.alias("base"),
        _optional(feed, "flag", "string").alias("flag"),
        _line(feed).alias("line"),
    )
    keys = F.broadcast(tracks.select("period", "row_key", "prior_key"))
    now = rows.join(keys, "row_key").drop("row_key", "prior_key")
    before = rows.join(keys.drop("row_key").withColumnRenamed("prior_key", "row_key"), "row_key").select(
        "period",
        "entity",
        F.col("value").alias("prior"),
        F.col("flag").alias("prior_flag"),
        F.col("line").alias("prior_line"),
    )
    both = now.join(before, ["period", "entity"], "full")
    base_line = F.col("line") if read.base_column else F.col("prior_line")
    m = F.struct(
        "value",
        "base",
        "prior",
        F.coalesce("flag", "prior_flag").alias("flag"),
        F.lit(read.source).alias("source"),
        _both_lines(F.col("line"), base_line).alias("line"),
    )
    return both.select("period", "entity", m.alias("m"))


def no_measure(spark: SparkSession) -> DataFrame:
    """Return the measure frame of a feed that is absent: no rows."""
    line = ", ".join(f"{n}: {k}" for n, k in (LINE_FIELDS | DEN_FIELDS).items())
    m = f"struct<value: bigint, base: bigint, prior: bigint, flag: string, source: string, line: struct<{line}>>"
    return spark.createDataFrame([], f"period string, entity string, m {m}")


def pair(numerator: DataFrame, denominator: DataFrame) -> DataFrame:
    """Join two measure frames into one of ratios: struct ``m`` with ``num``, ``den``, ``flag``, ``line``."""
    left = numerator.select("period", "entity", F.col("m").alias("a"))
    right = denominator.select("period", "entity", F.col("m").alias("b"))
    m = F.struct(
        F.col("a.value").alias("num"),
        F.col("b.value").alias("den"),
        F.coalesce("a.flag", "b.flag").alias("flag"),
        F.coalesce("a.source", "b.source").alias("source"),
        _both_lines(F.coalesce("a.line", "b.line"), F.col("b.line")).alias("line"),
    )
    return left.join(right, ["period", "entity"], "full").select("period", "entity", m.alias("m"))
