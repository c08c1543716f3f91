"""Silver of made-up enterprises: every feed that Jilin's programme reads, as Parquet files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.columns import arrow_type, drawn, same, table
from benchmarks.firms import PROVINCE, Roster, generator, notices, register, roster
from jobs.definitions.contract import load_feed
from jobs.definitions.reference import regions, report_items

YEARS = range(2021, 2026)
RECENT = range(2023, 2026)
"""Years of what no headline figure reads."""


def _months(years: Iterable[int], months: Iterable[int] = (3, 6, 9, 12)) -> tuple[str, ...]:
    return tuple(f"{y}{m:02d}" for y in years for m in months)


def _quarters(years: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{y}Q{q}" for y in years for q in range(1, 5))


_QUARTERS = _quarters(RECENT)
_YEARS = tuple(str(y) for y in YEARS)

PERIODIC: dict[str, tuple[float, tuple[str, ...]]] = {
    "stat_finance": (0.85, _months(YEARS)),
    "stat_rd": (0.4, _YEARS),
    "stat_staff": (0.85, _quarters(YEARS)),
    "srdi_annual": (0.3, _YEARS),
    "dept_patent": (0.6, _QUARTERS),
    "dept_power": (0.7, _months(RECENT)),
    "dept_credit_list": (0.01, ("202512",)),
    "tax_deduction": (0.35, _YEARS),
    "tax_income": (0.9, _QUARTERS),
    "tax_invoice": (0.9, _months(RECENT, (2, 3, 5, 6, 8, 9, 11, 12))),
    "tax_vat": (0.9, _months(RECENT)),
    "fin_equity": (0.02, ("2025Q4",)),
    "fin_guarantee": (0.05, _QUARTERS),
    "fin_ip_pledge": (0.03, _QUARTERS),
    "fin_listing": (0.02, _QUARTERS),
    "fin_loan": (0.35, _QUARTERS),
    "ticket": (0.02, ("202512",)),
}
"""Feed -> share of the firms that it has in each of its periods, and those."""


def _periodic(firms: Roster, feed: str) -> Iterator[pa.Table]:
    contract, rng = load_feed(feed), generator(feed)
    share, keys = PERIODIC[feed]
    for key in keys:
        here = np.flatnonzero(rng.random(len(firms)) < share)
        own = pa.array(here)
        # Amounts of monthly forms are those since the year began.
        size = firms.size[here] * (int(key[4:]) / 12 if contract.feed.frequency == "month" else 1.0)
        given = {
            "uscc": firms.uscc.take(own),
            "name": firms.name.take(own),
            "county_code": firms.county.take(own),
        }
        for column in contract.columns:
            if column.is_period:
                given[column.name] = same(key, len(here)).cast(arrow_type(column.type))
            elif column.name not in given:
                given[column.name] = drawn(rng, column, size)
        yield table(contract, given)


def _listed(feed: str, rows: list[dict[str, Any]]) -> Iterator[pa.Table]:
    contract = load_feed(feed)
    names = rows[0].keys()
    kinds = {c.name: arrow_type(c.type) for c in contract.columns}
    yield table(contract, {n: pa.array([r[n] for r in rows], kinds[n]) for n in names})


def _reports(_: Roster) -> Iterator[pa.Table]:
    shared = {
        "region_code": PROVINCE,
        "region_name": regions()[PROVINCE].name,
        "value": 10,
        "reported_on": date(2026, 1, 15),
        "document_no": "报送〔2026〕1号",
        "contact": "张三",
    }
    return _listed(
        "dept_report",
        [
            shared
            | {
                "period": q,
                "item_code": i.code,
                "item_name": i.name,
                "unit": i.unit,
                "filled_by": i.department,
            }
            | {"basis": basis}
            for q in _QUARTERS
            for i in report_items().values()
            for basis in i.basis
        ],
    )


def _banks(_: Roster) -> Iterator[pa.Table]:
    shared = {"county_code": "220102", "quota": 400_000_000, "used": 100_000_000, "change_no": 1}
    return _listed(
        "fin_relending",
        [
            shared | {"period": q, "bank_code": f"B{n}", "bank": f"银行{n}", "instrument": kind}
            for q in _QUARTERS
            for n in range(10)
            for kind in ("relending", "rediscount")
        ],
    )


_OWN: dict[str, Callable[[Roster], Iterator[pa.Table]]] = {
    "stat_register": register,
    "certificate_notice": notices,
    "dept_report": _reports,
    "fin_relending": _banks,
}
FEEDS = tuple(sorted([*_OWN, *PERIODIC]))
"""All feeds that can be written."""


REGIONS = "regions.parquet"
"""File of the reference list of regions."""


def files(folder: Path, feed: str) -> tuple[str, ...]:
    """Return the files of a feed, which lie in a folder for each year as those of the lake do."""
    return tuple(str(f) for f in sorted((folder / feed).glob("year=*/*.parquet")))


def _lay_down(folder: Path, number: int, rows: pa.Table) -> None:
    """Write rows that are of one year: that of their forms, or of no meaning."""
    year = rows["year"][0].as_py() if "year" in rows.column_names else max(YEARS)
    target = folder / f"year={year}" / f"{number}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows.drop_columns("year") if "year" in rows.column_names else rows, target)


def write(folder: Path, count: int, feeds: Iterable[str] = FEEDS) -> None:
    """Write feeds of ``count`` enterprises, and the reference list of regions.

    Parameters
    ----------
    folder : Path
    count : int
        Enterprises that hold or held a certificate or a place in the library.
    feeds : iterable of str
        Some of :data:`FEEDS`.
    """
    firms = roster(count)

    def lay_down(feed: str) -> None:
        tables = _OWN[feed](firms) if feed in _OWN else _periodic(firms, feed)
        for number, rows in enumerate(tables):
            _lay_down(folder / feed, number, rows)

    # Each feed draws numbers of its own, and whole columns are drawn and written without Python.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in [pool.submit(lay_down, feed) for feed in feeds]:
            done.result()
    names = ("code", "name", "level", "parent_code", "former_code")
    rows = [{n: getattr(r, n) for n in names} for r in regions().values()]
    pq.write_table(pa.Table.from_pylist(rows), folder / REGIONS)
