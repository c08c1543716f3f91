"""Which periods a change of a feed may change, so that a correction of last year also recomputes what was
compared with it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from jobs.definitions.contract import feed_ids, load_feed
from jobs.definitions.period import Period, parse

Every = Literal["month", "quarter", "year", "event"]


class FeedUse(BaseModel):
    """A feed that a programme reads, and for which periods.

    Attributes
    ----------
    every : str
        Which rows: ``month`` (only the last month of a period is read), ``quarter``, ``year`` (the year, or
        its December row of a monthly feed), ``event`` (from its date on; a file of a period from its beginning on).
    lags : tuple of int or None
        The programme's periods after the one that ends with the row's period; None: that one and all later ones.
    months_back : int
        Months between the row that is read and the last month of the period it is read for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    feed: str
    every: Every
    lags: tuple[int, ...] | None = (0,)
    months_back: int = 0


def affected(use: FeedUse, source_period: str, period: Period) -> bool:
    """Return whether a row of ``source_period`` may enter a figure of ``period``."""
    if use.every == "event":
        dated = "-" in source_period
        return (date.fromisoformat(source_period) if dated else parse(source_period).begin) <= period.end
    source = parse(source_period)
    if use.every == "year" and source.month_to != 12:
        return False
    month = Period(source.year, source.month_to, 1).shift(use.months_back)
    if use.lags is None:
        return month.end <= period.end
    return any(period.shift(-lag).end == month.end for lag in use.lags)


def known() -> dict[str, list[str]]:
    """Return every feed, and every group of feeds, -> the feeds it stands for, sorted."""
    feeds = {feed: [feed] for feed in feed_ids()}
    for feed in list(feeds):
        if group := load_feed(feed).feed.group:
            feeds.setdefault(group, []).append(feed)
    return feeds


def members(name: str) -> list[str]:
    """Return the feeds of a group, or the feed itself.

    Raises
    ------
    ValueError
        If neither a feed nor a group of that name has a contract.
    """
    if name not in (names := known()):
        raise ValueError(f"没有数据源或数据源组“{name}”的合同 / no contract of a feed or group {name}")
    return names[name]


def title(name: str) -> str:
    """Return the Chinese name of a feed or group, for messages.

    A group is called as its general form: the sectors' forms put their sector before the same name.
    """
    return min((load_feed(f).title for f in members(name)), key=len)
