"""One reading of one indicator in one cell: the columns that every family fills alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

Part = Callable[[str], Column]
"""Gives the aggregated part of a family by its short name."""

_AMOUNT = "decimal(38,4)"


def part_of(indicator: str) -> Part:
    """Return the accessor of an indicator's aggregated columns."""
    return lambda name: F.col(part_name(indicator, name))


def part_name(indicator: str, name: str) -> str:
    """Column name of a family's part: unique over all indicators of a run."""
    return f"{indicator}__{name}"


def named(indicator: str, columns: Mapping[str, Column]) -> dict[str, Column]:
    """Return parts under their full column names."""
    return {part_name(indicator, k): v for k, v in columns.items()}


def count_if(condition: Column) -> Column:
    """Return 1 or 0 (also for null), to be summed."""
    return F.when(condition, F.lit(1)).otherwise(F.lit(0)).cast("bigint")


def amount(total: Column, minor: int) -> Column:
    """Turn summed minor units into the unit shown, exactly."""
    digits = len(str(minor)) - 1
    if 10**digits != minor or digits > 4:
        raise ValueError(f"minor must be a power of ten up to 10000, not {minor}")
    unit = F.lit(f"{10**-digits:.4f}").cast("decimal(5,4)")
    return (total.cast("decimal(20,0)") * unit).cast(_AMOUNT)


def quotient(numerator: Column, denominator: Column) -> Column:
    """Divide two whole numbers as doubles; null when the denominator is 0 or null."""
    return numerator.cast("double") / F.nullif(denominator.cast("double"), F.lit(0.0))


def reasons(part: Part, names: tuple[str, ...]) -> Column:
    """Return the excluded by reason, without reasons that nobody has."""
    pairs = F.array(*[F.struct(F.lit(r).alias("key"), part(f"x_{r}").alias("value")) for r in names])
    return F.map_from_entries(F.filter(pairs, lambda p: p["value"] > 0))


def remainder(n: Column, n_scope: Column) -> Column:
    """Return all others of the scope under one reason, so that reasons + n = scope in every row."""
    rest = n_scope - n
    entries = F.array(F.struct(F.lit("NOT_IN_READING").alias("key"), rest.alias("value")))
    return F.map_from_entries(F.filter(entries, lambda p: p["value"] > 0))


def by_source(part: Part, sources: tuple[str, ...]) -> Column:
    """Return n by source, without sources that nobody used."""
    pairs = F.array(*[F.struct(F.lit(s).alias("key"), part(f"src_{s}").alias("value")) for s in sources])
    return F.map_from_entries(F.filter(pairs, lambda p: p["value"] > 0))


def no_map() -> Column:
    """Return an empty map."""
    return F.create_map().cast("map<string,bigint>")


def reading(indicator: str, name: str, track: str, unit: str, **fields: Column) -> Column:
    """Return one reading as a struct.

    Parameters
    ----------
    indicator, name, track, unit : str
        Id, reading, time line and unit of the value.
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
    named = [
        F.lit(t).alias(k)
        for k, t in (("indicator", indicator), ("reading", name), ("track", track), ("unit", unit))
    ]
    for key, (kind, default) in defaults.items():
        column = fields.get(key)
        if column is None:
            column = no_map() if kind.startswith("map") else F.lit(default)
        named.append(column.cast(kind).alias(key))
    return F.struct(*named)
