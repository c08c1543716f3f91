"""Taking in: what was fetched is parsed, judged, appended, accepted.

All waiting files of a feed are judged together; each keeps its own batch and verdict. A poll that
died is finished first, with the same list: appends carry the poll's id and are no-ops the second time,
and nothing counts before the ledger's last transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from jobs import clock
from jobs.contractcheck import require
from jobs.definitions.contract import Contract, load_feed
from jobs.feeds.fetch import Progress
from jobs.feeds.landing import sweep
from jobs.feeds.notices import tell_poll
from jobs.ledger import batches, writer_lock
from jobs.ledger.models import Batch, File, Poll
from jobs.sparing import without_pandas

log = structlog.get_logger()


@dataclass
class PollResult:
    """What a poll did."""

    feed: str
    accepted: list[Batch] = field(default_factory=list)
    refused: list[File] = field(default_factory=list)
    unchanged: list[File] = field(default_factory=list)

    @property
    def periods(self) -> list[str]:
        """Source periods of the accepted rows, sorted."""
        return sorted({p for b in self.accepted for p in b.periods})


def _take_in(
    contract: Contract, opened: Poll, result: PollResult, run_id: str | None, progress: Progress
) -> None:
    """Bring an open poll to its end."""
    # Only now: a look that finds nothing does without the readers of files, the lake and their libraries.
    from jobs.feeds import reading, repair
    from jobs.feeds.balance import Tally, batch_id, batches_of

    files = batches.files_of(opened.poll_id)
    parsed = reading.parse_all(contract, files, opened.token, progress)
    tallies: dict[str, Tally] = {}
    if parsed:
        from jobs.feeds.load import load

        ids = {f.file_id: batch_id(f, opened.token) for f in files}
        tallies = load(contract, files, parsed, ids, opened.token)
    new = batches_of(contract, files, parsed, tallies, opened, run_id)
    repaired = repair.conclude(contract, files, new)
    result.accepted += batches.finish_poll(opened.poll_id, files, new, clock.now(), repaired)
    result.refused += [f for f in files if f.verdict == "refused"]
    result.unchanged += [f for f in files if f.verdict == "unchanged"]
    tell_poll(contract, files)


@contextmanager
def receiving() -> Iterator[None]:
    """Be the one who takes in; what died on its way in before is gone."""
    with without_pandas(), writer_lock():
        sweep()
        yield


def finish(result: PollResult, run_id: str | None, progress: Progress) -> None:
    """Bring the unfinished poll of a result's feed to its end, if it has one.

    For who is :func:`receiving`, with a sound contract.
    """
    if opened := batches.open_poll(result.feed):
        log.info("finishing an unfinished poll", feed=result.feed, poll=opened.poll_id)
        _take_in(load_feed(result.feed), opened, result, run_id, progress)


def take_listed(
    contract: Contract,
    found: Iterable[batches.Found],
    begun: datetime,
    result: PollResult,
    run_id: str | None = None,
    progress: Progress = lambda *_: None,
) -> None:
    """Take in files that stand in landing already, in a poll of their own.

    For who is :func:`receiving`; the feed has no unfinished poll.

    Parameters
    ----------
    contract : Contract
    found : iterable of Found
        In the order in which they count.
    begun : datetime
        When somebody began to look for them.
    result : PollResult
        Gets what became of them.
    run_id, progress
        As for :func:`poll`.
    """
    opened = batches.start_poll(contract.id, found, begun, run_id)
    _take_in(contract, opened, result, run_id, progress)


def finish_open(feed: str, progress: Progress = lambda *_: None, run_id: str | None = None) -> PollResult:
    """Bring a feed's unfinished poll to its end, if it has one: the way in of a corrected sheet.

    For the lake's one writer.

    Parameters
    ----------
    feed : str
    progress : callable
        Told (what, how far, of how many).
    run_id : str, optional
        The Airflow run that does it.

    Raises
    ------
    ContractBroken
        If there is one and the feed's contract has a fault.
    """
    result = PollResult(feed)
    if batches.open_poll(feed):
        require(feed)
        finish(result, run_id, progress)
    return result
