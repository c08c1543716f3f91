"""Why a release differs from the one before: the batches that came in between, and what they did."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from jobs.definitions.period import parse
from jobs.definitions.policy.model import load
from jobs.ledger import batches, session
from jobs.ledger.models import Batch, File, Release
from jobs.ledger.repairs import is_repair
from jobs.release.gate import changed

NEW, AGAIN, REPAIRED = "新到", "更正", "修复隔离行"


@dataclass(frozen=True)
class Cause:
    """One batch between two releases.

    Attributes
    ----------
    kind : str
        :data:`NEW`, :data:`AGAIN` (its scope had a file before) or :data:`REPAIRED`.
    """

    kind: str
    path: str
    batch: Batch

    def __str__(self) -> str:
        gone = f"，撤回 {self.batch.withdrawn} 个主键" if self.batch.withdrawn else ""
        return f"{self.kind} {self.path}（{self.batch.silver} 行{gone}）"


def causes(release: Release, before: Release | None) -> list[Cause]:
    """Return the batches of a release that the one before did not know and that may change its period.

    Parameters
    ----------
    release : Release
    before : Release or None
        None: all batches it rests on.
    """
    programme, last = load(release.programme), parse(release.period)
    since = before.seq if before else 0
    feeds = programme.feed_ids
    known = {f: batches.accepted(f, release.seq) for f in feeds}
    with session() as s:
        query = select(File.file_id, File.path).where(File.feed.in_(feeds))
        paths = {row.file_id: row.path for row in s.execute(query)}
    made = []
    for feed in feeds:
        had: set[str] = set()
        for batch in known[feed]:
            path = paths[batch.file_id]
            kind = REPAIRED if is_repair(path) else AGAIN if batch.scope in had else NEW
            had.add(batch.scope)
            if batch.seq > since and release.period in changed(programme, last, [batch]):
                made.append(Cause(kind, path, batch))
    return sorted(made, key=lambda c: c.batch.seq)
