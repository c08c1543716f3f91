"""Facts: one row per enterprise and period with everything that criteria, incentives and warnings read.

``schemas/facts.yaml`` names each fact and where it stands; null is "not reported", never 0. Facts share the
pass over the feeds with the indicators (:mod:`jobs.kpi.measures`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs import yamlfile
from jobs.kpi.calendar import Track, fact_track, fact_track_name
from jobs.kpi.dictionary import Read
from jobs.kpi.origins import LINE
from jobs.kpi.slots import BEFORE, NOW, Slots
from jobs.settings import settings

_EXACT = "decimal(28,4)"
FACT_COLUMNS = ("facts", "lines", "feeds_here")
"""Columns of the population that hold the facts."""


class Fact(BaseModel):
    """One fact; with ``prior`` also the value of the same period a year earlier."""

    model_config = ConfigDict(extra="forbid")

    name: str
    label: str
    unit: str
    prior: bool = False
    absent_zero: bool = False
    """Whether an enterprise that a list does not name has 0, once the list is there."""
    read: Read

    @property
    def current(self) -> bool:
        """Whether a row of it says that the feed has reported for the period.

        The December row of last year is no report of this one; of yearly forms the year before is the one due.
        """
        dated = self.read.at in ("cumulative", "quarter", "year")
        return dated and not self.read.lag and not self.read.months_back


def read_facts(path: Path) -> list[Fact]:
    """Read a file of facts; names are unique.

    Raises
    ------
    ValueError
        If a name occurs twice.
    """
    found = [Fact.model_validate(f) for f in yamlfile.read(path)["facts"]]
    if len({f.name for f in found}) != len(found):
        raise ValueError(f"事实目录有重复名称 / duplicate name in {path}")
    return found


@lru_cache(maxsize=1)
def all_facts() -> list[Fact]:
    """Return the project's facts."""
    return read_facts(settings().schemas / "facts.yaml")


def fact_names(facts: Iterable[Fact]) -> list[str]:
    """Return the names of facts, and of their values a year earlier."""
    return [name for f in facts for name in ((f.name, f"{f.name}_prior") if f.prior else (f.name,))]


def fact_tracks(facts: Sequence[Fact], periods: list[str]) -> list[Track]:
    """Return every time line the facts use, once each."""
    found = {(t.period, t.track): t for f in facts for p in periods for t in [fact_track(f.read, p)]}
    return [found[k] for k in sorted(found)]


def fact_columns(facts: Sequence[Fact], slots: Slots) -> dict[str, Column]:
    """Return the columns of the facts over gathered rows (:data:`FACT_COLUMNS`): values, where they stand, who reported."""
    values: list[Column] = []
    lines: list[Column] = []
    here: dict[str, Column] = {}
    for fact in facts:
        label = slots.label(fact.read, fact_track_name(fact.read))
        for name, text, role in _sides(fact):
            row = F.col(f"{role}_{label}") if label else None
            value = row[slots.value(fact.read, text)] if row is not None else F.lit(None)
            value = value.cast(_EXACT)
            values.append(value.alias(name))
            line = F.when(value.isNotNull(), row["line"]) if row is not None else F.lit(None).cast(LINE)
            lines.append(line.alias(name))
        if label and fact.current:
            there = F.col(f"{NOW}_{label}").isNotNull()
            here[fact.read.feed] = here.get(fact.read.feed, F.lit(False)) | there
    marks = [F.when(there, F.lit(feed)) for feed, there in sorted(here.items())]
    reported = F.array_compact(F.array(*marks)) if marks else F.array().cast("array<string>")
    return dict(zip(FACT_COLUMNS, (F.struct(*values), F.struct(*lines), reported), strict=True))


def _sides(fact: Fact) -> list[tuple[str, str, str]]:
    """Return (name, SQL of the value, role of the row) of a fact and of its prior."""
    found = [(fact.name, fact.read.column, NOW)]
    if fact.prior:
        base = fact.read.base_column
        found.append((f"{fact.name}_prior", base or fact.read.column, NOW if base else BEFORE))
    return found


def _events(facts: Sequence[Fact], feeds: Mapping[str, DataFrame]) -> list[str]:
    """Return the feeds of events that hold anything at all."""
    named = {f.read.feed for f in facts if f.read.at == "event" and f.read.feed in feeds}
    return [n for n in sorted(named) if not feeds[n].isEmpty()]


def _told(fact: Fact) -> Column:
    """Return a fact's value; of a list that has arrived, 0 for whom it does not name."""
    value = F.col("facts")[fact.name]
    if not fact.absent_zero:
        return value
    return F.coalesce(value, F.when(F.array_contains("feeds_arrived", fact.read.feed), F.lit(0).cast(_EXACT)))


def _arrived(entities: DataFrame, events: list[str]) -> DataFrame:
    """Return the feeds that have said anything of anybody, by period. Asked once: every table would ask again."""
    said = entities.select("period", F.explode_outer("feeds_here").alias("feed")).distinct().collect()
    found: dict[str, set[str]] = {}
    for row in said:
        found.setdefault(row["period"], set(events)).update({row["feed"]} - {None})
    rows = [(period, sorted(feeds)) for period, feeds in sorted(found.items())]
    return entities.sparkSession.createDataFrame(rows, "period STRING, feeds_arrived ARRAY<STRING>")


def facts_frame(
    entities: DataFrame, periods: DataFrame, facts: Sequence[Fact], feeds: Mapping[str, DataFrame]
) -> DataFrame:
    """Return the facts of the holders that can be named: USCC and place known, something held.

    Parameters
    ----------
    entities : DataFrame
        Population with measures and facts.
    periods : DataFrame
        ``period``, ``at``.
    facts : sequence of Fact
    feeds : mapping
        Silver rows by the name they are read as.

    Returns
    -------
    DataFrame
        One row per period and enterprise: period, at, uscc, name, unit, county, domain, industry_code,
        opened_on, closed, certified (holds a certificate proper), valid_tiers, ever_tiers, ends, a column per fact, lines (fact -> where it stands,
        :mod:`jobs.kpi.origins`), feeds_here, feeds_arrived (feeds of which the period has a row of anybody; of events: any at all).
    """
    held = F.col("uscc").isNotNull() & F.col("unit").isNotNull() & (F.size("valid_tiers") > 0)
    arrived = _arrived(entities, _events(facts, feeds))
    certified = F.exists("memberships", lambda m: m["tier"].isNull() & m["valid"])
    priors = [F.col("facts")[f"{f.name}_prior"].alias(f"{f.name}_prior") for f in facts if f.prior]
    return (
        entities.where(held)
        .join(F.broadcast(periods), "period")
        .join(F.broadcast(arrived), "period")
        .select(
            "period", "at", "uscc", "name", "unit", "county", "domain", "industry_code", "opened_on",
            "closed", certified.alias("certified"), "valid_tiers", "ever_tiers", "ends", *[_told(f).alias(f.name) for f in facts], *priors,
            "lines", "feeds_here", "feeds_arrived",
        )
    )  # fmt: skip
