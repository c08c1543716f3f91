"""The R&D intensity that a firm's certificate asks for."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.kpi.unmatched import TERM_MONTHS
from jobs.warning.model import RdLine


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
