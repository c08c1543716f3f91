"""Figures that are few and worked out beside the models: department reports, bank totals, derived ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jobs.definitions.dictionary import Indicator
from jobs.definitions.period import parse
from jobs.definitions.policy.model import Programme
from jobs.definitions.reference import report_items
from jobs.kpi.derived import derived_figures
from jobs.kpi.figures import Area, Figure, of_row
from jobs.kpi.item_rows import ItemRow
from jobs.kpi.items import item_figures
from jobs.kpi.regions import RegionMap
from jobs.kpi.totals import BankRow, bank_totals

REPORT = (
    "period", "item_code", "region_code", "basis", "value", "filled_by", "reported_on", "document_no",
)  # fmt: skip
BANK = ("period", "bank_code", "instrument", "quota", "used")


def area_of(programme: Programme, regions: RegionMap) -> Area:
    """Return the regions of a programme that get such figures."""
    units = {u: regions.names.get(u, u) for u in programme.units}
    return Area(programme.region_code, units, programme.unit_level)


def row_of(figure: Figure) -> tuple[Any, ...]:
    """Return a figure as the columns of :data:`jobs.pipeline.region_rows.COLUMNS`."""
    f = figure
    left_out = {"NO_REPORT": f.n_scope - f.n} if f.n_scope > f.n else {}
    return (
        f.period, f.region_code, f.region_level, f.tier, None, None, None, f.indicator, f.reading, f.unit, f.value,
        f.numerator, f.denominator, f.n, f.n_scope, left_out, {}, f.n_pending,
        f.n / f.n_scope if f.n_scope else None, f.status, f.note, f.reference_period, f.months,
        parse(f.period).end, f.provisional, f.source_text,
    )  # fmt: skip


def bank_feeds(used: Iterable[Indicator]) -> list[str]:
    """Return the feeds whose rows are added up over the banks."""
    return sorted({i.reads["current"].feed for i in used if i.family == "total"})


def region_figures(
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
    figures = item_figures(items, reported, area, periods, programme.window_start.year) if items else []
    if bank_feeds(used):
        figures += bank_totals(banks, area, periods)
    derived = [i for i in used if i.family == "derived"]
    parts = {p.indicator for i in derived for p in i.of}
    known = [of_row(r) for r in folded if r["indicator"] in parts]
    return figures + derived_figures(derived, dictionary, [*known, *figures])
