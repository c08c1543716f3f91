"""How many firms each rule could judge: what is unknown warns of nothing, but is counted."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.warning.engine import check_quarters, evaluated_rules, judged
from jobs.warning.model import Rulebook

_RULES = "period STRING, rule STRING, rule_name STRING, severity INT, evaluated BOOLEAN"


def tally(facts: DataFrame, rules: Rulebook, asked_periods: list[str]) -> DataFrame:
    """Return per period and rule how many firms meet the condition, do not, or cannot be judged.

    Parameters
    ----------
    facts : DataFrame
        As for :func:`jobs.warning.engine.warnings`.
    rules : Rulebook
    asked_periods : list of str

    Returns
    -------
    DataFrame
        period, rule, rule_name, severity, evaluated (whether the frame has the facts it reads), n_met, n_not_met,
        n_unknown: null for a rule that was not evaluated, and where the period has no firm.
    """
    check_quarters(asked_periods)
    evaluated = evaluated_rules(facts, rules)
    found = judged(facts.where(F.col("period").isin(asked_periods)), rules, evaluated)
    pairs = [
        F.struct(F.lit(r.id).alias("rule"), F.get("met", F.lit(i)).alias("met"))
        for i, r in enumerate(evaluated)
    ]
    met = F.col("met")
    counted = (
        found.select("period", F.inline(F.array(*pairs)))
        .groupBy("period", "rule")
        .agg(
            F.count_if(met).alias("n_met"),
            F.count_if(~met).alias("n_not_met"),
            F.count_if(met.isNull()).alias("n_unknown"),
        )
    )
    there = {r.id for r in evaluated}
    every = [(p, r.id, r.name_zh, r.severity, r.id in there) for p in asked_periods for r in rules.rules]
    return facts.sparkSession.createDataFrame(every, _RULES).join(
        F.broadcast(counted), ["period", "rule"], "left"
    )
