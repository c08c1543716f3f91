"""The families of indicators: how their rows are folded into cells and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.kpi import cells, contribution, counts, coverage, growth, level, ratio
from jobs.kpi.cells import Cut
from jobs.kpi.dictionary import Indicator
from jobs.kpi.reading import named, part_name
from jobs.kpi.spec import SOURCES
from jobs.kpi.used import Used, Wanted, measure_column


@dataclass(frozen=True)
class Family:
    """How the rows of a family are folded and read.

    Attributes
    ----------
    parts : callable
        Measure -> what each row adds to a cell.
    readings : callable
        Readings of a folded cell.
    single : callable or None
        Measure -> its value that is kept one by one for quantiles, in the part ``q``.
    derived : callable
        Columns that several readings share.
    totals : tuple of callable
        Steps over all folded cells that set a cell beside others.
    """

    parts: Callable[[Column], dict[str, Column]]
    readings: Callable[[], list[Column]]
    single: Callable[[Column], Column] | None = None
    derived: Callable[[], dict[str, Column]] = field(default=lambda: {})
    totals: tuple[Callable[[DataFrame], DataFrame], ...] = ()


def _listed(folded: DataFrame) -> DataFrame:
    """Add whether a list names anybody anywhere in the period."""
    anybody = F.max(F.col(part_name("n"))).over(Window.partitionBy("period", "key")) > 0
    return folded.withColumn(part_name("listed"), anybody)


def _heard(folded: DataFrame) -> DataFrame:
    """Take back the zeros of a list that says nothing about anybody in the period: it has not arrived."""
    anybody = F.max(F.col(part_name("there"))).over(Window.partitionBy("period", "key")) > 0
    silent = F.col("absent_zero") & ~anybody
    scope = F.col(part_name("scope"))
    counted = ("n", "late", "num", "den", "known_den", "met", *(f"src_{s}" for s in SOURCES))
    none = {part_name(c): F.when(silent, 0).otherwise(F.col(part_name(c))) for c in counted}
    left_out, single = part_name("x_NO_REPORT"), part_name("q")
    return folded.withColumns(
        {
            **none,
            left_out: F.when(silent, scope).otherwise(F.col(left_out)),
            single: F.when(silent, F.slice(single, 1, 0)).otherwise(F.col(single)),
        }
    )


def _count_parts(m: Column) -> dict[str, Column]:
    return counts.parts(F.col("unit").isNotNull())


COUNT = Family(_count_parts, counts.readings, totals=(counts.totals,))
LEVEL = Family(level.parts, level.readings, totals=(_listed,))
RATIO = Family(ratio.parts, ratio.readings, ratio.single, ratio.derived, (_heard,))
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


TIERS = "tiers"
"""Column of the tiers that a row counts for. Whoever holds several is folded once, and spread over them after the fold."""


def in_scope() -> Column:
    """Return whether an entity's measures count: it is validly in the cell, at a known place."""
    return F.col("valid") & F.col("unit").isNotNull()


def _finest(cut: Cut) -> list[str]:
    """Return the finest cell of a cut with all tiers of a row in place of one."""
    return [TIERS if c == "tier" else c for c in cut.finest]


def _by_tier(folded: DataFrame) -> DataFrame:
    """Give each tier its own row of what is folded."""
    return folded.withColumn("tier", F.explode(TIERS)).drop(TIERS)


def _counted(column: Column) -> Column:
    return F.when(in_scope(), column)


def _worked_out(frame: DataFrame, used: Used, wanted: Wanted) -> DataFrame:
    """Drop rows of indicators in periods for which they are not worked out."""
    compared = [s.name for i, own in used if i.id in wanted.compared for s in own]
    return frame.where(F.col("period").isin(list(wanted.asked)) | F.col("key").isin(compared))


def folded(rows: DataFrame, cut: Cut, used: Used, wanted: Wanted) -> DataFrame:
    """Fold the entities of the finest cells of a cut: one row per cell and indicator.

    Sums are taken over the measures one under another, so that the plan does not grow with the indicators. Single
    values are collected beside each other: with them among the sums every row would be hashed and kept whole.

    Parameters
    ----------
    rows : DataFrame
        One row per entity (count: and tier), with the tiers it counts for (:data:`TIERS`).
    cut : Cut
    used : list
        Indicators of one family with their specs.
    wanted : Wanted

    Returns
    -------
    DataFrame
        Columns of the finest cell, ``key`` and the family's parts; of single values a row of its own.
    """
    family = family_of(used[0][0])
    by = [*_finest(cut), "key"]
    sums = part_sums(family)
    found = cells.fold(_worked_out(_one_by_one(rows, cut, used), used, wanted), by, sums, {})
    if family.single is None:
        return _by_tier(found)
    singles = _worked_out(_singles(rows, cut, used, family.single), used, wanted)
    return _by_tier(found.unionByName(singles, allowMissingColumns=True))


def part_sums(family: Family) -> dict[str, Column]:
    """Return the sums of a family under their full names."""
    parts = family.parts(F.col("m"))
    return named(parts if family is COUNT else {k: _counted(v) for k, v in parts.items()})


def part_lists(family: Family) -> list[str]:
    """Return the full names of a family's lists."""
    return [part_name("q")] if family.single else []


def _keys(used: Used) -> tuple[list[str], list[str]]:
    """Return the keys with one measure per entity, and those with several."""
    each = [(s.name, i.of_contracts) for i, own in used for s in own]
    return [k for k, many in each if not many], [k for k, many in each if many]


def _beside(rows: DataFrame, kept: Sequence[str], keys: Mapping[str, Column], value: str) -> DataFrame:
    """Return one row per row and key: the values beside each other one under another."""
    wide = rows.select(*kept, *[column.alias(key) for key, column in keys.items()])
    return wide.unpivot(list(kept), [F.col(f"`{key}`") for key in keys], "key", value)


def _one_by_one(rows: DataFrame, cut: Cut, used: Used) -> DataFrame:
    """Return one row per entity and indicator (contract): the measure ``m``, and how the entity counts."""
    kept = [*dict.fromkeys([*_finest(cut), "unit"]), "valid"]
    if family_of(used[0][0]) is COUNT:
        # There is one count; nothing is measured.
        (spec,) = (s for _, own in used for s in own)
        counted = [c for c in counts.READINGS if c not in kept]
        return rows.select(*kept, *counted, F.lit(spec.name).alias("key"), F.lit(None).alias("m"))
    single, several = _keys(used)
    parts = [_beside(rows, kept, {k: F.col(measure_column(k)) for k in single}, "m")] if single else []
    for key in several:
        cases = F.explode(measure_column(key)).alias("m")
        parts.append(rows.select(*kept, F.lit(key).alias("key"), cases))
    return reduce(DataFrame.unionByName, parts)


def _singles(rows: DataFrame, cut: Cut, used: Used, value: Callable[[Column], Column]) -> DataFrame:
    """Return the single values of the finest cells: one list per cell and indicator."""
    single, several = _keys(used)
    lists = [F.collect_list(_counted(value(F.col(measure_column(k))))).alias(k) for k in single]
    for key in several:
        each = F.filter(F.transform(measure_column(key), value), lambda v: v.isNotNull())
        lists.append(F.flatten(F.collect_list(_counted(each))).alias(key))
    wide = rows.groupBy(*_finest(cut)).agg(*lists)
    return _beside(wide, _finest(cut), {k: F.col(f"`{k}`") for k in (*single, *several)}, part_name("q"))
