"""Figures of the departments' reports: few rows, so plain Python and exact numbers, no models."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from jobs.definitions.period import parse
from jobs.definitions.reference import ReportItem
from jobs.kpi.figures import Area, Figure, joined, storable
from jobs.kpi.item_rows import Item, ItemRow, Stand

__all__ = ["ItemRow", "item_figures"]


def _figure(
    item: Item, region: str, period: str, reading: str, stand: Stand, reference: str, months: int | None
) -> Figure:
    numerator, denominator = storable(stand.value) if isinstance(stand.value, Fraction) else (None, None)
    return Figure(
        period=period,
        region_code=region,
        region_level=item.area.level(region),
        tier=None,
        indicator=f"item_{item.item.code}",
        reading=reading,
        value=None if stand.value is None else float(stand.value),
        unit="%" if reading == "yearly_growth" else item.item.unit,
        numerator=numerator,
        denominator=denominator,
        n=stand.n,
        n_scope=stand.n_scope,
        status=stand.status,
        reference_period=reference,
        months=months,
        note=joined(stand.notes),
        source_text=joined(r.source_text for r in stand.rows),
        lines=tuple(sorted(r.line for r in stand.rows)),
    )


def _figures(item: Item, region: str, key: str, first_year: int) -> list[Figure]:
    """Return every reading of an item in a region for a period."""
    p = parse(key)
    basis, summed = item.item.basis, region == item.area.code and item.by_unit
    day, year_to_date = p.end.isoformat(), f"{p.year}年1-{p.month_to}月"
    figures = []
    if "cumulative" in basis:
        figures.append(_figure(item, region, key, "total", item.at(region, "cumulative", key), day, None))
        if summed:
            figures.append(_figure(item, region, key, "total_min", item.least(key), day, None))
    if "quarter" in basis:
        own = f"{p.year}年{p.begin.month}-{p.month_to}月"
        figures.append(_figure(item, region, key, "quarter", item.at(region, "quarter", key), own, 3))
    if item.item.unit == "%":
        return figures
    figures.append(_figure(item, region, key, "year", item.year(region, p), year_to_date, p.month_to))
    if "quarter" in basis:
        last = p.year if p.month_to == 12 else p.year - 1
        growth = item.yearly_growth(region, first_year, last)
        figures.append(_figure(item, region, key, "yearly_growth", growth, f"{first_year}-{last}年", None))
    return figures


def item_figures(
    items: Iterable[ReportItem], rows: Iterable[ItemRow], area: Area, periods: Iterable[str], first_year: int
) -> list[Figure]:
    """Return the figures of items for the programme's region and, where they answer it, its units.

    Parameters
    ----------
    items : iterable of ReportItem
    rows : iterable of ItemRow
        Latest accepted rows, of all periods the readings go back to.
    area : Area
    periods : iterable of str
        Quarter keys.
    first_year : int
        First full calendar year of the programme's window.

    Returns
    -------
    list of Figure
        ``total`` (累计 as reported at the period), ``total_min`` (the least of the units), ``quarter``
        (当季), ``year`` (calendar year to date: the quarters' sum, all of them there; of an item without
        当季 the change of 累计 since last year's end) and ``yearly_growth`` (compound, from ``first_year`` to the
        last full year). A reading without its report is ``EMPTY``, with one of some units only
        ``LOW_COVERAGE``; the note names what is missing.

    Source
    ------
    methods.md §0 (a missing report is no zero), §11 (flows per calendar year, 年均).
    """
    known = list(rows)
    asked = sorted(set(periods))
    figures = []
    for item in items:
        lines = Item(item, area, known)
        regions = [area.code, *(area.units if item.level == "unit" else ())]
        figures += [f for r in regions for key in asked for f in _figures(lines, r, key, first_year)]
    return figures
