"""What has arrived for a period, and what is still due, from contracts and ledger alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time

from jobs.clock import ZONE
from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.period import Period, parse, quarter_of
from jobs.definitions.policy.influence import FeedUse
from jobs.definitions.policy.model import Programme
from jobs.definitions.reference import reporters
from jobs.ledger.models import Batch


@dataclass(frozen=True)
class Arrival:
    """State of one feed for one period.

    Attributes
    ----------
    expected, arrived : tuple of str
        Reporters that must report, and those with an accepted batch.
    due : datetime or None
        Deadline; None where the contract has no calendar.
    looked : datetime or None
        When the source was last read to its end.
    """

    feed: str
    source_period: str
    expected: tuple[str, ...]
    arrived: tuple[str, ...]
    due: datetime | None
    minimum: float
    looked: datetime | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Reporters that have not reported."""
        return tuple(r for r in self.expected if r not in self.arrived)

    @property
    def overdue(self) -> bool:
        """Whether the deadline has passed and the source was read after it: nobody is late unread."""
        return self.due is not None and self.looked is not None and self.looked > self.due

    def status(self) -> str:
        """Return ``complete``, ``partial`` (overdue, minimum met) or ``wait``."""
        if not self.missing:
            return "complete"
        enough = len(self.arrived) >= self.minimum * len(self.expected)
        return "partial" if self.overdue and enough and self.arrived else "wait"


def due_at(contract: Contract, period: Period) -> datetime | None:
    """Return the deadline of a source period: the end of its day in Asia/Shanghai; of a shorter month, of its last day."""
    calendar = contract.feed.calendar
    if calendar is None:
        return None
    month = Period(period.year, period.month_to, 1).shift(calendar.deadline_month_offset)
    day = month.end.replace(day=min(calendar.deadline_day, month.end.day))
    return datetime.combine(day, time(23, 59, 59), ZONE)


def late_since(
    contract: Contract, due: datetime, delivered: datetime, looks: Iterable[datetime]
) -> datetime | None:
    """Return until when a report is known to have been late; None if nothing shows that it was.

    A file carries the time of its delivery. What is pulled carries none: only a look in vain after the deadline
    shows that it was not there, and the last one until when.
    """
    if not contract.feed.request:
        return delivered if delivered > due else None
    return max((moment for moment in looks if due < moment < delivered), default=None)


def periodic(programme: Programme) -> list[FeedUse]:
    """Return the programme's use of each feed that comes by periods: of several the shortest period's rows."""
    return list({u.feed: u for u in reversed(programme.feeds) if u.every != "event"}.values())


def source_period(use: FeedUse, period: Period) -> str:
    """Return the source period that a programme's period itself asks of a feed.

    Yearly forms are asked for at the end of their year; within a year the year before is the last one due.
    """
    if use.every == "month":
        return period.last_month
    if use.every == "quarter":
        return quarter_of(period.last_month).key
    return str(period.year if period.month_to == 12 else period.year - 1)


def arrival(contract: Contract, key: str, accepted: list[Batch], looked: Mapping[str, datetime]) -> Arrival:
    """Return what a feed has of a source period (month or year key).

    A feed without named reporters counts as one reporter, ``*``. ``looked`` says when the sources had last been
    read (:func:`jobs.ledger.batches.looks`): whoever asks for many periods asks the ledger once.
    """
    spec = contract.feed
    expected = reporters(spec.reporters) if spec.reporters and spec.calendar else ("*",)
    have = {b.reporter or "*" for b in accepted if spec.frequency == "event" or key in b.periods}
    if expected == ("*",) and have:
        have = {"*"}
    due = due_at(contract, parse(key)) if spec.calendar else None
    minimum = spec.calendar.minimum if spec.calendar else 1.0
    arrived = tuple(r for r in expected if r in have)
    return Arrival(contract.id, key, expected, arrived, due, minimum, looked.get(contract.id))


def needed(
    programme: Programme, period: Period, accepted: dict[str, list[Batch]], looked: Mapping[str, datetime]
) -> list[Arrival]:
    """Return the feeds without which a period's figures cannot be computed: those the programme requires.

    All others enter when they arrive; until yearly forms do, the year before stands, provisional.
    """
    asked = {u.feed: source_period(u, period) for u in periodic(programme)}
    whole = str(period.year)
    return [
        arrival(load_feed(feed), asked.get(feed, whole), accepted[feed], looked)
        for feed in programme.required_feeds
    ]


def complete_years(
    programme: Programme, accepted: dict[str, list[Batch]], looked: Mapping[str, datetime]
) -> dict[str, set[int]]:
    """Return, per yearly form, the years that stood by these looks: all forms in, or overdue with the minimum met."""
    years: dict[str, set[int]] = {}
    for feed in (f for f in programme.feed_ids if f in accepted):
        contract = load_feed(feed)
        if contract.feed.frequency != "year":
            continue
        keys = {p for b in accepted[feed] for p in b.periods}
        years[feed] = {
            int(k) for k in keys if arrival(contract, k, accepted[feed], looked).status() != "wait"
        }
    return years
