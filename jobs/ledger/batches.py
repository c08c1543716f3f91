"""Polls, files and batches: what was received and accepted."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text

from jobs.ledger.database import session
from jobs.ledger.models import Batch, File, Look, Poll, Repair


@dataclass(frozen=True)
class Found:
    """A file at the source that the ledger does not know yet, already copied into landing."""

    path: str
    modified_at: datetime
    size: int
    sha256: str
    mark: int | None = None
    """High-water mark, where the file is a pull from an incremental source."""
    turn: int = 1
    """Which content found under the same path, time and size."""


def open_poll(feed: str) -> Poll | None:
    """Return the feed's unfinished poll, if a run died in the middle of one."""
    with session() as s:
        return s.scalars(select(Poll).where(Poll.feed == feed, Poll.done_at.is_(None))).first()


def unfinished() -> set[str]:
    """Return the feeds that have an unfinished poll, asked for once (see :func:`open_poll`)."""
    with session() as s:
        return set(s.scalars(select(Poll.feed).where(Poll.done_at.is_(None)).distinct()))


def start_poll(feed: str, found: Iterable[Found], at: datetime, run_id: str | None) -> Poll:
    """Write a poll and its ordered list of files, before anything is appended."""
    with session() as s:
        poll = Poll(token=uuid.uuid4().hex, feed=feed, opened_at=at, run_id=run_id)
        s.add(poll)
        s.flush()
        for ordinal, f in enumerate(found, start=1):
            s.add(
                File(
                    feed=feed, path=f.path, modified_at=f.modified_at, size=f.size, sha256=f.sha256,
                    poll_id=poll.poll_id, ordinal=ordinal, received_at=at, mark=f.mark, turn=f.turn,
                )
            )  # fmt: skip
        return poll


def files_of(poll_id: int) -> list[File]:
    """Return a poll's files in their order."""
    with session() as s:
        return list(s.scalars(select(File).where(File.poll_id == poll_id).order_by(File.ordinal)))


def of_run(run_id: str) -> tuple[list[Batch], list[File]]:
    """Return the batches that a run accepted, and the files it listed."""
    with session() as s:
        taken = s.scalars(select(Batch).where(Batch.run_id == run_id).order_by(Batch.seq))
        listed = s.scalars(select(File).join(Poll, Poll.poll_id == File.poll_id).where(Poll.run_id == run_id))
        return list(taken), sorted(listed, key=lambda f: f.file_id)


def known_files(feed: str) -> set[tuple[str, datetime, int]]:
    """Return (path, modification time, size) of every file the feed ever listed."""
    with session() as s:
        rows = s.execute(select(File.path, File.modified_at, File.size).where(File.feed == feed))
        return {(r.path, r.modified_at, r.size) for r in rows}


def mark(feed: str) -> int:
    """Return up to which change an incremental source was taken in, 0 at the beginning; a refused pull moves nothing."""
    taken = File.verdict.in_(["accepted", "unchanged"])
    with session() as s:
        return s.scalar(select(func.coalesce(func.max(File.mark), 0)).where(File.feed == feed, taken)) or 0


def accepted(feed: str | None = None, known_by: int | None = None) -> list[Batch]:
    """Return accepted batches in the order of their acceptance."""
    query = select(Batch).order_by(Batch.seq)
    if feed is not None:
        query = query.where(Batch.feed == feed)
    if known_by is not None:
        query = query.where(Batch.seq <= known_by)
    with session() as s:
        return list(s.scalars(query))


def accepted_of(feeds: Iterable[str], known_by: int | None = None) -> dict[str, list[Batch]]:
    """Return the accepted batches of feeds (see :func:`accepted`), by feed, asked for once."""
    accepted_by: dict[str, list[Batch]] = {feed: [] for feed in feeds}
    for batch in accepted(None, known_by):
        if batch.feed in accepted_by:
            accepted_by[batch.feed].append(batch)
    return accepted_by


def looked(feed: str, at: datetime) -> None:
    """Keep that a feed's source was read to its end."""
    with session() as s:
        s.merge(Look(feed=feed, at=at))


def looks(by: datetime | None = None) -> dict[str, datetime]:
    """Return feed -> when its source was last read to its end, as far as it was known at a time."""
    query = select(Look.feed, func.max(Look.at)).group_by(Look.feed)
    if by is not None:
        query = query.where(Look.at <= by)
    with session() as s:
        return {r.feed: r[1] for r in s.execute(query)}


def look_moments(feeds: Iterable[str], by: datetime) -> dict[str, list[datetime]]:
    """Return feed -> every time its source was read to its end, as far as it was known at a time."""
    query = select(Look.feed, Look.at).where(Look.feed.in_(list(feeds)), Look.at <= by).order_by(Look.at)
    moments: dict[str, list[datetime]] = {}
    with session() as s:
        for feed, at in s.execute(query):
            moments.setdefault(feed, []).append(at)
    return moments


def arrivals(feeds: Iterable[str]) -> dict[int, tuple[str, datetime]]:
    """Return file id -> (path at the source, when its sender delivered it) of the feeds' files."""
    with session() as s:
        rows = s.execute(select(File.file_id, File.path, File.modified_at).where(File.feed.in_(list(feeds))))
        return {r.file_id: (r.path, r.modified_at) for r in rows}


def last_seq() -> int:
    """Return the newest sequence number, 0 when nothing was accepted."""
    with session() as s:
        return s.scalar(select(func.coalesce(func.max(Batch.seq), 0))) or 0


def finish_poll(
    poll_id: int, files: Iterable[File], new: Iterable[Batch], at: datetime, repairs: Iterable[Repair] = ()
) -> list[Batch]:
    """Accept a poll's batches: the commit of everything it appended.

    Sequence numbers are given here, in the order of ``new``, without gaps; all of it, with what the batches
    decide on quarantined rows, is one transaction.
    """
    with session() as s:
        # Polls that end at the same time take turns: nobody else gives numbers until this transaction is over.
        s.execute(text("lock table batch in exclusive mode"))
        seq = s.scalar(select(func.coalesce(func.max(Batch.seq), 0))) or 0
        done = []
        for file in files:
            s.merge(file)
        for batch in new:
            seq += 1
            batch.seq = seq
            s.add(batch)
            done.append(batch)
        s.add_all(repairs)
        poll = s.get_one(Poll, poll_id)
        poll.done_at = at
        return done
