"""Which received files may still be corrected: of those that stand, the ones whose period is open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from jobs.clock import ZONE
from jobs.definitions.contract import Contract
from jobs.definitions.period import NoPeriod, Period, parse, quarter_of
from jobs.definitions.policy.model import load_all
from jobs.ledger import session
from jobs.ledger.models import Batch, File
from jobs.ledger.repairs import is_repair
from jobs.release.completeness import due_at, periodic, source_period
from jobs.targets.closing import closing_days


@dataclass(frozen=True)
class Standing:
    """A received file of which nothing later took the place.

    Attributes
    ----------
    periods : tuple of str
        Source periods of its rows, or those that its path tells.
    after : str or None
        A later file of the same sender, where files add to what there is: put after it, the older file would
        overrule it.
    """

    file: File
    periods: tuple[str, ...]
    after: str | None = None


def _told(contract: Contract, path: str) -> dict[str, str]:
    match = re.fullmatch(contract.feed.pattern, path)
    return {k: v for k, v in (match.groupdict() if match else {}).items() if v}


def _scope(contract: Contract, file: File) -> str | None:
    """Return what a file replaces; of one that was refused, if its path tells it."""
    told = _told(contract, file.path)
    if file.scope is not None or not set(contract.feed.scope) <= set(told):
        return file.scope
    return "/".join(f"{k}={told[k]}" for k in contract.feed.scope)


def standing(contract: Contract, rows: Iterable[tuple[File, Batch | None]]) -> list[Standing]:
    """Return the files of a feed that stand, refused ones that nothing followed among them.

    Parameters
    ----------
    contract : Contract
    rows : iterable
        All its files that have a verdict, in the order of their receipt, each with its batch.
    """
    received = [(f, b) for f, b in rows if f.verdict and not is_repair(f.path)]
    latest = {f.path: (f, b) for f, b in received}
    good = [f for f, _ in received if f.verdict != "refused"]
    stand = []
    for file, batch in latest.values():
        scope, sender = _scope(contract, file), file.reporter or _told(contract, file.path).get("reporter")
        later = [g for g in good if g.file_id > file.file_id]
        if contract.feed.mode == "replace":
            if scope is not None and any(g.scope == scope for g in later):
                continue
            after = None
        else:
            after = next((g.path for g in later if g.reporter == sender), None)
        told = _told(contract, file.path)
        named = [told[k] for k in ("period", "year") if k in told][:1]
        stand.append(Standing(file, tuple(batch.periods if batch and batch.periods else named), after))
    return stand


def _closes(contract: Contract, key: str) -> datetime | None:
    """Return when a source period stops being open: with the next one's deadline, at most a quarter after its own."""
    calendar = contract.feed.calendar
    try:
        period = parse(key)
    except NoPeriod:
        return None
    own = Period(period.year, period.month_to, contract.feed.months)
    following = own.shift(1)
    while calendar and following.month_to not in calendar.months:
        following = following.shift(1)
    due, next_due = due_at(contract, own), due_at(contract, following)
    if due is None or next_due is None:
        return None
    limit = quarter_of(f"{due:%Y%m}").shift(1).end
    return min(next_due, datetime.combine(limit, next_due.timetz()))


def awaited(now: datetime) -> set[tuple[str, str]]:
    """Return (feed, source period) of the reports behind targets whose lag is not over: they may still decide."""
    today = now.astimezone(ZONE).date()
    return {
        (use.feed, source_period(use, parse(key)))
        for programme in load_all().values()
        if programme.fed
        for key in programme.periods(quarter_of(f"{today:%Y%m}"))
        if any(today <= day for day in closing_days(programme, key))
        for use in periodic(programme)
    }


def is_open(contract: Contract, found: Standing, now: datetime, awaited: set[tuple[str, str]]) -> bool:
    """Return whether a file's period is open: a correction of it is to be reckoned with.

    A period is open until the deadline of the feed's next one, at most to the end of the quarter after its own, and as
    long as a target that reads it waits for its closing. What has no calendar is open to the end of the quarter after
    its delivery.
    """
    ends = [] if contract.feed.frequency == "event" else [_closes(contract, p) for p in found.periods]
    dated = [end for end in ends if end is not None]
    if not dated:
        delivered = quarter_of(f"{found.file.modified_at.astimezone(ZONE):%Y%m}")
        return now.astimezone(ZONE).date() <= delivered.shift(1).end
    return now <= max(dated) or any((contract.id, p) in awaited for p in found.periods)


def open_files(contract: Contract, now: datetime) -> list[Standing]:
    """Return the standing files of a feed whose period is open."""
    query = select(File, Batch).outerjoin(Batch, Batch.file_id == File.file_id)
    with session() as s:
        rows = [(f, b) for f, b in s.execute(query.where(File.feed == contract.id).order_by(File.file_id))]
    waiting = awaited(now)
    return [f for f in standing(contract, rows) if is_open(contract, f, now, waiting)]
