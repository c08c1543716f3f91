"""Coverage of a feed: how many of the firms in scope it holds a row for (methods.md §3)."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi import cells, reading
from jobs.kpi.reading import count_if, part, quotient

REASONS = ("NO_REPORT", "QUARANTINED")


def prepare(m: Column, waits: Column) -> Column:
    """Turn a measure struct into the line of the firm's row, and why there is none."""
    why = F.when(m["line"].isNull(), F.when(waits["now"], "QUARANTINED").otherwise("NO_REPORT"))
    return F.struct(m["line"].alias("line"), why.alias("why"))


def parts(f: Column) -> dict[str, Column]:
    """Return what each firm adds: 1 to the scope, 1 if the feed has a row for the period."""
    sums = {"scope": count_if(F.lit(True)), "reported": count_if(f["why"].isNull())}
    return sums | {f"x_{x}": count_if(f["why"] == x) for x in REASONS}


def readings() -> list[Column]:
    """Return the share of folded cells; the reading is named after the feed."""
    n, scope = part("reported"), part("scope")
    return [
        reading.reading(
            F.col("reading_name"),
            F.col("value_name"),
            value=quotient(n, scope) * 100,
            numerator=reading.whole(n),
            denominator=reading.whole(scope),
            n=n,
            n_scope=scope,
            n_excluded=reading.reasons(REASONS),
            coverage=quotient(n, scope),
            status=F.when(scope == 0, "EMPTY").otherwise("OK"),
        )
    ]


def table(kpi_region: DataFrame, indicators: list[str]) -> DataFrame:
    """Take the coverage table out of ``kpi_region``: one row per feed, region and tier."""
    rows = kpi_region.where(F.col("indicator").isin(indicators) & cells.undivided())
    return rows.select(
        "release",
        "programme",
        "period",
        F.col("reading").alias("feed"),
        "region_code",
        "region_name",
        "tier",
        F.col("n_scope").alias("expected"),
        F.col("n").alias("reported"),
        "coverage",
        "reference_period",
    )
