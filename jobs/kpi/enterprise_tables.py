"""Tables about single enterprises: criteria, incentives, warnings, breakthroughs, problems on the ladder.

All but the last two rest on the facts (:mod:`jobs.kpi.facts`) of the asked periods and of some quarters
before each, so that runs of quarters and the year before can be seen.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.criteria import evaluate as criteria
from jobs.criteria.rules import load_versions
from jobs.incentive import evaluate as incentive
from jobs.incentive.rules import granting, of_region
from jobs.kpi.breakthrough import breakthroughs
from jobs.kpi.calendar import period_frame, span_frame
from jobs.kpi.fact_models import fact_periods
from jobs.kpi.facts import all_facts, facts_frame
from jobs.kpi.flow import first_awards
from jobs.kpi.origins import Origins
from jobs.kpi.population import Inputs
from jobs.kpi.regions import RegionMap
from jobs.policy.model import Programme
from jobs.warning import engine, rules, tickets
from jobs.warning.review import Words, standings
from jobs.warning.tally import rule_table, tallies

ROSTER = "_roster"
"""No table: the holders of a certificate proper that have not closed, and their unit, for whom feeds are asked."""


def _warnings(
    facts: DataFrame, now: DataFrame, asked: list[str], origins: Origins, words: Words
) -> dict[str, DataFrame]:
    """Return the warnings, and beside them how many firms each rule applies to and fires on."""
    book = rules.load()
    found = engine.marks(facts, book, asked)
    counted = tallies(found, [r.id for r in engine.evaluated_rules(facts, book)], asked)
    stands = standings(counted, book.review, words)
    return {
        "warning": engine.warnings(now, found, book, rules.load_ladder(), origins, stands),
        "warning_rule": rule_table(facts.sparkSession, book, asked, counted, words),
    }


def _on_facts(
    facts: DataFrame, held: DataFrame, programme: Programme, asked: list[str], origins: Origins
) -> dict[str, DataFrame]:
    """Return what rests on the facts alone."""
    now = facts.where(F.col("period").isin(asked))
    versions = load_versions()
    conditions = criteria.conditions(now, versions, origins)
    awards = first_awards(held, programme.window_start)
    own = of_region(programme.region_code)
    found = {
        "criteria_condition": conditions,
        "criteria_result": criteria.verdicts(conditions),
        "certificate_expiry": criteria.expiring(now, versions, origins),
        "incentive_rule": incentive.rule_table(facts.sparkSession, granting(), programme.region_code, asked),
    }
    if any(i.rule.eligible for i in own):
        found["incentive"] = incentive.incentives(facts, awards, own, asked, origins)
    return found


def enterprise_tables(
    inputs: Inputs,
    programme: Programme,
    regions: RegionMap,
    asked: list[str],
    entities: DataFrame,
    spans: DataFrame,
    held: DataFrame,
    origins: Origins,
    words: Words,
) -> dict[str, DataFrame]:
    """Return the tables about single enterprises.

    Parameters
    ----------
    inputs : Inputs
    programme : Programme
    regions : RegionMap
    asked : list of str
        Quarter keys.
    entities : DataFrame
        Population with facts of :func:`fact_periods`.
    spans : DataFrame
        Certificates with their validity.
    held : DataFrame
        How every holder stands at both ends of the asked periods (:func:`jobs.kpi.flow.states`).
    origins : Origins
        Of the feeds' rows.
    words : mapping
        Period and warning rule -> an analyst's word on it.
    """
    spark = inputs.regions.sparkSession
    periods = period_frame(spark, fact_periods(asked))
    facts = facts_frame(entities, periods, all_facts(), inputs.feeds)
    found = _on_facts(facts, held, programme, asked, origins)
    now = facts.where(F.col("period").isin(asked))
    found |= _warnings(facts, now, asked, origins, words)
    found[ROSTER] = now.where(F.col("certified") & ~F.col("closed")).select("period", "uscc", "unit")
    if tier := programme.breakthrough_tier:
        found["breakthrough"] = breakthroughs(spans, entities, span_frame(spark, asked), tier)
    feed = programme.roles.get("tickets")
    if feed and feed in inputs.feeds:
        found["ticket_progress"] = tickets.progress(inputs.feeds[feed], rules.load_ladder(), regions, asked)
    return found
