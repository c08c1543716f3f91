"""The families of indicators: how their rows are folded into cells and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.kpi import contribution, counts, coverage, growth, level, ratio
from jobs.kpi.cells import Cut
from jobs.kpi.dictionary import Indicator
from jobs.kpi.reading import named, part_name
from jobs.kpi.spec import SOURCES
from jobs.kpi.used import Used, measure_column


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
RATIO = Family(ratio.parts, ratio.readings, ratio.lists, ratio.derived, (_heard,))
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
