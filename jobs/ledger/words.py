"""What people's words of any kind have in common: numbers in the order in which they were said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import func, select, text
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from jobs.ledger.database import session
from jobs.ledger.models import RuleReview, Settlement

Word = TypeVar("Word", RuleReview, Settlement)


def keep(table: type[Word], words: Iterable[Word]) -> list[Word]:
    """Keep words of one table, all of them or none."""
    with session() as s:
        # Numbers in the order of the transactions: a release that knew one word knew all before it.
        s.execute(text(f"lock table {table.__tablename__} in exclusive mode"))
        said = list(words)
        s.add_all(said)
        return said


def last(number: InstrumentedAttribute[int], *conditions: ColumnElement[bool]) -> int:
    """Return the number of the newest word of a table that meets conditions, 0 when there is none."""
    with session() as s:
        return s.scalar(select(func.coalesce(func.max(number), 0)).where(*conditions)) or 0


def known(
    table: type[Word],
    number: InstrumentedAttribute[int],
    known_by: int | None,
    condition: ColumnElement[bool],
) -> list[Word]:
    """Return the words that meet a condition, as far as they were known, in the order in which they were said.

    Parameters
    ----------
    table : type
    number : column
        By which its words are numbered.
    known_by : int or None
        Number of the last word that counts; None: all.
    condition : column
    """
    query = select(table).where(condition).order_by(number)
    if known_by is not None:
        query = query.where(number <= known_by)
    with session() as s:
        return list(s.scalars(query))
