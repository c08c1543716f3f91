"""Small feeds for tests of the models: rows as the lake holds them, and a run over them in this process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from jobs.definitions.dictionary import Indicator
from jobs.definitions.policy.model import Programme
from jobs.kpi.engine import Limits
from jobs.kpi.inputs import Pinned
from jobs.kpi.regions import RegionMap
from jobs.lake.staging import Attempt
from jobs.pipeline.plan import Known
from jobs.pipeline.tables import How, compute
from jobs.targets.closing import Closing

MONEY = pa.decimal128(20, 2)
TEXT, DAY, WHOLE = pa.string(), pa.date32(), pa.int64()
LINEAGE = {"batch_id": TEXT, "file_name": TEXT, "sheet": TEXT, "row_no": pa.int32(), "seq": WHOLE}
FEEDS: dict[str, dict[str, pa.DataType]] = {
    "register": {
        "uscc": TEXT, "name": TEXT, "county_code": TEXT, "industry_code": TEXT, "opened_on": DAY, "change_type": TEXT,
        "effective_date": DAY, "staff_end": WHOLE, "domain": TEXT,
    },
    "notices": {
        "document_no": TEXT, "document_date": DAY, "tier": TEXT, "event": TEXT, "name": TEXT, "uscc": TEXT, "unit_name": TEXT,
        "county_name": TEXT, "valid_from": DAY, "valid_to": DAY,
    },
    "finance": {"uscc": TEXT, "period": TEXT, "year": pa.int32(), "revenue": MONEY, "revenue_prior": MONEY},
    "rd": {"uscc": TEXT, "year": pa.int32(), "rd_total": MONEY},
    "ticket": {
        "ticket_no": TEXT, "uscc": TEXT, "name": TEXT, "county_code": TEXT, "domain": TEXT, "category": TEXT, "raised_on": DAY,
        "level": TEXT, "state": TEXT, "closed_on": DAY,
    },
}  # fmt: skip
PLACES = [
    {"code": "10", "name": "甲省", "parent_code": None, "former_code": None},
    {"code": "11", "name": "东山市", "parent_code": "10", "former_code": None},
    {"code": "12", "name": "西河市", "parent_code": "10", "former_code": None},
    {"code": "111", "name": "东一县", "parent_code": "11", "former_code": None},
    {"code": "112", "name": "东二县", "parent_code": "11", "former_code": "129"},
    {"code": "121", "name": "西一县", "parent_code": "12", "former_code": None},
]


def day(text: str) -> dt.date:
    """Return a date."""
    return dt.date.fromisoformat(text)


def event(
    uscc: str, county: str = "111", change: str = "in_register", on: str = "2015-01-01", **more: Any
) -> dict[str, Any]:
    """Return an event of the register."""
    row = {
        "uscc": uscc,
        "name": f"企业{uscc}",
        "county_code": county,
        "industry_code": "C35",
        "change_type": change,
    }
    return row | {"effective_date": day(on), "staff_end": 50, "domain": "industry"} | more


def notice(
    uscc: str | None, on: str = "2024-06-15", tier: str = "a", what: str = "grant", **more: Any
) -> dict[str, Any]:
    """Return a line of a certificate notice."""
    row = {
        "document_no": f"{on}-{tier}-{what}",
        "document_date": day(on),
        "tier": tier,
        "event": what,
        "name": f"企业{uscc}",
    }
    return row | {"uscc": uscc, "unit_name": "东山市", "county_name": "东一县"} | more


def finance(uscc: str, period: str, revenue: str | None, prior: str | None = None) -> dict[str, Any]:
    """Return a row of a financial statement."""
    return {
        "uscc": uscc,
        "period": period,
        "year": int(period[:4]),
        "revenue": _money(revenue),
        "revenue_prior": _money(prior),
    }


def research(uscc: str, year: int, total: str | None) -> dict[str, Any]:
    """Return a row of the yearly form of research."""
    return {"uscc": uscc, "year": year, "rd_total": _money(total)}


def ticket(number: str, uscc: str, on: str, level: str = "county") -> dict[str, Any]:
    """Return the last report of a ticket."""
    row = {
        "ticket_no": number,
        "uscc": uscc,
        "name": f"企业{uscc}",
        "county_code": "111",
        "domain": "industry",
    }
    return row | {"category": "finance", "raised_on": day(on), "level": level, "state": "handed_up"}


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def feed(
    name: str, rows: Iterable[Mapping[str, Any]], columns: Mapping[str, pa.DataType] | None = None
) -> Pinned:
    """Return rows as a feed that is read without the lake, each row a line of one file."""
    kinds = {**(columns or FEEDS[name]), **LINEAGE}
    lined = [
        {"batch_id": "b1", "file_name": f"{name}.csv", "sheet": "", "row_no": n, "seq": 1} | dict(r)
        for n, r in enumerate(rows, 1)
    ]
    table = pa.table({c: pa.array([r.get(c) for r in lined], kind) for c, kind in kinds.items()})
    return Pinned(name, 0, (), (), (), by_enterprise=name != "notices", rows=table)


def known(feeds: Mapping[str, Iterable[Mapping[str, Any]]], **more: Any) -> Known:
    """Return what is known: the rows of the feeds."""
    return Known({name: (feed(name, rows),) for name, rows in feeds.items()}, **more)


def regions(programme: Programme) -> RegionMap:
    """Return the regions of the made-up province."""
    return RegionMap(PLACES, programme.units)


def computed(
    folder: Path,
    programme: Programme,
    periods: list[str],
    what: Known,
    dictionary: Mapping[str, Indicator],
    slices: int = 1,
    closing: Closing | None = None,
    firms: bool = True,
) -> dict[str, list[dict[str, Any]]]:
    """Compute a programme over small feeds; return the rows of its tables."""
    attempt = Attempt("test", "R1", str(folder), str(folder))
    how = How(slices, limits=Limits(threads=1))
    made = compute(programme, periods, what, dictionary, regions(programme), attempt, how, closing, firms)
    return {name: table.to_pylist() for name, table in made.tables().items()}


def frames(tables: Mapping[str, list[dict[str, Any]]]) -> dict[str, pd.DataFrame]:
    """Return the tables that have rows, as frames."""
    return {name: pd.DataFrame(rows) for name, rows in tables.items() if rows}


def undivided(rows: pd.DataFrame) -> pd.Series:
    """Whether a figure is of all enterprises of its cell."""
    return rows[["domain", "size_class", "industry"]].isna().all(axis="columns")
