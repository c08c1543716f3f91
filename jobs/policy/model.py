"""A programme: one policy document (or comparison) as read from ``policies/*.yaml``."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from jobs.period import Period, parse, span
from jobs.policy.influence import FeedUse, affected, names
from jobs.reference import reporters
from jobs.settings import settings


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Tier(_Strict):
    """A step of the ladder (梯度)."""

    code: str
    name_zh: str
    rank: int
    expires: bool = True


class Reads(_Strict):
    """Which figure of which cell answers a target."""

    indicator: str
    tier: str | None = None
    headline: str
    beside: list[str] = []
    each: list[str] = []
    """Readings that are a share of firms meeting the line (EACH); judged only against ``each_share``."""
    each_share: str | None = None
    """Share of firms that must meet the line; None where the text names none."""


class Target(_Strict):
    """A target, verbatim from the catalogue, plus ``reads``."""

    id: str
    policy: str
    clause: str
    quote: str
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
    baseline: float | None
    baseline_date: date | None = None
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


class Use(_Strict):
    """An indicator of the programme, with what the policy adds to the dictionary."""

    id: str
    line: str | None = None
    line_is_cap: bool = False


class Criterion(_Strict):
    """One criterion of a ranking."""

    indicator: str
    reading: str
    name_zh: str
    tier: str | None = None
    weight: float = Field(gt=0)
    direction: Literal[1, -1] = 1
    min_n: int | None = None
    """Fewest firms behind the figure; None: the scheme's."""
    target: float | None = None
    goalposts: tuple[float, float] | None = None


class Uncertainty(_Strict):
    """How rank intervals are drawn."""

    draws: int = 2000
    seed: int
    phi: float = 0.25
    """Relative noise of the weights."""
    normalisations: list[str] = ["minmax", "zscore", "percentile"]
    aggregations: list[str] = ["arithmetic", "geometric"]
    treatment: bool = True


class Scheme(_Strict):
    """A ranking scheme."""

    id: str
    clause: str = ""
    quote: str = ""
    top_n: int = 3
    normalisation: Literal["minmax", "zscore", "rank", "percentile", "target", "goalposts"] = "minmax"
    aggregation: Literal["arithmetic", "geometric", "harmonic"] = "arithmetic"
    min_n: int = 5
    availability: str = "2/3"
    criteria: list[Criterion]
    uncertainty: Uncertainty
    not_stated: list[str] = []


class Programme(_Strict):
    """One policy document with what it measures.

    Attributes
    ----------
    entity : str
        ``enterprise``: certified firms in the programme's units; ``region``: the units themselves.
    units : list of str
        Codes of the regions compared; in the file also the name of a list in ``schemas/reference``.
    unit_level : str
        ``region_level`` of these regions in the result tables.
    roles : dict
        Which feeds are the register and the certificates.
    lag_days : int
        Days after a deadline until the verdict is frozen.
    """

    id: str
    title: str
    doc_no: str | None = None
    issuer: str | None = None
    region_code: str
    entity: Literal["enterprise", "region"]
    valid_from: date | None = None
    valid_to: date | None = None
    window_start: date = date(2022, 1, 1)
    first_period: str
    last_period: str | None = None
    units: list[str]
    unit_level: str
    roles: dict[str, str] = {}
    certified_rank: int = 2
    tiers: list[Tier] = []
    feeds: list[FeedUse]
    indicators: list[Use]
    targets: list[Target] = []
    ranking: list[Scheme] = []
    lag_days: int = 90
    grace_days: int = 90

    @model_validator(mode="before")
    @classmethod
    def _named_units(cls, data: dict[str, Any]) -> dict[str, Any]:
        if isinstance(data.get("units"), str):
            return data | {"units": list(reporters(data["units"]))}
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Programme:
        used = {u.id for u in self.indicators}
        asked = {t.reads.indicator for t in self.targets} | {
            c.indicator for s in self.ranking for c in s.criteria
        }
        if asked - used:
            raise ValueError(
                f"{self.id}: 目标或排名用到未列入的指标 / not among the indicators: {sorted(asked - used)}"
            )
        return self

    @property
    def tables(self) -> list[str]:
        """Gold tables that every release of the programme must have rows of."""
        found = ["kpi_region"]
        if self.entity == "enterprise":
            found += ["kpi_enterprise", "enterprise_statement", "coverage", "data_status"]
        found += ["target_progress"] if self.targets else []
        return found + (["region_ranking", "ranking_component"] if self.ranking else [])

    @property
    def ranks(self) -> dict[str, int]:
        """Tier -> rank."""
        return {t.code: t.rank for t in self.tiers}

    def periods(self, last: Period) -> list[str]:
        """Return the programme's periods up to and including ``last``."""
        end = min(last, parse(self.last_period)) if self.last_period else last
        return [p.key for p in span(self.first_period, end)]

    def affected(self, feed: str, source_period: str, last: Period) -> list[str]:
        """Return the periods whose figures a change of a feed at a source period may change.

        ``source_period`` is a month, quarter or year key, or the ISO date of an event.
        """
        uses = [u for u in self.feeds if u.feed == feed]
        return [p for p in self.periods(last) if any(affected(u, source_period, parse(p)) for u in uses)]

    def feed_names(self) -> dict[str, str]:
        """Feed, or group of feeds, -> Chinese name, for messages."""
        return names(self.feeds)


def read_programme(path: Path) -> Programme:
    """Read one policy file."""
    return Programme.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def load_all() -> dict[str, Programme]:
    """Return all programmes of ``policies/`` by id.

    Raises
    ------
    ValueError
        If two files hold the same id.
    """
    found = [read_programme(p) for p in sorted(settings().policies.glob("*.yaml"))]
    by_id = {p.id: p for p in found}
    if len(by_id) != len(found):
        raise ValueError("policies/ 中有重复的方案编号 / duplicate programme id in policies/")
    return by_id


def feeds_read() -> list[str]:
    """Return the feeds that any programme reads, sorted: a new batch of another one changes no figure."""
    return sorted({use.feed for programme in load_all().values() for use in programme.feeds})


def load(programme_id: str) -> Programme:
    """Return one programme; KeyError if there is none of that id."""
    return load_all()[programme_id]
