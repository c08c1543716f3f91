"""A programme: a monitored area with its documents, as read from ``policies/*.yaml``."""

from __future__ import annotations

from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import model_validator

from jobs import yamlfile
from jobs.definitions.dictionary import indicators
from jobs.definitions.period import Period, parse, span
from jobs.definitions.policy.document import Document, Target
from jobs.definitions.policy.influence import FeedUse, affected, members
from jobs.definitions.policy.scheme import Scheme
from jobs.definitions.policy.texts import Strict
from jobs.definitions.policy.thresholds import Use, lined
from jobs.definitions.policy.uses import asked, fact_reads, feed_uses
from jobs.definitions.reference import inside, regions, reporters
from jobs.refusals import choose
from jobs.settings import settings


class Tier(Strict):
    """A step of the ladder (梯度)."""

    code: str
    name_zh: str
    rank: int
    expires: bool = True


class Programme(Strict):
    """A monitored area: what is computed of it, and the documents whose targets are judged by that.

    Attributes
    ----------
    documents : list of Document
        Its own and those tracked in it, by id.
    entity : str
        ``enterprise``: certified firms in the programme's units; ``region``: the units themselves.
    units : list of str
        Codes of the regions compared; in the file also the name of a list in ``schemas/reference``, of which
        those inside the programme's region count. Without any the programme is not fed: nothing is computed.
    unit_level : str
        ``region_level`` of these regions in the result tables.
    roles : dict
        Which feeds are the register and the certificates.
    certified_rank : int
        Lowest rank that is a certificate proper; libraries are below it.
    breakthrough_tier : str or None
        Tier whose first holder in a region is its 零突破.
    window_start : date
        From when new grants count.
    required : list of str
        Feeds or groups, beside register and certificates, without which nothing is computed.
    indicators : list of Use
        In the file those that no target and no ranking asks for; as loaded all that are computed, with what
        they are derived from and the lines that targets draw.
    lag_days : int
        Days after a deadline until the verdict is frozen.
    """

    id: str
    title: str
    doc_no: str | None = None
    region_code: str
    documents: list[Document] = []
    entity: Literal["enterprise", "region"]
    units: list[str]
    unit_level: str
    roles: dict[str, str] = {}
    tiers: list[Tier] = []
    certified_rank: int = 2
    window_start: date = date(2022, 1, 1)
    breakthrough_tier: str | None = None
    first_period: str
    last_period: str | None = None
    required: list[str] = []
    indicators: list[Use]
    ranking: list[Scheme] = []
    lag_days: int = 90
    grace_days: int = 90

    @model_validator(mode="before")
    @classmethod
    def _named_units(cls, data: dict[str, Any]) -> dict[str, Any]:
        if isinstance(data.get("units"), str):
            # One that nobody knows lies nowhere: left out, the programme would lack a unit without a word.
            listed, known = reporters(data["units"]), regions()
            own = [u for u in listed if u not in known or inside(u, data["region_code"])]
            return data | {"units": own}
        return data

    @model_validator(mode="after")
    def _all_indicators(self) -> Programme:
        listed = {u.id: u for u in self.indicators}
        judged = [c.indicator for t in self.targets for c in t.reads.cells]
        ranked = [c.indicator for s in self.ranking for c in s.criteria]
        every = {i: listed.get(i, Use(id=i)) for i in dict.fromkeys([*listed, *judged, *ranked])}
        self.indicators = list((every | lined(self.targets, every)).values())
        return self

    @property
    def targets(self) -> list[Target]:
        """The targets of all documents."""
        return [t for d in self.documents for t in d.targets]

    @property
    def fed(self) -> bool:
        """Whether there is anything to compute: a unit whose data come here."""
        return bool(self.units)

    @property
    def unknown_regions(self) -> list[str]:
        """Regions of its figures that the reference list does not know; regions are compared without their sum."""
        own = {*self.units, *(d.region_code for d in self.documents if d.targets)}
        own |= {self.region_code} if self.entity == "enterprise" else set()
        return sorted(own - set(regions()))

    @property
    def tables(self) -> list[str]:
        """Gold tables that every release of the programme must have rows of."""
        names = ["kpi_region"]
        if self.entity == "enterprise":
            names += ["kpi_enterprise", "enterprise_statement", "coverage", "data_status"]
        names += ["target_progress"] if self.targets else []
        return names + (["region_ranking", "ranking_component"] if self.ranking else [])

    @property
    def ranks(self) -> dict[str, int]:
        """Tier -> rank."""
        return {t.code: t.rank for t in self.tiers}

    @cached_property
    def feeds(self) -> list[FeedUse]:
        """What the programme reads of which feed (see :func:`jobs.definitions.policy.uses.feed_uses`)."""
        known = indicators()
        used = [known[u.id] for u in self.indicators]
        facts = fact_reads() if self.entity == "enterprise" else []
        return feed_uses(used, self.roles, parse(self.first_period).months == 12, facts)

    @property
    def feed_ids(self) -> list[str]:
        """Ids of the feeds that the programme reads, sorted."""
        return sorted({u.feed for u in self.feeds})

    @property
    def required_feeds(self) -> list[str]:
        """Ids of the feeds that its periods wait for, sorted."""
        named = [m for name in self.required for m in members(name)]
        return sorted({*named, *(self.roles[r] for r in ("register", "certificates") if r in self.roles)})

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


def _split(path: Path) -> tuple[Document, dict[str, Any] | None]:
    """Return the document of a policy file, and its block ``programme``.

    Raises
    ------
    ValueError
        If the file neither opens a programme nor names the one it is tracked in, or does both.
    """
    data = yamlfile.read(path)
    block = data.pop("programme", None)
    document = Document.model_validate(data)
    if (block is None) == (document.within is None):
        raise ValueError(f"{path.name} 须写 programme 或 within 之一 / needs one of programme and within")
    return document, block


def _programme(own: Document, block: dict[str, Any], tracked: list[Document]) -> Programme:
    documents = sorted([own, *tracked], key=lambda d: d.id)
    head = {"id": own.id, "title": own.title, "doc_no": own.doc_no, "region_code": own.region_code}
    made = Programme.model_validate({**head, "documents": documents, **block})
    named = [u.id for u in made.indicators]
    made.indicators += [Use(id=i.id) for i in asked(named, indicators()) if i.id not in named]
    return made


@lru_cache(maxsize=1)
def load_all() -> dict[str, Programme]:
    """Return all programmes of ``policies/`` by id, each with the documents tracked in it.

    Raises
    ------
    ValueError
        If an id of a document or target occurs twice, a document is tracked in no programme that exists, or
        the dictionary lacks an indicator.
    """
    files = [_split(p) for p in sorted(settings().policies.glob("*.yaml"))]
    ids = [d.id for d, _ in files] + [t.id for d, _ in files for t in d.targets]
    if double := sorted({i for i in ids if ids.count(i) > 1}):
        raise ValueError(f"policies/ 中编号重复 / duplicate ids in policies/: {double}")
    blocks = {d.id: (d, block) for d, block in files if block is not None}
    if lost := sorted(d.id for d, _ in files if d.within and d.within not in blocks):
        raise ValueError(f"within 指向的方案不存在 / no such programme to be tracked in: {lost}")
    return {
        name: _programme(own, block, [d for d, _ in files if d.within == name])
        for name, (own, block) in blocks.items()
    }


def feeds_read() -> list[str]:
    """Return the feeds that any programme reads, sorted: a new batch of another one changes no figure."""
    return sorted({feed for p in load_all().values() if p.fed for feed in p.feed_ids})


def load(programme_id: str) -> Programme:
    """Return one programme.

    Raises
    ------
    NotThere
        If there is none of that id or title.
    """
    programmes = load_all()
    return programmes[choose("方案", programme_id, {i: p.title for i, p in programmes.items()})]


def policy(policy_id: str) -> tuple[Programme, Document]:
    """Return a document and the programme it is tracked in.

    Raises
    ------
    NotThere
        If there is none of that id or title; the message names those that may be meant.
    """
    documents = {d.id: (p, d) for p in load_all().values() for d in p.documents}
    return documents[choose("政策", policy_id, {i: d.title for i, (_, d) in sorted(documents.items())})]
