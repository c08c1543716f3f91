"""The indicators of a run: their specs, and what each asks of the feeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from jobs.definitions.calendar import track_name
from jobs.definitions.dictionary import ANY, Indicator, Read
from jobs.definitions.period import parse
from jobs.definitions.policy.model import Programme
from jobs.definitions.policy.thresholds import Use
from jobs.definitions.policy.uses import asked as with_parts
from jobs.kpi.spec import SMALL_PANEL, Spec

Used = list[tuple[Indicator, list[Spec]]]
"""The indicators of a run, each with its specs."""


@dataclass(frozen=True)
class Wanted:
    """Periods that are worked out.

    Attributes
    ----------
    asked : tuple of str
        Those of the tables.
    before : tuple of str
        Those that the asked ones are compared with.
    compared : frozenset of str
        Ids of the indicators that are compared.
    """

    asked: tuple[str, ...]
    before: tuple[str, ...] = ()
    compared: frozenset[str] = frozenset()

    @classmethod
    def of(cls, programme: Programme, asked: Iterable[str], dictionary: Mapping[str, Indicator]) -> Wanted:
        """Return the asked periods and, for what moved in the rankings, the one before each."""
        own = tuple(sorted(set(asked)))
        earlier = {parse(p).shift(-1).key for p in own} - set(own) if programme.ranking else set()
        before = tuple(sorted(p for p in earlier if parse(p) >= parse(programme.first_period)))
        ranked = [c.indicator for scheme in programme.ranking for c in scheme.criteria]
        return cls(own, before, frozenset(i.id for i in with_parts(ranked, dictionary)))

    @property
    def periods(self) -> list[str]:
        """All of them."""
        return sorted({*self.asked, *self.before})

    def periods_of(self, indicator: str) -> list[str]:
        """Return the periods for which an indicator is worked out."""
        return self.periods if indicator in self.compared else list(self.asked)


def specs(indicator: Indicator, use: Use) -> list[Spec]:
    """Return the specs of an indicator of a programme: one, of coverage one per feed.

    Whole regions are never too few; the policy may set the line.
    """
    enterprise = indicator.entity == "enterprise"
    shared = Spec(
        id=indicator.id,
        unit=indicator.unit,
        value_unit=indicator.value_unit,
        minor=indicator.minor,
        scale=indicator.scale,
        line=use.line or indicator.line,
        line_is_cap=use.line_is_cap or indicator.line_is_cap,
        few=SMALL_PANEL if enterprise else 1,
        single=enterprise,
        base_kind=indicator.base_kind,
        signed=indicator.signed,
        annualised=indicator.annualised,
        absent_zero=indicator.absent_zero,
    )
    if indicator.family == "coverage":
        each = [
            replace(shared, key=f"{indicator.id}:{n}", reading=r.feed, track=track_name(indicator, r))
            for n, r in indicator.reads.items()
        ]
        return [
            *each,
            replace(shared, key=f"{indicator.id}:{ANY}", reading=ANY, track="date"),
        ]
    main = indicator.main
    return [replace(shared, track=track_name(indicator, main) if main else "date")]


def used(programme: Programme, dictionary: Mapping[str, Indicator]) -> Used:
    """Return a programme's indicators that are folded over the population, with their specs."""
    pairs = [(dictionary[u.id], u) for u in programme.indicators]
    return [(i, specs(i, u)) for i, u in pairs if i.folded]


def asked(indicator: Indicator) -> list[tuple[Read, bool]]:
    """Return the reads of an indicator and whether each asks for the rows of a year earlier."""
    before = indicator.family == "growth"
    reads = [(read, before) for read in indicator.reads.values()]
    if indicator.quarterly:
        reads += [(quarter_before(read), before) for read in indicator.reads.values()]
    return reads


def quarter_before(read: Read) -> Read:
    """Return the read of the cumulative at the end of the quarter before."""
    return read.model_copy(update={"months_back": read.months_back + 3})
