"""The ledger: a PostgreSQL database that says what counts.

Nothing in the lake counts until a row here says so; the row is written last of all.
"""

from jobs.ledger.database import Writer, engine, session, upgrade, writer_lock

__all__ = ["Writer", "engine", "session", "upgrade", "writer_lock"]
