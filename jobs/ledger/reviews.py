"""What analysts said of warning rules that fire on many."""

from __future__ import annotations

from jobs.ledger.models import RuleReview
from jobs.ledger.words import keep, known, last

RELEASED, HELD = "released", "held"
"""Words: the rule may climb; it may not after all."""


def say(review: RuleReview) -> RuleReview:
    """Keep a word."""
    return keep(RuleReview, [review])[0]


def last_id() -> int:
    """Return the number of the newest word, 0 when there is none."""
    return last(RuleReview.review_id)


def words(programme: str, known_by: int | None = None) -> dict[tuple[str, str], RuleReview]:
    """Return period and rule -> the last word on it, as far as it was known.

    Parameters
    ----------
    programme : str
    known_by : int, optional
        Number of the last word that counts; default: all.
    """
    said = known(RuleReview, RuleReview.review_id, known_by, RuleReview.programme == programme)
    return {(r.period, r.rule): r for r in said}


def newest(programme: str) -> dict[str, int]:
    """Return period -> number of the last word on any of its rules."""
    numbers: dict[str, int] = {}
    for (period, _), review in words(programme).items():
        numbers[period] = max(numbers.get(period, 0), review.review_id)
    return numbers
