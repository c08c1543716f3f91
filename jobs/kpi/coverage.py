"""Coverage of a feed: how many of the firms in scope it holds a row for (methods.md §3)."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi import reading
from jobs.kpi.reading import count_if, part_of, quotient


@dataclass(frozen=True)
class Spec:
    """One feed's coverage; ``feed`` is also the name of the reading."""

    id: str
    feed: str
    track: str
    unit: str = "%"

    @property
    def key(self) -> str:
        """Prefix of the parts: one per feed."""
        return f"{self.id}__{self.feed}"


REASONS = ("NO_REPORT", "QUARANTINED")


def prepare(m: Column, waits: Column) -> Column:
    """Turn a measure struct into the line of the firm's row, and why there is none."""
    why = F.when(m["line"].isNull(), F.when(waits["now"], "QUARANTINED").otherwise("NO_REPORT"))
    return F.struct(m["line"].alias("line"), why.alias("why"))


def parts(f: Column) -> dict[str, Column]:
    """Return what each firm adds: 1 to the scope, 1 if the feed has a row for the period."""
    sums = {"scope": count_if(F.lit(True)), "reported": count_if(f["line"].isNotNull())}
    return sums | {f"x_{x}": count_if(f["why"] == x) for x in REASONS}


def readings(spec: Spec) -> list[Column]:
    """Return the share of folded cells."""
    part = part_of(spec.key)
    n, scope = part("reported"), part("scope")
    return [
        reading.reading(
            spec.id,
            spec.feed,
            spec.track,
            spec.unit,
            value=quotient(n, scope) * 100,
            numerator=reading.amount(n, 1),
            denominator=reading.amount(scope, 1),
            n=n,
            n_scope=scope,
            n_excluded=reading.reasons(part, REASONS),
            coverage=quotient(n, scope),
            status=F.when(scope == 0, "EMPTY").otherwise("OK"),
        )
    ]


def table(kpi_region: DataFrame, indicators: list[str]) -> DataFrame:
    """Take the coverage table out of ``kpi_region``: one row per feed, region and tier."""
    rows = kpi_region.where(F.col("indicator").isin(indicators) & F.col("domain").isNull())
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
