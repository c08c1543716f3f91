"""What people said of lines of certificate notices that could not be matched."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, select

from jobs.ledger.database import session
from jobs.ledger.models import Settlement
from jobs.ledger.words import keep, known, last

MATCHED, NOT_OURS, REOPENED = "matched", "not_ours", "reopened"
"""Words: the line is about the firm of a code; about none of ours; it is not known after all."""

Key = tuple[str, ...]
"""Document, tier, event and name of a line."""


def say(said: Iterable[Settlement]) -> list[Settlement]:
    """Keep words, all of them or none."""
    return keep(Settlement, said)


def last_id(by: datetime | None = None) -> int:
    """Return the number of the newest word, 0 when there is none.

    Parameters
    ----------
    by : datetime, optional
        Only what was said by then.
    """
    return last(Settlement.settlement_id, *([Settlement.decided_at <= by] if by is not None else []))


def words(feed: str, known_by: int | None = None) -> dict[Key, Settlement]:
    """Return line -> the last word on it, as far as it was known.

    Parameters
    ----------
    feed : str
    known_by : int, optional
        Number of the last word that counts; default: all.
    """
    said = known(Settlement, Settlement.settlement_id, known_by, Settlement.feed == feed)
    return {tuple(w.line): w for w in said}


def since(feeds: Iterable[str]) -> list[tuple[int, str, date]]:
    """Return number, feed and date of the newest words on feeds' lines, one per date: from it on figures may be others."""
    newest = func.max(Settlement.settlement_id)
    query = select(newest, Settlement.feed, Settlement.first_date)
    query = query.where(Settlement.feed.in_(list(feeds))).group_by(Settlement.feed, Settlement.first_date)
    with session() as s:
        return [(r[0], r[1], r[2]) for r in s.execute(query)]


def between(feed: str, after: int, upto: int) -> list[Settlement]:
    """Return the words on a feed's lines after one number, up to another."""
    query = select(Settlement).where(Settlement.feed == feed, Settlement.settlement_id > after)
    with session() as s:
        settlements = s.scalars(
            query.where(Settlement.settlement_id <= upto).order_by(Settlement.settlement_id)
        )
        return list(settlements)
