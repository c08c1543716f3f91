"""Publishing: approve, build aside, swap the symlink; and swapping back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import structlog

from jobs import clock
from jobs.ledger import releases, writer_lock
from jobs.ledger.models import Publication
from jobs.serve.build import build
from jobs.serve.dimensions import layout
from jobs.settings import settings

log = structlog.get_logger()

FILE = "zjtx.duckdb"
LAYOUT = "layout"
"""Key of the layout's fingerprint among a publication's hashes."""
KEPT = 5
"""How many builds stay on disk, so that a publication can be rolled back."""


class Superseded(RuntimeError):
    """The release is no candidate any more: a later one covers one of its periods, or it was refused."""


def approve(release_id: str, by: str) -> None:
    """Approve a candidate.

    Raises
    ------
    Superseded
        If the release is not waiting for approval (any more).
    """
    rows = releases.of(release_id)
    states = {r.state for r in rows}
    if states <= {"approved"} and rows:
        return
    if "candidate" not in states:
        raise Superseded(
            f"发布 {release_id} 不在待审批状态（{'、'.join(sorted(states)) or '不存在'}），不能发布"
        )
    releases.decide(release_id, "approved", by, clock.now())
    releases.move(release_id, "candidate", "approved")


def reject(release_id: str, by: str) -> None:
    """Refuse a candidate; the served file stays as it is."""
    releases.decide(release_id, "rejected", by, clock.now())
    releases.move(release_id, "candidate", "refused")


def current() -> Path:
    """Return the served file."""
    return settings().served / "current" / FILE


def _swap(folder: Path) -> None:
    """Point ``current`` to a build, in one step."""
    link = settings().served / "current"
    aside = link.with_name("current.new")
    aside.unlink(missing_ok=True)
    aside.symlink_to(Path("builds") / folder.name)
    os.replace(aside, link)


def _forget_old(keep: Path) -> None:
    builds = sorted((settings().served / "builds").iterdir(), key=lambda p: p.name)
    for old in [b for b in builds if b != keep][: -KEPT or None]:
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


def _open_to_group(folder: Path) -> None:
    """Let the group of the folder read a build, whatever the process's mask: Superset may run as another account."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o750 if path.is_dir() else 0o640)


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
        if served and served.releases == holds and served.table_hashes.get(LAYOUT) == layout():
            return served
        number = _next_number(done)
        folder = settings().served / "builds" / number
        folder.mkdir(parents=True)
        now = clock.now()
        whole, hashes = build(folder / FILE, number, now, approved)
        hashes[LAYOUT] = layout()
        _open_to_group(folder)
        _swap(folder)
        made = Publication(
            publication_id=number, published_at=now, content_hash=whole, table_hashes=hashes, releases=holds,
            run_id=run_id,
        )  # fmt: skip
        releases.publish(made)
        _forget_old(folder)
        log.info("published", publication=number, content=whole[:12], releases=holds)
        return made


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
    FileNotFoundError
        If its build is no longer kept.
    """
    folder = settings().served / "builds" / publication
    with writer_lock():
        row = next((p for p in releases.publications() if p.publication_id == publication), None)
        if row is None or not (folder / FILE).exists():
            raise FileNotFoundError(
                f"发布 {publication} 的文件已不在保留范围内 / build of {publication} is not kept"
            )
        before, now = {r.release_id for r in releases.approved_by()}, clock.now()
        later = releases.stand_by(row.releases)
        for release_id in later:
            releases.decide(release_id, f"rollback {publication}", by, now)
        for release_id in {r for held in row.releases.values() for r in held.values()} - before:
            releases.decide(release_id, "stands", by, now)
        _swap(folder)
    return later
