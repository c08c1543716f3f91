"""The table ``kpi_region``: the population folded into cells, each family of indicators once."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.kpi import cells, families, population
from jobs.kpi.calendar import Track, date_track, track_frame
from jobs.kpi.reading import named
from jobs.kpi.regions import RegionMap
from jobs.kpi.spec import spec_frame
from jobs.kpi.used import Used, Wanted
from jobs.policy.model import Programme


def kpi_region(
    programme: Programme,
    entities: DataFrame,
    regions: RegionMap,
    tracks: list[Track],
    used: Used,
    wanted: Wanted,
) -> DataFrame:
    """Fold the population into ``kpi_region``, each family once.

    Parameters
    ----------
    programme : Programme
    entities : DataFrame
        Population with measures.
    regions : RegionMap
    tracks : list of Track
        Time lines of all reads.
    used : list
        Indicators with their specs.
    wanted : Wanted
        Periods of the table, and what is compared with the one before.
    """
    cuts = cells.ENTERPRISE if programme.entity == "enterprise" else cells.REGION
    everybody, counting = _spread(programme, entities, regions)
    spark = entities.sparkSession
    times = times_of(spark, tracks)
    by_family: dict[str, Used] = {}
    for indicator, specs in used:
        by_family.setdefault(indicator.fold, []).append((indicator, specs))
    found = []
    for family, own in sorted(by_family.items()):
        rows = everybody if family == "count" else counting
        asked_rows = rows.where(F.col("period").isin(list(wanted.asked)))
        rows_of = [(cut, rows if cut.compared else asked_rows) for cut in cuts]
        found.append(_family(rows_of, own, wanted, times))
    long = reduce(DataFrame.unionByName, found)
    if programme.entity == "region":
        long = long.withColumn("region_level", F.lit(programme.unit_level))
    return _that_say_something(long).drop("track").withColumn("source_text", F.lit(None).cast("string"))


def _spread(programme: Programme, entities: DataFrame, regions: RegionMap) -> tuple[DataFrame, DataFrame]:
    """Return the rows to be folded: all, one per entity and tier, and one per entity whose measures count."""
    own_tier = {families.TIERS: F.array("tier")}
    if programme.entity == "region":
        rows = entities.withColumns(own_tier)
        return rows, rows
    members = population.member_rows(entities)
    nobody = population.empty_cells(regions, programme, members).withColumns(own_tier)
    counting = population.in_tiers(entities, families.TIERS).where(families.in_scope())
    return (
        members.withColumns(own_tier).unionByName(nobody, allowMissingColumns=True),
        counting.unionByName(nobody.drop("tier"), allowMissingColumns=True),
    )


def times_of(spark: SparkSession, tracks: list[Track]) -> DataFrame:
    """Return the time lines of figures as a frame, that of dates among them."""
    periods = sorted({t.period for t in tracks})
    return track_frame(spark, [*tracks, *[date_track(p) for p in periods]]).drop(
        "row_key", "prior_key", "year"
    )


def _family(
    rows_of: list[tuple[cells.Cut, DataFrame]], used: Used, wanted: Wanted, times: DataFrame
) -> DataFrame:
    """Fold the indicators of one family: one row per cell, indicator and reading."""
    family = families.family_of(used[0][0])
    specs = [s for _, own in used for s in own]
    sums, lists = list(families.part_sums(family)), families.part_lists(family)
    parts = [
        cells.rolled_up(families.folded(rows, cut, used, wanted), cut, sums, lists, ("key",))
        for cut, rows in rows_of
    ]
    known = F.broadcast(spec_frame(times.sparkSession, specs))
    placed = reduce(DataFrame.unionByName, parts).join(known, "key")
    placed = placed.join(F.broadcast(times), ["period", "track"], "left")
    for step in family.totals:
        placed = step(placed)
    shared = placed.withColumns(named(family.derived())) if family.derived() else placed
    found = F.inline(F.array(*family.readings()))
    return shared.select(
        *cells.KEYS, "indicator", "track", "has_line",
        "reference_period", "months", "reference_date", "provisional", found,
    ).where("reading != 'share' OR has_line").drop("has_line")  # fmt: skip


def _that_say_something(long: DataFrame) -> DataFrame:
    """Drop readings that say nothing in their cell."""
    reading, level = F.col("reading"), F.col("region_level")
    everywhere = (reading != "unlocated") | ((level == "province") & cells.undivided())
    compared = ~reading.isin("contribution", "contribution_share") | F.col("denominator").isNotNull()
    peopled = (level != "county") | (F.col("n_scope") > 0) | (F.col("track") == "date")
    return long.where(everywhere & compared & peopled)
