"""Which firms a rule can apply to: it is evaluated there and nowhere else."""

from __future__ import annotations

from functools import reduce
from operator import and_

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.warning.model import Rule


def inside(rule: Rule) -> Column:
    """Return whether a row of the facts belongs to the population of a rule; never null.

    A closed firm belongs to none: nobody can mend anything about it.
    """
    of = rule.population
    parts = [~F.col("closed")]
    if of.holders == "certified":
        parts.append(F.col("certified"))
    if of.domains:
        parts.append(F.col("domain").isin(of.domains))
    if of.sections:
        parts.append(F.substring("industry_code", 1, 1).isin(of.sections))
    parts += [F.array_contains("feeds_here", feed) for feed in of.reports]
    if of.when:
        parts.append(F.expr(rule.sql(of.when)))
    return F.coalesce(reduce(and_, parts), F.lit(False))
