"""Tables about single enterprises: criteria, incentives, warnings, breakthroughs and problems on the ladder.

All but the last two rest on the facts (:mod:`jobs.kpi.facts`) of the asked periods and of :data:`HISTORY` quarters
before each, so that runs of quarters and yearly figures can be seen.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import incentive, warning
from jobs.kpi import flow
from jobs.kpi.breakthrough import breakthroughs
from jobs.kpi.calendar import period_frame, span_frame
from jobs.kpi.facts import facts_frame
from jobs.kpi.population import Inputs
from jobs.kpi.regions import RegionMap
from jobs.period import parse
from jobs.policy.model import Programme

HISTORY = 4
"""Quarters before an asked one that are looked at."""


def fact_periods(periods: Iterable[str]) -> list[str]:
    """Return the periods whose facts are needed for the asked ones."""
    return sorted({parse(p).shift(-n).key for p in periods for n in range(HISTORY + 1)})
