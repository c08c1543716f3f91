"""Counts of certificate holders at a date (methods.md §11, 时点数) and of places not found."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.kpi import reading
from jobs.kpi.reading import count_if, part, part_name

READINGS = ("valid", "ever", "valid_or_higher")


def parts(located: Column) -> dict[str, Column]:
    """Return what each holder and tier adds; a holder whose place is unknown counts apart.

    Parameters
    ----------
    located : Column
        Whether the holder lies in one of the units, so that units add up to the province.
    """
    counted = {name: count_if(F.col(name) & located) for name in READINGS}
    return counted | {"unlocated": count_if(F.col("valid") & ~located)}


def totals(folded: DataFrame) -> DataFrame:
    """Add whether anybody anywhere was awarded the cell's tier by then."""
    ever = F.col(part_name("ever"))
    anybody = F.max(ever).over(Window.partitionBy("period", "tier")) > 0
    return folded.withColumn(part_name("awarded"), anybody)


def readings() -> list[Column]:
    """Return the counts of folded cells.

    0 is a count where the tier has been awarded somewhere; where no notice of the tier is known at
    all, nothing is known (``EMPTY``).
    """
    found = []
    for name in (*READINGS, "unlocated"):
        known = F.lit(True) if name == "valid_or_higher" else part("awarded")
        value = F.when(known | (part(name) > 0), part(name))
        found.append(
            reading.reading(
                name,
                F.col("value_name"),
                value=value,
                numerator=reading.whole(value),
                n=part(name),
                n_scope=part(name),
                status=F.when(value.isNull(), "EMPTY").otherwise("OK"),
            )
        )
    return found
