"""Tables of our own in Superset's metadata database."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()


def create(engine: sa.engine.Engine) -> None:
    """Create the tables that are missing."""
    from infra.superset import attempts, security, sessions  # noqa: F401  (they define the tables)

    METADATA.create_all(engine)
