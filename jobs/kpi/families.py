"""From a line of the dictionary to its spec, its measure per entity, and the fold of its family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.kpi import contribution, counts, coverage, growth, level, measures, ratio
from jobs.kpi.calendar import track_name
from jobs.kpi.cells import Cut
from jobs.kpi.dictionary import Indicator, Read
from jobs.kpi.measures import Slots
from jobs.kpi.reading import named, part_name
from jobs.kpi.spec import FEW, Spec
from jobs.policy.lines import Use
from jobs.policy.model import Programme

Used = list[tuple[Indicator, list[Spec]]]
"""The indicators of a run, each with its specs."""


def measure_column(key: str) -> str:
    """Column of the population frame that holds the prepared measure of a fold's rows."""
    return f"m__{key}"


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
        few=FEW if enterprise else 1,
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
            replace(shared, key=f"{indicator.id}:{coverage.ANY}", reading=coverage.ANY, track="date"),
        ]
    main = indicator.main
    return [replace(shared, track=track_name(indicator, main) if main else "date")]


def used(programme: Programme, dictionary: Mapping[str, Indicator]) -> Used:
    """Return a programme's indicators that are folded over the population, with their specs."""
    found = [(dictionary[u.id], u) for u in programme.indicators]
    return [(i, specs(i, u)) for i, u in found if i.folded]


def asked(indicator: Indicator) -> list[tuple[Read, bool]]:
    """Return the reads of an indicator and whether each asks for the rows of a year earlier."""
    before = indicator.family == "growth"
    found = [(read, before) for read in indicator.reads.values()]
    if indicator.quarterly:
        found += [(_quarter_before(read), before) for read in indicator.reads.values()]
    return found


def _quarter_before(read: Read) -> Read:
    """Return the read of the cumulative at the end of the quarter before."""
    return read.model_copy(update={"months_back": read.months_back + 3})


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
        m = measures.quarter(m, of.one(_quarter_before(of.current)))
    return growth.prepare(m, spec.base_kind, of.late(of.current))


def _prepared_level(of: _Measured, spec: Spec) -> Column:
    return level.prepare(of.one(of.current), of.late(of.current))


def _prepared_coverage(of: _Measured, spec: Spec) -> Column:
    found = {read.feed: (of.one(read), of.late(read)) for read in of.indicator.reads.values()}
    if spec.reading == coverage.ANY:
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


@dataclass(frozen=True)
class Family:
    """How the rows of a family are folded and read.

    Attributes
    ----------
    parts : callable
        Measure -> what each row adds to a cell.
    readings : callable
        Readings of a folded cell.
    lists : callable
        Measure -> values kept one by one for quantiles.
    derived : callable
        Columns that several readings share.
    totals : tuple of callable
        Steps over all folded cells that set a cell beside others.
    """

    parts: Callable[[Column], dict[str, Column]]
    readings: Callable[[], list[Column]]
    lists: Callable[[Column], dict[str, Column]] = field(default=lambda m: {})
    derived: Callable[[], dict[str, Column]] = field(default=lambda: {})
    totals: tuple[Callable[[DataFrame], DataFrame], ...] = ()


def _listed(folded: DataFrame) -> DataFrame:
    """Add whether a list names anybody anywhere in the period."""
    anybody = F.max(F.col(part_name("n"))).over(Window.partitionBy("period", "key")) > 0
    return folded.withColumn(part_name("listed"), anybody)


def _count_parts(m: Column) -> dict[str, Column]:
    return counts.parts(F.col("unit").isNotNull())


COUNT = Family(_count_parts, counts.readings, totals=(counts.totals,))
LEVEL = Family(level.parts, level.readings, totals=(_listed,))
RATIO = Family(ratio.parts, ratio.readings, ratio.lists, ratio.derived)
COVERAGE = Family(coverage.parts, coverage.readings)
GROWTH = Family(
    growth.parts,
    lambda: growth.readings() + contribution.contributions(),
    derived=growth.derived,
    totals=(contribution.totals,),
)
REGION_GROWTH = Family(growth.parts, growth.readings, derived=growth.derived)


def family_of(indicator: Indicator) -> Family:
    """Return how an indicator is folded."""
    if indicator.family == "growth":
        return GROWTH if indicator.entity == "enterprise" else REGION_GROWTH
    return {"count": COUNT, "level": LEVEL, "ratio": RATIO, "mean": RATIO, "coverage": COVERAGE}[
        indicator.family
    ]


def in_scope(columns: Mapping[str, Column], measured: bool) -> dict[str, Column]:
    """Measured indicators only count entities that are validly in the cell, at a known place."""
    there = F.col("valid") & F.col("unit").isNotNull()
    return {k: F.when(there, v) if measured else v for k, v in columns.items()}


def one_by_one(rows: DataFrame, cut: Cut, used: Used) -> DataFrame:
    """Return one row per entity, tier and indicator (contract): measures of a family one under another.

    Parameters
    ----------
    rows : DataFrame
        One row per entity and tier.
    cut : Cut
        Its finest cell's columns stay.
    used : list
        Indicators of one family with their specs.

    Returns
    -------
    DataFrame
        The cell's columns and what says how the entity counts in it, ``key`` and the measure ``m``.
    """
    kept = [*dict.fromkeys([*cut.finest, "unit"]), "valid"]
    if family_of(used[0][0]) is COUNT:
        # There is one count; nothing is measured.
        (spec,) = (s for _, own in used for s in own)
        counted = [c for c in counts.READINGS if c not in kept]
        return rows.select(*kept, *counted, F.lit(spec.name).alias("key"), F.lit(None).alias("m"))

    def tagged(key: str, m: Column) -> Column:
        # Where a value stands in its file is not folded.
        return F.struct(F.lit(key).alias("key"), m.dropFields("line").alias("m"))

    def several(key: str) -> Column:
        cases = F.transform(F.col(measure_column(key)), lambda m: tagged(key, m))
        return F.coalesce(cases, F.array())

    many = {s.name: i.of_contracts for i, own in used for s in own}
    single = [tagged(k, F.col(measure_column(k))) for k, is_many in many.items() if not is_many]
    parts = [F.array(*single)] if single else []
    parts += [several(k) for k, is_many in many.items() if is_many]
    return rows.select(*kept, F.inline(F.concat(*parts)))


def folded_names(family: Family, m: Column, measured: bool) -> tuple[dict[str, Column], dict[str, Column]]:
    """Return the sums and lists of a family under their full names."""
    return named(in_scope(family.parts(m), measured)), named(in_scope(family.lists(m), measured))
