"""Which ledger this is: a lake takes the commits of one ledger only."""

from __future__ import annotations

from sqlalchemy import select

from jobs.ledger.base import Identity
from jobs.ledger.database import session


def name() -> str:
    """Return the ledger's own name."""
    with session() as s:
        return s.scalars(select(Identity.name)).one()
