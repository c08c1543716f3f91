"""Figures that are few and worked out beside the models, from rows of departments and banks and from other figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from jobs.definitions.dictionary import Indicator
from jobs.definitions.policy.model import Programme
from jobs.definitions.reference import report_feed
from jobs.kpi import inputs, runner
from jobs.kpi.figures import MARK, Area, Figure
from jobs.kpi.item_rows import ItemRow
from jobs.kpi.region_figures import BANK, REPORT, area_of, bank_feeds, region_figures, row_of
from jobs.kpi.regions import RegionMap
from jobs.kpi.totals import BankRow
from jobs.pipeline.plan import Known

COLUMNS = (
    "period", "region_code", "region_level", "tier", "domain", "size_class", "industry", "indicator", "reading", "unit",
    "value", "numerator", "denominator", "n", "n_scope", "n_excluded", "n_by_source", "n_pending", "coverage", "status", "note",
    "reference_period", "months", "reference_date", "provisional", "source_text",
)  # fmt: skip


def _rows(
    con: duckdb.DuckDBPyConnection, known: Known, feed: str, columns: Iterable[str]
) -> list[dict[str, Any]]:
    """Return the rows of a feed that stand, with the lines they came from."""
    names = [*columns, *inputs.LINE_COLUMNS]
    sql = inputs.latest(con, known.sources[feed], names, None)
    rows = con.execute(f"SELECT {', '.join(names)} FROM ({sql})").to_arrow_table().to_pylist()
    return [r | {"sheet": r["sheet"] or ""} for r in rows]


def reports(con: duckdb.DuckDBPyConnection, known: Known, area: Area) -> list[ItemRow]:
    """Return the departments' rows about a programme's region and its units."""
    if report_feed() not in known.sources:
        return []
    here = {area.code, *area.units}
    return [ItemRow(**r) for r in _rows(con, known, report_feed(), REPORT) if r["region_code"] in here]


def bank_rows(
    con: duckdb.DuckDBPyConnection, known: Known, feed: str, area: Area, regions: RegionMap
) -> list[BankRow]:
    """Return the rows of the banks inside a programme's region."""
    if feed not in known.sources:
        return []
    rows = _rows(con, known, feed, (*BANK, "county_code"))
    inside = [r for r in rows if r["county_code"] == area.code or regions.place(r["county_code"])]
    return [BankRow(**{k: v for k, v in r.items() if k != "county_code"}) for r in inside]


def few(
    programme: Programme,
    periods: list[str],
    known: Known,
    dictionary: Mapping[str, Indicator],
    regions: RegionMap,
    whole: pa.Table,
) -> list[Figure]:
    """Return the figures of department reports, bank totals, and those derived from all others.

    Parameters
    ----------
    programme : Programme
    periods : list of str
        Periods that are worked on.
    known : Known
    dictionary : mapping
        Indicators by id.
    regions : RegionMap
    whole : pyarrow.Table
        Rows of ``kpi_region`` of the programme's own region and its units, undivided.
    """
    used, area = [dictionary[u.id] for u in programme.indicators], area_of(programme, regions)
    with runner.connection() as con:
        reported = reports(con, known, area) if any(i.item for i in used) else []
        banks = [r for feed in bank_feeds(used) for r in bank_rows(con, known, feed, area, regions)]
    return region_figures(used, area, programme, periods, reported, banks, whole.to_pylist(), dictionary)


def as_table(
    figures: Iterable[Figure],
    shape: pa.Schema,
    dictionary: Mapping[str, Indicator],
    regions: RegionMap,
    **same: str,
) -> pa.Table:
    """Return figures as rows of ``kpi_region``.

    Parameters
    ----------
    figures : iterable of Figure
    shape : pyarrow.Schema
        Of the table.
    dictionary : mapping
    regions : RegionMap
    **same : str
        Columns that are the same in every row.
    """
    rows = []
    for figure in figures:
        row = dict(zip(COLUMNS, row_of(figure), strict=True))
        row |= {n: list(row[n].items()) for n in ("n_excluded", "n_by_source")}
        row |= {"region_name": regions.names.get(figure.region_code), "imputed_share": 0.0}
        row |= {
            "method_version": dictionary[figure.indicator].version,
            "mark": MARK if figure.n_pending > 0 else None,
        }
        rows.append(row | same)
    return pa.Table.from_pylist(rows, schema=shape)
