"""Assembly: all gold tables of a programme for a list of periods, in one Spark plan."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi import cells, coverage, flow, population, statement
from jobs.kpi.aside import as_rows, figures_aside
from jobs.kpi.calendar import Available, span_frame
from jobs.kpi.dictionary import Indicator, indicators
from jobs.kpi.enterprise_tables import enterprise_tables
from jobs.kpi.fact_models import fact_periods
from jobs.kpi.facts import FACT_COLUMNS, all_facts, fact_tracks
from jobs.kpi.figures import MARK
from jobs.kpi.flow import Ladder
from jobs.kpi.flow_figures import flow_figures
from jobs.kpi.kept import by_column, kept, lists_by_sorting
from jobs.kpi.population import Inputs
from jobs.kpi.region_table import kpi_region, times_of
from jobs.kpi.regions import RegionMap
from jobs.kpi.unmatched_frames import marked
from jobs.kpi.used import Wanted
from jobs.kpi.used import used as used_of
from jobs.policy import progress
from jobs.policy.closing import Closing
from jobs.policy.model import Programme
from jobs.policy.sources import WITHOUT
from jobs.ranking import scheme as ranking
from jobs.warning.review import Words

__all__ = ["Inputs", "compute", "kpi_region"]

HOLDERS_AT_ONCE = 10_000
"""Holders in one partition: gathering holds all their rows in memory."""


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


def compute(
    inputs: Inputs,
    programme: Programme,
    periods: list[str],
    *,
    release: str = "",
    available: Available | None = None,
    closing: Closing | None = None,
    words: Words | None = None,
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
    closing : Closing, optional
        What verdicts on targets depend on beside the figures; default: no day has passed, nothing was approved.
    words : mapping, optional
        Period and warning rule -> an analyst's word on a rule that fires on many.
    dictionary : mapping, optional
        Indicators by id; default: ``schemas/indicators.yaml``.

    Returns
    -------
    dict of DataFrame
        By table name, columns as the contract names them; with them :data:`jobs.kpi.enterprise_tables.ROSTER`, which is no
        table. ``kpi_region`` and the population are computed
        at once and kept on the server: what stands on them plans from there, not from the feeds.
    """
    known = dictionary or indicators()
    run = _Run(inputs, programme, sorted(periods), known, available or {})
    full = run.figures().withColumn("release", F.lit(release))
    tables = {"kpi_region": full.where(F.col("period").isin(periods))}
    if programme.entity == "enterprise":
        tables |= run.of_enterprises(words or {})
        shown = [i.id for i, _ in run.used if i.family == "coverage"]
        tables["coverage"] = coverage.table(tables["kpi_region"], shown)
    tables |= _judged(full, programme, periods, closing or Closing(), known)
    return {name: _stamp(frame, release, programme.id) for name, frame in tables.items()}


class _Run:
    """One computation: the population with measures and facts, kept on the server, and what stands on it."""

    def __init__(
        self,
        inputs: Inputs,
        programme: Programme,
        asked: list[str],
        dictionary: Mapping[str, Indicator],
        available: Available,
    ) -> None:
        self.inputs, self.programme, self.asked, self.dictionary = inputs, programme, asked, dictionary
        self.used = used_of(programme, dictionary)
        self.wanted = Wanted.of(programme, asked, dictionary)
        self.work = self.wanted.periods
        self.tracks = population.tracks_of([i for i, _ in self.used], self.work, available)
        self.regions = RegionMap.of(inputs.regions, programme.units)
        self.spark = inputs.regions.sparkSession
        self.origins = inputs.origins()
        self.entities = self._regions() if programme.entity == "region" else self._enterprises()

    def _regions(self) -> DataFrame:
        rows = population.region_rows(self.inputs, self.programme, self.work)
        return population.with_measures(
            rows,
            "region_code",
            self.inputs,
            self.used,
            self.wanted,
            self.tracks,
            self.regions,
            self.origins,
        ).localCheckpoint()

    def _enterprises(self) -> DataFrame:
        """Return the holders of all periods that are looked at; the indicators' measures are of some of them."""
        inputs, programme = self.inputs, self.programme
        self.spans = population.certificate_spans(inputs, programme).localCheckpoint()
        holders = self.spans.select("holder").distinct().count()
        self.spark.conf.set("spark.sql.shuffle.partitions", max(2, holders // HOLDERS_AT_ONCE))
        self.held = flow.states(
            self.spans, span_frame(self.spark, self.work), Ladder(programme.ranks, programme.certified_rank),
            programme.window_start,
        ).localCheckpoint()  # fmt: skip
        periods = sorted({*self.work, *fact_periods(self.asked)})
        rows = population.enterprises(inputs, programme, self.regions, periods, self.spans)
        facts = all_facts()
        lines = {(t.period, t.track): t for t in [*self.tracks, *fact_tracks(facts, periods)]}
        measured = population.with_measures(
            rows,
            "uscc",
            inputs,
            self.used,
            self.wanted,
            list(lines.values()),
            self.regions,
            self.origins,
            facts,
        )
        with lists_by_sorting(self.spark):
            return kept(population.sized(measured))

    def figures(self) -> DataFrame:
        """Return ``kpi_region`` of the periods worked on."""
        every = [self.dictionary[u.id] for u in self.programme.indicators]
        now = self.entities.where(F.col("period").isin(self.work)).drop(*FACT_COLUMNS)
        with by_column(now):
            folded = kpi_region(self.programme, now, self.regions, self.tracks, self.used, self.wanted)
            if self.programme.entity == "enterprise":
                folded = folded.unionByName(self._flows(now))
                folded = marked(folded, self.inputs, self.programme, self.regions, self.work, every)
            folded = folded.localCheckpoint()
        whole = _whole(folded, self.programme).toPandas()
        aside = figures_aside(self.inputs, self.programme, self.regions, self.work, whole, self.dictionary)
        rows = folded.unionByName(as_rows(self.spark, aside))
        return _labelled(rows, self.programme, self.regions, every)

    def _flows(self, now: DataFrame) -> DataFrame:
        """Return moves between the tiers and first awards, of the indicators that the programme has."""
        moved = flow_figures(self.held, now, self.regions, self.programme, self.programme.window_start)
        listed = moved.where(F.col("indicator").isin([u.id for u in self.programme.indicators]))
        placed = listed.join(F.broadcast(times_of(self.spark, self.tracks)), ["period", "track"], "left")
        return placed.drop("track").withColumn("source_text", F.lit(None).cast("string"))

    def of_enterprises(self, words: Words) -> dict[str, DataFrame]:
        """Return the tables with one line per enterprise, or several."""
        now = self.entities.where(F.col("period").isin(self.asked))
        return {
            "kpi_enterprise": statement.kpi_enterprise(now, self.used, self.tracks, self.origins),
            "enterprise_statement": statement.enterprise_statement(
                now, self.programme, self.regions, self.tracks, self.dictionary, self.origins
            ),
            **enterprise_tables(
                self.inputs,
                self.programme,
                self.regions,
                self.asked,
                self.entities,
                self.spans,
                self.held,
                self.origins,
                words,
            ),
        }


def _stamp(frame: DataFrame, release: str, programme: str) -> DataFrame:
    return frame.withColumns({"release": F.lit(release), "programme": F.lit(programme)})


def _left_out() -> dict[str, Column]:
    """Return how many reported only one side of a ratio, or stand in quarantine, from the reasons why firms are left out."""
    sides = {"numerator": "MISSING_NUM", "denominator": "MISSING_DEN"}
    reasons = {name: sides[side] for side, name in WITHOUT.items()} | {"quarantined": "QUARANTINED"}
    return {name: F.coalesce(F.col("n_excluded")[reason], F.lit(0)) for name, reason in reasons.items()}


def _judged(
    full: DataFrame,
    programme: Programme,
    periods: list[str],
    closing: Closing,
    dictionary: Mapping[str, Indicator],
) -> dict[str, DataFrame]:
    """Return targets and rankings, which are small and judged row by row outside Spark."""
    whole = _whole(full, programme).withColumns(_left_out())
    figures = whole.drop("n_excluded", "n_by_source", "release", "programme").toPandas()
    spark = full.sparkSession
    scores, components = ranking.rank_all(figures, programme, periods)
    targets = progress.judge_all(figures, programme, periods, closing, dictionary)
    return {
        "region_ranking": spark.createDataFrame(scores, ranking.SCORE_SCHEMA),
        "ranking_component": spark.createDataFrame(components, ranking.COMPONENT_SCHEMA),
        "target_progress": spark.createDataFrame(targets, progress.SCHEMA),
    }
