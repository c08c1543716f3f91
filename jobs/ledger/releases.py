"""Releases, approvals and publications."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from jobs.ledger.database import session
from jobs.ledger.models import Approval, Audit, Publication, Release

UNDECIDED = ("computed", "candidate")
"""States of a release on which nobody has decided yet."""
LIVE = (*UNDECIDED, "approved")
"""States of a release whose figures may still be or become published."""
STANDS = ("approved", "stands")
"""Words after which a release is approved: the first time, and again by a rollback to it."""


def live(programme: str | None = None) -> list[Release]:
    """Return releases that are neither refused nor superseded, oldest first."""
    query = (
        select(Release)
        .where(Release.state.in_(LIVE))
        .order_by(Release.seq, func.length(Release.release_id), Release.release_id, Release.period)
    )
    if programme:
        query = query.where(Release.programme == programme)
    with session() as s:
        return list(s.scalars(query))


def latest(programme: str) -> dict[str, Release]:
    """Return period -> newest live release."""
    return {r.period: r for r in live(programme)}


def attempts(programme: str) -> dict[str, Release]:
    """Return period -> newest release that was computed for it, refused ones included.

    A refused one counts as done: only new data, or other rules, reopen it.
    """
    query = select(Release).where(Release.programme == programme, Release.state.in_((*LIVE, "refused")))
    with session() as s:
        rows = s.scalars(query.order_by(Release.seq, func.length(Release.release_id), Release.release_id))
        return {r.period: r for r in rows}


def unaudited() -> list[str]:
    """Return ids of releases that were computed and not audited yet, oldest first."""
    return list(dict.fromkeys(r.release_id for r in live() if r.state == "computed"))


def free_id(seq: int, wanted: Iterable[tuple[str, str]]) -> str:
    """Return the id under which the (programme, period) pairs ``wanted`` are computed now, at ``seq``.

    ``R<seq>``, then ``R<seq>-2`` and so on: one id is one computing, at one moment. The newest one is written
    over only if nothing of it was decided and all of it is computed anew.
    """
    first, pairs = f"R{seq}", set(wanted)
    with session() as s:
        # By its id: of a run for several programmes a row may rest on an earlier batch than the id says.
        named = or_(Release.release_id == first, Release.release_id.startswith(f"{first}-"))
        rows = s.execute(
            select(Release.release_id, Release.programme, Release.period, Release.state).where(named)
        ).all()
    newest = max((r.release_id for r in rows), key=lambda name: (len(name), name), default=first)
    own = [r for r in rows if r.release_id == newest]
    if all(r.state in UNDECIDED and (r.programme, r.period) in pairs for r in own):
        return newest
    number = 1 if newest == first else int(newest.rpartition("-")[2])
    return f"{first}-{number + 1}"


def of(release_id: str) -> list[Release]:
    """Return the rows of one release, all programmes and periods."""
    with session() as s:
        rows = s.scalars(select(Release).where(Release.release_id == release_id))
        return sorted(rows, key=lambda r: (r.programme, r.period))


def record(new: Iterable[Release]) -> list[Release]:
    """Write a computed release: the commit of its gold rows.

    Numbers the revision of each period, and supersedes every waiting candidate that has one of the
    periods. Writing the same release again replaces it.
    """
    with session() as s:
        done = []
        for release in new:
            same = (Release.programme == release.programme, Release.period == release.period)
            revision = s.scalar(
                select(func.count()).where(
                    *same, Release.state == "approved", Release.release_id != release.release_id
                )
            )
            release.revision = (revision or 0) + 1
            overtaken = select(Release.release_id).where(
                *same, Release.state.in_(UNDECIDED), Release.release_id != release.release_id
            )
            for old in s.scalars(
                select(Release).where(
                    Release.release_id.in_(overtaken),
                    Release.programme == release.programme,
                    Release.state.in_(UNDECIDED),
                )
            ):
                old.state = "superseded"
            done.append(s.merge(release))
        return done


def move(release_id: str, before: str, after: str) -> int:
    """Change the state of a release's rows and return how many changed."""
    with session() as s:
        rows = list(
            s.scalars(select(Release).where(Release.release_id == release_id, Release.state == before))
        )
        for row in rows:
            row.state = after
        return len(rows)


def audited(release_id: str, at: datetime, passed: bool, failures: dict[str, Any]) -> None:
    """Keep the verdict of an audit."""
    with session() as s:
        s.add(Audit(release_id=release_id, at=at, passed=passed, failures=failures))


def failures(release_id: str) -> dict[str, Any]:
    """Return what the newest audit of a release found broken, by table; empty when there was none."""
    query = select(Audit.failures).where(Audit.release_id == release_id).order_by(Audit.at.desc())
    with session() as s:
        return s.scalars(query).first() or {}


def needed() -> set[tuple[str, str, str]]:
    """Return (release, programme, period) of all figures that are, were or may become published."""
    standing = {(r.release_id, r.programme, r.period) for r in live()}
    with session() as s:
        ever = select(Approval.release_id).where(Approval.decision.in_(STANDS))
        # Approved and refused by a rollback since: a rollback forward lets it stand again.
        rows = s.scalars(select(Release).where(Release.state == "refused", Release.release_id.in_(ever)))
        standing |= {(r.release_id, r.programme, r.period) for r in rows}
    held = {
        (release, programme, period)
        for p in publications()
        for programme, periods in p.releases.items()
        for period, release in periods.items()
    }
    return standing | held


def passed() -> list[Release]:
    """Return the releases of which an audit found nothing critical, whatever became of them."""
    fine = select(Audit.release_id).where(Audit.passed)
    with session() as s:
        return list(s.scalars(select(Release).where(Release.release_id.in_(fine))))


def age(release_id: str, seq: int) -> tuple[int, int, str]:
    """Return by what releases sort: the later one was computed later."""
    return seq, len(release_id), release_id


def approved_by(at: datetime | None = None, seq: int | None = None) -> list[Release]:
    """Return the releases that stood approved at a time, oldest first, whatever became of them since.

    Parameters
    ----------
    at : datetime, optional
        Only what people had said by then; default: all they said.
    seq : int, optional
        Only releases that know no later batch.
    """
    with session() as s:
        said = {
            a.release_id: a.decision
            for a in s.scalars(select(Approval).order_by(Approval.approval_id))
            if at is None or a.decided_at <= at
        }
        # A superseded row was never approved; a refused one may have been, before a rollback.
        rows = s.scalars(select(Release).where(Release.state.in_(("approved", "refused"))))
        approved = [r for r in rows if said.get(r.release_id) in STANDS and (seq is None or r.seq <= seq)]
    return sorted(approved, key=lambda r: (*age(r.release_id, r.seq), r.programme, r.period))


def decide(release_id: str, decision: str, by: str, at: datetime) -> None:
    """Keep what a rollback makes of a release."""
    with session() as s:
        s.add(Approval(release_id=release_id, decision=decision, decided_by=by, decided_at=at))


def approved() -> dict[tuple[str, str], Release]:
    """Return (programme, period) -> latest approved release."""
    return {(r.programme, r.period): r for r in live() if r.state == "approved"}


def stand_by(held: dict[str, dict[str, str]]) -> list[str]:
    """Let the releases of a publication stand again, refuse the approved ones newer than they are.

    Parameters
    ----------
    held : dict
        ``programme -> period -> release_id`` of the publication that shall stand.

    Returns
    -------
    list of str
        Ids of the releases that are refused now.
    """
    with session() as s:
        rows = list(s.scalars(select(Release).where(Release.state.in_(("approved", "refused")))))
        age = {(r.release_id, r.programme, r.period): (r.seq, len(r.release_id), r.release_id) for r in rows}
        gone = []
        for r in rows:
            standing_id = held.get(r.programme, {}).get(r.period, "")
            if r.release_id == standing_id:
                r.state = "approved"
            elif r.state == "approved":
                stands = age.get((standing_id, r.programme, r.period))
                if stands is None or age[(r.release_id, r.programme, r.period)] > stands:
                    r.state = "refused"
                    gone.append(r.release_id)
        return list(dict.fromkeys(gone))


def waiting() -> list[str]:
    """Return ids of candidates that wait for approval, oldest first."""
    return list(dict.fromkeys(r.release_id for r in live() if r.state == "candidate"))


def publish(publication: Publication) -> None:
    """Write the row of a publication: the served file is in place when it is written."""
    with session() as s:
        s.merge(publication)


def publications() -> list[Publication]:
    """Return all publications, oldest first."""
    with session() as s:
        return list(
            s.scalars(select(Publication).order_by(Publication.published_at, Publication.publication_id))
        )
