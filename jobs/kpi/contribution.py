"""Contributions to growth (拉动, 贡献率; methods.md §2): what each part adds to the rate of the whole.

For a partition the contributions add up to the rate: c_g = 100 (ΣC_g - ΣR_g) / ΣR.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.kpi import reading
from jobs.kpi.reading import part, part_name, quotient

LEAST = 0.1
"""Points of total growth under which shares of growth say nothing."""


def totals(folded: DataFrame) -> DataFrame:
    """Add to each cell the panel of the cell it contributes to (unit -> province, domain -> region)."""
    over_units = Window.partitionBy("period", "tier", "key", F.col("domain").isNull())
    over_domains = Window.partitionBy("period", "tier", "region_level", "region_code", "key")
    undivided = F.col("size_class").isNull() & F.col("industry").isNull()
    whole = F.col("domain").isNull() & undivided
    by_unit = (F.col("region_level") == "unit") & whole
    added = {}
    for side in ("c", "r"):
        own = F.col(part_name(side))
        province = F.max(F.when((F.col("region_level") == "province") & whole, own)).over(over_units)
        region = F.max(F.when(whole, own)).over(over_domains)
        total = F.when(by_unit, province).when(F.col("domain").isNotNull(), region)
        added[part_name(f"total_{side}")] = total
    return folded.withColumns(added)


def contributions() -> list[Column]:
    """Contribution in points and share of growth of a cell within the cell it belongs to."""
    own, total, base = part("c") - part("r"), part("total_c") - part("total_r"), part("total_r")
    points = F.when(base > 0, quotient(own, base) * 100)
    whole = F.when(base > 0, quotient(total, base) * 100)
    share = F.when(F.abs(whole) >= LEAST, quotient(own, total) * 100)
    common = {
        "numerator": reading.amount(own),
        "n": part("n"),
        "n_scope": part("scope"),
        "n_excluded": part("excluded"),
        "n_pending": part("late"),
        "coverage": part("coverage"),
        "status": F.when(base.isNull() | (part("n") == 0), "EMPTY")
        .when(base <= 0, "NOT_COMPARABLE")
        .otherwise("OK"),
    }
    rows = (("contribution", "百分点", points, base), ("contribution_share", "%", share, total))
    return [
        reading.reading(
            name,
            unit,
            value=value,
            denominator=reading.amount(under),
            **common,
        )
        for name, unit, value, under in rows
    ]
