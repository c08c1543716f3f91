"""The population frame: one row per period and entity with its place and all its measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.kpi.calendar import Available, Track, fact_track_name, period_frame, track, track_name
from jobs.kpi.certificates import intervals
from jobs.kpi.dictionary import Indicator
from jobs.kpi.facts import Fact, fact_columns
from jobs.kpi.gather import gather
from jobs.kpi.origins import Origins, distinct
from jobs.kpi.prepared import prepared
from jobs.kpi.regions import RegionMap
from jobs.kpi.scope import UNASSIGNED, holders_at
from jobs.kpi.size_class import size_class
from jobs.kpi.slots import Slots
from jobs.kpi.unmatched import Line
from jobs.kpi.used import Used, Wanted, asked
from jobs.policy.model import Programme


@dataclass(frozen=True)
class Inputs:
    """Silver frames by feed id, and the reference list of regions (code, name, parent_code, former_code).

    ``pending`` are the open rows of the quarantine (:func:`jobs.quality.pending.pending`), if there are any;
    ``files`` the batches, files and sheets of the rows where they are known beforehand; ``notices`` the lines of the
    certificate notices, of which those ``unmatched`` wait for a person.
    """

    feeds: Mapping[str, DataFrame]
    regions: DataFrame
    pending: DataFrame | None = None
    files: DataFrame | None = None
    notices: Sequence[Line] = ()
    unmatched: Sequence[Line] = ()

    def origins(self) -> Origins:
        """Number the origins of all rows."""
        return Origins.of(distinct(self.feeds.values()) if self.files is None else self.files)


def tracks_of(indicators: list[Indicator], periods: list[str], available: Available) -> list[Track]:
    """Return every time line the indicators use, once each."""
    found = {
        (t.period, t.track): t
        for i in indicators
        for read, _ in asked(i)
        for t in (track(i, read, p, available) for p in periods)
    }
    return [found[k] for k in sorted(found)]


def with_measures(
    entities: DataFrame,
    key: str,
    inputs: Inputs,
    used: Used,
    wanted: Wanted,
    tracks: list[Track],
    regions: RegionMap,
    origins: Origins,
    facts: Sequence[Fact] = (),
) -> DataFrame:
    """Join each indicator's measure, and the facts, to the entities.

    Parameters
    ----------
    entities : DataFrame
        One row per period and entity.
    key : str
        Column of the entity; rows where it is null get no measure.
    inputs : Inputs
    used : list
        Indicators with their specs.
    wanted : Wanted
        Periods for which they are worked out; facts are of all.
    tracks : list of Track
        Time lines of all reads.
    regions : RegionMap
    origins : Origins
        Of the feeds' rows.
    facts : sequence of Fact

    Returns
    -------
    DataFrame
        The entities with a column per spec (:func:`jobs.kpi.families.measure_column`) and, if there are
        facts, :data:`jobs.kpi.facts.FACT_COLUMNS`.
    """
    slots = _slots(inputs, [i for i, _ in used], facts)
    entity = "region" if key == "region_code" else "enterprise"
    feeds = dict(inputs.feeds)
    if entity == "region":
        feeds = {n: _with_codes(f, regions) for n, f in feeds.items() if n in {s.feed for s in slots.names}}
    rows = entities
    if slots.names:
        rows = gather(feeds, inputs.pending, slots, tracks, entity, origins).beside(entities, key)
    staged, found = prepared(rows, used, slots, wanted)
    found |= fact_columns(facts, slots) if facts else {}
    return staged.select(*entities.columns, *[c.alias(n) for n, c in found.items()])


def _with_codes(frame: DataFrame, regions: RegionMap) -> DataFrame:
    """Add ``region_code`` of the units to rows that only print a region's (short) name.

    A printed name stands for the unit whose name begins with it; rows of other regions drop out.
    """
    if "region_code" in frame.columns:
        return frame
    units = [(u, regions.names[u]) for u in regions.units if u in regions.names]
    known = frame.sparkSession.createDataFrame(units, "region_code STRING, unit_full_name STRING")
    same = F.col("unit_full_name").startswith(F.col("region_name"))
    return frame.join(F.broadcast(known), same).drop("unit_full_name")


def _slots(inputs: Inputs, indicators: list[Indicator], facts: Sequence[Fact]) -> Slots:
    """Return the slots that indicators and facts read."""
    slots = Slots(frozenset(inputs.feeds))
    for indicator in indicators:
        for read, before in asked(indicator):
            slots.add(read, track_name(indicator, read), before)
    for fact in facts:
        slots.add(fact.read, fact_track_name(fact.read), fact.prior)
    return slots


def certificate_spans(inputs: Inputs, programme: Programme) -> DataFrame:
    """Return the certificates of the programme's tiers with their validity."""
    notices = inputs.feeds[programme.roles["certificates"]]
    own = notices.where(F.col("tier").isin(sorted(programme.ranks)))
    return intervals(own, [t.code for t in programme.tiers if not t.expires])


def enterprises(
    inputs: Inputs, programme: Programme, regions: RegionMap, periods: list[str], spans: DataFrame
) -> DataFrame:
    """Return the holders of each period (see :func:`jobs.kpi.scope.holders_at`).

    ``spans`` are those of :func:`certificate_spans`.
    """
    spark = inputs.regions.sparkSession
    found = holders_at(
        spans,
        inputs.feeds[programme.roles["register"]],
        period_frame(spark, periods),
        regions,
        programme.ranks,
        programme.certified_rank,
    )
    return found.withColumns(
        {
            "province": F.lit(programme.region_code),
            "industry": F.coalesce(F.substring("industry_code", 1, 3), F.lit(UNASSIGNED)),
        }
    )


def sized(measured: DataFrame) -> DataFrame:
    """Add the statistical size class of the year before; firms of which too little is known are unassigned."""
    fact = F.col("facts")
    found = size_class(F.col("industry_code"), fact["staff_end"], fact["revenue_y1"], fact["total_assets"])
    return measured.withColumn("size_class", F.coalesce(found, F.lit(UNASSIGNED)))


def member_rows(entities: DataFrame) -> DataFrame:
    """Spread holders over their tiers: one row per holder and tier with valid, ever, valid_or_higher."""
    spread = entities.withColumn("membership", F.explode("memberships")).select("*", "membership.*")
    some = F.col("ever") | F.col("valid_or_higher")
    return spread.drop("membership", "memberships").where(some)


def in_tiers(entities: DataFrame, name: str) -> DataFrame:
    """Add to holders the tiers that they validly hold, as an array, and ``valid``: whether there is any."""
    held = F.transform(F.filter("memberships", lambda m: m["valid"]), lambda m: m["tier"])
    return entities.withColumn(name, held).withColumn("valid", F.size(name) > 0)


def empty_cells(regions: RegionMap, programme: Programme, members: DataFrame) -> DataFrame:
    """Return a row without effect for every region and every tier that any of the members was awarded so far.

    So a unit without holders shows the count 0, while a tier nobody was ever awarded stays absent.
    """
    spark = members.sparkSession
    places = sorted({(p.unit, p.county) for p in regions.by_code().values()}, key=str)
    places += [(u, None) for u in programme.units if (u, None) not in places]
    grid = spark.createDataFrame(places, "unit STRING, county STRING")
    # Asked once: every fold of the rows would ask again.
    awarded = members.where("ever").select("period", "tier").distinct().collect()
    tiers = spark.createDataFrame([(r["period"], r["tier"]) for r in awarded], "period STRING, tier STRING")
    return tiers.crossJoin(F.broadcast(grid)).withColumns(
        {
            "province": F.lit(programme.region_code),
            "domain": F.lit(UNASSIGNED),
            "valid": F.lit(False),
            "ever": F.lit(False),
            "valid_or_higher": F.lit(False),
        }
    )


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
