"""Totals of a region's own feeds: quota and use of the central bank's lending, over the banks (亿元)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from jobs.definitions.period import parse
from jobs.kpi.figures import Area, Figure, SourceLine

INSTRUMENTS = {"relending": "再贷款", "rediscount": "再贴现"}
COLUMNS = {"quota": "额度", "used": "本年累计使用"}
YUAN = Decimal(10**8)
"""元 in one 亿元."""


@dataclass(frozen=True)
class BankRow:
    """A bank's line for a quarter and an instrument: amounts in 元, None where not reported."""

    period: str
    bank_code: str
    instrument: Literal["relending", "rediscount"]
    quota: Decimal | None
    used: Decimal | None
    batch_id: str
    file_name: str
    sheet: str
    row_no: int

    def amount(self, column: str) -> Decimal | None:
        """Return one of the amounts."""
        return self.quota if column == "quota" else self.used

    @property
    def line(self) -> SourceLine:
        """Place in the file received."""
        return SourceLine(self.batch_id, self.file_name, self.sheet, self.row_no)


def _total(rows: list[BankRow], area: Area, period: str, instrument: str, column: str) -> Figure:
    there = [(amount, r) for r in rows if (amount := r.amount(column)) is not None]
    total = sum((amount for amount, _ in there), Decimal(0)) if there else None
    end, name = parse(period), f"{INSTRUMENTS[instrument]}{COLUMNS[column]}"
    partial = f"{len(rows) - len(there)}家银行未报{name}" if len(there) < len(rows) else None
    return Figure(
        period=period,
        region_code=area.code,
        region_level=area.level(area.code),
        tier=None,
        indicator=f"{instrument}_{column}",
        reading="total",
        value=None if total is None else float(Fraction(total) / Fraction(YUAN)),
        unit="亿元",
        numerator=total,
        denominator=None if total is None else YUAN,
        n=len(there),
        n_scope=len(rows),
        status="EMPTY" if total is None else "LOW_COVERAGE" if partial else "OK",
        reference_period=f"{end.year}年1-{end.month_to}月" if column == "used" else end.end.isoformat(),
        months=end.month_to if column == "used" else None,
        note=partial if rows else f"缺{period}的{name}",
        lines=tuple(sorted(r.line for _, r in there)),
    )


def bank_totals(rows: Iterable[BankRow], area: Area, periods: Iterable[str]) -> list[Figure]:
    """Return ``relending_quota``, ``relending_used``, ``rediscount_quota``, ``rediscount_used`` of the region.

    Parameters
    ----------
    rows : iterable of BankRow
        Latest accepted rows of the banks in the programme's region.
    area : Area
    periods : iterable of str
        Quarter keys.

    Returns
    -------
    list of Figure
        Reading ``total``; the numerator is the amount in 元, the denominator the 元 in one 亿元.
        Without a bank's row ``EMPTY``; if a bank leaves the amount out ``LOW_COVERAGE``.

    Source
    ------
    methods.md §0: nulls are skipped and counted.
    """
    known = sorted(rows, key=lambda r: (r.period, r.instrument, r.bank_code))
    return [
        _total([r for r in known if (r.period, r.instrument) == (p, i)], area, p, i, c)
        for p in sorted(set(periods))
        for i in INSTRUMENTS
        for c in COLUMNS
    ]
