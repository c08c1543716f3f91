"""People's words on candidates, each written together with the state that follows from it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from jobs.ledger.database import session
from jobs.ledger.models import Approval, Release


def settle(release_id: str, decision: str, after: str, by: str, at: datetime) -> bool:
    """Keep a person's word on a candidate together with the state that follows from it.

    Of two people who decide at once the second finds no candidate any more.

    Parameters
    ----------
    release_id : str
    decision : str
        The word kept.
    after : str
        State of the release's candidate rows from now on.
    by, at
        Who said it, and when.

    Returns
    -------
    bool
        False where no row of the release is a candidate: then nothing was written.
    """
    waits = select(Release).where(Release.release_id == release_id, Release.state == "candidate")
    with session() as s:
        rows = list(s.scalars(waits.with_for_update()))
        for row in rows:
            row.state = after
        if rows:
            s.add(Approval(release_id=release_id, decision=decision, decided_by=by, decided_at=at))
        return bool(rows)


def last_word(release_id: str) -> Approval | None:
    """Return what a person said last of a release."""
    said = select(Approval).where(Approval.release_id == release_id).order_by(Approval.approval_id.desc())
    with session() as s:
        return s.scalars(said).first()


def ids() -> list[str]:
    """Return the ids of all releases, whatever became of them."""
    with session() as s:
        return list(s.scalars(select(Release.release_id).distinct().order_by(Release.release_id)))
