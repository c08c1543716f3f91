"""The population frame: one row per period and entity with its place and all its measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.kpi.calendar import Available, Track, period_frame, track, track_frame, track_name
from jobs.kpi.dictionary import Indicator
from jobs.kpi.families import measure_column, prepared
from jobs.kpi.measures import measure, no_measure, pair
from jobs.kpi.pending import nothing_waits, waiting
from jobs.kpi.regions import RegionMap
from jobs.kpi.scope import UNASSIGNED, holders_at
from jobs.policy.model import Programme


@dataclass(frozen=True)
class Inputs:
    """Silver frames by feed id, and the reference list of regions (code, name, parent_code, former_code).

    ``pending`` are the open rows of the quarantine (:func:`jobs.quality.pending.open_rows`), if there are any.
    """

    feeds: Mapping[str, DataFrame]
    regions: DataFrame
    pending: DataFrame | None = None


def tracks_of(indicators: list[Indicator], periods: list[str], available: Available) -> list[Track]:
    """Return every time line the indicators use, once each."""
    found = {
        (t.period, t.track): t
        for i in indicators
        for read in i.reads.values()
        for t in (track(i, read, p, available) for p in periods)
    }
    return [found[k] for k in sorted(found)]


def _measures(
    inputs: Inputs, indicator: Indicator, tracks: DataFrame, regions: RegionMap
) -> dict[str, DataFrame]:
    """Return the indicator's measure frames by column name; feeds that are absent give none."""

    def one(name: str) -> DataFrame:
        read = indicator.reads[name]
        if read.feed not in inputs.feeds:
            return no_measure(inputs.regions.sparkSession)
        own = tracks.where(F.col("track") == track_name(indicator, read))
        feed = inputs.feeds[read.feed]
        feed = regions.with_codes(feed) if indicator.entity == "region" else feed
        return measure(feed, read, own, indicator.entity, indicator.minor)

    if indicator.family == "ratio":
        return {measure_column(indicator.id): pair(one("numerator"), one("denominator"))}
    if indicator.family == "coverage":
        return {measure_column(indicator.id, name): one(name) for name in indicator.reads}
    return {measure_column(indicator.id): one(name) for name in indicator.reads}


def _waits(inputs: Inputs, indicator: Indicator, column: str, tracks: DataFrame) -> DataFrame | None:
    """Return ``period, entity, waits`` of a measure column; None when nothing is in quarantine at all."""
    if inputs.pending is None:
        return None
    reads = {
        name: (read, tracks.where(F.col("track") == track_name(indicator, read)))
        for name, read in indicator.reads.items()
        if indicator.family != "coverage" or measure_column(indicator.id, name) == column
    }
    return waiting(inputs.pending, reads, indicator.entity)


def with_measures(
    entities: DataFrame,
    key: str,
    inputs: Inputs,
    indicators: list[Indicator],
    tracks: DataFrame,
    regions: RegionMap,
) -> DataFrame:
    """Join each indicator's measure struct to the entities.

    Parameters
    ----------
    entities : DataFrame
        One row per period and entity.
    key : str
        Column of the entity; rows where it is null get no measure.
    inputs : Inputs
    indicators : list of Indicator
    tracks : DataFrame
        Time lines of all reads.
    regions : RegionMap
    """
    rows = entities
    for indicator in indicators:
        for column, frame in _measures(inputs, indicator, tracks, regions).items():
            right = frame.select("period", F.col("entity").alias(key), F.col("m").alias(column))
            rows = rows.join(right, ["period", key], "left").withColumn("waits", nothing_waits())
            if (waits := _waits(inputs, indicator, column, tracks)) is not None:
                late = waits.select("period", F.col("entity").alias(key), F.col("waits").alias("late"))
                rows = rows.join(F.broadcast(late), ["period", key], "left")
                rows = rows.withColumn("waits", F.coalesce("late", "waits")).drop("late")
            rows = rows.withColumn(column, prepared(indicator, F.col(column), F.col("waits"))).drop("waits")
    return rows


def enterprises(inputs: Inputs, programme: Programme, regions: RegionMap, periods: list[str]) -> DataFrame:
    """Return the holders of each period (see :func:`jobs.kpi.scope.holders_at`)."""
    spark = inputs.regions.sparkSession
    found = holders_at(
        inputs.feeds[programme.roles["certificates"]],
        inputs.feeds[programme.roles["register"]],
        period_frame(spark, periods),
        regions,
        programme.ranks,
        [t.code for t in programme.tiers if not t.expires],
        programme.certified_rank,
    )
    return found.withColumn("province", F.lit(programme.region_code))


def member_rows(entities: DataFrame) -> DataFrame:
    """Spread holders over their tiers: one row per holder and tier with valid, ever, valid_or_higher."""
    spread = entities.withColumn("membership", F.explode("memberships")).select("*", "membership.*")
    some = F.col("ever") | F.col("valid_or_higher")
    return spread.drop("membership", "memberships").where(some)


def empty_cells(
    entities: DataFrame, regions: RegionMap, programme: Programme, members: DataFrame
) -> DataFrame:
    """Return a row without effect for every region and every tier awarded so far.

    So a unit without holders shows the count 0, while a tier nobody was ever awarded stays absent.
    """
    spark = entities.sparkSession
    places = sorted({(p.unit, p.county) for p in regions.by_code().values()}, key=str)
    places += [(u, None) for u in programme.units if (u, None) not in places]
    grid = spark.createDataFrame(places, "unit STRING, county STRING")
    awarded = members.where("ever").select("period", "tier").distinct()
    nobody = awarded.crossJoin(F.broadcast(grid)).withColumns(
        {
            "province": F.lit(programme.region_code),
            "domain": F.lit(UNASSIGNED),
            "valid": F.lit(False),
            "ever": F.lit(False),
            "valid_or_higher": F.lit(False),
        }
    )
    return members.unionByName(nobody, allowMissingColumns=True)


def region_rows(inputs: Inputs, programme: Programme, periods: list[str]) -> DataFrame:
    """Return the programme's units as entities of their own: one row per period and region."""
    spark = inputs.regions.sparkSession
    rows = [(p, u) for p in periods for u in programme.units]
    blank = F.lit(None).cast("string")
    return spark.createDataFrame(rows, "period STRING, unit STRING").withColumns(
        {
            "region_code": F.col("unit"),
            "province": blank,
            "county": blank,
            "tier": blank,
            "domain": blank,
            "valid": F.lit(True),
        }
    )


def frame_of_tracks(inputs: Inputs, tracks: list[Track]) -> DataFrame:
    """Return the time lines as a frame of the inputs' session."""
    return track_frame(inputs.regions.sparkSession, tracks)
