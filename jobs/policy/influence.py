"""Which periods a change of a feed may change: declared in the policy file, so that a correction of
last year also recomputes what was compared with it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from jobs.contract import feed_ids, load_feed
from jobs.period import Period, parse


class FeedUse(BaseModel):
    """A feed that a programme reads.

    ``every`` names the rows: ``month`` (only the last month of a period is read), ``year`` (the year, or
    its December row of a monthly feed), ``event`` (from its date on). ``lags`` are the programme's
    periods after the one that ends with the row's period.
    """

    model_config = ConfigDict(extra="forbid")

    feed: str
    name_zh: str
    every: Literal["month", "quarter", "year", "event"]
    lags: list[int] = [0]


def affected(use: FeedUse, source_period: str, period: Period) -> bool:
    """Return whether a row of ``source_period`` may enter a figure of ``period``."""
    if use.every == "event":
        return "-" not in source_period or date.fromisoformat(source_period) <= period.end
    source = parse(source_period)
    if use.every == "year" and source.month_to != 12:
        return False
    return any(
        (e := period.shift(-lag)).year == source.year and e.month_to == source.month_to for lag in use.lags
    )


def names(uses: list[FeedUse]) -> dict[str, str]:
    """Return feed, or group of feeds, -> Chinese name; a group is called as its first member."""
    known = set(feed_ids())
    groups = {load_feed(u.feed).feed.group or u.feed: u.name_zh for u in reversed(uses) if u.feed in known}
    return groups | {u.feed: u.name_zh for u in uses}
