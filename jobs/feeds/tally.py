"""Counting a poll's rows: what landed, and what became of it, per batch."""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.contract import Contract
from jobs.feeds.balance import Tally
from jobs.feeds.classify import SILVER, Split


def _period_columns(contract: Contract) -> list[str]:
    return [c.name for c in contract.columns if c.is_period]


def tally(contract: Contract, rows: DataFrame, parts: Split) -> dict[str, Tally]:
    """Count a poll's rows per batch, by what became of them; the landed ones are counted where they landed."""
    period = next((c for c in _period_columns(contract)), None)
    dates = [c.name for c in contract.columns if c.type == "DATE" and c.required]
    none = {"period": F.lit(None).cast("string"), "date": F.lit(None).cast("date")}
    own = {
        "period": F.col(period).cast("string") if period else none["period"],
        "date": F.col(dates[0]) if dates else none["date"],
    }

    def part(frame: DataFrame, name: Column, values: dict[str, Column]) -> DataFrame:
        return frame.select("batch_id", name.alias("part"), *[v.alias(k) for k, v in values.items()])

    silver = F.col("fate") == SILVER
    judged = part(parts.judged, F.col("fate"), {k: F.when(silver, v) for k, v in own.items()})
    everything = part(rows, F.lit("landed"), none).union(judged)
    if parts.gone is not None:
        fate = F.when(F.col("held"), "held_back").otherwise("withdrawn")
        everything = everything.union(part(parts.gone, fate, none))
    counted = everything.groupBy("batch_id", "part").agg(
        F.count("*").alias("n"),
        F.sort_array(F.collect_set("period")).alias("periods"),
        F.min("date").alias("date"),
    )
    fields: dict[str, dict[str, Any]] = {}
    for r in counted.collect():
        of_batch = fields.setdefault(r["batch_id"], {})
        of_batch[r["part"]] = r["n"]
        if r["part"] == SILVER:
            of_batch |= {"periods": tuple(r["periods"]), "first_date": r["date"]}
    return {batch: Tally(**values) for batch, values in fields.items()}
