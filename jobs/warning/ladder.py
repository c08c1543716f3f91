"""Where on the ladder a problem stands: level by the days since it was opened, and when it goes up."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.contract import load_table
from jobs.kpi.scope import UNASSIGNED
from jobs.warning.model import Ladder, Level

OTHER_DOMAIN = "对应"
"""Said in place of the domain of a firm that belongs to none."""


def domain_name(domain: Column) -> Column:
    """Return the Chinese name of a service domain (the code list of the figures)."""
    column = load_table("kpi_region").column("domain")
    named = F.lit(OTHER_DOMAIN)
    for entry in [e for e in column.prop.enum or [] if e.value != UNASSIGNED]:
        named = F.when(domain == str(entry.value), F.lit(entry.label)).otherwise(named)
    return named


def body(level: Level, domain: Column) -> Column:
    """Return the body in charge at a level; the provincial team is that of the firm's domain."""
    return F.replace(F.lit(level.body), F.lit("{domain}"), domain_name(domain))


def standing(ladder: Ladder, opened_on: Column, at: Column, domain: Column) -> Column:
    """Return the level of a problem that nobody has solved by ``at``.

    Parameters
    ----------
    ladder : Ladder
    opened_on, at : Column
        Dates: the day the problem was opened, the reference date.
    domain : Column
        Service domain of the firm.

    Returns
    -------
    Column
        Struct of ``level`` (id), ``body`` and ``due_on``: the day on which it goes up, from which on the next
        level has it; null at the last level.
    """
    *limited, last = ladder.levels
    found = F.struct(
        F.lit(last.id).alias("level"),
        body(last, domain).alias("body"),
        F.lit(None).cast("date").alias("due_on"),
    )
    for level, end in reversed(list(zip(limited, ladder.ends, strict=True))):
        due_on = F.date_add(opened_on, end)
        here = F.struct(
            F.lit(level.id).alias("level"), body(level, domain).alias("body"), due_on.alias("due_on")
        )
        found = F.when(at < due_on, here).otherwise(found)
    return found
