"""What a policy document says beside its targets and incentives, verbatim: assessments, cadence, domains, ladders."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Base of all that is read from ``policies/``: a field that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class Entry(Strict):
    """What every numbered entry of a document has."""

    id: str
    policy: str
    clause: str
    quote: str


class RuleCriterion(Strict):
    """A criterion that a ranking rule names."""

    indicator: str
    name_zh: str
    weight: float | None


class RankingRule(Entry):
    """What a document says on rankings and assessments; how one is computed stands in the programme."""

    rule: str = ""
    units: str = ""
    top_n: int | None = None
    reward: str = ""
    criteria: list[RuleCriterion] = []
    not_stated: list[str] = []
    default: str = ""


class Cadence(Entry):
    """Who reports to whom, how often."""

    who: str
    events: list[str]


class Domain(Strict):
    """A service domain (专班领域) and the department in charge."""

    code: str
    name_zh: str
    department: str
    gbt4754_default: list[str] = []


class ServiceDomains(Strict):
    """The service domains of a document."""

    note: str = ""
    quote: str
    items: list[Domain]


class Step(Strict):
    """A step of the ladder by which problems are handed up."""

    level: int
    body: str
    action: str


class Escalation(Strict):
    """How problems of enterprises are handed up."""

    clause: str
    quote: str
    steps: list[Step]
    data: list[str]
    not_stated: list[str]
    related: list[str]


class LibraryLevel(Strict):
    """A level of the cultivation library (培育库)."""

    level: int
    tier: str
    name_zh: str
    standard_set_by: str
    kept_by: str
    admission: str
    sources: list[str] = []
    drawn_from: str = ""
    onward: str = ""


class Library(Strict):
    """The cultivation library: its levels, or the ladder in one line."""

    clause: str = ""
    quote: str = ""
    levels: list[LibraryLevel] = []
    rules: list[str] = []
    ladder: str = ""
