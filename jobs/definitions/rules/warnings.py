"""Warning rules and the problem ladder as read from ``policies/monitoring``."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import accumulate
from string import Formatter
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

WAN = "万元"
"""Form of a text's field that shows yuan in ten thousands: ``{revenue:万元}``."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Band(_Strict):
    """A required R&D intensity in per cent, for firms that meet an SQL condition over the facts (None: all)."""

    when: str | None = None
    percent: Decimal = Field(gt=0)
    quote: str


class RdLine(_Strict):
    """The R&D lines of one tier under one version of the rules; the first band that applies counts.

    ``issued_from`` and ``issued_to`` bound the start of the certificates that the version rules.
    """

    tier: str
    doc_no: str
    issued_from: date
    issued_to: date | None = None
    bands: list[Band]


class Population(_Strict):
    """The firms that a rule can apply to; a closed firm never belongs to them.

    Attributes
    ----------
    text : str
        The same in words, shown beside the number of firms.
    holders : str
        ``certified``: a valid certificate proper; ``all``: libraries as well.
    domains, sections : list of str
        Service domains, sections of the industry's code; empty: all.
    reports : list of str
        Feeds that hold the firm in the period: whoever is not obliged to report has nothing to be judged by.
    when : str or None
        SQL of what else must hold.
    """

    text: str
    holders: Literal["certified", "all"]
    domains: list[str] = []
    sections: list[str] = []
    reports: list[str] = []
    when: str | None = None


class Figure(_Strict):
    """A figure worked out from facts for the reader; only the condition, never the figure, is compared.

    Attributes
    ----------
    of, by : str
        SQL of the dividend and the divisor.
    against : list of str
        SQL of what the sentence sets it against: it is shown with as many digits as decide.
    """

    of: str
    by: str
    against: list[str] = []


class Review(_Strict):
    """When a rule fires on too many to be believed unread: above ``percent`` of a population of ``least`` or more."""

    percent: int = Field(gt=0, lt=100)
    least: int = Field(gt=0)


class WarningRule(_Strict):
    """One warning rule; the head of ``policies/monitoring/warnings.yaml`` explains its fields."""

    id: str
    name_zh: str
    population: Population
    params: dict[str, Decimal] = {}
    facts: list[str]
    when: str
    periods: int = Field(ge=1)
    severity: Literal[1, 2, 3]
    raised_after: int | None = Field(default=None, ge=2)
    feeds: list[str]
    figures: dict[str, Figure] = {}
    shown: dict[str, str] = {}
    confirm_facts: list[str] = []
    confirm: str | None = None
    confirm_feeds: list[str] = []
    text: str

    @model_validator(mode="after")
    def _consistent(self) -> WarningRule:
        for text in (self.when, self.population.when or "", self.confirm or "", *self._worked_out()):
            if unknown := {name for name, _ in fields(text)} - set(self.params):
                raise ValueError(
                    f"{self.id}: 条件用到未给的阈值 / threshold without a value: {sorted(unknown)}"
                )
        if not self.evidence:
            raise ValueError(f"{self.id}: 没有证据的规则 / a rule without evidence")
        named = [*self.evidence, *self.params]
        if unknown := {name for name, _ in fields(self.text)} - set(named):
            raise ValueError(f"{self.id}: 文字用到没有的证据 / text names no evidence: {sorted(unknown)}")
        if len(named) != len(set(named)):
            raise ValueError(f"{self.id}: 证据与阈值重名 / evidence and thresholds share a name")
        if forms := {form for _, form in fields(self.text)} - {"", WAN}:
            raise ValueError(f"{self.id}: 文字的格式无法识别 / unknown form in the text: {sorted(forms)}")
        if self.confirm is None and (self.confirm_facts or self.confirm_feeds):
            raise ValueError(f"{self.id}: 没有佐证条件 / no condition to confirm by")
        return self

    def _worked_out(self) -> list[str]:
        """Return the SQL of all that is only shown."""
        figures = [text for f in self.figures.values() for text in (f.of, f.by, *f.against)]
        return [*figures, *self.shown.values()]

    @property
    def all_facts(self) -> list[str]:
        """Facts that the rule and its confirmation read."""
        return [*self.facts, *self.confirm_facts]

    @property
    def evidence(self) -> list[str]:
        """Names of all that is stored as evidence."""
        return [*self.all_facts, *self.figures, *self.shown]

    def sql(self, text: str) -> str:
        """Return a condition or figure of the rule with its thresholds filled in."""
        return text.format_map(self.params)


class Rulebook(_Strict):
    """All rules.

    Attributes
    ----------
    listing_feeds : list of str
        Feeds with rows of those firms only that have something to report: an absent firm is no missing report.
    review : Review
    rd_lines : list of RdLine
        Tiers from the highest to the lowest.
    rules : list of WarningRule
    """

    listing_feeds: list[str]
    review: Review
    rd_lines: list[RdLine]
    rules: list[WarningRule]

    @model_validator(mode="after")
    def _unique(self) -> Rulebook:
        ids = [r.id for r in self.rules]
        if len(ids) != len(set(ids)):
            raise ValueError("预警规则编号重复 / duplicate rule id")
        return self


class Level(_Strict):
    """A step of the ladder; ``limit_days`` None: the last one, which has no limit."""

    id: str
    name_zh: str
    body: str
    limit_days: int | None = Field(default=None, gt=0)


class Ladder(_Strict):
    """The problem ladder (分级办理) with the clause that sets it."""

    policy: str
    clause: str
    quote: str
    levels: list[Level]

    @model_validator(mode="after")
    def _ends(self) -> Ladder:
        unlimited = [level.limit_days is None for level in self.levels]
        if not unlimited or unlimited != [False] * (len(unlimited) - 1) + [True]:
            raise ValueError(
                "分级办理：除最高一级外都要有时限 / every level but the last needs a limit in days"
            )
        return self

    @property
    def ends(self) -> list[int]:
        """Days after the opening on which each level but the last hands up: the sums of the limits."""
        return list(accumulate(level.limit_days for level in self.levels if level.limit_days is not None))


def fields(text: str) -> list[tuple[str, str]]:
    """Return name and form of every ``{name:form}`` in a text."""
    return [(name, form or "") for _, name, form, _ in Formatter().parse(text) if name is not None]
