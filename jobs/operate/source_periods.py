"""Which source periods of a feed are shown, and which were asked for and are not: before its first file nothing was due."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime

from jobs import clock
from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.period import Period, parse
from jobs.definitions.readable import readable
from jobs.ledger import batches
from jobs.ledger.models import Batch

LAST = 3
"""Source periods shown of each feed when nobody says from when on."""
ANY = "*"
"""Period of events, and reporter of feeds that nobody in particular must deliver."""


def shown(contract: Contract, accepted: list[Batch], now: datetime, since: str | None) -> list[str]:
    """Return a feed's source periods up to the last one that has ended, oldest first."""
    spec = contract.feed
    if spec.frequency == "event":
        return [ANY]
    seen = {p for b in accepted for p in b.periods}
    if spec.calendar is None:
        keys = sorted(seen, key=lambda k: parse(k).end) or [ANY]
        return [k for k in keys if since is None or k == ANY or parse(k).end >= parse(since).end][
            0 if since else -LAST :
        ]
    # Before the first period that ever arrived nothing was due: the feed had not begun.
    begun = min((parse(k).end for k in seen), default=None)
    first = max(parse(since).end, begun or date.min) if since else date.min
    return _due(contract, now, first, math.inf if since and begun else LAST)


def _due(contract: Contract, now: datetime, first: date, most: float = math.inf) -> list[str]:
    """Return the source periods of a feed with a deadline that have ended, from a day on, or the last ones, oldest first."""
    spec = contract.feed
    months = spec.calendar.months if spec.calendar else ()
    period = Period(now.year, -(-now.month // spec.months) * spec.months, spec.months)
    period = period if period.end < now.date() else period.shift(-1)
    keys: list[str] = []
    while period.end >= first and len(keys) < most:
        if period.month_to in months:
            keys.append(period.key)
        period = period.shift(-1)
    return keys[::-1]


@dataclass(frozen=True)
class Before:
    """Source periods of a feed that were asked for and are not shown: its first file is of a later one.

    Attributes
    ----------
    first, last : str
        The first and the last of them.
    begins : str
        The first period that is shown, or will be: from it on the feed is expected.
    arrived : bool
        Whether anything ever arrived; else the feed is expected without any period being known to be its first.
    """

    feed: str
    first: str
    last: str
    begins: str
    arrived: bool


def before(feed: str | None, since: str) -> list[Before]:
    """Return what of the periods from ``since`` on is not shown, of each feed that has a deadline (see :func:`jobs.operate.status.matrix`)."""
    contracts = [load_feed(feed)] if feed else list(readable())
    accepted, now = batches.accepted_of([c.id for c in contracts]), clock.now()
    left_out = []
    for contract in contracts:
        if contract.feed.calendar is None or contract.feed.frequency == "event":
            continue
        listed = shown(contract, accepted[contract.id], now, since)
        asked = _due(contract, now, parse(since).end)
        if hidden := [k for k in asked if k not in listed]:
            arrived = [p for b in accepted[contract.id] for p in b.periods]
            # A file may be ahead of the period that is to be reported now: then none is shown yet.
            begins = listed[0] if listed else min(arrived, key=lambda k: parse(k).end)
            left_out.append(Before(contract.id, hidden[0], hidden[-1], begins, bool(arrived)))
    return left_out
