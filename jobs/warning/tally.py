"""How many firms each rule could apply to, could judge, and warns of: the numbers that stand beside the warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.warning.model import Rulebook
from jobs.warning.review import Standing, Tally, Word, standing

_SCHEMA = (
    "period STRING, rule STRING, rule_name STRING, severity INT, evaluated BOOLEAN, population STRING, "
    "n_population BIGINT, n_met BIGINT, n_not_met BIGINT, n_unknown BIGINT, n_fired BIGINT, fired_share DOUBLE, "
    "review STRING, review_note STRING, reviewed_by STRING, reviewed_at TIMESTAMP"
)
_COUNTS = ("n_population", "n_met", "n_not_met", "n_unknown", "n_fired")


def tallies(marks: DataFrame, evaluated: Sequence[str], asked_periods: Sequence[str]) -> list[Tally]:
    """Count the marks of :func:`jobs.warning.engine.marks` by period and rule.

    ``evaluated`` are the rules' ids in the order of the marks. A period without any firm has rows of zeros.
    """
    each = [
        F.struct(
            F.lit(rule).alias("rule"),
            *[F.get(name, F.lit(i)).alias(name) for name in ("inside", "met", "open")],
        )
        for i, rule in enumerate(evaluated)
    ]
    within, met = F.col("inside"), F.col("met")
    rows = (
        marks.select("period", F.inline(F.array(*each)))
        .groupBy("period", "rule")
        .agg(
            F.count_if(within).alias("n_population"),
            F.count_if(within & met).alias("n_met"),
            F.count_if(within & ~met).alias("n_not_met"),
            F.count_if(within & met.isNull()).alias("n_unknown"),
            F.count_if(F.col("open") > 0).alias("n_fired"),
        )
        .collect()
    )
    found = {(r["period"], r["rule"]): tuple(r[n] for n in _COUNTS) for r in rows}
    none = (0,) * len(_COUNTS)
    return [Tally(p, rule, found.get((p, rule), none)) for p in asked_periods for rule in evaluated]


def rule_table(
    spark: SparkSession,
    rules: Rulebook,
    asked_periods: Sequence[str],
    counted: Sequence[Tally],
    words: Mapping[tuple[str, str], Word],
) -> DataFrame:
    """Return the table ``warning_rule`` without release and programme: one row per period and rule.

    The numbers are null for a rule that was not evaluated.
    """
    by_key = {(t.period, t.rule): t for t in counted}
    rows = []
    for period in asked_periods:
        for rule in rules.rules:
            own, word = by_key.get((period, rule.id)), words.get((period, rule.id))
            counts = own.counts if own else (None,) * len(_COUNTS)
            share = 100 * own.fired / own.population if own and own.population else None
            stands = standing(own, rules.review, word) if own else None
            said = word if word and stands is Standing.RELEASED else None
            rows.append(
                (
                    period, rule.id, rule.name_zh, rule.severity, own is not None, rule.population.text, *counts, share,
                    stands.value if stands else None, *((said.note, said.by, said.at) if said else (None,) * 3),
                )
            )  # fmt: skip
    return spark.createDataFrame(rows, _SCHEMA)
