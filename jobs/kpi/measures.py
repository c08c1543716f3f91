"""Measures: the values of an indicator per entity and period, as whole minor units.

A measure is a struct over the gathered row (:mod:`jobs.kpi.gather`) with ``value``, ``base`` (the form's own
上年同期), ``prior`` (last year's own figure), ``flag`` (why the rows must not be used, null = usable) and
``line`` (where the value stands in the file as received, and where its base does; :mod:`jobs.kpi.origins`).
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.kpi.dictionary import Read
from jobs.kpi.origins import LINE, NUMBERED
from jobs.kpi.slots import BEFORE, NOW, Slots

DEN = "den_"
"""Before the names of where that stands what a value is divided by: often another row of another file."""


def minor_units(column: Column, minor: int) -> Column:
    """Turn an exact decimal into whole minor units (元 -> 分 with 100), half-up if finer."""
    return F.round(column.cast("decimal(30,6)") * F.lit(minor).cast("decimal(10,0)"), 0).cast("bigint")


def _both_lines(line: Column, denominator: Column) -> Column:
    """Return a line that also names the denominator's; null where the line is, as nothing is reported there."""
    own = [line[n].alias(n) for n in NUMBERED]
    under = [denominator[n].alias(f"{DEN}{n}") for n in NUMBERED]
    return F.when(line.isNotNull(), F.struct(*own, *under))


def single(read: Read, minor: int, slots: Slots, track: str) -> Column:
    """Return the measure struct of one read; null where the feed has no row.

    Parameters
    ----------
    read : Read
    minor : int
        Minor units in one unit of the column.
    slots : Slots
    track : str
        Time line of the read.
    """
    label = slots.label(read, track)
    if label is None:
        return F.lit(None).cast(_SINGLE)
    now, v = F.col(f"{NOW}_{label}"), slots.value(read, read.column)
    before = F.col(f"{BEFORE}_{label}") if label in slots.before else F.when(F.lit(False), now)
    base = F.lit(None).cast("bigint")
    if read.base_column:
        base = minor_units(now[slots.value(read, read.base_column)], minor)
    base_line = now["line"] if read.base_column else before["line"]
    m = F.struct(
        minor_units(now[v], minor).alias("value"),
        base.alias("base"),
        minor_units(before[v], minor).alias("prior"),
        F.coalesce(now["flag"], before["flag"]).alias("flag"),
        F.lit(read.source).alias("source"),
        _both_lines(now["line"], base_line).alias("line"),
    )
    return F.when(now.isNotNull() | before.isNotNull(), m)


NO_PRED = "NO_PRED"
"""Flag of a quarter alone for which a cumulative of the quarter before is missing (methods.md §1)."""


def quarter(to: Column, back: Column) -> Column:
    """Return the measure of a quarter alone: the difference of two cumulatives of one state of knowledge.

    In the first quarter the cumulative is the quarter; without the earlier cumulative, of the value or of its base,
    the quarter is unknown on all sides (:data:`NO_PRED`): its firm has neither come nor gone.

    Parameters
    ----------
    to, back : Column
        Measure structs up to the quarter's end and up to the end of the quarter before it.
    """
    first = _first_quarter()

    def less(name: str) -> Column:
        return F.when(first, to[name]).otherwise(to[name] - back[name])

    def lacks(name: str) -> Column:
        return ~first & to[name].isNotNull() & back[name].isNull()

    # Last year's own figure is looked at where it is the base.
    gap = lacks("value") | lacks("base") | (to["base"].isNull() & lacks("prior"))
    m = F.struct(
        less("value").alias("value"),
        less("base").alias("base"),
        less("prior").alias("prior"),
        F.coalesce(to["flag"], F.when(~first, back["flag"]), F.when(gap, NO_PRED)).alias("flag"),
        to["source"].alias("source"),
        to["line"].alias("line"),
    )
    return F.when(to.isNotNull(), m)


def quarter_waits(to: Column, to_waits: Column, back_waits: Column) -> Column:
    """Return what of a quarter alone waits for a correction: rows of either cumulative, where both are asked for.

    Parameters
    ----------
    to : Column
        Measure struct up to the quarter's end.
    to_waits, back_waits : Column
        What :func:`waits` says of both cumulatives.
    """
    both = {"now": to["value"].isNotNull(), "before": to["prior"].isNotNull()}
    found = [
        (to_waits[n] | (~_first_quarter() & there & back_waits[n])).alias(n) for n, there in both.items()
    ]
    return F.struct(*found, to_waits["den"].alias("den"))


def _first_quarter() -> Column:
    return F.col("period").endswith("Q1")


def pair(a: Column, b: Column) -> Column:
    """Return the struct of a ratio from its two measures: ``num``, ``den``, ``flag``, ``source``, ``line``."""
    m = F.struct(
        a["value"].alias("num"),
        b["value"].alias("den"),
        F.coalesce(a["flag"], b["flag"]).alias("flag"),
        F.coalesce(a["source"], b["source"]).alias("source"),
        _both_lines(F.coalesce(a["line"], b["line"]), b["line"]).alias("line"),
    )
    return F.when(a.isNotNull() | b.isNotNull(), m)


def per_entity(a: Column, minor: int, source: str, absent_zero: bool) -> Column:
    """Return the struct of a mean: the measure over one entity (denominator 1).

    Parameters
    ----------
    a : Column
        Measure struct.
    minor : int
    source : str
    absent_zero : bool
        Whether an entity without a row counts with 0.
    """
    value = F.coalesce(a["value"], F.lit(0).cast("bigint")) if absent_zero else a["value"]
    m = F.struct(
        value.alias("num"),
        F.lit(minor).cast("bigint").alias("den"),
        a["flag"].alias("flag"),
        F.lit(source).alias("source"),
        _both_lines(a["line"], F.lit(None).cast(LINE)).alias("line"),
    )
    return m if absent_zero else F.when(a.isNotNull() & a["line"].isNotNull(), m)


def cases(numerator: Read, denominator: Read, minor: int, slots: Slots, track: str) -> Column:
    """Return the ratio structs of an entity's contracts, each row of the feed a case of its own."""
    label = slots.label(numerator, track)
    if label is None:
        return F.lit(None).cast(f"array<{_PAIR}>")
    num, den = slots.value(numerator, numerator.column), slots.value(denominator, denominator.column)

    def one(row: Column) -> Column:
        return F.struct(
            minor_units(row[num], minor).alias("num"),
            minor_units(row[den], minor).alias("den"),
            row["flag"].alias("flag"),
            F.lit(numerator.source).alias("source"),
            _both_lines(row["line"], row["line"]).alias("line"),
        )

    return F.transform(F.col(f"{NOW}_{label}"), one)


def waits(slots: Slots, label: str | None, den: str | None = None) -> Column:
    """Return what waits for a correction: ``now``, ``before`` (a year earlier), ``den`` (the denominator).

    Parameters
    ----------
    slots : Slots
    label, den : str or None
        Names of the slots of the value (numerator) and of the denominator; None: no such rows.
    """

    def one(label: str | None, role: str = NOW) -> Column:
        if label is None or role not in slots.roles(label):
            return F.lit(False)
        return F.coalesce(F.col(f"{role}_{label}_waits"), F.lit(False))

    parts: dict[str, Column] = {"now": one(label), "before": one(label, BEFORE), "den": one(den)}
    return F.struct(*[c.alias(n) for n, c in parts.items()])


_LINE = ", ".join(f"{p}{n}: {k}" for p in ("", DEN) for n, k in NUMBERED.items())
_SINGLE = (
    f"struct<value: bigint, base: bigint, prior: bigint, flag: string, source: string, line: struct<{_LINE}>>"
)
_PAIR = f"struct<num: bigint, den: bigint, flag: string, source: string, line: struct<{_LINE}>>"
