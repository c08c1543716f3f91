"""A truth written by hand: six firms of methods.md §2, and whatever a test delivers besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from infra.sandbox.truth.expected import expected
from infra.sandbox.truth.panel import SECTOR_FORMS
from infra.sandbox.world.geo import UNITS

PROVINCE, CHANGCHUN, JILIN, YANBIAN = "220000", "220100", "220200", "222400"
MAN = 10
"""千元 in one 万元."""
# firm: county, current, restated base, last year's own figure (万元), as in methods.md §2
FIRMS: dict[str, tuple[str, int | None, int | None, int | None]] = {
    "a": ("220102", 120, 100, 100),
    "b": ("220381", 60, 50, 40),
    "c": ("220202", 45, 50, 50),
    "d": ("220202", 30, None, None),
    "e": ("220202", None, None, 80),
    "f": ("222401", 8, 0, 0),
}
SERVICES = ("b", "f")
"""Firms whose statement of 2025 stands in a sector form."""
STAFF = {"a": 6, "b": 3, "c": 3, "d": 3, "e": 1, "f": 1}
CLOCK = "2026-01-20T09:00:00+08:00"
DELIVERED = "2026-01-18T09:30:00+08:00"
QUARTER = "2025Q4"
STATISTICS = ("stat_register", "certificate_notice", "stat_finance", *SECTOR_FORMS)


def statement(firm: str, month: str, revenue: int, base: int | None = None, **more: int) -> dict[str, Any]:
    """A line of form 103 in 万元: profit is a tenth of revenue (of firm b a loss), assets are twice the revenue.

    Liabilities equal revenue, of firm b three times as much; the base of the profit is a tenth of that of revenue.
    """
    sign, owed = (-1, 3) if firm == "b" else (1, 1)
    return {
        "uscc": firm,
        "period": month,
        "revenue": revenue * MAN,
        "revenue_prior": None if base is None else base * MAN,
        "total_profit": sign * revenue,
        "total_profit_prior": base,
        "total_assets": 2 * revenue * MAN,
        "total_liabilities": owed * revenue * MAN,
        "staff_avg": STAFF[firm],
        "staff_end": STAFF[firm],
    } | more


class Truth:
    """A directory as the generator would write it.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[tuple[str, str, str, str, str]] = []
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.feeds = set(STATISTICS)
        pd.DataFrame(REGIONS).to_parquet(folder / "regions.parquet")
        defects = "file,sheet,row,column,value,rule,uscc,period\n"
        (folder / "defects.csv").write_text(defects, encoding="utf-8")
        (folder / "change_defects.csv").write_text("feed,change_no,rule\n", encoding="utf-8")

    def deliver(
        self,
        feed: str,
        table: str,
        scope: str,
        rows: Iterable[Mapping[str, Any]] = (),
        reporter: str = PROVINCE,
        at: str = DELIVERED,
    ) -> Truth:
        """Let a reporter deliver a file with rows of a table."""
        path = f"{feed}/{reporter}/{scope}/{at}"
        self.files.append((path, feed, reporter, scope, at))
        own = self.tables.setdefault(table, [])
        own += [{"path": path, "row": n, **row} for n, row in enumerate(rows, start=2)]
        self.feeds.add(feed)
        if own:
            pd.DataFrame(own).convert_dtypes().to_parquet(self.folder / f"{table}.parquet")
        return self

    def publish(self, feed: str, rows: Iterable[Mapping[str, Any]]) -> Truth:
        """Let a service give records; each is current from its publication on unless it says otherwise."""
        head = {"published": 0, "superseded": None}
        frame = pd.DataFrame([head | {"change_no": n} | row for n, row in enumerate(rows, start=1)])
        frame.astype({"superseded": "Int64"}).to_parquet(self.folder / f"{feed}.parquet")
        self.feeds.add(feed)
        return self

    def figures(self, clock: str = CLOCK, drop_closed: bool = False, first: str = QUARTER) -> Figures:
        """Expected figures of the quarters from one on, with the feeds that were delivered."""
        names = ["path", "feed", "reporter", "scope", "delivered"]
        files = pd.DataFrame(self.files, columns=names).assign(status="good")
        files.to_parquet(self.folder / "files.parquet")
        return Figures(expected(self.folder, clock, drop_closed, self.feeds, first))


class Figures:
    """Expected figures to be asked one by one."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def rows(
        self, indicator: str, reading: str, region: str = PROVINCE, tier: str | None = None, at: str = QUARTER
    ) -> pd.DataFrame:
        """Rows of a figure: one, or none where nothing is published."""
        rows = self.frame[(self.frame["indicator"] == indicator) & (self.frame["reading"] == reading)]
        rows = rows[(rows["region_code"] == region) & (rows["period"] == at)]
        return rows[rows["tier"].isna() if tier is None else rows["tier"] == tier]

    def get(self, indicator: str, reading: str, **where: Any) -> pd.Series:
        """The one row of a figure."""
        rows = self.rows(indicator, reading, **where)
        assert len(rows) == 1
        return rows.iloc[0]

    def value(self, indicator: str, reading: str, **where: Any) -> float:
        """Value of a figure."""
        return float(self.get(indicator, reading, **where)["value"])

    def parts(self, indicator: str, reading: str, **where: Any) -> tuple[Any, Any, int]:
        """Numerator, denominator and n of a figure."""
        row = self.get(indicator, reading, **where)
        return row["numerator"], row["denominator"], int(row["n"])


_COUNTIES = {
    "220102": ("南关区", CHANGCHUN),
    "220184": ("公主岭市", CHANGCHUN),
    "220202": ("昌邑区", JILIN),
    "222401": ("延吉市", YANBIAN),
    **{u.code: (u.name, u.code) for u in UNITS},
}
_UNIT_NAMES = {u.code: u.name for u in UNITS}
REGIONS = {
    "county_code": list(_COUNTIES),
    "county_name": [name for name, _ in _COUNTIES.values()],
    "unit_code": [unit for _, unit in _COUNTIES.values()],
    "unit_name": [_UNIT_NAMES[unit] for _, unit in _COUNTIES.values()],
}


def six_firms(folder: Path) -> Truth:
    """Register, provincial certificates, and the statements of 2024 and 2025 of the six firms."""
    truth = Truth(folder)
    register = [
        {
            "uscc": firm,
            "county_code": FIRMS[firm][0],
            "effective_date": pd.Timestamp("2023-12-31"),
            "change_type": "注销" if firm == "f" else "在册",
        }
        for firm in FIRMS
    ]
    truth.deliver("stat_register", "register", "2023", register)
    certificate(truth, "〔2024〕1号", [(firm, "provincial_srdi") for firm in FIRMS])
    for year in (2024, 2025):
        rows = {feed: [] for feed in ("stat_finance", "stat_services")}
        for firm, (_, now, base, before) in FIRMS.items():
            feed = "stat_services" if year == 2025 and firm in SERVICES else "stat_finance"
            amount = now if year == 2025 else before
            if amount is not None:
                rows[feed].append(statement(firm, f"{year}12", amount, base if year == 2025 else None))
        for unit in UNITS:
            own = rows["stat_finance"] if unit.code == CHANGCHUN else []
            truth.deliver("stat_finance", "finance", str(year), own, unit.code)
        for form in SECTOR_FORMS:
            truth.deliver(form, "finance", str(year), rows.get(form, []))
    return truth


def certificate(
    truth: Truth, document: str, holders: Iterable[tuple[str, str]], on: str = "2024-06-15"
) -> None:
    """Let a notice grant certificates: firms with their tiers."""
    rows = [
        {
            "uscc": firm, "event": "grant", "document_date": pd.Timestamp(on), "tier": tier, "name": firm,
            "document_no": document, "unit_name": "长春市", "county_name": "南关区",
            "valid_from": pd.Timestamp(on), "valid_to": pd.Timestamp(on) + pd.DateOffset(years=3),
        }
        for firm, tier in holders
    ]  # fmt: skip
    truth.deliver("certificate_notice", "certificates", document, rows)


def research(truth: Truth, year: int, rows: Mapping[str, int], units: Iterable[str] | None = None) -> None:
    """Let the units deliver form 107-2 of a year: R&D in 万元, and one of every three staff works on it."""
    for unit in [u.code for u in UNITS] if units is None else units:
        own = rows if unit == CHANGCHUN else {}
        lines = [
            {"uscc": firm, "year": year, "rd_total": amount * MAN, "rd_staff": STAFF[firm] // 3}
            for firm, amount in own.items()
        ]
        truth.deliver("stat_rd", "rd", str(year), lines, unit)
