"""The state of knowledge a release rests on: what was accepted, and what time it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobs.ledger.models import Release


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
        Business time: deadlines, looks at the sources and people's decisions count as of then.
    """

    release: str
    seq: int
    at: datetime
    trial: bool = False
    """Nobody will approve the figures: they close no target."""


def known_to(release: Release) -> Knowledge:
    """Return what a recorded release rested on."""
    return Knowledge(release.release_id, release.seq, release.created_at)
