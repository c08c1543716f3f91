"""Tickets of enterprises on the same ladder as warnings: which are overdue, and where they must go."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi.regions import RegionMap
from jobs.period import parse
from jobs.warning.ladder import body
from jobs.warning.model import Ladder

LINE = ("batch_id", "file_name", "sheet", "row_no")
"""Where the last report of a case stands."""


def _rungs(ladder: Ladder, domain: Column) -> Column:
    """Return level -> body in charge, days from its start to the limit, level above, its body."""
    levels = ladder.levels
    pairs: list[Column] = []
    for i, level in enumerate(levels):
        above = levels[i + 1] if i + 1 < len(levels) else None
        rung = F.struct(
            body(level, domain).alias("body"),
            F.lit(ladder.ends[i] if above else None).cast("int").alias("days"),
            F.lit(above.id if above else None).cast("string").alias("next_level"),
            (body(above, domain) if above else F.lit(None).cast("string")).alias("next_body"),
        )
        pairs += [F.lit(level.id), rung]
    return F.create_map(*pairs)


def progress(tickets: DataFrame, ladder: Ladder, regions: RegionMap, asked_periods: list[str]) -> DataFrame:
    """Return how all tickets stand at the end of each asked period.

    Tickets belong to a period if they were raised by its end and not closed before its beginning. The report
    does not say when one reached its level: as for warnings, a level's time is over when the limits up to
    it have passed since it was raised, and it must then go one level up. The level is that of the
    last report, also for periods before it.

    Parameters
    ----------
    tickets : DataFrame
        Silver rows: the last report of each.
    ladder : Ladder
    regions : RegionMap
        Gives the ranked unit of a county.
    asked_periods : list of str

    Returns
    -------
    DataFrame
        One row per period and case: region_code, county_code (null outside the units), its facts, state
        (open, closed) at the period's end, days_open, due_on (the day from which the present level is
        overdue; null at the last one), overdue, and next_level, next_body if it is.
    """
    spark = tickets.sparkSession
    days = [(p, parse(p).begin, parse(p).end) for p in sorted(set(asked_periods))]
    periods = spark.createDataFrame(days, "period STRING, begin DATE, at DATE")
    places = regions.code_frame(spark).toDF("county_code", "unit", "county")
    last = tickets.drop("period").join(F.broadcast(places), "county_code", "left")
    closed = F.coalesce(F.col("closed_on") <= F.col("at"), F.col("state") == "closed")
    rung = F.try_element_at(_rungs(ladder, F.col("domain")), F.col("level"))
    rows = (
        last.crossJoin(F.broadcast(periods))
        .where("raised_on <= at AND (closed_on IS NULL OR closed_on >= begin)")
        .withColumns({"closed": closed, "rung": rung})
    )
    due_on = F.date_add("raised_on", F.col("rung.days"))
    overdue = ~F.col("closed") & F.coalesce(F.col("at") >= due_on, F.lit(False))
    until = F.when(F.col("closed"), F.coalesce("closed_on", "at")).otherwise(F.col("at"))
    return rows.select(
        "period",
        F.col("unit").alias("region_code"),
        F.col("county").alias("county_code"),
        "ticket_no",
        "uscc",
        "name",
        "domain",
        "category",
        "raised_on",
        "level",
        F.col("rung.body").alias("body"),
        F.when(F.col("closed"), "closed").otherwise("open").alias("state"),
        F.when(F.col("closed"), F.col("closed_on")).alias("closed_on"),
        F.datediff(until, "raised_on").alias("days_open"),
        due_on.alias("due_on"),
        overdue.alias("overdue"),
        F.when(overdue, F.col("rung.next_level")).alias("next_level"),
        F.when(overdue, F.col("rung.next_body")).alias("next_body"),
        *LINE,
    )
