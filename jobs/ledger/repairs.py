"""Repairs of quarantined rows: the corrected sheets that came back, and what each decided.

A sheet is taken in like any file: per batch whose rows it corrects one file, in a poll of the batch's
feed. The path of such a file begins with :data:`FOLDER`, then a running number and the path of the
file that is repaired, so that it holds no id of a run.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Select, func, select

from jobs.ledger.database import session
from jobs.ledger.models import Batch, File, Poll, Repair

FOLDER = "更正/"
CORRECTED, DROPPED = "corrected", "dropped"
DETAIL = "repair"
"""In a file's details: ``of_batch``, ``by`` and ``workbook``, known before the poll is done."""

_NUMBERED = re.compile(rf"{FOLDER}\d+/")

Place = tuple[str, str, int]
"""Batch, sheet and row number of a quarantined row."""


def is_repair(path: str) -> bool:
    """Return whether a file is part of a corrected sheet."""
    return path.startswith(FOLDER)


def repaired_path(path: str) -> str:
    """Return the path of the file that was received from its source."""
    return _NUMBERED.sub("", path)


def polls_of(sha256: str) -> list[Poll]:
    """Return the polls by which a sheet of that content was, or is being, taken in."""
    query = select(Poll).join(File, File.poll_id == Poll.poll_id)
    with session() as s:
        polls = s.scalars(query.where(File.sha256 == sha256, File.path.startswith(FOLDER)).distinct())
        return sorted(polls, key=lambda p: p.poll_id)


def start(
    wanted: Mapping[str, Iterable[str]], sha256: str, size: int, workbook: str, by: str, at: datetime
) -> list[Poll]:
    """Write the polls of a checked sheet, of all its feeds at once, before anything is appended.

    Parameters
    ----------
    wanted : mapping
        Feed -> batches whose rows the sheet decides on.
    sha256, size, workbook : str, int, str
        The sheet's bytes in landing and its name.
    by : str
        Who decided.
    at : datetime
        Business time.
    """
    polls = []
    with session() as s:
        for feed, of_batches in sorted(wanted.items()):
            poll = Poll(token=uuid.uuid4().hex, feed=feed, opened_at=at)
            s.add(poll)
            s.flush()
            for ordinal, of_batch in enumerate(of_batches, start=1):
                original = repaired_path(s.get_one(File, s.get_one(Batch, of_batch).file_id).path)
                earlier = select(func.count()).where(
                    File.feed == feed,
                    File.path.startswith(FOLDER),
                    File.path.endswith(f"/{original}", autoescape=True),
                )
                detail = {DETAIL: {"of_batch": of_batch, "by": by, "workbook": workbook}}
                s.add(
                    File(
                        feed=feed, path=f"{FOLDER}{(s.scalar(earlier) or 0) + 1}/{original}", modified_at=at,
                        size=size, sha256=sha256, poll_id=poll.poll_id, ordinal=ordinal, received_at=at,
                        details=detail,
                    )
                )  # fmt: skip
                s.flush()
            polls.append(poll)
    return polls


def original_of(file: File) -> tuple[Batch, File]:
    """Return the batch whose rows a file of a corrected sheet repairs, and that batch's file."""
    with session() as s:
        batch = s.get_one(Batch, (file.details or {})[DETAIL]["of_batch"])
        return batch, s.get_one(File, batch.file_id)


def _known(query: Select[Repair], known_by: int | None) -> list[Repair]:
    if known_by is not None:
        query = query.where(Batch.seq <= known_by)
    with session() as s:
        return list(s.scalars(query.order_by(Repair.repair_id)))


def decided(known_by: int | None = None) -> dict[Place, Repair]:
    """Return quarantined row -> what became of it, as far as decided by a batch up to ``known_by``."""
    query = select(Repair).join(Batch, Batch.batch_id == Repair.batch_id)
    return {(r.of_batch, r.sheet, r.row_no): r for r in _known(query, known_by)}


def batch_ids(known_by: int | None = None) -> set[str]:
    """Return the accepted batches that are repairs: they replace nothing but the rows they name."""
    return {r.batch_id for r in decided(known_by).values() if r.batch_id}


def undecided(accepted: Iterable[Batch]) -> dict[str, int]:
    """Return batch -> quarantined rows that nobody decided on by these batches, its repairs' own rows included."""
    by_id = {b.batch_id: b for b in accepted}
    repairs = [r for r in decided().values() if r.batch_id in by_id]
    parent = {str(r.batch_id): r.of_batch for r in repairs}
    open_rows = {i: b.quarantined for i, b in by_id.items()}
    for repair in repairs:
        open_rows[repair.of_batch] = open_rows.get(repair.of_batch, 0) - 1
    # Youngest first: what a repair of a repair left open belongs to the file as received.
    for child in sorted(parent, key=lambda i: by_id[i].seq, reverse=True):
        open_rows[parent[child]] = open_rows.get(parent[child], 0) + open_rows.pop(child)
    return open_rows
