"""Headline figures of made-up enterprises, as the jobs compute them and beside the peer's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from benchmarks import silver
from jobs.contract import load_feed
from jobs.kpi import population
from jobs.kpi.calendar import Track
from jobs.kpi.cells import KEYS
from jobs.kpi.dictionary import indicators
from jobs.kpi.facts import FACT_COLUMNS, all_facts, fact_tracks
from jobs.kpi.kept import kept, lists_by_sorting
from jobs.kpi.population import Inputs
from jobs.kpi.region_table import kpi_region
from jobs.kpi.regions import RegionMap
from jobs.kpi.used import Used, Wanted
from jobs.kpi.used import used as used_of
from jobs.policy.model import Programme, load

FEEDS = ("certificate_notice", "stat_finance", "stat_rd", "stat_register", "stat_staff")
"""What the headline figures read."""
SIZE = ("staff_end", "revenue_y1", "total_assets")
"""Facts that tell a firm's size."""
SUMS = ("certificate_count", "revenue_growth")
ALL = (*SUMS, "rd_intensity")
RD_COMPLETE = frozenset(range(2021, 2025))
"""Years for which all R&D forms are in: those of the last one stand in for 2025."""
READINGS = {
    "certificate_count": ("valid", "ever", "valid_or_higher"),
    "revenue_growth": ("same_firm", "published_base", "all_firm"),
    "rd_intensity": ("pooled", "median"),
}
_MINOR = {"certificate_count": 1, "revenue_growth": 100, "rd_intensity": 100}
"""Amounts are compared in whole 分, counts in 户."""
_NAMES = [*KEYS, "indicator", "reading"]
_EXACT = ("n", "numerator", "denominator")


def read(spark: SparkSession, folder: Path, feeds: Iterable[str]) -> Inputs:
    """Return files of :func:`benchmarks.silver.write` as the indicators read them."""
    frames = {load_feed(f).feed.group or f: spark.read.parquet(str(silver.path(folder, f))) for f in feeds}
    return Inputs(frames, spark.read.parquet(str(silver.path(folder, "regions"))))


@dataclass(frozen=True)
class Population:
    """The firms of some periods with their measures, kept on the server."""

    programme: Programme
    entities: DataFrame
    regions: RegionMap
    tracks: list[Track]
    used: Used
    wanted: Wanted

    def figures(self, wanted: Sequence[str] = ALL) -> DataFrame:
        """Return ``kpi_region`` of some of the indicators."""
        used = [(i, s) for i, s in self.used if i.id in wanted]
        return kpi_region(self.programme, self.entities, self.regions, self.tracks, used, self.wanted)


def gather(inputs: Inputs, periods: list[str]) -> Population:
    """Return the firms of Jilin's programme with what the headline figures need, computed at once."""
    programme = load("JL")
    own = programme.model_copy(update={"indicators": [u for u in programme.indicators if u.id in ALL]})
    used = used_of(own, indicators())
    tracks = population.tracks_of([i for i, _ in used], periods, {"stat_rd": RD_COMPLETE})
    regions = RegionMap.of(inputs.regions, own.units)
    wanted = Wanted(tuple(periods))
    spans = population.certificate_spans(inputs, own).localCheckpoint()
    rows = population.enterprises(inputs, own, regions, periods, spans)
    facts = [f for f in all_facts() if f.name in SIZE]
    lines = {(t.period, t.track): t for t in [*tracks, *fact_tracks(facts, periods)]}
    measured = population.with_measures(
        rows, "uscc", inputs, used, wanted, list(lines.values()), regions, inputs.origins(), facts
    )
    sized = population.sized(measured).drop(*FACT_COLUMNS)
    with lists_by_sorting(spans.sparkSession):
        return Population(own, kept(sized), regions, tracks, used, wanted)


def _minor(amount: Decimal | None, indicator: str) -> str | None:
    """Return an amount in whole minor units as text; one that is not whole keeps its decimals and equals nothing."""
    return None if amount is None else format((amount * _MINOR[indicator]).normalize(), "f")


def _ours(figures: DataFrame) -> pd.DataFrame:
    rows = figures.select(*_NAMES, *_EXACT, "value").toPandas()
    headline = [r in READINGS.get(i, ()) for i, r in zip(rows["indicator"], rows["reading"], strict=True)]
    found = rows[headline].copy()
    for column in ("numerator", "denominator"):
        found[column] = [_minor(a, i) for a, i in zip(found[column], found["indicator"], strict=True)]
    return found


def apart(both: pd.DataFrame) -> pd.Series:
    """Return which figures differ.

    Amounts must agree to the 分, values to twelve digits. A cell in which nobody counts need not be there.
    """
    differs = pd.Series(False, index=both.index)
    for column in _EXACT:
        ours, theirs = both[column], both[f"{column}_peer"]
        differs |= (ours != theirs) & ~(ours.isna() & theirs.isna())
    ours, theirs = (both[c].astype(float).to_numpy() for c in ("value", "value_peer"))
    differs |= ~np.isclose(ours, theirs, rtol=1e-12, atol=1e-12, equal_nan=True)
    nobody = both[["n", "n_peer"]].fillna(0).eq(0).all(axis=1)
    return differs & ~nobody


def compare(figures: DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Return the headline figures of both, side by side; they must be equal.

    Parameters
    ----------
    figures : DataFrame
        Rows of ``kpi_region``.
    theirs : DataFrame
        Rows of :meth:`benchmarks.kpi_peer.Peer.figures`.

    Raises
    ------
    AssertionError
        If value, numerator, denominator or n of a figure differ.
    """
    both = _ours(figures).merge(theirs, "outer", on=_NAMES, suffixes=("", "_peer"))
    if (differing := both[apart(both)]).size:
        raise AssertionError(
            f"{len(differing)} 个数与 DuckDB 不同 / figures differ:\n{differing.head(20).to_string()}"
        )
    return both
