"""The table data_status: per feed and reporter what came for which source period, when, and what is missing.

Missing reports stand here and nowhere else: they say something of the feed and of who reports it, not of a firm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import pyarrow as pa

from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.period import parse
from jobs.definitions.policy.influence import FeedUse
from jobs.definitions.policy.model import Programme
from jobs.definitions.reference import reporter_name, reporters, source_name
from jobs.definitions.rules import rulebook
from jobs.feeds import quarantine
from jobs.ledger import batches, repairs
from jobs.ledger.models import Batch
from jobs.release.absent import Listed, asked_and_missing, listed, together
from jobs.release.completeness import arrival, periodic, source_period
from jobs.release.knowledge import Knowledge
from jobs.release.report_state import AHEAD, ANY, Heard, days_late, rows_waiting, state_of

COLUMNS = (
    "period", "feed", "reporter", "reporter_name", "source_period", "expected", "state", "due_at", "arrived_at", "days_late",
    "firms_expected", "firms_missing", "rows_landed", "rows_silver", "rows_quarantined", "rows_waiting", "rows_duplicate",
    "file_name",
)  # fmt: skip
YEAR = 4
"""Quarters before, in which a firm must have stood to be on a reporter's list."""

Row = tuple[Any, ...]


@dataclass(frozen=True)
class _Due:
    """What is asked of one reporter: the source period, by when; None: nobody is asked."""

    contract: Contract
    reporter: str
    source: str
    at: datetime | None


class _Status:
    """What the ledger says of a programme's feeds at a state of knowledge.

    Parameters
    ----------
    programme : Programme
    periods : list of str
    accepted : mapping
        Feed -> batches that count.
    known : Knowledge
    roster : Table, optional
        period, uscc, unit of the firms for whom feeds are asked; none: firms are not counted.
    """

    def __init__(
        self,
        programme: Programme,
        periods: list[str],
        accepted: Mapping[str, list[Batch]],
        known: Knowledge,
        roster: pa.Table | None,
    ) -> None:
        self.programme, self.periods, self.accepted, self.known = programme, periods, accepted, known
        self.files = batches.arrivals(programme.feed_ids)
        self.waiting = _open_rows(accepted, known.seq)
        self.looks = batches.look_moments(programme.feed_ids, known.at)
        self.uses = _dated(programme)
        self.firms = _by_unit(roster) if roster is not None else None

    def rows(self) -> Iterator[Row]:
        """Give the rows of all periods: a feed with a calendar per reporter that is asked, any other per sender."""
        for key in self.periods:
            for feed in self.programme.feed_ids:
                contract = load_feed(feed)
                if feed in self.uses:
                    source = source_period(self.uses[feed], parse(key))
                    arrived = arrival(contract, source, self.accepted[feed], self.known.looked)
                    for reporter in arrived.expected:
                        yield self._row(key, _Due(contract, reporter, source, arrived.due))
                else:
                    for reporter in self._senders(contract):
                        yield self._row(key, _Due(contract, reporter, ANY, None))

    def _senders(self, contract: Contract) -> list[str]:
        named = reporters(contract.feed.reporters) if contract.feed.reporters else ()
        seen = {b.reporter or ANY for b in self.accepted[contract.id]}
        return sorted({*named, *seen}) or [ANY]

    def _own(self, due: _Due) -> list[Batch]:
        """Return what a reporter sent for a period; a corrected sheet is no report, its rows count with the file it repairs."""
        return [
            b
            for b in self.accepted[due.contract.id]
            if (b.reporter or ANY) == due.reporter
            and (due.source == ANY or due.source in b.periods)
            and not repairs.is_repair(self.files[b.file_id][0])
        ]

    def _row(self, key: str, due: _Due) -> Row:
        own = self._own(due)
        batch = own[-1] if own else None
        waiting = rows_waiting(
            self.waiting[due.contract.id], due.reporter, due.source, (b.batch_id for b in own)
        )
        counts = (batch.landed, batch.silver, batch.quarantined) if batch else (None,) * 3
        # In time is who delivered in time, also when a correction followed; the counts are the latest.
        first = self.files[own[-1 if due.source == ANY else 0].file_id][1] if own else None
        heard = self._heard(due.contract.id)
        state = state_of(due.contract, due.at, first, waiting, heard)
        name = (
            source_name(due.contract.feed.connection) if due.reporter == ANY else reporter_name(due.reporter)
        )
        return (
            key, due.contract.id, due.reporter, name, due.source, due.at is not None, state, due.at, first,
            days_late(due.contract, due.at, first, state, heard), *self._firms(key, due, state), *counts, waiting,
            *((batch.duplicates, self.files[batch.file_id][0]) if batch else (None, None)),
        )  # fmt: skip

    def _heard(self, feed: str) -> Heard:
        return Heard(self.known.at, self.known.looked.get(feed), self.looks.get(feed, ()))

    def _firms(self, key: str, due: _Due, state: str) -> tuple[int | None, int | None]:
        """Return how many firms a reporter's list asks for and how many are missing.

        Nothing where only some have to say; none is missing yet from a report that nobody could have read.
        """
        contract, use = due.contract, self.uses.get(due.contract.id)
        if self.firms is None or due.source == ANY or use is None or not _lists_all(contract):
            return None, None
        here = due.reporter if due.reporter in self.programme.units else None
        firms = self.firms.get((key, here), [])
        own, group = self._listed.get(contract.id, {}), together(contract.id, self._listed)
        asked, missing = asked_and_missing(firms, own, group, due.source, _before(use, key, due.source))
        return asked, None if state in AHEAD else missing

    @cached_property
    def _listed(self) -> dict[str, Listed]:
        """Return what each feed that lists firms holds for the source periods in question."""
        listed_by = {}
        for feed, use in self.uses.items():
            contract = load_feed(feed)
            if _lists_all(contract):
                now = {source_period(use, parse(key)) for key in self.periods}
                wanted = now | {s for key in self.periods for s in _before(use, key, "")}
                listed_by[feed] = listed(feed, self.accepted[feed], wanted)
        return listed_by


def _dated(programme: Programme) -> dict[str, FeedUse]:
    """Return how each feed with a deadline is asked for: as the programme reads it, else as its contract says it comes."""
    read, dated = {u.feed: u for u in periodic(programme)}, {}
    for feed in programme.feed_ids:
        spec = load_feed(feed).feed
        if spec.calendar and spec.frequency != "event":
            dated[feed] = read.get(feed) or FeedUse(feed=feed, every=spec.frequency)
    return dated


def _lists_all(contract: Contract) -> bool:
    """Return whether a feed holds every firm that is on its list, not only those with something to report."""
    return contract.feed.entity == "enterprise" and contract.id not in rulebook.load().listing_feeds


def _before(use: FeedUse, key: str, now: str) -> set[str]:
    """Return the source periods of the year before a programme's period, without that of the period itself."""
    return {source_period(use, parse(key).shift(-n)) for n in range(1, YEAR + 1)} - {now}


def _by_unit(roster: pa.Table) -> dict[tuple[str, str | None], list[str]]:
    """Return (period, unit) -> firms; under no unit those of all."""
    firms: dict[tuple[str, str | None], list[str]] = {}
    for row in roster.to_pylist():
        for unit in {row["unit"], None}:
            firms.setdefault((row["period"], unit), []).append(row["uscc"])
    return firms


def _open_rows(accepted: Mapping[str, list[Batch]], seq: int) -> dict[str, list[quarantine.Row]]:
    """Return the rows that wait, by feed; the lake is asked once, and only of feeds where the ledger says that some may."""
    undecided = repairs.undecided([b for own in accepted.values() for b in own])
    asked = [own for own in accepted.values() if any(undecided.get(b.batch_id) for b in own)]
    waiting: dict[str, list[quarantine.Row]] = {feed: [] for feed in accepted}
    for row in quarantine.rows_of([b for own in asked for b in own], seq):
        if row.state == quarantine.OPEN:
            waiting[row.feed].append(row)
    return waiting


def status_rows(
    programme: Programme,
    periods: list[str],
    accepted: Mapping[str, list[Batch]],
    known: Knowledge,
    roster: pa.Table | None,
) -> list[Row]:
    """Return the rows of ``data_status`` in the order of :data:`COLUMNS`.

    Parameters
    ----------
    programme : Programme
    periods : list of str
    accepted : mapping
        Feed -> batches that count, of all feeds that the programme reads.
    known : Knowledge
        Deadlines, looks at the sources and days late count as of then.
    roster : Table or None
        period, uscc, unit of the firms for whom feeds are asked.

    Returns
    -------
    list of tuple
        One row per period, feed and reporter: of a feed with a calendar the source period that the programme's own
        period asks for, of any other what came last.
    """
    return list(_Status(programme, periods, accepted, known, roster).rows())
