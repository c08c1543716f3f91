"""Figures that are few and worked out beside the population: department reports, bank totals, derived ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.kpi.derived import derived_figures
from jobs.kpi.dictionary import Indicator
from jobs.kpi.figures import Area, Figure, of_row
from jobs.kpi.item_rows import ItemRow
from jobs.kpi.items import item_figures
from jobs.kpi.origins import LINE_FIELDS
from jobs.kpi.population import Inputs
from jobs.kpi.regions import RegionMap
from jobs.kpi.totals import BankRow, bank_totals
from jobs.period import parse
from jobs.policy.model import Programme
from jobs.reference import report_feed, report_items

SCHEMA = (
    "period STRING, region_code STRING, region_level STRING, tier STRING, domain STRING, size_class STRING, "
    "industry STRING, indicator STRING, reading STRING, unit STRING, value DOUBLE, numerator DECIMAL(38,4), "
    "denominator DECIMAL(38,4), n BIGINT, n_scope BIGINT, n_excluded MAP<STRING,BIGINT>, "
    "n_by_source MAP<STRING,BIGINT>, n_pending BIGINT, coverage DOUBLE, status STRING, note STRING, "
    "reference_period STRING, months INT, reference_date DATE, provisional BOOLEAN, source_text STRING"
)
"""Columns of ``kpi_region`` that these figures fill."""

REPORT = (
    "period", "item_code", "region_code", "basis", "value", "filled_by", "reported_on", "document_no",
)  # fmt: skip
BANK = ("period", "bank_code", "instrument", "quota", "used")


def _collected(frame: DataFrame, columns: Iterable[str]) -> list[dict[str, Any]]:
    wanted = frame.select(*columns, *LINE_FIELDS)
    return [r.asDict() | {"sheet": r["sheet"] or ""} for r in wanted.collect()]


def area_of(programme: Programme, regions: RegionMap) -> Area:
    """Return the regions of a programme that get such figures."""
    units = {u: regions.names.get(u, u) for u in programme.units}
    return Area(programme.region_code, units, programme.unit_level)


def reports(inputs: Inputs, area: Area) -> list[ItemRow]:
    """Return the departments' rows about the programme's region and its units."""
    feed = inputs.feeds.get(report_feed())
    if feed is None:
        return []
    here = feed.where(F.col("region_code").isin([area.code, *area.units]))
    return [ItemRow(**r) for r in _collected(here, REPORT)]


def bank_rows(inputs: Inputs, feed: str, area: Area, regions: RegionMap) -> list[BankRow]:
    """Return the rows of the banks inside the programme's region."""
    if feed not in inputs.feeds:
        return []
    rows = _collected(inputs.feeds[feed], (*BANK, "county_code"))
    inside = [r for r in rows if r["county_code"] == area.code or regions.place(r["county_code"])]
    return [BankRow(**{k: v for k, v in r.items() if k != "county_code"}) for r in inside]


def row_of(figure: Figure) -> tuple[Any, ...]:
    """Return a figure as the columns of :data:`SCHEMA`."""
    f = figure
    left_out = {"NO_REPORT": f.n_scope - f.n} if f.n_scope > f.n else {}
    return (
        f.period, f.region_code, f.region_level, f.tier, None, None, None, f.indicator, f.reading, f.unit, f.value,
        f.numerator, f.denominator, f.n, f.n_scope, left_out, {}, f.n_pending,
        f.n / f.n_scope if f.n_scope else None, f.status, f.note, f.reference_period, f.months,
        parse(f.period).end, f.provisional, f.source_text,
    )  # fmt: skip


def figures_aside(
    inputs: Inputs,
    programme: Programme,
    regions: RegionMap,
    periods: list[str],
    folded: pd.DataFrame,
    dictionary: Mapping[str, Indicator],
) -> list[Figure]:
    """Return the figures of department reports, bank totals, and those derived from all others.

    Parameters
    ----------
    inputs : Inputs
    programme : Programme
    regions : RegionMap
    periods : list of str
    folded : DataFrame
        Rows of ``kpi_region`` of the programme's own region and its units, undivided.
    dictionary : mapping
        Indicators by id.
    """
    used, area = [dictionary[u.id] for u in programme.indicators], area_of(programme, regions)
    reported = reports(inputs, area) if any(i.item for i in used) else []
    banks = [r for feed in bank_feeds(used) for r in bank_rows(inputs, feed, area, regions)]
    return few_figures(used, area, programme, periods, reported, banks, folded.to_dict("records"), dictionary)


def bank_feeds(used: Iterable[Indicator]) -> list[str]:
    """Return the feeds whose rows are added up over the banks."""
    return sorted({i.reads["current"].feed for i in used if i.family == "total"})


def few_figures(
    used: list[Indicator],
    area: Area,
    programme: Programme,
    periods: list[str],
    reported: list[ItemRow],
    banks: list[BankRow],
    folded: Iterable[Mapping[str, Any]],
    dictionary: Mapping[str, Indicator],
) -> list[Figure]:
    """Return the figures of department reports, bank totals, and those derived from all others.

    Parameters
    ----------
    used : list of Indicator
        The programme's.
    area : Area
    programme : Programme
    periods : list of str
    reported : list of ItemRow
        Rows of the departments.
    banks : list of BankRow
    folded : iterable of mapping
        Rows of ``kpi_region`` of the programme's own region and its units, undivided.
    dictionary : mapping
        Indicators by id.
    """
    items = [report_items()[i.item] for i in used if i.item]
    found = item_figures(items, reported, area, periods, programme.window_start.year) if items else []
    if bank_feeds(used):
        found += bank_totals(banks, area, periods)
    derived = [i for i in used if i.family == "derived"]
    parts = {p.indicator for i in derived for p in i.of}
    known = [of_row(r) for r in folded if r["indicator"] in parts]
    return found + derived_figures(derived, dictionary, [*known, *found])


def as_rows(spark: SparkSession, figures: list[Figure]) -> DataFrame:
    """Return figures as rows of ``kpi_region``: columns of :data:`SCHEMA`."""
    return spark.createDataFrame([row_of(f) for f in figures], SCHEMA)
