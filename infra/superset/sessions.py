"""Which logins are alive: one row each, in a table that all workers share.

The cookie, or the token, carries the name of its row. Rows are only ever updated and deleted after login, never written
again: a request that was under way during the logout cannot bring a session back.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from infra.superset.stores import METADATA

IDLE, LIFETIME = timedelta(minutes=30), timedelta(hours=8)
# how late the time of the last request may be written
_NOTED_EVERY = timedelta(minutes=1)
PAGE, TOKEN = "page", "token"

SESSIONS = sa.Table(
    "zjtx_login_session",
    METADATA,
    # the hash: who reads the table cannot use what stands in it
    sa.Column("name_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.Integer, nullable=False, index=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("begun", sa.DateTime(timezone=True), nullable=False),
    sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
)


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def begin(engine: sa.engine.Engine, user_id: int, kind: str) -> str:
    """Enter a login and return its name; rows of sessions that are over are dropped on the way."""
    name, now = secrets.token_urlsafe(32), datetime.now(UTC)
    over = (SESSIONS.c.begun < now - LIFETIME) | (SESSIONS.c.seen < now - IDLE)
    with engine.begin() as connection:
        connection.execute(sa.delete(SESSIONS).where(over))
        row = {"name_hash": _hash(name), "user_id": user_id, "kind": kind, "begun": now, "seen": now}
        connection.execute(sa.insert(SESSIONS).values(row))
    return name


def is_alive(engine: sa.engine.Engine, name: str | None, user_id: int) -> bool:
    """Whether a login of this user is still good: not ended, not idle, not too old."""
    if not name:
        return False
    now = datetime.now(UTC)
    mine = SESSIONS.c.name_hash == _hash(name)
    with engine.begin() as connection:
        row = connection.execute(sa.select(SESSIONS).where(mine & (SESSIONS.c.user_id == user_id))).first()
        if row is None or now - row.begun > LIFETIME or now - row.seen > IDLE:
            return False
        if now - row.seen > _NOTED_EVERY:
            connection.execute(sa.update(SESSIONS).where(mine).values(seen=now))
    return True


def end(engine: sa.engine.Engine, name: str | None) -> None:
    """End one login."""
    if name:
        with engine.begin() as connection:
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.name_hash == _hash(name)))


def end_all(connection: sa.engine.Connection, user_id: int, kind: str | None = None) -> None:
    """End every login of a user, or those of one kind."""
    mine = SESSIONS.c.user_id == user_id
    connection.execute(sa.delete(SESSIONS).where(mine if kind is None else mine & (SESSIONS.c.kind == kind)))
