"""Deadlines: which have passed and were not announced yet."""

from __future__ import annotations

from datetime import datetime

from jobs import clock
from jobs.definitions.contract import feed_ids, load_feed
from jobs.definitions.period import Period, parse
from jobs.definitions.policy.model import load_all
from jobs.definitions.reference import reporter_name
from jobs.ledger import batches, session
from jobs.ledger.models import Deadline
from jobs.notify import notify, send_waiting
from jobs.release.completeness import Arrival, arrival, due_at


def _source_periods(feed: str, first: Period, now: datetime) -> list[Period]:
    """Return the feed's source periods from ``first`` on whose deadline has passed."""
    contract = load_feed(feed)
    calendar = contract.feed.calendar
    periods: list[Period] = []
    if calendar is None:
        return periods
    months = contract.feed.months
    period = Period(first.year, months, months)
    while (due := due_at(contract, period)) is not None and due < now:
        if period.month_to in calendar.months:
            periods.append(period)
        period = period.shift(1)
    return periods


def announce_passed() -> list[tuple[str, str]]:
    """Write every passed deadline that the ledger does not hold yet, and tell who is late.

    A deadline counts as passed once the source was read after it.

    Returns
    -------
    list of (feed, source period)
        The newly announced ones: their event wakes the computation, which may now go on with what is
        there (partial).
    """
    now = clock.now()
    first = min(parse(p.first_period) for p in load_all().values() if p.fed and p.roles)
    with session() as s:
        known = {(d.feed, d.period) for d in s.query(Deadline)}
    looked, new = batches.looks(), []
    for feed in feed_ids():
        due = [p for p in _source_periods(feed, first, now) if (feed, p.key) not in known]
        accepted = batches.accepted(feed) if due else []
        for period in due:
            arrived = arrival(load_feed(feed), period.key, accepted, looked)
            if arrived.overdue:
                _announce(arrived, now)
                new.append((feed, period.key))
    # The tick is what comes round most often: what could not be delivered is tried again.
    send_waiting()
    return new


def _announce(found: Arrival, now: datetime) -> None:
    """Tell first, then write: a death between the two tells twice, never not at all."""
    contract = load_feed(found.feed)
    if found.missing:
        names = "、".join(reporter_name(m) for m in found.missing)
        title = f"逾期未报：{contract.title} {found.source_period}"
        notify("late", title, f"截止时间已过，尚缺：{names}")
    with session() as s:
        s.merge(Deadline(feed=found.feed, period=found.source_period, due_at=found.due, emitted_at=now))
