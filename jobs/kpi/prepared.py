"""Per entity: from the gathered row to an indicator's measure with all that its family works out.

Three steps, each over the columns of the one before: the values read, the measures made of them, the measures
prepared for their family. A measure is used dozens of times; as one expression it would multiply the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi import coverage, growth, level, measures, ratio
from jobs.kpi.calendar import track_name
from jobs.kpi.dictionary import Indicator, Read
from jobs.kpi.slots import Slots
from jobs.kpi.spec import ANY, Spec
from jobs.kpi.used import Used, Wanted, measure_column, quarter_before


@dataclass
class _Values:
    """The values that are read, each once, under names of their own."""

    slots: Slots
    wanted: Wanted
    columns: dict[str, Column] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    periods: dict[str, set[str]] = field(default_factory=dict)

    def of(self, indicator: Indicator, read: Read) -> Column:
        track = track_name(indicator, read)
        text = f"{track} {indicator.minor} {read.model_dump_json()}"
        name = self.names.setdefault(text, f"value_{len(self.names)}")
        self.columns.setdefault(name, measures.single(read, indicator.minor, self.slots, track))
        self.periods.setdefault(name, set()).update(self.wanted.periods_of(indicator.id))
        return F.col(name)

    def all(self) -> dict[str, Column]:
        """Return the values, each in the periods for which it is wanted: of the others only facts are asked."""
        return {n: in_periods(c, self.periods[n]) for n, c in self.columns.items()}

    def late(self, indicator: Indicator, read: Read, den: Read | None = None) -> Column:
        def label(r: Read) -> str | None:
            return self.slots.label(r, track_name(indicator, r))

        return measures.waits(self.slots, label(read), label(den) if den else None)


def in_periods(column: Column, periods: Iterable[str]) -> Column:
    """Return a column that is null in all other periods."""
    return F.when(F.col("period").isin(sorted(periods)), column)


def _measure(indicator: Indicator, spec: Spec, values: _Values) -> tuple[Column, Column]:
    """Return the measure of a spec over the values, and what of it waits for a correction."""
    if indicator.fold == "coverage":
        return _covered(indicator, spec, values)
    if indicator.family == "ratio":
        above, below = indicator.reads["numerator"], indicator.reads["denominator"]
        late = values.late(indicator, above, below)
        if indicator.of_contracts:
            track = track_name(indicator, above)
            return measures.cases(above, below, indicator.minor, values.slots, track), late
        return measures.pair(values.of(indicator, above), values.of(indicator, below)), late
    read = indicator.reads["current"]
    m, late = values.of(indicator, read), values.late(indicator, read)
    if indicator.quarterly:
        back = quarter_before(read)
        late = measures.quarter_waits(m, late, values.late(indicator, back))
        m = measures.quarter(m, values.of(indicator, back))
    if indicator.family == "mean":
        m = measures.per_entity(m, indicator.minor, read.source, indicator.absent_zero)
    return m, late


def _covered(indicator: Indicator, spec: Spec, values: _Values) -> tuple[Column, Column]:
    """Return the row that a feed, or any of several, has of an entity."""
    reads = [r for r in indicator.reads.values() if spec.reading in (r.feed, ANY)]
    line = F.coalesce(*[values.of(indicator, r)["line"] for r in reads])
    held = reduce(lambda a, b: a | b, [values.late(indicator, r)["now"] for r in reads])
    return F.struct(line.alias("line")), F.struct(held.alias("now"))


def _finished(indicator: Indicator, spec: Spec, m: Column, late: Column) -> Column:
    if indicator.of_contracts:
        return F.transform(m, lambda case: ratio.prepare(case, late, spec))
    by_family: dict[str, Callable[[], Column]] = {
        "ratio": lambda: ratio.prepare(m, late, spec),
        "growth": lambda: growth.prepare(m, spec.base_kind, late),
        "level": lambda: level.prepare(m, late),
        "coverage": lambda: coverage.prepare(m, late),
    }
    return by_family[indicator.fold]()


def prepared(
    rows: DataFrame, used: Used, slots: Slots, wanted: Wanted
) -> tuple[DataFrame, dict[str, Column]]:
    """Return gathered rows with all measures, and the measures prepared for their families over these rows.

    Parameters
    ----------
    rows : DataFrame
        Entities with what was gathered of them.
    used : list
        Indicators with their specs.
    slots : Slots
        What was gathered.
    wanted : Wanted
        In other periods measures are null.

    Returns
    -------
    tuple
        Rows, and per spec (:func:`jobs.kpi.used.measure_column`) a struct, of contracts an array of structs.
    """
    values = _Values(slots, wanted)
    folded = [(i, s) for i, own in used for s in own if i.family != "count"]
    made = {s.name: _measure(i, s, values) for i, s in folded}
    columns = {f"measure:{k}": m for k, (m, _) in made.items()}
    columns |= {f"late:{k}": late for k, (_, late) in made.items()}
    staged = rows
    for step in (values.all(), columns):
        # Contracts alone read no single values.
        staged = staged.withColumns(step) if step else staged
    finished = {
        s.name: _finished(i, s, F.col(f"`measure:{s.name}`"), F.col(f"`late:{s.name}`")) for i, s in folded
    }
    return staged, {
        measure_column(s.name): in_periods(finished[s.name], wanted.periods_of(i.id)) for i, s in folded
    }
