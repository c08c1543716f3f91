"""The state of knowledge a release rests on: what was accepted, and what time it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jobs.ledger import batches
from jobs.ledger.models import Release

SLICES = "slices"
"""What a release row keeps beside its rules: into how many parts the enterprises were cut when it was computed."""
SECONDS = "seconds"
"""And how long that took, with writing and hashing: what the second computation is held against."""


@dataclass(frozen=True)
class Knowledge:
    """Everything beside the rules that figures depend on; the ledger's rows up to here never change.

    Attributes
    ----------
    release : str
        Id of the release whose figures they are.
    seq : int
        Last batch that counts.
    at : datetime
        Business time: deadlines and people's decisions count as of then.
    reviewed : int
        Last word on a warning rule that counts: several may be given at one business time.
    settled : int
        Last word that counts on a notice that matched no holder.
    looked : mapping
        Feed -> when its source had last been read: others may be read at the same business time, and later.
    """

    release: str
    seq: int
    at: datetime
    reviewed: int = 0
    looked: Mapping[str, datetime] = field(default_factory=dict)
    settled: int = 0
    trial: bool = False
    """Nobody will approve the figures: they close no target."""

    def noted(self) -> dict[str, Any]:
        """Return what a release row must keep to know it again, beside its own columns."""
        looked = {f: t.isoformat() for f, t in self.looked.items()}
        return {"reviewed": self.reviewed, "settled": self.settled, "looked": looked}


def known_to(release: Release) -> Knowledge:
    """Return what a recorded release rested on; looks that an old one did not record count by its business time."""
    noted = release.versions.get("looked")
    recorded = {feed: datetime.fromisoformat(at) for feed, at in (noted or {}).items()}
    looked = batches.looks(release.created_at) if noted is None else recorded
    reviewed, settled = (release.versions.get(name, 0) for name in ("reviewed", "settled"))
    return Knowledge(release.release_id, release.seq, release.created_at, reviewed, looked, settled)
