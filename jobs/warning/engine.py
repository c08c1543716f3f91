"""Evaluating the rules over the facts: which warnings stand at the end of each period.

A rule is evaluated for the firms of its population only (:mod:`jobs.warning.population`). A condition over a row is met,
not met, or unknown where a fact it needs was not reported; an unknown condition warns of nothing and is counted
(:mod:`jobs.warning.tally`). A rule fires once its condition was met in as many quarters in a row as it asks for: exactly
the quarter before, so a quarter in which the firm has no row, or the condition is unknown, ends the run.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi.origins import Origins, as_text
from jobs.period import parse
from jobs.warning import evidence
from jobs.warning.ladder import standing
from jobs.warning.model import Ladder, Rule, Rulebook
from jobs.warning.population import inside
from jobs.warning.rd_line import certificate_line
from jobs.warning.review import Standing
from jobs.warning.rules import RD_LINE, not_evaluated
from jobs.warning.runs import runs

HIGHEST = 3
"""Level 重点: no confirmation raises above it."""
_ADDED = ("first_seen", "review", "ladder_level", "ladder_body", "due_on")
CONFIDENCE = ("高", "中", "低")
"""By the number of feeds without the firm: none, one, several."""
ENDED = "本期条件不再成立，预警解除"
UNJUDGED = "本期缺数，无法判断，预警中止"
LEFT = "本期不在规则的适用范围（如未报送、证书失效、已注销），预警中止"


def _missing(rule: Rule, listing: list[str]) -> Column:
    """Return how many of the feeds that a rule rests on say nothing about the firm."""
    count = F.lit(0)
    for feed in [*rule.feeds, *rule.confirm_feeds]:
        where = "feeds_arrived" if feed in listing else "feeds_here"
        count = count + F.when(F.array_contains(where, feed), 0).otherwise(1)
    return count


def evaluated_rules(facts: DataFrame, rules: Rulebook) -> list[Rule]:
    """Return the rules whose facts the frame has."""
    left_out = not_evaluated(facts.columns, rules)
    return [rule for rule in rules.rules if rule.id not in left_out]


def _judged(facts: DataFrame, rules: Rulebook, evaluated: list[Rule]) -> DataFrame:
    """Add, in the order of the rules, ``inside`` (of the population) and ``met`` (null outside, and where unknown)."""
    within = [inside(r) for r in evaluated]
    met = [F.when(w, F.expr(r.sql(r.when))) for r, w in zip(evaluated, within, strict=True)]
    return _lined(facts, rules).withColumns({"inside": F.array(*within), "met": F.array(*met)})


def _lined(facts: DataFrame, rules: Rulebook) -> DataFrame:
    """Add the R&D intensity that each firm's certificate asks for."""
    return facts.withColumn(RD_LINE, certificate_line(rules.rd_lines))


def _key(quarter: Column) -> Column:
    year = F.floor(quarter / 4).cast("string")
    return F.concat(year, F.lit("Q"), (quarter % 4 + 1).cast("string"))


def _last_day(quarter: Column) -> Column:
    return F.last_day(F.make_date(F.floor(quarter / 4).cast("int"), quarter % 4 * 3 + 3, F.lit(1)))


def marks(facts: DataFrame, rules: Rulebook, asked_periods: list[str]) -> DataFrame:
    """Return the runs of all evaluated rules at the asked periods (:func:`jobs.warning.runs.runs`), kept on the server.

    Parameters
    ----------
    facts : DataFrame
        One row per quarter and firm: the asked quarters, and earlier ones for rules that look back.
    rules : Rulebook
    asked_periods : list of str
        Quarter keys.

    Raises
    ------
    ValueError
        If an asked period is no quarter.
    """
    check_quarters(asked_periods)
    evaluated = evaluated_rules(facts, rules)
    found = runs(_judged(facts, rules, evaluated), evaluated)
    # A few marks per firm; the numbers of all rules are counted from them before a warning is written.
    return found.where(F.col("period").isin(asked_periods)).localCheckpoint()


def _speaking(facts: DataFrame, rules: Rulebook, found: DataFrame) -> DataFrame:
    """Return the facts beside the marks, of firms of which something is to be said."""
    speaking = F.exists("open", lambda n: n > 0) | F.exists("open_before", lambda n: n > 0)
    return _lined(facts, rules).join(found.where(speaking).hint("shuffle_hash"), ["period", "uscc"])


def _said(rule: Rule, i: int, listing: list[str]) -> Column:
    """Return what a rule says of one row, with what that rests on; null where there is nothing to say.

    ``i`` is the rule's place in the arrays of :func:`jobs.warning.runs.runs`. Values are looked up only for what is said.
    """
    now, before = F.get("open", F.lit(i)), F.get("open_before", F.lit(i))
    fires = now > 0
    confirm = F.expr(rule.sql(rule.confirm)) if rule.confirm else F.lit(False)
    confirmed = fires & F.coalesce(confirm, F.lit(False))
    repeated = F.lit(False) if rule.raised_after is None else now >= rule.raised_after
    unjudged = F.when(F.get("met", F.lit(i)).isNull(), UNJUDGED).otherwise(ENDED)
    ended = F.when(~F.get("inside", F.lit(i)), LEFT).otherwise(unjudged)
    fields = {
        "rule": F.lit(rule.id),
        "rule_name": F.lit(rule.name_zh),
        "severity": F.lit(rule.severity),
        "level": F.least(F.lit(rule.severity) + confirmed.cast("int") + repeated.cast("int"), F.lit(HIGHEST)),
        "confidence": F.get(F.array(*map(F.lit, CONFIDENCE)), F.least(_missing(rule, listing), F.lit(2))),
        "confirmed": confirmed,
        "state": F.when(fires, "open").otherwise("closed"),
        "first": F.col("quarter") - F.when(fires, now - 1).otherwise(before),
        "periods_open": F.when(fires, now).otherwise(before),
        "evidence": F.when(fires, evidence.values(rule)),
        "evidence_lines": F.when(fires, evidence.lines(rule)),
        "text": F.when(fires, evidence.sentence(rule)).otherwise(ended),
    }
    return F.when(fires | (before > 0), F.struct(*[column.alias(name) for name, column in fields.items()]))


def check_quarters(asked_periods: list[str]) -> None:
    """Refuse periods that are no quarters.

    Raises
    ------
    ValueError
        If one of them is none.
    """
    if wrong := [p for p in asked_periods if parse(p).months != 3]:
        raise ValueError(f"预警只按季度计算：{wrong} / warnings are quarterly, not {wrong}")


def warnings(
    facts: DataFrame,
    found: DataFrame,
    rules: Rulebook,
    ladder: Ladder,
    origins: Origins,
    standings: Mapping[tuple[str, str], Standing],
) -> DataFrame:
    """Return the warnings that stand, or were closed, in the asked periods.

    Parameters
    ----------
    facts : DataFrame
        One row per asked quarter and firm.
    found : DataFrame
        Their :func:`marks`.
    rules : Rulebook
        Rules on facts that the frame does not have are left out
        (:func:`jobs.warning.rules.not_evaluated`).
    ladder : Ladder
    origins : Origins
        Of the facts' lines.
    standings : mapping
        Period and rule -> where a rule stands that fires on many (:mod:`jobs.warning.review`): what waits for a word
        is marked and has no place on the ladder.

    Returns
    -------
    DataFrame
        One row per period, uscc and rule that fires (``state`` open), or fired in the quarter before and
        does not any more (closed). ``first_seen`` and ``periods_open`` are those of the uninterrupted run of
        firing quarters, of the run that ended if closed; a run cannot begin before the frame does. An open
        one has its evidence and its place on the ladder, by the days since the end of ``first_seen``.
        A firm without a row in the asked period has no row here either, so its warnings end unsaid.

    Source
    ------
    Rules, thresholds and levels: policies/monitoring; reconciliation of sources: methods.md §10.
    """
    evaluated = evaluated_rules(facts, rules)
    said = F.array(*[_said(rule, i, rules.listing_feeds) for i, rule in enumerate(evaluated)])
    rows = _speaking(facts, rules, found).withColumn("said", F.array_compact(said))
    # A column of its own and the outer form: inside the generator it would be interpreted, and worked out twice.
    told = rows.select(
        "period",
        F.col("unit").alias("region_code"),
        F.col("county").alias("county_code"),
        "uscc",
        "name",
        "domain",
        "at",
        F.inline_outer("said"),
    ).where("rule IS NOT NULL")
    return _placed(told, ladder, origins, standings)


def _review(standings: Mapping[tuple[str, str], Standing]) -> Column:
    """Return where the rule of an open warning stands, null where nobody needs to look."""
    found = F.lit(None).cast("string")
    for (period, rule), stands in sorted(standings.items()):
        same = (F.col("period") == period) & (F.col("rule") == rule)
        found = F.when(same, stands.value).otherwise(found)
    return F.when(F.col("state") == "open", found)


def _placed(
    told: DataFrame, ladder: Ladder, origins: Origins, standings: Mapping[tuple[str, str], Standing]
) -> DataFrame:
    """Add when a warning was first seen and, of one that climbs, its place on the ladder; name its lines."""
    place = standing(ladder, _last_day(F.col("first")), F.col("at"), F.col("domain"))
    climbs = (F.col("state") == "open") & ~F.col("review").eqNullSafe(Standing.PENDING.value)
    placed = (
        origins.beside(told)
        .withColumn("review", _review(standings))
        .withColumn("place", F.when(climbs, place))
        .withColumns(
            {
                "first_seen": _key(F.col("first")),
                "ladder_level": F.col("place.level"),
                "ladder_body": F.col("place.body"),
                "due_on": F.col("place.due_on"),
                "evidence_lines": as_text(F.col("evidence_lines")),
            }
        )
    )
    return placed.select(*[c for c in told.columns if c not in ("at", "first")], *_ADDED)
