"""The ledger's own name, given once at random: a lake takes the commits of one ledger only."""

from __future__ import annotations

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from jobs.ledger.database import session
from jobs.ledger.models import Base


class Identity(Base):
    """The one row that holds the name."""

    __tablename__ = "identity"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)


def name() -> str:
    """Return the ledger's own name."""
    with session() as s:
        return s.scalars(select(Identity.name)).one()
