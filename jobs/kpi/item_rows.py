"""What a value of the departments' reports rests on: a row of its own, the units' rows, several quarters.

A unit's value is the unit's row. The province's is its own row if there is one, else the sum over the units
that reported. Neither an item in per cent nor one that only the province answers is ever summed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from jobs.definitions.period import Period, parse, span
from jobs.definitions.reference import ReportItem
from jobs.kpi.compound import compound_growth
from jobs.kpi.figures import Area, SourceLine


@dataclass(frozen=True)
class ItemRow:
    """A line of a department's report, with who sent it and where it stands."""

    period: str
    item_code: str
    region_code: str
    basis: str
    value: Decimal
    filled_by: str
    reported_on: date
    document_no: str
    batch_id: str
    file_name: str
    sheet: str
    row_no: int

    @property
    def line(self) -> SourceLine:
        """Place in the file received."""
        return SourceLine(self.batch_id, self.file_name, self.sheet, self.row_no)

    @property
    def source_text(self) -> str:
        """Reporter, date and document."""
        return f"{self.filled_by} {self.reported_on.isoformat()} 报送，{self.document_no}"


@dataclass(frozen=True)
class Stand:
    """A value in a region and what it rests on; the value is None where a report is missing."""

    value: Fraction | float | None
    n: int
    n_scope: int
    rows: tuple[ItemRow, ...] = ()
    notes: tuple[str, ...] = ()
    comparable: bool = True

    @property
    def status(self) -> str:
        """State of the figure."""
        if not self.comparable:
            return "NOT_COMPARABLE"
        if self.value is None:
            return "EMPTY"
        return "OK" if self.n == self.n_scope else "LOW_COVERAGE"

    @property
    def complete(self) -> bool:
        """Whether everybody answered."""
        return self.value is not None and self.n == self.n_scope


def _plain(value: Fraction) -> str:
    return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"


class Item:
    """The rows of one item, by basis, period and region."""

    def __init__(self, item: ReportItem, area: Area, rows: Iterable[ItemRow]) -> None:
        self.item = item
        self.area = area
        self.rows = {(r.basis, r.period, r.region_code): r for r in rows if r.item_code == item.code}

    @property
    def by_unit(self) -> bool:
        """Whether the province is the sum of its units."""
        return self.item.level == "unit" and self.item.unit != "%"

    def _missing(self, basis: str, period: str) -> str:
        what = "当季数" if basis == "quarter" else ""
        return f"缺{period}的部门季度报表：{self.item.department}“{self.item.name}”{what}"

    def _of_units(self, basis: str, period: str) -> tuple[ItemRow, ...]:
        keys = [(basis, period, unit) for unit in self.area.units]
        return tuple(self.rows[k] for k in keys if k in self.rows)

    def _silent(self, rows: Iterable[ItemRow], when: str) -> tuple[str, ...]:
        """Name the units without a row."""
        there = {r.region_code for r in rows}
        absent = [name for unit, name in self.area.units.items() if unit not in there]
        return (f"{when}未报：{'、'.join(absent)}",) if absent else ()

    def at(self, region: str, basis: str, period: str) -> Stand:
        """Return the item as reported for a period."""
        own = self.rows.get((basis, period, region))
        summed = region == self.area.code and self.by_unit
        units = self._of_units(basis, period) if summed else ()
        total = Fraction(sum(r.value for r in units))
        if own is not None:
            notes: tuple[str, ...] = ()
            if units and total != Fraction(own.value):
                notes = (
                    f"{period}各单位合计 {_plain(total)}（{len(units)}/{len(self.area.units)} 个单位），"
                    f"与全省报数 {_plain(Fraction(own.value))} 不一致，以全省报数为准",
                )
            return Stand(Fraction(own.value), 1, 1, (own,), notes)
        scope = len(self.area.units) if summed else 1
        if not units:
            return Stand(None, 0, scope, notes=(self._missing(basis, period),))
        return Stand(total, len(units), scope, units, self._silent(units, period))

    def least(self, period: str) -> Stand:
        """Return the least of the units, for what every unit must have."""
        units = self._of_units("cumulative", period)
        scope = len(self.area.units)
        if not units:
            return Stand(None, 0, scope, notes=(self._missing("cumulative", period),))
        least = min(r.value for r in units)
        lowest = [self.area.units[r.region_code] for r in units if r.value == least]
        notes = (f"最少：{'、'.join(lowest)}", *self._silent(units, period))
        return Stand(Fraction(least), len(units), scope, units, notes)

    def year(self, region: str, period: Period) -> Stand:
        """Return the calendar year up to a period: its quarters, else the change of the cumulative."""
        if "quarter" not in self.item.basis:
            return self._change(region, f"{period.year - 1}Q4", period.key)
        quarters = [self.at(region, "quarter", q.key) for q in span(f"{period.year}Q1", period)]
        absent = [q for q in quarters if q.value is None]
        if absent:
            return Stand(None, 0, absent[0].n_scope, notes=tuple(t for q in absent for t in q.notes))
        weakest = min(quarters, key=lambda q: Fraction(q.n, q.n_scope))
        return Stand(
            sum((Fraction(q.value or 0) for q in quarters), Fraction(0)),
            weakest.n,
            weakest.n_scope,
            tuple(r for q in quarters for r in q.rows),
            tuple(t for q in quarters for t in q.notes),
        )

    def _change(self, region: str, before: str, now: str) -> Stand:
        """Return what the cumulative gained; both ends from the same regions."""
        ends = [self.at(region, "cumulative", p) for p in (before, now)]
        who = [{r.region_code for r in e.rows} for e in ends]
        both = who[0] & who[1]
        scope = ends[1].n_scope
        if not both:
            notes = tuple(t for e in ends if e.value is None for t in e.notes)
            return Stand(None, 0, scope, notes=notes or ("年初与期末由不同单位报送，不能相减",))
        rows = [[r for r in e.rows if r.region_code in both] for e in ends]
        gained = sum(Fraction(r.value) for r in rows[1]) - sum(Fraction(r.value) for r in rows[0])
        notes = self._silent(rows[1], f"{before}或{now}") if scope > 1 else ()
        return Stand(
            Fraction(gained), len(both), scope, (*rows[0], *rows[1]), ("期末累计减上年末累计", *notes)
        )

    def yearly_growth(self, region: str, first: int, last: int) -> Stand:
        """Return the compound growth of calendar years in per cent; only between complete sums."""
        if last <= first:
            return Stand(None, 0, 1, notes=(f"{first}年以来不足两个完整年度",))
        ends = [self.year(region, parse(f"{y}Q4")) for y in (first, last)]
        known = Stand(None, 0, ends[1].n_scope, notes=tuple(t for e in ends for t in e.notes))
        old, new = (e.value for e in ends)
        if not isinstance(old, Fraction) or not isinstance(new, Fraction):
            return known
        known = replace(known, n=ends[1].n, rows=(*ends[0].rows, *ends[1].rows))
        if not all(e.complete for e in ends):
            return replace(known, comparable=False)
        sums = f"{first}年 {_plain(old)}，{last}年 {_plain(new)}"
        if old <= 0:
            return replace(known, comparable=False, notes=(f"{sums}，无法计算增长",))
        return replace(known, value=compound_growth(old, new, last - first) * 100, notes=(sums, *known.notes))
