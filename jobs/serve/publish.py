"""Publishing: approve, build aside, swap the symlink; and swapping back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from jobs import clock
from jobs.ledger import decisions, releases, writer_lock
from jobs.ledger.models import Publication
from jobs.refusals import NotThere, Refusal, instead, nearest, shown
from jobs.serve import scopes
from jobs.serve.build import build
from jobs.serve.dimensions import layout
from jobs.settings import settings

log = structlog.get_logger()

FILE = "zjtx.duckdb"
LAYOUT = "layout"
"""Key of the layout's fingerprint among a publication's hashes."""
BUILDS_ON_DISK = 5
"""How many builds stay on disk, so that a publication can be rolled back."""


STATES = {"computed": "未审核", "approved": "已批准", "refused": "已退回", "superseded": "已被更新的候选取代"}
"""Why a release does not wait for approval."""


class Superseded(Refusal, RuntimeError):
    """The release is no candidate any more: a later one covers one of its periods, or it was decided on."""


def approve(release_id: str, by: str) -> bool:
    """Approve a candidate.

    Returns
    -------
    bool
        False where it was approved before: then nothing was written.

    Raises
    ------
    Superseded
        If the release is not waiting for approval (any more).
    NotThere
        If there is no such release.
    """
    return _settle(release_id, "approved", "approved", by)


def reject(release_id: str, by: str) -> bool:
    """Refuse a candidate; the served file stays as it is. As for :func:`approve`."""
    return _settle(release_id, "rejected", "refused", by)


def _settle(release_id: str, decision: str, after: str, by: str) -> bool:
    if decisions.settle(release_id, decision, after, by, clock.now()):
        return True
    states = {r.state for r in releases.of(release_id)}
    if not states:
        near = "、".join(nearest(release_id, decisions.ids()))
        told = f"；是不是 {near}？" if near else "；"
        at_hand = "、".join(releases.waiting()) or "无"
        raise NotThere(f"没有发布“{shown(release_id)}”，未作任何改动{told}待审批：{at_hand}")
    # Said again by a task that died after it had been written.
    if states == {after}:
        return False
    told = "、".join(f"{state} {STATES[state]}" for state in sorted(states))
    raise Superseded(f"发布 {release_id} 不在待审批状态（{told}），未作任何改动")


def last_word(release_id: str) -> str:
    """Return who decided on a release last, and when, in words; nothing where nobody did."""
    said = decisions.last_word(release_id)
    return f"（{said.decided_by}，{said.decided_at.astimezone(clock.ZONE):%Y-%m-%d %H:%M}）" if said else ""


def current() -> Path:
    """Return the served file."""
    return settings().served / "current" / FILE


def _swap(folder: Path) -> None:
    """Point ``current`` to a build, in one step."""
    link = settings().served / "current"
    new_link = link.with_name("current.new")
    new_link.unlink(missing_ok=True)
    new_link.symlink_to(Path("builds") / folder.name)
    os.replace(new_link, link)


def _forget_old(keep: Path) -> None:
    builds = sorted((settings().served / "builds").iterdir(), key=lambda p: p.name)
    for old in [b for b in builds if b != keep][: -BUILDS_ON_DISK or None]:
        shutil.rmtree(old)


def _served(done: list[Publication]) -> Publication | None:
    """Return the publication that ``current`` points to, whatever was published last."""
    if not current().exists():
        return None
    name = (settings().served / "current").resolve().name
    return next((p for p in done if p.publication_id == name), None)


def _next_number(done: list[Publication]) -> str:
    """Return a publication id that no row and no build has: a build whose row was never written may be served."""
    builds = settings().served / "builds"
    used = [p.publication_id for p in done] + ([b.name for b in builds.iterdir()] if builds.exists() else [])
    return f"P{max((int(u[1:]) for u in used), default=0) + 1:05d}"


@contextmanager
def group_reads() -> Iterator[None]:
    """Let the group of the folder read what is made meanwhile: Superset may run as another account.

    By the mask and not afterwards: changing a folder's mode takes away that what comes later inherits the group.
    """
    before = os.umask(0o027)
    try:
        yield
    finally:
        os.umask(before)


def publish(run_id: str | None = None) -> Publication | None:
    """Serve the latest approved release of every programme and period.

    Returns
    -------
    Publication or None
        None when nothing was ever approved. When the served file already holds exactly these releases
        in the present layout it stays, and its publication is returned.
    """
    with writer_lock():
        approved = releases.approved()
        if not approved:
            return None
        holds: dict[str, dict[str, str]] = {}
        for (programme, period), release in sorted(approved.items()):
            holds.setdefault(programme, {})[period] = release.release_id
        done = releases.publications()
        served = _served(done)
        alike = served is not None and served.table_hashes.get(LAYOUT) == layout()
        if served and alike and served.releases == holds:
            return served
        base = current().resolve() if alike else None
        number = _next_number(done)
        folder = settings().served / "builds" / number
        made = Publication(
            publication_id=number, published_at=clock.now(), releases=holds, run_id=run_id,
            follows=served.publication_id if served else None,
        )  # fmt: skip
        with group_reads():
            folder.mkdir(parents=True)
            hashed = build(folder / FILE, number, made.published_at, approved, base, [*done, made])
            scopes.write(folder / FILE, base)
        made.content_hash, made.table_hashes = hashed[0], hashed[1] | {LAYOUT: layout()}
        _swap(folder)
        releases.publish(made)
        _forget_old(folder)
        log.info("published", publication=number, content=made.content_hash[:12], releases=holds)
        return made


def _still_built(publication: str) -> Publication:
    """Return a publication that can be served instead of what is."""
    done = {p.publication_id: p for p in releases.publications()}
    on_disk = [i for i in done if (settings().served / "builds" / i / FILE).exists()]
    if publication not in on_disk:
        why = "文件已不在保留范围内" if publication in done else "没有这个上线号"
        told = instead(publication, on_disk) if on_disk else "；现在没有可切回的"
        raise NotThere(f"不能切回“{shown(publication)}”：{why}，未作任何改动{told}")
    row, served = done[publication], _served(list(done.values()))
    if served and served.publication_id == publication:
        stands = {(p, k): r for p, held in row.releases.items() for k, r in held.items()}
        if {at: r.release_id for at, r in releases.approved().items()} == stands:
            raise Refusal(f"现在上线的就是 {publication}，未作任何改动")
    return row


def rollback(publication: str, by: str) -> list[str]:
    """Serve another kept publication again; what is newer than it is refused.

    Parameters
    ----------
    publication : str
        Its id.
    by : str
        Who decided it.

    Returns
    -------
    list of str
        Ids of the releases that are refused now: only new data or other rules bring their periods back.

    Raises
    ------
    NotThere
        If there is none of that id, or its build is no longer kept.
    Refusal
        If it is what is served, and nothing approved is newer.
    """
    with writer_lock():
        row = _still_built(publication)
        folder = settings().served / "builds" / publication
        with group_reads():
            scopes.write(folder / FILE)  # officials may have come to a region since
        before, now = {r.release_id for r in releases.approved_by()}, clock.now()
        later = releases.stand_by(row.releases)
        for release_id in later:
            releases.decide(release_id, f"rollback {publication}", by, now)
        for release_id in {r for held in row.releases.values() for r in held.values()} - before:
            releases.decide(release_id, "stands", by, now)
        _swap(folder)
    return later
