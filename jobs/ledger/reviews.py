"""What analysts said of warning rules that fire on many."""

from __future__ import annotations

from sqlalchemy import func, select, text

from jobs.ledger.database import session
from jobs.ledger.models import RuleReview

RELEASED, HELD = "released", "held"
"""Words: the rule may climb; it may not after all."""


def say(review: RuleReview) -> RuleReview:
    """Keep a word."""
    with session() as s:
        # Numbers in the order of the transactions: a release that knew one word knew all before it.
        s.execute(text("lock table rule_review in exclusive mode"))
        s.add(review)
        return review


def last_id() -> int:
    """Return the number of the newest word, 0 when there is none."""
    with session() as s:
        return s.scalar(select(func.coalesce(func.max(RuleReview.review_id), 0))) or 0


def words(programme: str, known_by: int | None = None) -> dict[tuple[str, str], RuleReview]:
    """Return period and rule -> the last word on it, as far as it was known.

    Parameters
    ----------
    programme : str
    known_by : int, optional
        Number of the last word that counts; default: all.
    """
    query = select(RuleReview).where(RuleReview.programme == programme).order_by(RuleReview.review_id)
    if known_by is not None:
        query = query.where(RuleReview.review_id <= known_by)
    with session() as s:
        return {(r.period, r.rule): r for r in s.scalars(query)}


def newest(programme: str) -> dict[str, int]:
    """Return period -> number of the last word on any of its rules."""
    found: dict[str, int] = {}
    for (period, _), review in words(programme).items():
        found[period] = max(found.get(period, 0), review.review_id)
    return found
