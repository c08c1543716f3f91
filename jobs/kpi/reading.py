"""One reading of one indicator in one cell: the columns that every family fills alike."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.kpi.spec import SOURCES

_AMOUNT = "decimal(38,4)"


def part(name: str) -> Column:
    """Return an aggregated column of a folded cell."""
    return F.col(part_name(name))


def part_name(name: str) -> str:
    """Column name of a family's part: apart from the columns that name the cell."""
    return f"p_{name}"


def named(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Return parts under their full column names."""
    return {part_name(k): v for k, v in columns.items()}


def count_if(condition: Column) -> Column:
    """Return 1 or 0 (also for null), to be summed."""
    return F.when(condition, F.lit(1)).otherwise(F.lit(0)).cast("bigint")


def amount(total: Column, per_minor: Column | None = None) -> Column:
    """Turn summed minor units into the unit shown, exactly; by default what the indicator's spec says."""
    unit = F.col("per_minor") if per_minor is None else per_minor
    return (total.cast("decimal(20,0)") * unit.cast("decimal(5,4)")).cast(_AMOUNT)


def whole(total: Column) -> Column:
    """Return a number of entities as an amount."""
    return total.cast(_AMOUNT)


def quotient(numerator: Column, denominator: Column) -> Column:
    """Divide two whole numbers as doubles; null when the denominator is 0 or null."""
    return numerator.cast("double") / F.nullif(denominator.cast("double"), F.lit(0.0))


def reasons(names: tuple[str, ...]) -> Column:
    """Return the excluded by reason, without reasons that nobody has."""
    pairs = F.array(*[F.struct(F.lit(r).alias("key"), part(f"x_{r}").alias("value")) for r in names])
    return F.map_from_entries(F.filter(pairs, lambda p: p["value"] > 0))


def remainder(n: Column, n_scope: Column) -> Column:
    """Return all others of the scope under one reason, so that reasons + n = scope in every row."""
    rest = n_scope - n
    entries = F.array(F.struct(F.lit("NOT_IN_READING").alias("key"), rest.alias("value")))
    return F.map_from_entries(F.filter(entries, lambda p: p["value"] > 0))


def by_source() -> Column:
    """Return n by source, without sources that nobody used."""
    pairs = F.array(*[F.struct(F.lit(s).alias("key"), part(f"src_{s}").alias("value")) for s in SOURCES])
    return F.map_from_entries(F.filter(pairs, lambda p: p["value"] > 0))


def no_map() -> Column:
    """Return an empty map."""
    return F.create_map().cast("map<string,bigint>")


def reading(name: str | Column, unit: str | Column, **fields: Column) -> Column:
    """Return one reading as a struct.

    Parameters
    ----------
    name, unit : str or Column
        Reading, and unit of the value.
    **fields : Column
        value, numerator, denominator, n, n_scope, n_excluded, n_by_source, n_pending, coverage, status, note.
    """
    defaults = {
        "value": ("double", None),
        "numerator": (_AMOUNT, None),
        "denominator": (_AMOUNT, None),
        "n": ("bigint", 0),
        "n_scope": ("bigint", 0),
        "n_excluded": ("map<string,bigint>", None),
        "n_by_source": ("map<string,bigint>", None),
        "n_pending": ("bigint", 0),
        "coverage": ("double", None),
        "status": ("string", "OK"),
        "note": ("string", None),
    }
    unknown = set(fields) - set(defaults)
    if unknown:
        raise TypeError(f"not a field of a reading: {sorted(unknown)}")
    heads = (("reading", name), ("unit", unit))
    found = [(F.lit(c) if isinstance(c, str) else c).alias(k) for k, c in heads]
    for key, (kind, default) in defaults.items():
        column = fields.get(key)
        if column is None:
            column = no_map() if kind.startswith("map") else F.lit(default)
        found.append(column.cast(kind).alias(key))
    return F.struct(*found)
