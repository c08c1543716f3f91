"""The population frame: one row per period and entity with its place and all its measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi.calendar import Available, Track, period_frame, track, track_name
from jobs.kpi.dictionary import Indicator
from jobs.kpi.families import measure_column, prepared
from jobs.kpi.measures import Slot, pair, single, slot, spread, waits
from jobs.kpi.regions import RegionMap
from jobs.kpi.scope import UNASSIGNED, holders_at
from jobs.policy.model import Programme


@dataclass(frozen=True)
class Inputs:
    """Silver frames by feed id, and the reference list of regions (code, name, parent_code, former_code).

    ``pending`` are the open rows of the quarantine (:func:`jobs.quality.pending.pending`), if there are any.
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


def with_measures(
    entities: DataFrame,
    key: str,
    inputs: Inputs,
    indicators: list[Indicator],
    tracks: list[Track],
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
    tracks : list of Track
        Time lines of all reads.
    regions : RegionMap
    """
    slots = _slots(inputs, indicators)
    entity = "region" if key == "region_code" else "enterprise"
    rows = entities
    for name, named in slots.items():
        feed, reads = inputs.feeds[name], [r for i in indicators for r in i.reads.values() if r.feed == name]
        feed = regions.with_codes(feed) if entity == "region" else feed
        right = spread(feed, name, inputs.pending, named, reads, tracks, entity).withColumnRenamed(
            "entity", key
        )
        rows = rows.join(right, ["period", key], "left")
    found = {column: both for i in indicators for column, both in _measures(i, slots).items()}
    rows = rows.withColumns({c: m for c, (_, m, _) in found.items()})
    done = {c: prepared(i, F.col(c), w) for c, (i, _, w) in found.items()}
    return rows.withColumns(done).select(*entities.columns, *done)


def _slots(inputs: Inputs, indicators: list[Indicator]) -> dict[str, dict[Slot, str]]:
    """Return feed -> the slots that the indicators read, each with a name of its own."""
    found: dict[str, dict[Slot, str]] = {}
    number = count()
    for indicator in indicators:
        for read in indicator.reads.values():
            if read.feed in inputs.feeds:
                own = found.setdefault(read.feed, {})
                wanted = slot(read, track_name(indicator, read))
                if wanted not in own:
                    own[wanted] = f"s{next(number)}"
    return found


def _measures(
    indicator: Indicator, slots: Mapping[str, Mapping[Slot, str]]
) -> dict[str, tuple[Indicator, Column, Column]]:
    """Return measure column -> indicator, measure struct, what of it waits for a correction."""

    def label(name: str) -> str | None:
        read = indicator.reads[name]
        return slots.get(read.feed, {}).get(slot(read, track_name(indicator, read)))

    def one(name: str) -> Column:
        return single(indicator.reads[name], indicator.minor, label(name))

    if indicator.family == "ratio":
        both = pair(one("numerator"), one("denominator"))
        late = waits(label("numerator"), label("denominator"))
        return {measure_column(indicator.id): (indicator, both, late)}
    several = indicator.family == "coverage"
    return {
        measure_column(indicator.id, name if several else ""): (indicator, one(name), waits(label(name)))
        for name in indicator.reads
    }


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
