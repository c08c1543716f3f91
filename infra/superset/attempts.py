"""Counts wrong passwords and decides who has to wait, in a table that all workers and hosts share.

An attempt is counted before its password is looked at, so that attempts at the same moment cannot slip past the
count; a right password gives its own count back. Three counts are kept: of an account from one address, of an account
from everywhere, of an address. Where an account has logged in before, only the first one counts: who attacks it from
elsewhere does not keep its owner out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from infra.superset.stores import METADATA

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
KNOWN_FOR = timedelta(days=90)
ANY = ""

ATTEMPTS = sa.Table(
    "zjtx_login_attempt",
    METADATA,
    # ANY in one of them: the count of all accounts, or of all addresses
    sa.Column("account", sa.String(128), primary_key=True),
    sa.Column("address", sa.String(64), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last", sa.DateTime(timezone=True)),
    sa.Column("locked_until", sa.DateTime(timezone=True)),
    sa.Column("refused", sa.Integer, nullable=False, server_default="0"),
    sa.Column("good_on", sa.DateTime(timezone=True)),
)


@dataclass(frozen=True)
class Tally:
    """One count: how many wrong passwords, the last one when, and until when nobody may try."""

    failures: int = 0
    last: datetime | None = None
    locked_until: datetime | None = None

    def counted(self, free: int, now: datetime) -> Tally:
        """The count with one more attempt; from the ``free``-th on there is a wait, doubled each time."""
        stale = self.last is None or now - self.last > FORGOTTEN_AFTER
        failures = (0 if stale else self.failures) + 1
        return Tally(failures, now, now + wait(failures - free) if failures >= free else None)

    def returned(self, free: int) -> Tally:
        """The count without one attempt, which turned out to be right."""
        failures = max(self.failures - 1, 0)
        return Tally(failures, self.last, self.locked_until if failures >= free else None)

    def is_locked(self, now: datetime) -> bool:
        """Whether attempts are refused now."""
        return self.locked_until is not None and self.locked_until > now


def wait(step: int) -> timedelta:
    """Length of the ``step``-th wait in a row, from 0."""
    return min(FIRST_WAIT * 2 ** min(step, 16), LONGEST_WAIT)


def free_failures(account: str, address: str) -> int:
    """How many wrong passwords in a row a count bears; the last of them begins the first wait."""
    if account == ANY:
        return 100
    return 20 if address == ANY else 5


@dataclass(frozen=True)
class Verdict:
    """Whether an attempt may go on, and what to write down about it."""

    locked_until: datetime | None
    begins_wait: bool = False
    failures: int = 0
    refused: int = 0

    @property
    def refuses(self) -> bool:
        """Whether the password must not even be looked at."""
        return self.locked_until is not None and not self.begins_wait


def _keys(account: str, address: str) -> list[tuple[str, str]]:
    """The three counts of an attempt, the one of the account from its address first."""
    return [(account, address), (account, ANY), (ANY, address)]


def _read(
    connection: sa.engine.Connection, keys: list[tuple[str, str]]
) -> dict[tuple[str, str], sa.engine.Row]:
    """Rows of the counts, made where missing and locked in a fixed order."""
    rows = [{"account": account, "address": address} for account, address in sorted(keys)]
    connection.execute(insert(ATTEMPTS).values(rows).on_conflict_do_nothing())
    wanted = sa.tuple_(ATTEMPTS.c.account, ATTEMPTS.c.address).in_(keys)
    query = (
        sa.select(ATTEMPTS).where(wanted).order_by(ATTEMPTS.c.account, ATTEMPTS.c.address).with_for_update()
    )
    return {(row.account, row.address): row for row in connection.execute(query)}


def _write(connection: sa.engine.Connection, key: tuple[str, str], **values: object) -> None:
    mine = (ATTEMPTS.c.account == key[0]) & (ATTEMPTS.c.address == key[1])
    connection.execute(sa.update(ATTEMPTS).where(mine).values(**values))


def _tally(row: sa.engine.Row) -> Tally:
    return Tally(row.failures, row.last, row.locked_until)


def _address_locked_until(
    connection: sa.engine.Connection, keys: list[tuple[str, str]], now: datetime
) -> datetime | None:
    """Until when a stranger's address has to wait: looked up first, lest invented names fill the table."""
    wanted = sa.tuple_(ATTEMPTS.c.account, ATTEMPTS.c.address).in_([keys[0], keys[2]])
    rows = {(row.account, row.address): row for row in connection.execute(sa.select(ATTEMPTS).where(wanted))}
    if keys[0] in rows or keys[2] not in rows or not _tally(rows[keys[2]]).is_locked(now):
        return None
    return rows[keys[2]].locked_until


def admit(engine: sa.engine.Engine, account: str, address: str) -> Verdict:
    """Count an attempt and say whether its password may be looked at.

    Parameters
    ----------
    engine
        Superset's metadata database.
    account, address
        Whose password is tried, and from where.
    """
    now = datetime.now(UTC)
    keys = _keys(account, address)
    with engine.begin() as connection:
        if until := _address_locked_until(connection, keys, now):
            return Verdict(until)
        rows = _read(connection, keys)
        good_on = rows[keys[0]].good_on
        deciding = keys[:1] if good_on is not None and now - good_on < KNOWN_FOR else keys
        if locked := [key for key in deciding if _tally(rows[key]).is_locked(now)]:
            refused = rows[keys[0]].refused + 1
            _write(connection, keys[0], refused=refused)
            return Verdict(max(rows[key].locked_until for key in locked), refused=refused)
        made = {key: _tally(rows[key]).counted(free_failures(*key), now) for key in keys}
        for key, tally in made.items():
            _write(connection, key, **vars(tally), **({"refused": 0} if key == keys[0] else {}))
    waits = [tally.locked_until for key, tally in made.items() if key in deciding and tally.locked_until]
    first = rows[keys[0]]
    return Verdict(max(waits, default=None), bool(waits), made[keys[0]].failures, first.refused)


def succeed(engine: sa.engine.Engine, account: str, address: str) -> None:
    """Give back what the attempt was counted for: its password was right."""
    now = datetime.now(UTC)
    keys = _keys(account, address)
    with engine.begin() as connection:
        rows = _read(connection, keys)
        _write(connection, keys[0], **vars(Tally()), refused=0, good_on=now)
        for key in keys[1:]:
            _write(connection, key, **vars(_tally(rows[key]).returned(free_failures(*key))))
        _drop_old(connection, now)


def _drop_old(connection: sa.engine.Connection, now: datetime) -> None:
    """Delete counts that decide nothing any more; waits for nobody who is at work on one."""
    key = sa.tuple_(ATTEMPTS.c.account, ATTEMPTS.c.address)
    known = sa.func.coalesce(ATTEMPTS.c.good_on > now - KNOWN_FOR, False)
    fresh = sa.func.coalesce(ATTEMPTS.c.last > now - FORGOTTEN_AFTER, False)
    old = (
        sa.select(ATTEMPTS.c.account, ATTEMPTS.c.address)
        .where(~known & ~fresh)
        .with_for_update(skip_locked=True)
    )
    connection.execute(sa.delete(ATTEMPTS).where(key.in_(old)))


def forgive(connection: sa.engine.Connection, account: str) -> None:
    """Forget all wrong passwords of an account, not from where it has logged in."""
    mine = sa.update(ATTEMPTS).where(ATTEMPTS.c.account == account)
    connection.execute(mine.values(failures=0, locked_until=None))
