"""A line of the rules as it is judged: its number, its kind and where its columns stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.definitions.rules.criteria import Alternative, Condition, Item
from jobs.definitions.rules.versions import Term

REQUIREMENT, LEFT_OUT, ALTERNATIVE, ITEM = "requirement", "left_out", "alternative", "score_item"
"""Kinds of a line: counts in the verdict; cannot be judged here; stands in for others; part of the score."""
SCORE = "score"
"""Id of the condition that all points together must reach."""
BETWEEN = "；"
"""Between the entries of a text that lists several."""
NO_BASE = "分母或基数不大于0"
"""Why a line is unknown whose facts are all there."""
_NUMBER = r"\d+(?:\.\d+)?"


def limits(threshold: str | None, unit: str | None) -> list[float]:
    """Return the numbers that a threshold names in a unit: beside them a value must show on which side it lies."""
    if not threshold or not unit:
        return []
    return [float(n) for n in re.findall(rf"({_NUMBER})(?={re.escape(unit)})", threshold)]


@dataclass(frozen=True)
class RuleLine:
    """A line of a tier's rules with its number over all of them and its position in its own."""

    number: int
    position: int
    term: Term
    kind: str
    rule: Condition | Alternative | Item


def numbered_lines(terms: Sequence[Term]) -> list[RuleLine]:
    """Return the lines of all tiers' rules, numbered through."""
    numbered: list[RuleLine] = []
    for term in terms:
        rules = term.rules
        kinds: list[tuple[str, Condition | Alternative | Item]] = []
        kinds += [(LEFT_OUT if c.not_public else REQUIREMENT, c) for c in rules.conditions]
        kinds += [(ALTERNATIVE, a) for a in rules.alternatives]
        kinds += [(ITEM, i) for i in rules.scores]
        numbered += [
            RuleLine(len(numbered) + n, n, term, kind, rule) for n, (kind, rule) in enumerate(kinds, 1)
        ]
    return numbered
