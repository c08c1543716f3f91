"""Evaluating the rules over the facts: which warnings stand at the end of each period.

A condition over a row is met, not met, or unknown where a fact it needs was not reported; an unknown
condition warns of nothing and is counted (:func:`tally`). A rule fires once its condition was met in as many
quarters in a row as it asks for: exactly the quarter before, so a quarter in which the firm has no row, or
the condition is unknown, ends the run.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.kpi.certificates import TERM_MONTHS
from jobs.period import parse
from jobs.warning import evidence
from jobs.warning.ladder import standing
from jobs.warning.model import Ladder, RdLine, Rule, Rulebook
from jobs.warning.rules import RD_LINE, not_evaluated

HIGHEST = 3
"""Level 重点: no confirmation raises above it."""
CONFIDENCE = ("高", "中", "低")
"""By the number of feeds without the firm: none, one, several."""
ENDED = "本期条件不再成立，预警解除"
UNJUDGED = "本期缺数，无法判断，预警中止"


def _issued(tier: str) -> Column:
    """Return the first day of a tier's certificate, from its last one: a certificate runs for three years."""
    own = F.filter("ends", lambda e: e["tier"] == tier)
    last_day = F.array_max(F.transform(own, lambda e: e["valid_to"]))
    return F.add_months(F.date_add(last_day, 1), -TERM_MONTHS)


def _line(line: RdLine) -> Column:
    """Return the percentage of the first band that applies, null where none does."""
    found = F.lit(None).cast("decimal(6,2)")
    for band in reversed(line.bands):
        percent = F.lit(band.percent).cast("decimal(6,2)")
        found = percent if band.when is None else F.when(F.expr(band.when), percent).otherwise(found)
    issued = _issued(line.tier)
    ruled = issued >= F.lit(line.issued_from)
    if line.issued_to is not None:
        ruled = ruled & (issued <= F.lit(line.issued_to))
    return F.when(ruled, found)


def certificate_line(lines: list[RdLine]) -> Column:
    """Return the R&D intensity in per cent that the highest certificate of a firm asks for.

    The highest tier that has lines at all decides, under the rules in force when that certificate began;
    null where they set no line for the firm.

    Parameters
    ----------
    lines : list of RdLine
        Tiers from the highest to the lowest.
    """
    tiers = list(dict.fromkeys(line.tier for line in lines))
    found = F.lit(None).cast("decimal(6,2)")
    for tier in reversed(tiers):
        own = F.coalesce(*[_line(line) for line in lines if line.tier == tier])
        found = F.when(F.array_contains("valid_tiers", tier), own).otherwise(found)
    return found


def _missing(rule: Rule, listing: list[str]) -> Column:
    """Return how many of the feeds that a rule rests on say nothing about the firm."""
    count = F.lit(0)
    for feed in [*rule.feeds, *rule.confirm_feeds]:
        where = "feeds_arrived" if feed in listing else "feeds_here"
        count = count + F.when(F.array_contains(where, feed), 0).otherwise(1)
    return count


def _judged(rule: Rule, listing: list[str]) -> Column:
    """Return what a rule says of one row: whether its condition is met, and what that rests on."""
    met = F.expr(rule.sql(rule.when))
    confirm = F.expr(rule.sql(rule.confirm)) if rule.confirm else F.lit(False)
    fields = {
        "rule": F.lit(rule.id),
        "rule_name": F.lit(rule.name_zh),
        "severity": F.lit(rule.severity),
        "wanted": F.lit(rule.periods),
        "raised_after": F.lit(rule.raised_after).cast("int"),
        "met": met,
        "confirmed": F.coalesce(confirm, F.lit(False)),
        "missing": _missing(rule, listing),
        "evidence": F.when(met, evidence.values(rule)),
        "evidence_lines": F.when(met, evidence.lines(rule)),
        "sentence": F.when(met, evidence.sentence(rule)),
    }
    return F.struct(*[column.alias(name) for name, column in fields.items()])


def _evaluated(facts: DataFrame, rules: Rulebook) -> list[Rule]:
    left_out = not_evaluated(facts.columns, rules)
    return [rule for rule in rules.rules if rule.id not in left_out]


def _all_judged(facts: DataFrame, rules: Rulebook) -> DataFrame:
    """Return one row per row of the facts and rule."""
    lined = facts.withColumn(RD_LINE, certificate_line(rules.rd_lines))
    judged = F.inline(F.array(*[_judged(r, rules.listing_feeds) for r in _evaluated(facts, rules)]))
    return lined.select("period", "at", "uscc", "name", "unit", "county", "domain", judged)


def _quarters(period: str) -> Column:
    """Return the number of a quarter key: one more is the quarter after."""
    key = F.col(period)
    return F.substring(key, 1, 4).cast("int") * 4 + F.substring(key, 6, 1).cast("int") - 1


def _key(quarter: Column) -> Column:
    year = F.floor(quarter / 4).cast("string")
    return F.concat(year, F.lit("Q"), (quarter % 4 + 1).cast("string"))


def _last_day(quarter: Column) -> Column:
    return F.last_day(F.make_date(F.floor(quarter / 4).cast("int"), quarter % 4 * 3 + 3, F.lit(1)))


def _runs(judged: DataFrame) -> DataFrame:
    """Add for how many periods each rule has been firing, now (``open``) and in the quarter before."""
    story = Window.partitionBy("uscc", "rule").orderBy("quarter")
    follows = F.lag("quarter").over(story) == F.col("quarter") - 1
    goes_on = F.coalesce(follows & F.lag("met").over(story), F.lit(False))
    begins = F.when(F.col("met") & ~goes_on, F.col("quarter"))
    since = F.last(begins, ignorenulls=True).over(story.rowsBetween(Window.unboundedPreceding, 0))
    length = F.col("quarter") - since + 1
    firing = F.when(F.col("met"), F.greatest(length - F.col("wanted") + 1, F.lit(0))).otherwise(0)
    rows = judged.withColumn("quarter", _quarters("period")).withColumn("open", firing)
    before = F.when(follows, F.lag("open").over(story))
    return rows.withColumn("open_before", F.coalesce(before, F.lit(0)))


def _level() -> Column:
    raised = (F.col("open") >= F.col("raised_after")).cast("int")
    steps = F.col("confirmed").cast("int") + F.coalesce(raised, F.lit(0))
    return F.least(F.col("severity") + F.when(F.col("open") > 0, steps).otherwise(0), F.lit(HIGHEST))


def _text() -> Column:
    ended = F.when(F.col("met").isNull(), UNJUDGED).otherwise(ENDED)
    return F.when(F.col("open") > 0, F.col("sentence")).otherwise(ended)


def _check(asked_periods: list[str]) -> None:
    if wrong := [p for p in asked_periods if parse(p).months != 3]:
        raise ValueError(f"预警只按季度计算：{wrong} / warnings are quarterly, not {wrong}")


def warnings(facts: DataFrame, rules: Rulebook, ladder: Ladder, asked_periods: list[str]) -> DataFrame:
    """Return the warnings that stand, or were closed, in the asked periods.

    Parameters
    ----------
    facts : DataFrame
        One row per quarter and firm: the asked quarters, and earlier ones for rules that look back.
    rules : Rulebook
        Rules on facts that the frame does not have are left out
        (:func:`jobs.warning.rules.not_evaluated`).
    ladder : Ladder
    asked_periods : list of str
        Quarter keys.

    Returns
    -------
    DataFrame
        One row per period, uscc and rule that fires (``state`` open), or fired in the quarter before and
        does not any more (closed). ``first_seen`` and ``periods_open`` are those of the uninterrupted run of
        firing quarters, of the run that ended if closed; a run cannot begin before the frame does. An open
        one has its evidence and its place on the ladder, by the days since the end of ``first_seen``.
        A firm without a row in the asked period has no row here either, so its warnings end unsaid.

    Raises
    ------
    ValueError
        If an asked period is no quarter.

    Source
    ------
    Rules, thresholds and levels: policies/monitoring; reconciliation of sources: methods.md §10.
    """
    _check(asked_periods)
    is_open = F.col("open") > 0
    shown = F.col("period").isin(asked_periods) & (is_open | (F.col("open_before") > 0))
    rows = _runs(_all_judged(facts, rules)).where(shown)
    first = F.col("quarter") - F.when(is_open, F.col("open") - 1).otherwise(F.col("open_before"))
    place = F.when(is_open, standing(ladder, _last_day(first), F.col("at"), F.col("domain")))
    return rows.withColumn("place", place).select(
        "period",
        F.col("unit").alias("region_code"),
        F.col("county").alias("county_code"),
        "uscc",
        "name",
        "domain",
        "rule",
        "rule_name",
        "severity",
        _level().alias("level"),
        F.get(F.array(*[F.lit(c) for c in CONFIDENCE]), F.least("missing", F.lit(2))).alias("confidence"),
        (is_open & F.col("confirmed")).alias("confirmed"),
        F.when(is_open, "open").otherwise("closed").alias("state"),
        _key(first).alias("first_seen"),
        F.when(is_open, F.col("open")).otherwise(F.col("open_before")).alias("periods_open"),
        F.when(is_open, F.col("evidence")).alias("evidence"),
        F.when(is_open, F.col("evidence_lines")).alias("evidence_lines"),
        _text().alias("text"),
        F.col("place.level").alias("ladder_level"),
        F.col("place.body").alias("ladder_body"),
        F.col("place.due_on").alias("due_on"),
    )


def tally(facts: DataFrame, rules: Rulebook, asked_periods: list[str]) -> DataFrame:
    """Return per period and rule how many firms meet the condition, do not, or cannot be judged.

    Parameters
    ----------
    facts : DataFrame
        As for :func:`warnings`.
    rules : Rulebook
    asked_periods : list of str

    Returns
    -------
    DataFrame
        period, rule, n_met, n_not_met, n_unknown; rules that were left out have no row.
    """
    _check(asked_periods)
    judged = _all_judged(facts.where(F.col("period").isin(asked_periods)), rules)
    met = F.col("met")
    return judged.groupBy("period", "rule").agg(
        F.count_if(met).alias("n_met"),
        F.count_if(~met).alias("n_not_met"),
        F.count_if(met.isNull()).alias("n_unknown"),
    )
