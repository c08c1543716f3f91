"""The state of one report that is asked of one reporter: in time, late by how much, missing, to come, or waiting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs import clock
from jobs.definitions.contract import Contract
from jobs.feeds import quarantine
from jobs.release.completeness import late_since

IN_TIME, LATE, MISSING, TO_COME, UNREAD, WAITING, FOUND, UNDATED, NOTHING = (
    "按时", "迟报", "缺报", "未到期", "待查看", "待核实", "已到", "不定期", "未收到",
)  # fmt: skip
AHEAD = (TO_COME, UNREAD)
"""States of reports that are asked for and that nobody can have yet: the period is not complete without them."""
ANY = "*"
"""Reporter of a feed that is one source, and source period of one that comes by no calendar."""


@dataclass(frozen=True)
class Heard:
    """What is known of a feed's source.

    Attributes
    ----------
    at : datetime
        Now.
    looked : datetime or None
        When it was last read to its end.
    looks : sequence of datetime
        Every time it was.
    """

    at: datetime
    looked: datetime | None
    looks: Sequence[datetime] = ()


def state_of(
    contract: Contract, due: datetime | None, delivered: datetime | None, waiting: int, heard: Heard
) -> str:
    """Judge by when the sender delivered, not by when somebody looked; nobody is late unread.

    Rows that wait make a report that came in time one that is to be verified; they take from no other state that it
    was late or without a date, so that whether rows wait is told by their number alone.
    """
    if due is None:
        return NOTHING if delivered is None else UNDATED
    if delivered is None:
        if heard.looked is not None and heard.looked > due:
            return MISSING
        return UNREAD if heard.at > due else TO_COME
    if delivered > due:
        return LATE if late_since(contract, due, delivered, heard.looks) else FOUND
    return WAITING if waiting else IN_TIME


def days_late(
    contract: Contract, due: datetime | None, delivered: datetime | None, state: str, heard: Heard
) -> int | None:
    """Return by how many days a report is known to be late: one that is missing, until somebody last looked."""
    if due is None or state not in (LATE, MISSING):
        return 0 if state in (IN_TIME, WAITING) else None
    until = late_since(contract, due, delivered, heard.looks) if delivered else heard.looked
    return (until.astimezone(clock.ZONE).date() - due.date()).days if until else None


def rows_waiting(
    open_rows: Iterable[quarantine.Row], reporter: str, source: str, batches: Iterable[str]
) -> int:
    """Return how many rows of a reporter wait for a decision.

    Parameters
    ----------
    open_rows : iterable of Row
        Of the feed.
    reporter, source : str
        Whose, and of which source period.
    batches : iterable of str
        What the reporter sent for the period: a row that does not tell its period counts with its file.
    """
    own = set(batches)

    def counts(row: quarantine.Row) -> bool:
        told = quarantine.told_period(row)
        return source == ANY or (told == source if len(told) == len(source) else row.batch_id in own)

    return sum(counts(row) for row in open_rows if (row.reporter or ANY) == reporter)
