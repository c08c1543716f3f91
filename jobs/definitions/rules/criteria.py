"""A version of the national rules as read from ``policies/national/MIIT-*.yaml``."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

Confidence = Literal["doc", "memory"]
"""``doc``: read in a document; ``memory``: from memory, to be verified."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Shown(_Strict):
    """What is shown of a line of the rule.

    Attributes
    ----------
    needs : list of str
        Facts (``schemas/facts.yaml``) that the line reads.
    value : str or None
        SQL of the value shown, in ``unit``; never compared.
    reason : str or None
        Why the line is unknown, or may stay so, although every fact is there.
    """

    id: str
    text_zh: str
    needs: list[str] = []
    value: str | None = None
    unit: str = ""
    confidence: Confidence = "doc"
    reason: str | None = None


class Alternative(_Shown):
    """Something that stands in for conditions (直通条件): SQL that is true, false or null."""

    threshold: str
    met: str


class PointsLine(_Strict):
    """A line that points must reach: those of one group of the score, or all of them."""

    at_least: int
    group: str | None = None


class Condition(_Shown):
    """One condition of the rule, judged by ``met`` (SQL) or by ``points``.

    Attributes
    ----------
    or_any_of : list of str
        Alternatives of the tier that stand in for it.
    not_public : bool
        What it needs is neither published nor reported: listed, always unknown, left out of the verdict.
    on_review : bool
        Whether a review (复核) looks at it.
    """

    threshold: str
    met: str | None = None
    points: PointsLine | None = None
    or_any_of: list[str] = []
    not_public: bool = False
    on_review: bool = True

    @model_validator(mode="after")
    def _judged_one_way(self) -> Condition:
        if sum([self.met is not None, self.points is not None, self.not_public]) != 1:
            raise ValueError(f"{self.id}: met、points、not_public 须且只须一项 / exactly one of the three")
        if self.not_public and not self.reason:
            raise ValueError(f"{self.id}: not_public 须写明 reason / needs a reason")
        return self


class Band(_Strict):
    """Points given when the condition is true and none before it was."""

    points: int
    when: str


class Item(_Shown):
    """One item of the score: bands from the best one down.

    Attributes
    ----------
    otherwise : int or None
        Points when no band applies; None: not known then.
    not_public : bool
        What it needs is neither published nor reported: its points stay open.
    """

    group: str
    max: int
    bands: list[Band] = []
    otherwise: int | None = None
    not_public: bool = False

    @model_validator(mode="after")
    def _bands_from_the_best(self) -> Item:
        points = [b.points for b in self.bands]
        if points != sorted(set(points), reverse=True) or any(p > self.max for p in points):
            raise ValueError(f"{self.id}: 分档须由高到低且不超过满分 / bands must fall from at most max")
        if self.not_public == bool(self.bands) or (self.not_public and not self.reason):
            raise ValueError(
                f"{self.id}: 须有分档，或 not_public 并写明 reason / bands, or a reason for none"
            )
        return self


class TierRules(_Strict):
    """What a version asks of one tier.

    Attributes
    ----------
    reviews_until : date or None
        Last day on which reviews of the tier still go by this version, when later than ``valid_to``.
    """

    tier: str
    name_zh: str
    note: str = ""
    reviews_until: date | None = None
    alternatives: list[Alternative] = []
    conditions: list[Condition]
    scores: list[Item] = []

    @model_validator(mode="after")
    def _consistent(self) -> TierRules:
        ids = [x.id for x in (*self.conditions, *self.alternatives)]
        if len(set(ids)) != len(ids) or len({i.id for i in self.scores}) != len(self.scores):
            raise ValueError(f"{self.tier}: 条件编号重复 / duplicate id")
        if {a for c in self.conditions for a in c.or_any_of} - {a.id for a in self.alternatives}:
            raise ValueError(f"{self.tier}: or_any_of 用到未列出的条件 / unknown alternative")
        if {c.points.group for c in self.conditions if c.points} - {None, *(i.group for i in self.scores)}:
            raise ValueError(f"{self.tier}: points 用到未列出的分组 / unknown group of the score")
        return self


class RuleVersion(_Strict):
    """One version of the rules, valid for applications from ``valid_from`` to ``valid_to`` (inclusive)."""

    id: str
    title: str
    doc_no: str
    valid_from: date
    valid_to: date | None
    confidence: str
    note: str = ""
    tiers: list[TierRules]
