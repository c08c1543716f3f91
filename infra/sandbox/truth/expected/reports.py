"""Figures of the departments' reports and of the central bank's lending: few, so one by one and exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from infra.sandbox.forms import reports
from infra.sandbox.truth.expected.cells import PROVINCE
from infra.sandbox.truth.expected.quarter import Quarter
from infra.sandbox.truth.panel import latest

HUNDRED_MILLION = Decimal(10**8)
"""元 in one 亿元."""
INSTRUMENTS = {"relending": "再贷款", "rediscount": "再贴现"}
STOCK, FLOW = "累计", "当季"
Row = dict[str, object]


@dataclass(frozen=True)
class Answer:
    """Values by region that answered; the sum of them is the figure. ``asked``: how many were asked."""

    values: dict[str, Decimal]
    asked: int

    @property
    def total(self) -> Decimal | None:
        """Sum, None of nobody."""
        return sum(self.values.values(), Decimal(0)) if self.values else None


class Item:
    """One item of the list, with all that was ever reported of it."""

    def __init__(self, code: str, item: dict[str, object], rows: pd.DataFrame, units: list[str]) -> None:
        own = rows[rows["item_code"] == code]
        self.code = code
        self.by_unit = item["level"] == "unit"
        self.per_cent = item["unit"] == "%"
        self.quarterly = "quarter" in item["basis"]  # type: ignore[operator]
        self.units = units
        keys = zip(own["period"], own["basis"], own["region_code"], strict=True)
        self.values = dict(zip(keys, (Decimal(str(v)) for v in own["value"]), strict=True))

    def at(self, region: str, basis: str, period: str) -> Answer:
        """Return the region's own row; of the province without one those of the units, but never per cents."""
        own = self.values.get((period, basis, region))
        summed = region == PROVINCE and self.by_unit and not self.per_cent
        if own is not None or not summed:
            return Answer({} if own is None else {region: own}, 1)
        keys = {unit: (period, basis, unit) for unit in self.units}
        return Answer({u: self.values[k] for u, k in keys.items() if k in self.values}, len(self.units))

    def year(self, region: str, q: Quarter) -> tuple[Decimal | None, int]:
        """Return the calendar year up to the quarter: its quarters, or what the stock gained since last year's end."""
        if not self.quarterly:
            return self._gained(region, f"{q.year - 1}Q4", q.key)
        quarters = [self.at(region, FLOW, f"{q.year}Q{k}") for k in range(1, q.months // 3 + 1)]
        if not all(answer.values for answer in quarters):
            return None, 0
        weakest = min(quarters, key=lambda answer: len(answer.values) / answer.asked)
        return sum((v for a in quarters for v in a.values.values()), Decimal(0)), len(weakest.values)

    def _gained(self, region: str, before: str, now: str) -> tuple[Decimal | None, int]:
        ends = [self.at(region, STOCK, period).values for period in (before, now)]
        both = ends[0].keys() & ends[1].keys()
        if not both:
            return None, 0
        return sum((ends[1][r] - ends[0][r] for r in both), Decimal(0)), len(both)

    def figures(self, region: str, q: Quarter) -> Iterator[Row]:
        """Return every reading that has a value."""
        level = "province" if region == PROVINCE else "unit"
        stock, flow = (self.at(region, basis, q.key) for basis in (STOCK, FLOW))
        readings = {"total": (stock.total, len(stock.values)), "quarter": (flow.total, len(flow.values))}
        if not self.per_cent:
            readings["year"] = self.year(region, q)
        if region == PROVINCE and self.by_unit and not self.per_cent:
            least = [self.values[k] for u in self.units if (k := (q.key, STOCK, u)) in self.values]
            readings["total_min"] = (min(least, default=None), len(least))
        for reading, (value, n) in readings.items():
            if value is not None:
                yield _row(region, level, f"item_{self.code}", reading, value, n)


def _row(
    region: str, level: str, indicator: str, reading: str, amount: Decimal, n: int, per: Decimal | None = None
) -> Row:
    return {
        "tier": None,
        "region_level": level,
        "region_code": region,
        "indicator": indicator,
        "reading": reading,
        "value": float(amount if per is None else amount / per),
        "numerator": amount,
        "denominator": per,
        "n": n,
    }


def item_figures(q: Quarter) -> Iterator[Row]:
    """Items in the province and, where units answer, in each of them."""
    rows = q.panel.rows("reports")
    if rows.empty:
        return
    rows = latest(rows, ["period", "item_code", "region_code", "basis"])
    units = sorted(q.panel.regions["unit_code"].unique())
    for code, listed in reports.items().items():
        item = Item(code, listed, rows, units)
        for region in (PROVINCE, *(units if item.by_unit else ())):
            yield from item.figures(region, q)


def lending_figures(q: Quarter) -> Iterator[Row]:
    """Quota and use of each instrument over the banks, in 亿元."""
    rows = q.contracts("fin_relending")
    for name, instrument in INSTRUMENTS.items():
        for column in ("quota", "used"):
            own = [] if rows.empty else rows.loc[rows["instrument"] == instrument, column].tolist()
            if own:
                total = Decimal(sum(own))
                yield _row(
                    PROVINCE, "province", f"{name}_{column}", "total", total, len(own), HUNDRED_MILLION
                )
