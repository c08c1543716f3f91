"""Certificate notices as validity intervals per holder and tier (methods.md §11, 时点数)."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi.unmatched import TERM_MONTHS
from jobs.quality import values

PRINTED_PLACE = ("unit_name", "county_name")
LINE = ("document_date", "document_no", "name", "uscc", "event", "valid_from", "valid_to", *PRINTED_PLACE)
"""A line of a notice; the date comes first, so that lines sort by it."""


def holder() -> Column:
    """Identity of a holder: the USCC, else document number and name; never the name alone."""
    return F.coalesce(F.col("uscc"), F.concat_ws("||", "document_no", values.folded(F.col("name"))))


def _dated(lines: Column, withdrawals: Column, endless: Column, term: int) -> Column:
    """Fill in start and end of lines sorted by date; a renewal looks back on the ends already known."""

    def step(done: Column, line: Column) -> Column:
        def carries(past: Column) -> Column:
            # Of documents of one day none comes before the other: a firm listed twice is renewed once.
            before = past["document_date"] < line["document_date"]
            ended = F.exists(
                withdrawals, lambda d: (d >= past["document_date"]) & (d <= line["document_date"])
            )
            return before & ~ended

        previous_end = F.array_max(F.transform(F.filter(done, carries), lambda past: past["valid_to"]))
        day_after = F.when(line["event"] == "renew", F.date_add(previous_end, 1))
        # greatest() skips nulls: without a previous end it is the document's date.
        start = F.coalesce(line["valid_from"], F.greatest(line["document_date"], day_after))
        end = F.coalesce(line["valid_to"], F.date_sub(F.add_months(start, term), 1))
        dated = line.withField("valid_from", start).withField("valid_to", F.when(~endless, end))
        return F.array_append(done, dated)

    return F.aggregate(lines, F.slice(lines, 1, 0), step)


def intervals(notices: DataFrame, never_expires: list[str], term: int = TERM_MONTHS) -> DataFrame:
    """Turn notices into validity intervals.

    A grant or a renewal opens an interval of its own. A rename changes nothing: the holder is the
    USCC. A withdrawal ends the intervals of its tier that were documented before or with it, so that a
    later new grant counts again; a later renewal does not start after what was withdrawn.

    Parameters
    ----------
    notices : DataFrame
        Silver certificate notices, one row per document and name.
    never_expires : list of str
        Tiers without an end of validity (libraries).
    term : int
        Months of validity where none is printed.

    Returns
    -------
    DataFrame
        holder, uscc, tier, event, valid_from, valid_to (null = no end), withdrawn_on, document_date,
        document_no, name, unit_name, county_name.

    Source
    ------
    methods.md §11: valid_from as printed, else the document's date, a renewal's not before the day after
    the latest end of the tier documented before it; valid_to as printed, else
    add_months(valid_from, 36) - 1 day.
    """
    opens = F.col("event").isin("grant", "renew")
    withdrawn_on = F.when(F.col("event") == "withdraw", F.col("document_date"))
    stories = (
        notices.groupBy(holder().alias("holder"), "tier")
        .agg(
            F.sort_array(F.collect_list(F.when(opens, F.struct(*LINE)))).alias("lines"),
            F.sort_array(F.collect_list(withdrawn_on)).alias("withdrawals"),
        )
        .withColumn("endless", F.col("tier").isin(never_expires))
    )
    dated = _dated(F.col("lines"), F.col("withdrawals"), F.col("endless"), term)
    opened = stories.select("holder", "tier", "withdrawals", F.inline(dated))
    first_after = F.array_min(F.filter("withdrawals", lambda d: d >= F.col("document_date")))
    return opened.withColumn("withdrawn_on", first_after).drop("withdrawals")


def granted() -> Column:
    """Return whether a line counts among those ever granted at the reference date ``at``."""
    return (F.col("event") == "grant") & (F.col("document_date") <= F.col("at"))


def standing(on: Column | None = None) -> Column:
    """Return whether the certificate of a line is valid on a day, by default the reference date ``at``."""
    day = F.col("at") if on is None else on
    open_end = F.coalesce(F.col("valid_to"), day) >= day
    kept = F.coalesce(F.col("withdrawn_on") > day, F.lit(True))
    return (F.col("valid_from") <= day) & open_end & kept


def stood() -> Column:
    """Return whether the certificate of a line was ever valid: not withdrawn before it began."""
    begun = F.coalesce(F.col("withdrawn_on") > F.col("valid_from"), F.lit(True))
    return begun & F.coalesce(F.col("valid_to") >= F.col("valid_from"), F.lit(True))


def held(intervals_at: DataFrame) -> DataFrame:
    """Return per period and holder the tiers held validly and ever, and the place last printed.

    Ever counts grants by the date of their document; a renewal alone grants nothing.

    Parameters
    ----------
    intervals_at : DataFrame
        Intervals crossed with periods (columns ``period``, ``at``).
    """
    valid, ever = standing(), granted()
    last = F.max(F.struct("document_date", "document_no", "name", "unit_name", "county_name"))
    return (
        intervals_at.where(ever | (F.col("valid_from") <= F.col("at")))
        .groupBy("period", "holder")
        .agg(
            F.max("uscc").alias("uscc"),
            F.sort_array(F.collect_set(F.when(valid, F.col("tier")))).alias("valid_tiers"),
            F.sort_array(F.collect_set(F.when(ever, F.col("tier")))).alias("ever_tiers"),
            F.collect_set(F.when(valid, F.struct("tier", "valid_to"))).alias("ends"),
            last.alias("printed"),
        )
    )


def rank_map(ranks: Mapping[str, int]) -> Column:
    """Return tier -> rank as a map literal."""
    return F.create_map(*[F.lit(x) for pair in sorted(ranks.items()) for x in pair])
