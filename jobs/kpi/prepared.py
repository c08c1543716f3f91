"""Per entity: from the gathered row to an indicator's measure with all that its family works out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.kpi import coverage, growth, level, measures, ratio
from jobs.kpi.calendar import track_name
from jobs.kpi.dictionary import Indicator, Read
from jobs.kpi.slots import Slots
from jobs.kpi.spec import ANY, Spec
from jobs.kpi.used import quarter_before


@dataclass(frozen=True)
class _Measured:
    """An indicator's measures over gathered rows."""

    indicator: Indicator
    slots: Slots

    def name(self, read: Read) -> str:
        return track_name(self.indicator, read)

    def one(self, read: Read) -> Column:
        return measures.single(read, self.indicator.minor, self.slots, self.name(read))

    def late(self, read: Read, den: Read | None = None) -> Column:
        under = self.slots.label(den, self.name(den)) if den else None
        return measures.waits(self.slots, self.slots.label(read, self.name(read)), under)

    @property
    def current(self) -> Read:
        return self.indicator.reads["current"]


def _prepared_ratio(of: _Measured, spec: Spec) -> Column:
    above, below = of.indicator.reads["numerator"], of.indicator.reads["denominator"]
    if not of.indicator.of_contracts:
        return ratio.prepare(measures.pair(of.one(above), of.one(below)), of.late(above, below), spec)
    rows = measures.cases(above, below, of.indicator.minor, of.slots, of.name(above))
    return F.transform(rows, lambda m: ratio.prepare(m, of.late(above), spec))


def _prepared_mean(of: _Measured, spec: Spec) -> Column:
    i = of.indicator
    each = measures.per_entity(of.one(of.current), i.minor, of.current.source, i.absent_zero)
    return ratio.prepare(each, of.late(of.current), spec)


def _prepared_growth(of: _Measured, spec: Spec) -> Column:
    m = of.one(of.current)
    if of.indicator.quarterly:
        m = measures.quarter(m, of.one(quarter_before(of.current)))
    return growth.prepare(m, spec.base_kind, of.late(of.current))


def _prepared_level(of: _Measured, spec: Spec) -> Column:
    return level.prepare(of.one(of.current), of.late(of.current))


def _prepared_coverage(of: _Measured, spec: Spec) -> Column:
    found = {read.feed: (of.one(read), of.late(read)) for read in of.indicator.reads.values()}
    if spec.reading == ANY:
        return coverage.prepare_any(list(found.values()))
    return coverage.prepare(*found[spec.reading])


_PREPARED: dict[str, Callable[[_Measured, Spec], Column]] = {
    "ratio": _prepared_ratio,
    "mean": _prepared_mean,
    "growth": _prepared_growth,
    "level": _prepared_level,
    "coverage": _prepared_coverage,
}


def prepared(indicator: Indicator, spec: Spec, slots: Slots) -> Column:
    """Return the measure of a spec with what its family works out per entity.

    Parameters
    ----------
    indicator : Indicator
    spec : Spec
        One of its specs.
    slots : Slots
        What was gathered.

    Returns
    -------
    Column
        A struct, of contracts an array of structs.
    """
    return _PREPARED[indicator.family](_Measured(indicator, slots), spec)
