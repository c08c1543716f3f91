"""Moves on the ladder between two reference dates: entries, exits, climbs and first awards (methods.md §11).

A period is compared with the day before it begins, so what comes and goes within one period is no move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.kpi.certificates import granted, rank_map, standing, stood

NESTING = ("entry", "reentry", "expiry", "withdrawal")
"""Flows that balance the stock of a tier, counted by that very tier and by "that tier or higher"."""


@dataclass(frozen=True)
class Ladder:
    """The programme's tiers in their order.

    Attributes
    ----------
    ranks : mapping
        Tier -> rank.
    certified_rank : int
        Lowest rank that is a certificate proper (libraries are none).
    """

    ranks: Mapping[str, int]
    certified_rank: int = 2

    @property
    def steps(self) -> dict[str, int]:
        """Tier -> its place on the ladder from 1; the library is the first step."""
        order = sorted(set(self.ranks.values()))
        return {t: order.index(r) + 1 for t, r in self.ranks.items()}

    def stocks(self, tier: str) -> list[tuple[str | None, bool]]:
        """Return the stocks a certificate counts in, as ``tier, nested``.

        The very tier; every "tier or higher" it reaches (nested); the null tier of any certificate proper.
        """
        rank = self.ranks[tier]
        proper: list[tuple[str | None, bool]] = [(None, False)] if rank >= self.certified_rank else []
        reached: list[tuple[str | None, bool]] = [
            (t, True) for t, r in sorted(self.ranks.items()) if r <= rank
        ]
        return [(tier, False), *proper, *reached]


def _stocks(ladder: Ladder) -> Column:
    """Return the stocks of a line's tier as an array of ``tier, nested``."""

    def one(stock: tuple[str | None, bool]) -> Column:
        return F.struct(F.lit(stock[0]).cast("string").alias("tier"), F.lit(stock[1]).alias("nested"))

    pairs = [(F.lit(t), F.array(*[one(s) for s in ladder.stocks(t)])) for t in sorted(ladder.ranks)]
    return F.create_map(*[part for pair in pairs for part in pair])[F.col("tier")]


def _last_end() -> Column:
    """Return a line's last day of validity and whether a withdrawal made it the last."""
    cut = F.col("withdrawn_on") <= F.coalesce("valid_to", "withdrawn_on")
    last_day = F.least("valid_to", F.date_sub("withdrawn_on", 1))
    begun = stood() & (F.col("valid_from") <= F.col("at"))
    return F.when(begun, F.struct(last_day.alias("day"), F.coalesce(cut, F.lit(False)).alias("withdrawn")))


def states(intervals: DataFrame, periods: DataFrame, ladder: Ladder, window_start: date) -> DataFrame:
    """Return how every holder stands in every stock at both ends of each period.

    Parameters
    ----------
    intervals : DataFrame
        Of :func:`jobs.kpi.certificates.intervals`.
    periods : DataFrame
        ``period``, ``begin``, ``at``.
    ladder : Ladder
        Tiers it does not name are left out.
    window_start : date
        First day of the policy's window.

    Returns
    -------
    DataFrame
        One row per period, holder, tier (null = any certificate proper) and nested (true = that tier or
        higher): begin, at, uscc; valid at the period's end (``now``), the day before it began (``before``)
        and the day before the window (``base``); ``held_earlier`` (valid on some day before the period),
        ``withdrawn`` (the last validity so far ended by a withdrawal); ``first`` (document_date, document_no,
        valid_from of the first grant up to ``at``); ``documents`` (of grants in the calendar year up to
        ``at``); ``step`` (of the tier), ``step_before``, ``step_now`` (the holder's highest steps).

    Source
    ------
    methods.md §11, 时点数 and flows.
    """
    lines = (
        intervals.where(F.col("tier").isin(sorted(ladder.ranks)))
        .withColumn("stock", F.explode(_stocks(ladder)))
        .crossJoin(F.broadcast(periods))
        .where(granted() | (F.col("valid_from") <= F.col("at")))
    )
    in_year = granted() & (F.year("document_date") == F.year("at"))
    found = lines.groupBy("period", "begin", "at", "holder", "stock.tier", "stock.nested").agg(
        F.max("uscc").alias("uscc"),
        F.bool_or(standing()).alias("now"),
        F.bool_or(standing(F.date_sub("begin", 1))).alias("before"),
        F.bool_or(standing(F.date_sub(F.lit(window_start), 1))).alias("base"),
        F.bool_or(stood() & (F.col("valid_from") < F.col("begin"))).alias("held_earlier"),
        F.coalesce(F.max(_last_end())["withdrawn"], F.lit(False)).alias("withdrawn"),
        F.min(F.when(granted(), F.struct("document_date", "document_no", "valid_from"))).alias("first"),
        F.sort_array(F.collect_set(F.when(in_year, F.col("document_no")))).alias("documents"),
    )
    holder, step = Window.partitionBy("period", "holder"), rank_map(ladder.steps)[F.col("tier")]
    steps = {
        f"step_{end}": F.max(F.when(F.col(end) & ~F.col("nested"), step)).over(holder)
        for end in ("before", "now")
    }
    return found.withColumns(steps | {"step": step})


def moves() -> dict[str, Column]:
    """Return flow -> whether a row of :func:`states` shows it (null: no).

    A rise needs a step to rise from: who comes onto the ladder enters. It belongs to the tier reached and
    to the null tier; several steps at once are a note, not an error.
    """
    came, left = F.col("now") & ~F.col("before"), F.col("before") & ~F.col("now")
    rise = F.col("step_now") - F.col("step_before")
    whole = F.col("tier").isNull()
    reached = ~F.col("nested") & (whole | (F.col("step") == F.col("step_now")))
    return {
        "entry": came & ~F.col("held_earlier"),
        "reentry": came & F.col("held_earlier"),
        "expiry": left & ~F.col("withdrawn"),
        "withdrawal": left & F.col("withdrawn"),
        "upgrade": reached & (rise == 1),
        "skip": reached & (rise > 1),
        "exit": whole & left,
    }


def first_awards(held: DataFrame, window_start: date) -> DataFrame:
    """Return the first grant ever of every holder and tier, as known at each period's end.

    A firm whose certificate lapsed and that is recognised anew has no second one.

    Parameters
    ----------
    held : DataFrame
        Of :func:`states`.
    window_start : date
        First day of the policy's window.

    Returns
    -------
    DataFrame
        period, holder, uscc, tier (null = first certificate proper of any tier), document_date,
        document_no, in_force_on (day from which it was both published and valid), new_in_window and
        new_in_year (by the document's date, as the count of ever granted), in_period (came into force
        within the period, so that its holder is among the holders of the period).
    """
    on, begun = F.col("document_date"), F.greatest("document_date", F.col("first.valid_from"))
    return (
        held.where(~F.col("nested") & F.col("first").isNotNull())
        .select(
            "period",
            "begin",
            "at",
            "holder",
            "uscc",
            "tier",
            "first",
            "first.document_date",
            "first.document_no",
        )
        .withColumns(
            {
                "in_force_on": begun,
                "new_in_window": on >= F.lit(window_start),
                "new_in_year": F.year(on) == F.year("at"),
                "in_period": begun.between(F.col("begin"), F.col("at")),
            }
        )
        .drop("begin", "at", "first")
    )
