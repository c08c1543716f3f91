"""For how many quarters in a row each rule has been firing."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.warning.model import Rule


def _quarters(period: str) -> Column:
    """Return the number of a quarter key: one more is the quarter after."""
    key = F.col(period)
    return F.substring(key, 1, 4).cast("int") * 4 + F.substring(key, 6, 1).cast("int") - 1


def runs(rows: DataFrame, evaluated: list[Rule]) -> DataFrame:
    """Follow each firm through its quarters.

    Parameters
    ----------
    rows : DataFrame
        One row per quarter and firm, with ``met`` (whether each rule's condition is met, null where unknown or the rule does
        not apply) and ``inside`` (whether it applies).
    evaluated : list of Rule
        In the order of ``met``.

    Returns
    -------
    DataFrame
        period, uscc, ``quarter`` (its number), ``inside``, ``met``, and for how many periods each rule has been firing: now
        (``open``) and in the quarter before (``open_before``).
    """
    story = Window.partitionBy("uscc").orderBy("quarter")
    past = F.collect_list(F.struct("quarter", "met")).over(story.rowsBetween(Window.unboundedPreceding, 0))
    none = F.array_repeat(F.lit(0), len(evaluated))
    wanted = F.array(*[F.lit(rule.periods) for rule in evaluated])

    def step(run: Column, row: Column) -> Column:
        follows = run["quarter"] == row["quarter"] - 1
        longer = F.zip_with(
            run["lengths"],
            row["met"],
            lambda length, met: F.when(met, F.when(follows, length).otherwise(0) + 1).otherwise(0),
        )
        return F.struct(row["quarter"].alias("quarter"), longer.alias("lengths"))

    start = F.struct(F.lit(None).cast("int").alias("quarter"), none.alias("lengths"))
    lengths = F.aggregate("past", start, step)["lengths"]
    firing = F.zip_with(lengths, wanted, lambda length, least: F.greatest(length - least + 1, F.lit(0)))
    follows = F.lag("quarter").over(story) == F.col("quarter") - 1
    before = F.when(follows, F.lag("open").over(story))
    # Without the facts: to sort those of all quarters for the story of a few marks costs more than all else.
    return (
        rows.select("period", "uscc", _quarters("period").alias("quarter"), "inside", "met")
        .withColumn("past", past)
        .withColumn("open", firing)
        .withColumn("open_before", F.coalesce(before, none))
        .drop("past")
    )
