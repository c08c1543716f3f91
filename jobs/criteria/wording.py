"""Judged lines in words: what the rules say of each, and what was found."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.criteria.line import BETWEEN, ITEM, MET, NOT_MET, SCORE, SCORED, UNKNOWN, Line, limits
from jobs.criteria.model import Condition, Item
from jobs.shown_frames import double_text

_RULE = (
    "line INT, tier STRING, rule_version STRING, position INT, condition_id STRING, kind STRING, "
    "condition_text STRING, unit STRING, threshold STRING, points_needed INT, confidence STRING, "
    "limits ARRAY<DOUBLE>"
)
"""What the rule says of a line."""


def said(spark: SparkSession, numbered: Sequence[Line]) -> DataFrame:
    """Return what the rules say of each line."""
    rows = []
    for x in numbered:
        points = x.rule.points if isinstance(x.rule, Condition) else None
        threshold = f"满分{x.rule.max}分" if isinstance(x.rule, Item) else x.rule.threshold
        unit = "分" if points else x.rule.unit or None
        # An item may be called like a condition of its tier.
        named = f"{SCORE}_{x.rule.id}" if isinstance(x.rule, Item) else x.rule.id
        rows.append(
            (
                x.number, x.term.rules.tier, x.term.version, x.position, named, x.kind, x.rule.text_zh,
                unit, threshold, points.at_least if points else None, x.rule.confidence, limits(threshold, unit),
            )
        )  # fmt: skip
    return spark.createDataFrame(rows, _RULE)


def worded(found: DataFrame) -> DataFrame:
    """Put what was found into words."""
    item = F.col("kind") == ITEM
    decided = (
        F.when(F.col("met"), MET)
        .when(~F.col("met"), NOT_MET)
        .when(F.col("points").isNotNull() & item, SCORED)
    )
    value, unit = F.col("value"), F.col("unit")
    number = double_text(value, F.col("limits"))
    yes = F.when(value == 1, "是").when(value.isNotNull(), "否")
    once = F.array_join(F.array_distinct(F.split("missing", BETWEEN)), BETWEEN)
    facts = F.concat(F.lit("["), F.nullif("facts", F.lit("")), F.lit("]"))
    return found.withColumns(
        {
            "holds": F.array_contains("valid_tiers", F.col("tier")),
            "result": decided.otherwise(UNKNOWN),
            "value_text": F.when(unit == "是否", yes).otherwise(F.concat(number, unit)),
            "basis": once,
            "evidence": facts,
        }
    )
