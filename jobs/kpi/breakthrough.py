"""Breakthroughs (零突破): the first valid certificate of a tier that a region ever had."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.kpi.certificates import stood

LEVELS = ("unit", "county")
"""The text names no level of region: both are shown."""
KEY = ("period", "region_level", "region_code")


def breakthroughs(intervals: DataFrame, entities: DataFrame, periods: DataFrame, tier: str) -> DataFrame:
    """Return the first holders of a tier in every region, as known at each period's end.

    Firms of one region whose validity begins on the same first day are all named: none of them is before
    the others. A holder belongs to the region where it lies at the period's end.

    Parameters
    ----------
    intervals : DataFrame
        Of :func:`jobs.kpi.certificates.intervals`; what was withdrawn before it began never counts.
    entities : DataFrame
        Holders of the periods with name, unit and county (:func:`jobs.kpi.scope.holders_at`).
    periods : DataFrame
        ``period``, ``begin``, ``at``.
    tier : str

    Returns
    -------
    DataFrame
        period, region_level, region_code, uscc, name, tier, valid_from, document_no, document_date,
        in_period (whether the breakthrough falls within the period).
    """
    begun = intervals.where((F.col("tier") == tier) & stood()).crossJoin(F.broadcast(periods))
    places = entities.select("period", "holder", F.col("name").alias("called"), "unit", "county")
    regions = F.array(*[F.struct(F.lit(v).alias("level"), F.col(v).alias("code")) for v in LEVELS])
    placed = (
        begun.where(F.col("valid_from") <= F.col("at"))
        .join(places, ["period", "holder"])
        .withColumn("region", F.explode(regions))
        .where(F.col("region.code").isNotNull())
        .withColumns({"region_level": F.col("region.level"), "region_code": F.col("region.code")})
    )
    earliest = F.min("valid_from").over(Window.partitionBy(*KEY))
    firsts = placed.withColumn("earliest", earliest).where(F.col("valid_from") == F.col("earliest"))
    document = F.min(F.struct("document_date", "document_no")).alias("document")
    return (
        firsts.groupBy(
            *KEY, "begin", "at", "holder", "uscc", F.col("called").alias("name"), "tier", "valid_from"
        )
        .agg(document)
        .select(
            *KEY,
            "uscc",
            "name",
            "tier",
            "valid_from",
            "document.document_no",
            "document.document_date",
            F.col("valid_from").between(F.col("begin"), F.col("at")).alias("in_period"),
        )
    )
