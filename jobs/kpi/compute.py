"""Assembly: all gold tables of a programme for a list of periods, in one Spark plan."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.kpi import cells, coverage, families, population, statement
from jobs.kpi.aside import as_rows, figures_aside
from jobs.kpi.calendar import Available, Track, date_track, track_frame
from jobs.kpi.dictionary import Indicator, indicators
from jobs.kpi.pending import MARK
from jobs.kpi.population import Inputs
from jobs.kpi.reading import named
from jobs.kpi.regions import RegionMap
from jobs.kpi.spec import spec_frame
from jobs.kpi.used import Used
from jobs.kpi.used import used as used_of
from jobs.period import parse
from jobs.policy import progress
from jobs.policy.model import Programme
from jobs.policy.progress import Approved
from jobs.ranking import scheme as ranking

__all__ = ["Inputs", "compute", "kpi_region"]


def kpi_region(
    programme: Programme,
    entities: DataFrame,
    regions: RegionMap,
    tracks: list[Track],
    used: Used,
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
    """
    cuts = cells.ENTERPRISE if programme.entity == "enterprise" else cells.REGION
    rows = _spread(programme, entities, regions)
    spark = entities.sparkSession
    times = _times(spark, tracks)
    by_family: dict[str, Used] = {}
    for indicator, specs in used:
        by_family.setdefault(indicator.fold, []).append((indicator, specs))
    found = [_family(rows, cuts, own, times) for _, own in sorted(by_family.items())]
    long = reduce(DataFrame.unionByName, found)
    if programme.entity == "region":
        long = long.withColumn("region_level", F.lit(programme.unit_level))
    return _that_say_something(long).drop("track").withColumn("source_text", F.lit(None).cast("string"))


def _spread(programme: Programme, entities: DataFrame, regions: RegionMap) -> DataFrame:
    """Return the rows to be folded: one per entity and tier."""
    if programme.entity == "region":
        return entities
    members = population.member_rows(entities)
    return population.empty_cells(entities, regions, programme, members)


def _times(spark: SparkSession, tracks: list[Track]) -> DataFrame:
    """Return the time lines of the figures, that of dates among them."""
    periods = sorted({t.period for t in tracks})
    return track_frame(spark, [*tracks, *[date_track(p) for p in periods]]).drop(
        "row_key", "prior_key", "year"
    )


def _family(rows: DataFrame, cuts: tuple[cells.Cut, ...], used: Used, times: DataFrame) -> DataFrame:
    """Fold the indicators of one family: one row per cell, indicator and reading."""
    family = families.family_of(used[0][0])
    specs = [s for _, own in used for s in own]
    sums, lists = families.folded_names(family, F.col("m"), measured=family is not families.COUNT)
    parts = [cells.roll_up(families.one_by_one(rows, cut, used), cut, sums, lists, ("key",)) for cut in cuts]
    folded = reduce(DataFrame.unionByName, parts)
    for step in family.totals:
        folded = step(folded)
    known = F.broadcast(spec_frame(rows.sparkSession, specs))
    placed = folded.join(known, "key").join(F.broadcast(times), ["period", "track"], "left")
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


def _labelled(long: DataFrame, programme: Programme, regions: RegionMap, used: list[Indicator]) -> DataFrame:
    """Add names, versions and marks."""
    spark = long.sparkSession
    versions = spark.createDataFrame(
        [(i.id, i.version) for i in used], "indicator STRING, method_version STRING"
    )
    return (
        long.join(F.broadcast(regions.label_frame(spark)), "region_code", "left")
        .join(F.broadcast(versions), "indicator", "left")
        .withColumns(
            {
                "programme": F.lit(programme.id),
                "imputed_share": F.lit(0.0),
                "mark": F.when(F.col("n_pending") > 0, MARK),
            }
        )
    )


def _whole(rows: DataFrame, programme: Programme) -> DataFrame:
    """Return the figures of the programme's own region and its units, undivided."""
    codes = [programme.region_code, *programme.units]
    levels = ["province", programme.unit_level]
    here = F.col("region_code").isin(codes) & F.col("region_level").isin(levels)
    return rows.where(here & cells.undivided())


def _work_periods(programme: Programme, periods: list[str]) -> list[str]:
    """Return the asked periods and the one before each, which "what moved" compares with."""
    before = {parse(p).shift(-1).key for p in periods}
    known = {p for p in before if parse(p) >= parse(programme.first_period)}
    return sorted({*periods, *known}) if programme.ranking else sorted(set(periods))


def compute(
    inputs: Inputs,
    programme: Programme,
    periods: list[str],
    *,
    release: str = "",
    available: Available | None = None,
    approved: Approved | None = None,
    dictionary: Mapping[str, Indicator] | None = None,
) -> dict[str, DataFrame]:
    """Compute every gold table of a programme.

    Parameters
    ----------
    inputs : Inputs
        Silver frames at one state of knowledge.
    programme : Programme
    periods : list of str
        Periods of the release.
    release : str
        Release id written into every row.
    available : mapping, optional
        Feed -> years for which its yearly forms are complete; a feed not named: every year.
    approved : mapping, optional
        Target id and period -> verdict frozen from the approved release; only those whose lag is over.
    dictionary : mapping, optional
        Indicators by id; default: ``schemas/indicators.yaml``.

    Returns
    -------
    dict of DataFrame
        By table name, columns as the contract names them. ``kpi_region`` and the population are computed
        at once and kept on the server: what stands on them plans from there, not from the feeds.
    """
    known = dictionary or indicators()
    used = used_of(programme, known)
    work = _work_periods(programme, periods)
    tracks = population.tracks_of([i for i, _ in used], work, available or {})
    regions = RegionMap.of(inputs.regions, programme.units)
    entities = _entities(inputs, programme, regions, work, used, tracks).localCheckpoint()
    folded = kpi_region(programme, entities, regions, tracks, used).localCheckpoint()
    aside = figures_aside(inputs, programme, regions, work, _whole(folded, programme).toPandas(), known)
    rows = folded.unionByName(as_rows(folded.sparkSession, aside))
    every = [known[u.id] for u in programme.indicators]
    full = _labelled(rows, programme, regions, every).withColumn("release", F.lit(release))
    asked = F.col("period").isin(periods)
    tables = {"kpi_region": full.where(asked)}
    if programme.entity == "enterprise":
        now = entities.where(asked)
        tables["kpi_enterprise"] = statement.kpi_enterprise(now, used, tracks)
        tables["enterprise_statement"] = statement.enterprise_statement(
            now, programme, regions, tracks, known
        )
        shown = [i.id for i, _ in used if i.family == "coverage"]
        tables["coverage"] = coverage.table(tables["kpi_region"], shown)
    tables |= _judged(full, programme, periods, approved or {}, known)
    return {name: _stamp(frame, release, programme.id) for name, frame in tables.items()}


def _stamp(frame: DataFrame, release: str, programme: str) -> DataFrame:
    return frame.withColumns({"release": F.lit(release), "programme": F.lit(programme)})


def _entities(
    inputs: Inputs,
    programme: Programme,
    regions: RegionMap,
    periods: list[str],
    used: Used,
    tracks: list[Track],
) -> DataFrame:
    """Return the population with its measures."""
    if programme.entity == "region":
        rows, key = population.region_rows(inputs, programme, periods), "region_code"
    else:
        rows, key = population.enterprises(inputs, programme, regions, periods), "uscc"
    return population.with_measures(rows, key, inputs, used, tracks, regions)


def _judged(
    full: DataFrame,
    programme: Programme,
    periods: list[str],
    approved: Approved,
    dictionary: Mapping[str, Indicator],
) -> dict[str, DataFrame]:
    """Return targets and rankings, which are small and judged row by row outside Spark."""
    figures = _whole(full, programme).drop("n_excluded", "n_by_source", "release", "programme").toPandas()
    spark = full.sparkSession
    scores, components = ranking.rank_all(figures, programme, periods)
    targets = progress.judge_all(figures, programme, periods, approved, dictionary)
    return {
        "region_ranking": spark.createDataFrame(scores, ranking.SCORE_SCHEMA),
        "ranking_component": spark.createDataFrame(components, ranking.COMPONENT_SCHEMA),
        "target_progress": spark.createDataFrame(targets, progress.SCHEMA),
    }
