"""Conditions, verdicts, and certificates that end soon, from the facts frame and the rule versions."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.criteria import lines
from jobs.criteria.line import BETWEEN, LEFT_OUT, MET, NOT_MET, REQUIREMENT, SCORE, UNKNOWN
from jobs.criteria.model import RuleVersion
from jobs.criteria.rules import fact_labels, terms
from jobs.kpi.kept import kept
from jobs.kpi.origins import Origins

PASSES, ONE_SHORT, FAILS, OPEN = "达标", "差一项", "不达标", "资料不足"
REACHED, REACHABLE, OUT_OF_REACH = "已达到", "可能达到", "达不到"
WINDOWS = (30, 60, 90)
"""Days before the end of a certificate at which it is listed."""

_FIRM = ["period", "region_code", "county_code", "uscc", "name"]
_ONE = ["period", "uscc", "tier"]
"""What names a verdict; all else of a firm and tier is the same in each of its lines."""
_CASE = [*_FIRM, "tier", "holds", "rule_version"]
_ENDING = ["valid_to", "days_left", "window_days"]


def conditions(
    facts: DataFrame, versions: Sequence[RuleVersion], origins: Origins, at: Column | None = None
) -> DataFrame:
    """Judge every firm against the rules of every tier.

    Parameters
    ----------
    facts : DataFrame
        The facts frame: one row per period and holder.
    versions : sequence of RuleVersion
        From :func:`jobs.criteria.rules.load_versions`.
    origins : Origins
        Of the facts' lines.
    at : Column, optional
        Date of application, which decides the version; default: the last day of the period.

    Returns
    -------
    DataFrame
        One row per period, firm, tier and line of the rules (:data:`jobs.criteria.lines.FIELDS`), of firms
        that hold a certificate or library place on the last day of the period and are not closed. Money is
        shown in 万元. What is found of a firm is computed at once and kept on the server, in one row: lines and
        verdicts are written from it.
    """
    on, rules = F.col("at") if at is None else at, terms(versions, review=False)
    found = lines.judged(origins.beside(_examined(facts)), rules, fact_labels(), on, _FIRM)
    return lines.spread(kept(found), rules, _FIRM)


def _examined(facts: DataFrame) -> DataFrame:
    open_holders = (F.size("valid_tiers") > 0) & ~F.coalesce("closed", F.lit(False))
    return facts.where(open_holders).withColumnsRenamed({"unit": "region_code", "county": "county_code"})


def verdicts(conditions: DataFrame) -> DataFrame:
    """Sum up the conditions of a firm and tier in a verdict.

    达标: every condition met. 差一项: exactly one not met, none unknown. 不达标: two or more not met,
    whatever is unknown. 资料不足: at most one not met and some unknown. Conditions left out (``left_out``),
    alternatives and items of the score are not counted by themselves.

    Parameters
    ----------
    conditions : DataFrame
        From :func:`conditions`.

    Returns
    -------
    DataFrame
        One row per period, firm, tier and rule version: verdict, counts, what fails, what is missing,
        what was left out, points known, maximum of the items known, whether the line can be reached.
    """
    return _verdicts(conditions, _CASE)


def _verdicts(found: DataFrame, keys: Sequence[str]) -> DataFrame:
    counted = F.col("kind") == REQUIREMENT
    left_out = F.col("kind") == LEFT_OUT
    score = F.col("condition_id") == SCORE
    parts = {
        "n_conditions": F.count_if(counted),
        "n_met": F.count_if(counted & (F.col("result") == MET)),
        "n_not_met": F.count_if(counted & (F.col("result") == NOT_MET)),
        "n_unknown": F.count_if(counted & (F.col("result") == UNKNOWN)),
        "n_left_out": F.count_if(left_out),
        "failed": _listed(counted & (F.col("result") == NOT_MET), "condition_text"),
        "undecided": _listed(counted & (F.col("result") == UNKNOWN), "condition_text"),
        "missing": _listed(counted, "basis"),
        "left_out": _listed(left_out, "condition_text"),
        "score_points": F.max(F.when(score, F.col("points"))),
        "score_known_max": F.max(F.when(score, F.col("points_max"))),
        "reachable": F.max(F.when(score, F.col("reachable"))),
        "line": F.max(F.when(score, F.col("points_needed"))),
    }
    same = {k: F.first(k) for k in keys if k not in _ONE}
    # Alternatives and items say nothing that the conditions do not: they need not be sorted and shuffled.
    asked = found.where(counted | left_out)
    summed = asked.groupBy(*_ONE).agg(*[c.alias(n) for n, c in (same | parts).items()])
    return summed.withColumns({"verdict": _verdict(), "score_state": _score_state()}).drop(
        "reachable", "line"
    )


def _listed(which: Column, column: str) -> Column:
    """Join the texts of some lines in the rule's order, each entry once."""
    texts = F.sort_array(
        F.collect_list(F.when(which & F.col(column).isNotNull(), F.struct("position", column)))
    )
    entries = F.flatten(F.transform(texts, lambda x: F.split(x[column], BETWEEN)))
    return F.nullif(F.array_join(F.array_distinct(entries), BETWEEN), F.lit(""))


def _verdict() -> Column:
    failed, unknown = F.col("n_not_met"), F.col("n_unknown")
    return F.when(failed >= 2, FAILS).when(unknown > 0, OPEN).when(failed == 1, ONE_SHORT).otherwise(PASSES)


def _score_state() -> Column:
    """Whether the points reach the line; null for rules without a score."""
    return (
        F.when(F.col("score_points") >= F.col("line"), REACHED)
        .when(F.col("reachable"), REACHABLE)
        .when(~F.col("reachable"), OUT_OF_REACH)
    )


def expiring(facts: DataFrame, versions: Sequence[RuleVersion], origins: Origins) -> DataFrame:
    """List certificates that end within 90 days after the period, with a pre-check of their review.

    Of several certificates of a tier the one that ends last counts. The pre-check goes by the version
    that will hold for reviews on the day the certificate ends, and leaves out what a review does not look at.

    Parameters
    ----------
    facts : DataFrame
        The facts frame: one row per period and holder.
    versions : sequence of RuleVersion
    origins : Origins
        Of the facts' lines.

    Returns
    -------
    DataFrame
        One row per period, firm and tier: valid_to, days_left (0 = the last day of the period),
        window_days (30, 60 or 90), and the columns of :func:`verdicts`.
    """
    by_review = terms(versions, review=True)
    ending = _ending(_examined(facts), sorted({t.rules.tier for t in by_review}))
    keys = [*_FIRM, "ending_tier", *_ENDING]
    judged = lines.judged(origins.beside(ending), by_review, fact_labels(), F.col("valid_to"), keys)
    found = lines.spread(judged, by_review, keys)
    return _verdicts(found.where("tier = ending_tier"), [*_CASE, *_ENDING])


def _ending(firms: DataFrame, tiers: Sequence[str]) -> DataFrame:
    """Spread firms over their certificates that end soon."""

    def last(tier: str) -> Column:
        of_tier = F.filter("ends", lambda e: e["tier"] == tier)
        return F.array_max(F.transform(of_tier, lambda e: e["valid_to"]))

    ends = F.array(*[F.struct(F.lit(t).alias("ending_tier"), last(t).alias("valid_to")) for t in tiers])
    days = F.datediff("valid_to", "at")
    window = F.when(days <= WINDOWS[0], WINDOWS[0]).when(days <= WINDOWS[1], WINDOWS[1]).otherwise(WINDOWS[2])
    spread = firms.select("*", F.inline(ends)).where(days.between(0, WINDOWS[2]))
    return spread.withColumns({"days_left": days, "window_days": window})
