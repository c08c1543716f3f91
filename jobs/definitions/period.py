"""Reporting periods: months (``202503``), quarters (``2025Q1``) and years (``2025``) as text keys."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from jobs.refusals import Refusal, shown

_QUARTER = re.compile(r"^(\d{4})Q([1-4])$")
_MONTH = re.compile(r"^(\d{4})(0[1-9]|1[0-2])$")
_YEAR = re.compile(r"^\d{4}$")
_LOOSE = re.compile(r"\s*(\d{4})([^\d]{0,4}?)0?(\d{1,2})([^\d]{0,4})", re.ASCII)


class NoPeriod(Refusal, ValueError):
    """The text is no period."""


@dataclass(frozen=True, order=True)
class Period:
    """A span of whole months inside one year; sorts by its end.

    Attributes
    ----------
    year, month_to : int
        The last month of the period.
    months : int
        Length of the period's own span: 1, 3 or 12.
    """

    year: int
    month_to: int
    months: int

    @property
    def key(self) -> str:
        """Text key: ``2025``, ``2025Q1`` or ``202503``."""
        if self.months == 12:
            return f"{self.year}"
        if self.months == 3:
            return f"{self.year}Q{self.month_to // 3}"
        return f"{self.year}{self.month_to:02d}"

    @property
    def begin(self) -> date:
        """First day."""
        return date(self.year, self.month_to - self.months + 1, 1)

    @property
    def end(self) -> date:
        """Last day: the reference date of the period's figures."""
        return date(self.year, self.month_to, calendar.monthrange(self.year, self.month_to)[1])

    @property
    def last_month(self) -> str:
        """Key of the last month, the one whose cumulative figure stands for the period."""
        return f"{self.year}{self.month_to:02d}"

    def shift(self, steps: int) -> Period:
        """Return the period ``steps`` periods later (earlier if negative)."""
        total = self.year * 12 + self.month_to - 1 + steps * self.months
        return Period(total // 12, total % 12 + 1, self.months)


@lru_cache(maxsize=1024)
def parse(key: str) -> Period:
    """Read a period key.

    Raises
    ------
    NoPeriod
        If the key is none of ``YYYY``, ``YYYYQn``, ``YYYYMM``.
    """
    if match := _QUARTER.match(key):
        return Period(int(match[1]), int(match[2]) * 3, 3)
    if match := _MONTH.match(key):
        return Period(int(match[1]), int(match[2]), 1)
    if _YEAR.match(key):
        return Period(int(key), 12, 12)
    meant = _meant(key)
    offer = f"是不是 {meant}？" if meant else ""
    raise NoPeriod(f"期间“{shown(key)}”无法识别：{offer}应为 2025、2025Q1 或 202503 / not a period")


def _meant(text: str) -> str | None:
    """Return the key of a period that was written in another way, as 2025q1, 2025年1季度, 2025-3."""
    match = _LOOSE.fullmatch(unicodedata.normalize("NFKC", text).upper())
    if match is None:
        return None
    year, sign, number, end = match.groups()
    if "Q" in sign or "季" in end:
        return f"{year}Q{number}" if int(number) in range(1, 5) else None
    return f"{year}{int(number):02d}" if int(number) in range(1, 13) else None


def quarter_of(month: str) -> Period:
    """Return the quarter that contains a month key."""
    p = parse(month)
    return Period(p.year, (p.month_to + 2) // 3 * 3, 3)


def span(first: str, last: Period) -> list[Period]:
    """Return all periods of the kind of ``first``, from it to ``last`` inclusive."""
    p, out = parse(first), []
    while p <= last:
        out.append(p)
        p = p.shift(1)
    return out
