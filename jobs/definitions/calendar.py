"""What a figure says about its reference period, and the year that yearly figures are of."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from jobs.definitions.dictionary import Indicator, Read
from jobs.definitions.period import Period, parse

Available = Mapping[str, AbstractSet[int]]
"""Complete years per feed; a feed that is not named counts as complete in every year."""


EVENT = "*"
"""Stands for the period of rows that belong to none."""


@dataclass(frozen=True)
class Track:
    """How one value of one indicator lies in time for one period."""

    period: str
    track: str
    year: int
    reference_period: str
    months: int | None
    reference_date: date
    provisional: bool


def reference_year(period: Period, complete: AbstractSet[int] | None) -> tuple[int, bool]:
    """Return the reference year of yearly figures and whether it is only provisional.

    At the end of a year that year counts if its forms are complete, else the year before stands in
    (provisional). Within a year the year before counts.

    Parameters
    ----------
    period : Period
    complete : set of int or None
        Years for which the feed is complete; None: every year.

    Source
    ------
    docs/methods: yearly indicators.
    """
    wanted = period.year if period.month_to == 12 else period.year - 1
    if complete is None or wanted in complete:
        return wanted, False
    return wanted - 1, True


def _leader(indicator: Indicator, read: Read) -> str:
    """Return the feed whose complete years set the reference year of a read."""
    return indicator.main.feed if indicator.main else read.feed


def track_name(indicator: Indicator, read: Read) -> str:
    """Name of the time line of a read: same name, same rows."""
    leader = _leader(indicator, read) if read.at in ("year", "year_total") else read.feed
    back = [f"{n}{v}" for n, v in (("y", read.lag), ("m", read.months_back)) if v]
    return ":".join([read.feed, read.at, leader, *back])


def track(indicator: Indicator, read: Read, key: str, available: Available) -> Track:
    """Place a read of an indicator in time for the period ``key``."""
    period, name = parse(key), track_name(indicator, read)
    if read.at in ("year", "year_total"):
        year, provisional = reference_year(period, available.get(_leader(indicator, read)))
        year -= read.lag
        return Track(period.key, name, year, f"{year}年度", 12, period.end, provisional)
    return _within(read, period, name)


def _within(read: Read, period: Period, name: str) -> Track:
    if read.at == "event":
        return Track(period.key, name, period.year, period.end.isoformat(), None, period.end, False)
    own = Period(period.year, period.month_to, 1).shift(-read.months_back)
    if read.at == "quarter":
        text = f"{own.year}年{own.month_to // 3}季度末"
        return Track(period.key, name, own.year, text, own.month_to, period.end, False)
    m = own.month_to
    text = f"{own.year}年1-{m}月" if m > 1 else f"{own.year}年1月"
    return Track(period.key, name, own.year, text, m, period.end, False)


def date_track(key: str) -> Track:
    """Time line of stocks counted on the period's last day."""
    period = parse(key)
    return Track(key, "date", period.year, period.end.isoformat(), None, period.end, False)
