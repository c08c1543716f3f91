"""Assembly: all gold tables of a programme for a list of periods, in one Spark plan."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.kpi import cells, coverage, families, population, statement
from jobs.kpi.calendar import Available, Track, date_track, track_frame
from jobs.kpi.dictionary import Indicator, indicators
from jobs.kpi.pending import MARK
from jobs.kpi.population import Inputs
from jobs.kpi.regions import RegionMap
from jobs.period import parse
from jobs.policy import progress
from jobs.policy.model import Programme
from jobs.policy.progress import Approved
from jobs.ranking import scheme as ranking

__all__ = ["Inputs", "compute", "kpi_region"]


def _spread(programme: Programme, entities: DataFrame, regions: RegionMap) -> DataFrame:
    """Return the rows to be folded: one per entity and tier."""
    if programme.entity == "region":
        return entities
    members = population.member_rows(entities)
    return population.empty_cells(entities, regions, programme, members)


def kpi_region(
    programme: Programme,
    entities: DataFrame,
    regions: RegionMap,
    tracks: list[Track],
    dictionary: Mapping[str, Indicator],
) -> DataFrame:
    """Fold the population into ``kpi_region``.

    Parameters
    ----------
    programme : Programme
    entities : DataFrame
        Population with measures.
    regions : RegionMap
    tracks : list of Track
        Time lines of all reads.
    dictionary : mapping
        Indicators by id.
    """
    plans = [families.plan(dictionary[u.id], u) for u in programme.indicators]
    sums = {k: v for p in plans for k, v in p.sums.items()}
    lists = {k: v for p in plans for k, v in p.lists.items()}
    groupings = cells.ENTERPRISE if programme.entity == "enterprise" else cells.REGION
    folded = cells.roll_up(_spread(programme, entities, regions), groupings, sums, lists)
    for plan in plans:
        folded = plan.totals(folded) if plan.totals else folded
    folded = folded.withColumns({k: v for p in plans for k, v in p.derived.items()})
    found = F.inline(F.array(*[r for p in plans for r in p.readings]))
    long = folded.select(*cells.KEYS, found)
    if programme.entity == "region":
        long = long.withColumn("region_level", F.lit(programme.unit_level))
    return _finish(long, programme, regions, tracks, dictionary)


def _finish(
    long: DataFrame,
    programme: Programme,
    regions: RegionMap,
    tracks: list[Track],
    dictionary: Mapping[str, Indicator],
) -> DataFrame:
    """Add names, reference periods and versions; drop readings that say nothing in their cell."""
    spark = long.sparkSession
    periods = sorted({t.period for t in tracks})
    times = track_frame(spark, [*tracks, *[date_track(p) for p in periods]])
    used = [dictionary[u.id] for u in programme.indicators]
    versions = spark.createDataFrame(
        [(i.id, i.version) for i in used], "indicator STRING, method_version STRING"
    )
    says = (
        (
            (F.col("reading") != "unlocated")
            | ((F.col("region_level") == "province") & F.col("domain").isNull())
        )
        & (~F.col("reading").isin("contribution", "contribution_share") | F.col("denominator").isNotNull())
        & ((F.col("region_level") != "county") | (F.col("n_scope") > 0) | (F.col("track") == "date"))
    )
    labels = regions.label_frame(spark)
    return (
        long.where(says)
        .join(F.broadcast(times.drop("row_key", "prior_key", "year")), ["period", "track"], "left")
        .join(F.broadcast(labels), "region_code", "left")
        .join(F.broadcast(versions), "indicator", "left")
        .withColumns(
            {
                "programme": F.lit(programme.id),
                "imputed_share": F.lit(0.0),
                "mark": F.when(F.col("n_pending") > 0, MARK),
            }
        )
        .drop("track")
    )


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
    used = [known[u.id] for u in programme.indicators]
    work = _work_periods(programme, periods)
    tracks = population.tracks_of(used, work, available or {})
    regions = RegionMap.of(inputs.regions, programme.units)
    entities = _entities(inputs, programme, regions, work, used, tracks).localCheckpoint()
    full = (
        kpi_region(programme, entities, regions, tracks, known)
        .withColumn("release", F.lit(release))
        .localCheckpoint()
    )
    asked = F.col("period").isin(periods)
    tables = {"kpi_region": full.where(asked)}
    if programme.entity == "enterprise":
        now = entities.where(asked)
        tables["kpi_enterprise"] = statement.kpi_enterprise(now, programme, tracks, known)
        tables["enterprise_statement"] = statement.enterprise_statement(
            now, programme, regions, tracks, known
        )
        shown = [i.id for i in used if i.family == "coverage"]
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
    used: list[Indicator],
    tracks: list[Track],
) -> DataFrame:
    """Return the population with its measures."""
    if programme.entity == "region":
        rows = population.region_rows(inputs, programme, periods)
        return population.with_measures(rows, "region_code", inputs, used, tracks, regions)
    rows = population.enterprises(inputs, programme, regions, periods)
    return population.with_measures(rows, "uscc", inputs, used, tracks, regions)


def _judged(
    full: DataFrame,
    programme: Programme,
    periods: list[str],
    approved: Approved,
    dictionary: Mapping[str, Indicator],
) -> dict[str, DataFrame]:
    """Return targets and rankings, which are small and judged row by row outside Spark."""
    codes = [programme.region_code, *programme.units]
    levels = ["province", programme.unit_level]
    named = F.col("region_code").isin(codes) & F.col("region_level").isin(levels) & F.col("domain").isNull()
    figures = full.where(named).drop("n_excluded", "n_by_source", "release", "programme").toPandas()
    spark = full.sparkSession
    scores, components = ranking.rank_all(figures, programme, periods)
    targets = progress.judge_all(figures, programme, periods, approved, dictionary)
    return {
        "region_ranking": spark.createDataFrame(scores, ranking.SCORE_SCHEMA),
        "ranking_component": spark.createDataFrame(components, ranking.COMPONENT_SCHEMA),
        "target_progress": spark.createDataFrame(targets, progress.SCHEMA),
    }
