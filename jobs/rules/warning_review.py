"""Rules that fire on too many to be believed unread, and the word of an analyst that lets them climb.

A rule that warns of more than a tenth of its population may be right (a downturn) or wrong (a slip in a file, a threshold
that no longer fits). Until somebody has looked it is marked and climbs no ladder. The word is given for one rule, one programme
and one period: the next period is looked at anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from jobs.definitions.rules.warnings import Review


class Standing(Enum):
    """Where a rule stands in a period; a rule that fires on few needs no word and has none."""

    PENDING = "规则待复核"
    RELEASED = "已放行"


@dataclass(frozen=True)
class Tally:
    """The numbers of one rule in one period.

    Attributes
    ----------
    counts : tuple of int
        Firms of the population; of them those that meet the condition, do not, cannot be judged; and those of which the
        rule warns: condition met for as many quarters as it asks for.
    """

    period: str
    rule: str
    counts: tuple[int, int, int, int, int]

    @property
    def population(self) -> int:
        """Firms that the rule applies to."""
        return self.counts[0]

    @property
    def fired(self) -> int:
        """Firms of which it warns."""
        return self.counts[-1]


@dataclass(frozen=True)
class Word:
    """What an analyst said of a rule in a period, and the numbers that were looked at."""

    released: bool
    fired: int
    population: int
    note: str
    by: str
    at: datetime


Words = Mapping[tuple[str, str], Word]
"""Period and rule -> the last word on it."""


def conspicuous(tally: Tally, review: Review) -> bool:
    """Return whether a rule fires on so many that somebody must look first."""
    return tally.population >= review.least and tally.fired * 100 > tally.population * review.percent


def _covers(word: Word, tally: Tally, review: Review) -> bool:
    """Return whether a word still holds: the share has not grown by more than what asked for it in the first place."""
    grown = tally.fired * word.population - word.fired * tally.population
    return word.released and grown * 100 <= tally.population * word.population * review.percent


def standing(tally: Tally, review: Review, word: Word | None) -> Standing | None:
    """Return where a rule stands in a period, None where it needs no word."""
    if not conspicuous(tally, review):
        return None
    return Standing.RELEASED if word and _covers(word, tally, review) else Standing.PENDING
