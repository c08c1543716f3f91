"""A policy document as data: one file of ``policies/``, its targets verbatim and tied to figures."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import model_validator

from jobs.definitions.policy.incentives import Incentive
from jobs.definitions.policy.texts import (
    Cadence,
    Entry,
    Escalation,
    Library,
    RankingRule,
    ServiceDomains,
    Strict,
)


class Cell(Strict):
    """One figure of a region and period."""

    indicator: str
    reading: str
    tier: str | None = None


class Reads(Strict):
    """Which figures answer a target.

    Attributes
    ----------
    headline : str
        Reading that decides.
    beside : list
        Readings shown with it: a name (same indicator and tier) or a cell of its own.
    each : list of str
        Readings that are a share of firms meeting the line (EACH), judged only against ``each_share``.
    each_share : str or None
        Share of firms that must meet the line, in per cent; None where the text names none.
    factor : str
        Exact decimal that turns the figure into the target's unit.
    """

    indicator: str
    tier: str | None = None
    headline: str
    beside: list[str | Cell] = []
    each: list[str] = []
    each_share: str | None = None
    factor: str = "1"

    @property
    def cells(self) -> list[Cell]:
        """The figures, the deciding one first."""
        named = [self.headline, *self.beside]
        return [
            Cell(indicator=self.indicator, reading=n, tier=self.tier) if isinstance(n, str) else n
            for n in named
        ]


class Baseline(Strict):
    """Where the path towards a target begins."""

    value: float
    date: date
    how: str = ""


class Target(Entry):
    """A target, verbatim from the catalogue, plus ``reads``."""

    indicator: str
    name_zh: str
    operator: Literal[">=", ">", "<=", "<", "=="]
    value: float
    unit: str
    level: str
    applies_to: str
    deadline: date | None
    period: str
    strength: str
    baseline: Baseline | None
    owners: list[str]
    feeds: list[str]
    formula: str
    ambiguity: str = ""
    monitor: str
    reads: Reads

    @property
    def cap(self) -> bool:
        """Whether the target is a ceiling."""
        return self.operator in ("<=", "<")

    @property
    def yearly(self) -> bool:
        """Whether every calendar year is judged by itself."""
        return self.deadline is None and self.period == "per_year"


class Document(Strict):
    """One policy document.

    Attributes
    ----------
    region_code : str
        Region by whose figures its targets are judged.
    parent : str or None
        Document that it carries out.
    within : str or None
        Programme in which it is tracked; None: it is the document of a programme of its own.
    """

    id: str
    title: str
    doc_no: str | None = None
    doc_no_note: str = ""
    issuer: str | None = None
    issued: date | None = None
    issued_note: str = ""
    region_code: str
    region: str = ""
    lead: str = ""
    parent: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    within: str | None = None
    targets: list[Target] = []
    incentives: list[Incentive] = []
    ranking_rules: list[RankingRule] = []
    cadence: list[Cadence] = []
    service_domains: ServiceDomains | None = None
    problem_escalation: Escalation | None = None
    cultivation_library: Library | None = None

    @model_validator(mode="after")
    def _own(self) -> Document:
        parts: list[Entry] = [*self.targets, *self.incentives, *self.ranking_rules, *self.cadence]
        if foreign := sorted(p.id for p in parts if p.policy != self.id):
            raise ValueError(f"{self.id}：以下条目属于别的政策 / entries of another policy: {foreign}")
        return self

    def in_force(self, year: int) -> bool:
        """Whether the document is in force on some day of a calendar year."""
        begun = self.valid_from is None or self.valid_from.year <= year
        return begun and (self.valid_to is None or year <= self.valid_to.year)
