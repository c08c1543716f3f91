"""From a line of the dictionary to what its family sums, lists and reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi import contribution, counts, coverage, growth, level, ratio
from jobs.kpi.calendar import track_name
from jobs.kpi.dictionary import Indicator
from jobs.kpi.reading import named, part_of
from jobs.policy.lines import Use


@dataclass(frozen=True)
class Plan:
    """One indicator, ready to be folded: named sums and lists per entity, readings per cell."""

    sums: dict[str, Column]
    readings: list[Column]
    lists: dict[str, Column] = field(default_factory=dict)
    derived: dict[str, Column] = field(default_factory=dict)
    totals: Callable[[DataFrame], DataFrame] | None = None


def _in_scope(columns: dict[str, Column]) -> dict[str, Column]:
    """Measured indicators only count entities that are validly in the cell, at a known place."""
    there = F.col("valid") & F.col("unit").isNotNull()
    return {k: F.when(there, v) for k, v in columns.items()}


def measure_column(indicator: str, read: str = "") -> str:
    """Column of the population frame that holds the measure struct of an indicator."""
    return f"m__{indicator}__{read}" if read else f"m__{indicator}"


def growth_spec(indicator: Indicator) -> growth.Spec:
    """Return the growth functions' view of an indicator; regions are never too few."""
    main = indicator.reads["current"]
    return growth.Spec(
        id=indicator.id,
        track=track_name(indicator, main),
        base_kind=indicator.base_kind,
        unit=indicator.unit,
        value_unit=indicator.value_unit,
        minor=indicator.minor,
        few=growth.FEW if indicator.entity == "enterprise" else 1,
        sources=(main.source,),
    )


def ratio_spec(indicator: Indicator, use: Use) -> ratio.Spec:
    """Return the ratio functions' view of an indicator and the policy's line."""
    main = indicator.reads["numerator"]
    return ratio.Spec(
        id=indicator.id,
        track=track_name(indicator, main),
        unit=indicator.unit,
        minor=indicator.minor,
        scale=indicator.scale,
        line=use.line or indicator.line,
        line_is_cap=use.line_is_cap or indicator.line_is_cap,
        single=indicator.entity == "enterprise",
        sources=(main.source,),
    )


def prepared(indicator: Indicator, m: Column, waits: Column) -> Column:
    """Return the measure struct with what its family works out per entity.

    ``waits`` says which rows of the entity stand in quarantine (:mod:`jobs.kpi.pending`).
    """
    if indicator.family == "growth":
        return growth.prepare(m, indicator.base_kind, waits)
    if indicator.family == "ratio":
        return ratio.prepare(m, waits)
    return level.prepare(m, waits) if indicator.family == "level" else coverage.prepare(m, waits)


def _growth(indicator: Indicator) -> Plan:
    spec = growth_spec(indicator)
    sums = named(spec.id, _in_scope(growth.parts(F.col(measure_column(indicator.id)), spec)))
    readings, shared = growth.readings(spec), named(spec.id, growth.derived(spec))
    if indicator.entity == "region":
        return Plan(sums, readings, derived=shared)
    readings += contribution.contributions(part_of(spec.id), spec)
    return Plan(sums, readings, derived=shared, totals=lambda folded: contribution.totals(folded, spec))


def _ratio(indicator: Indicator, use: Use) -> Plan:
    spec, m = ratio_spec(indicator, use), F.col(measure_column(indicator.id))
    sums, lists = named(spec.id, _in_scope(ratio.parts(m, spec))), named(spec.id, _in_scope(ratio.lists(m)))
    return Plan(sums, ratio.readings(spec), lists, named(spec.id, ratio.derived(spec)))


def _level(indicator: Indicator) -> Plan:
    main = indicator.reads["current"]
    spec = level.Spec(
        indicator.id, track_name(indicator, main), indicator.value_unit, indicator.minor, (main.source,)
    )
    sums = _in_scope(level.parts(F.col(measure_column(indicator.id)), spec))
    return Plan(named(spec.id, sums), level.readings(spec))


def _coverage(indicator: Indicator) -> Plan:
    sums: dict[str, Column] = {}
    readings: list[Column] = []
    for name, read in indicator.reads.items():
        spec = coverage.Spec(indicator.id, read.feed, track_name(indicator, read), indicator.unit)
        m = F.col(measure_column(indicator.id, name))
        sums |= named(spec.key, _in_scope(coverage.parts(m)))
        readings += coverage.readings(spec)
    return Plan(sums, readings)


def plan(indicator: Indicator, use: Use) -> Plan:
    """Return the plan of one indicator of a programme."""
    if indicator.family == "count":
        located = F.col("unit").isNotNull()
        return Plan(
            named(indicator.id, counts.parts(located)),
            counts.readings(indicator.id, indicator.unit),
            totals=lambda folded: counts.totals(folded, indicator.id),
        )
    if indicator.family == "growth":
        return _growth(indicator)
    if indicator.family == "ratio":
        return _ratio(indicator, use)
    if indicator.family == "level":
        return _level(indicator)
    return _coverage(indicator)
