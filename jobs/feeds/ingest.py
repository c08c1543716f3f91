"""Polls of feeds: their sources are looked at, and what is new there is taken in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from jobs.contractcheck import ContractBroken, require
from jobs.definitions.contract import load_feed
from jobs.feeds.ahead import ahead
from jobs.feeds.fetch import Progress, fetch_new
from jobs.feeds.source import SourceRefused
from jobs.feeds.take_in import PollResult, finish, receiving, take_listed
from jobs.feeds.visit import Visit
from jobs.ledger import batches

log = structlog.get_logger()


@dataclass(frozen=True)
class Look:
    """What a look at a feed's source found, and when it began."""

    begun: datetime
    found: list[batches.Found]


def _look(feed: str, uri: str | None, visit: Visit) -> Look | None:
    """Look at a feed's source; None where a poll has to be finished first."""
    require(feed)
    if batches.open_poll(feed):
        return None
    contract = load_feed(feed)
    # Taken before the listing: what is delivered while it is read has not been looked at.
    begun = visit.begun(contract)
    return Look(begun, fetch_new(contract, uri, visit))


def _settle(look: Look | None, result: PollResult, run_id: str | None, progress: Progress) -> bool:
    """Take in what a look found; return whether the source has to be looked at once more."""
    if look is None:
        finish(result, run_id, progress)
    elif look.found:
        take_listed(load_feed(result.feed), look.found, look.begun, result, run_id, progress)
    else:
        batches.looked(result.feed, look.begun)
        return False
    return True


def _round(
    waiting: dict[str, PollResult], uri: str | None, run_id: str | None, told: Callable[[str], Progress]
) -> Iterator[tuple[str, bool | Exception]]:
    """Look at each feed once, one after the other, and take in what was found while the next one is looked at.

    Yields
    ------
    tuple
        Feed, and whether it has to be looked at once more, or why it could not be read.
    """
    visit = Visit()
    with ahead(list(waiting), lambda feed: _look(feed, uri, visit), visit.close) as looks:
        for feed, result in waiting.items():
            try:
                yield feed, _settle(looks[feed].result(), result, run_id, told(feed))
            except Exception as error:
                log.exception("poll failed", feed=feed)
                yield feed, error


def _poll_each(
    results: dict[str, PollResult], uri: str | None, run_id: str | None, told: Callable[[str], Progress]
) -> dict[str, Exception]:
    """Take in until every feed's source has nothing new; return why feeds could not be read."""
    failures: dict[str, Exception] = {}
    waiting = results
    with receiving():
        while waiting:
            answers = dict(_round(waiting, uri, run_id, told))
            failures |= {feed: a for feed, a in answers.items() if isinstance(a, Exception)}
            waiting = {feed: results[feed] for feed, again in answers.items() if again is True}
    return {feed: failures[feed] for feed in results if feed in failures}


def poll(
    feed: str, uri: str | None = None, run_id: str | None = None, progress: Progress = lambda *_: None
) -> PollResult:
    """Take in every waiting file of a feed.

    Parameters
    ----------
    feed : str
        Id of the feed's contract.
    uri : str, optional
        Resolved connection; default: the environment's ``AIRFLOW_CONN_<ID>``.
    run_id : str, optional
        The Airflow run that does it, kept in the ledger.
    progress : callable
        Told (what, how far, of how many).

    Returns
    -------
    PollResult
        Empty when the source has nothing new; then only the look itself is noted.

    Raises
    ------
    jobs.ledger.database.WriterBusy
        If another process writes to the lake.
    ContractBroken
        If the feed's contract has a fault: nothing is read by it.
    """
    result = PollResult(feed)
    for error in _poll_each({feed: result}, uri, run_id, lambda _: progress).values():
        raise error
    return result


@dataclass
class Polls:
    """What the polls of a source's feeds did.

    Attributes
    ----------
    failures : dict
        Feed -> why it could not be read now.
    """

    results: list[PollResult] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)

    @property
    def hopeless(self) -> bool:
        """Whether trying again would not help."""
        return all(isinstance(error, SourceRefused | ContractBroken) for error in self.failures.values())


def poll_all(
    feeds: Iterable[str],
    uri: str | None = None,
    run_id: str | None = None,
    progress: Progress = lambda *_: None,
) -> Polls:
    """Poll feeds; one that fails does not keep the others from being read.

    A source is looked at for all feeds at once, and again until it has nothing new for any of them; what a look found for one
    feed is taken in while the thread that looks is at the next.

    Parameters
    ----------
    feeds : iterable of str
    uri, run_id, progress
        As for :func:`poll`.

    Returns
    -------
    Polls
        In the order of the feeds.

    Raises
    ------
    jobs.ledger.database.WriterBusy
        If another process writes to the lake.
    """
    results = {feed: PollResult(feed) for feed in feeds}

    def told(feed: str) -> Progress:
        return lambda what, done, total: progress(f"{load_feed(feed).title} {what}", done, total)

    failures = _poll_each(results, uri, run_id, told)
    return Polls([r for feed, r in results.items() if feed not in failures], failures)
