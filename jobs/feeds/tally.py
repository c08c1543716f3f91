"""Counting a poll's rows: what landed, and what became of it, per batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.contract import Contract
from jobs.feeds.classify import Split


@dataclass(frozen=True)
class Tally:
    """Counts of one batch."""

    landed: int = 0
    silver: int = 0
    quarantined: int = 0
    duplicates: int = 0
    withdrawn: int = 0
    held_back: int = 0
    periods: tuple[str, ...] = ()
    first_date: date | None = None


def _period_columns(contract: Contract) -> list[str]:
    return [c.name for c in contract.columns if c.is_period]


def tally(contract: Contract, rows: DataFrame, parts: Split) -> dict[str, Tally]:
    """Count a poll's rows per batch, by what became of them."""
    period = next((c for c in _period_columns(contract)), None)
    dates = [c.name for c in contract.columns if c.type == "DATE" and c.required]
    silver_period = F.col(period).cast("string") if period else F.lit(None).cast("string")
    silver_date = F.col(dates[0]) if dates else F.lit(None).cast("date")

    def part(frame: DataFrame, name: str, own: bool = False) -> DataFrame:
        return frame.select(
            "batch_id",
            F.lit(name).alias("part"),
            (silver_period if own else F.lit(None).cast("string")).alias("period"),
            (silver_date if own else F.lit(None).cast("date")).alias("date"),
        )

    everything = part(rows, "landed").union(part(parts.silver, "silver", True))
    everything = everything.union(part(parts.quarantine, "quarantined"))
    everything = everything.union(part(parts.duplicates, "duplicates"))
    if contract.feed.mode == "replace":
        everything = everything.union(part(parts.withdrawn, "withdrawn"))
        everything = everything.union(part(parts.held_back, "held_back"))
    counted = everything.groupBy("batch_id", "part").agg(
        F.count("*").alias("n"),
        F.sort_array(F.collect_set("period")).alias("periods"),
        F.min("date").alias("date"),
    )
    fields: dict[str, dict[str, Any]] = {}
    for r in counted.collect():
        own = fields.setdefault(r["batch_id"], {})
        own[r["part"]] = r["n"]
        if r["part"] == "silver":
            own |= {"periods": tuple(r["periods"]), "first_date": r["date"]}
    return {batch: Tally(**values) for batch, values in fields.items()}
