"""Facts as models: everything that rules read of an enterprise, of the periods with figures and of the quarters before them.

Of the earlier quarters only facts are read: they have wide rows of their own (``past``), with nothing else in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from jobs.definitions.calendar import EVENT
from jobs.definitions.catalogue import CALENDAR, Catalogue, quoted, rows_of, text
from jobs.definitions.facts import Fact
from jobs.definitions.period import parse
from jobs.definitions.policy.uses import HISTORY
from jobs.kpi import inputs, parameters, runner
from jobs.kpi.inputs import Pinned

PAST_REQUESTS = "past_requests"
"""Parameters: what the quarters before ask for."""


def fact_periods(asked: Iterable[str]) -> list[str]:
    """Return the periods whose facts are needed for the asked ones."""
    return sorted({parse(p).shift(-n).key for p in asked for n in range(HISTORY + 1)})


def line_of(name: str) -> str:
    """Return the column that holds the line of a fact, or of its value a year earlier."""
    return f"{name}_line"


@dataclass(frozen=True)
class _Side:
    """A fact, or its value a year earlier, over a wide row: SQL of the value and of its line."""

    name: str
    value: str
    line: str


def _sides(catalogue: Catalogue, fact: Fact) -> list[_Side]:
    rows, read = rows_of(fact.read, CALENDAR), fact.read
    sides = [_Side(fact.name, catalogue.value(rows, read.column), catalogue.line(rows))]
    if fact.prior:
        before, column = (rows, read.base_column) if read.base_column else (rows.year_before(), read.column)
        prior = catalogue.value(before, column), catalogue.line(before)
        sides.append(_Side(f"{fact.name}_prior", *prior))
    return sides


def _columns(catalogue: Catalogue, fact: Fact) -> list[str]:
    """Return the columns of a fact; of a list that has arrived 0 for whom it does not name, on no line."""
    columns = []
    for side in _sides(catalogue, fact):
        value = f"CAST({side.value} AS DECIMAL(28, 4))"
        if fact.absent_zero and side.name == fact.name:
            value = f"coalesce({value}, CASE WHEN list_contains(feeds_arrived, {text(fact.read.feed)}) THEN 0 END)"
        columns.append(f"{value} AS {quoted(side.name)}")
        line = f"CAST(CASE WHEN {side.value} IS NOT NULL THEN {side.line} END AS BIGINT)"
        columns.append(f"{line} AS {quoted(line_of(side.name))}")
    return columns


def _feeds_here(catalogue: Catalogue, facts: Sequence[Fact]) -> str:
    """Return the SQL of the feeds that have reported of an enterprise for the period."""
    here: dict[str, list[str]] = {}
    for fact in facts:
        if fact.current and fact.read.feed in catalogue.feeds:
            lines = here.setdefault(fact.read.feed, [])
            lines.append(f"{catalogue.line(rows_of(fact.read, CALENDAR))} IS NOT NULL")
    marks = [
        f"CASE WHEN {' OR '.join(dict.fromkeys(own))} THEN {text(feed)} END"
        for feed, own in sorted(here.items())
    ]
    return (
        f"list_filter(CAST([{', '.join(marks)}] AS VARCHAR[]), lambda feed: feed IS NOT NULL) AS feeds_here"
    )


def _of_wide(catalogue: Catalogue, facts: Sequence[Fact], wide: str) -> str:
    each = ",\n  ".join([*(c for f in facts for c in _columns(catalogue, f)), _feeds_here(catalogue, facts)])
    return f"SELECT period, holder,\n  {each}\nFROM {wide} JOIN arrived USING (period)"


def wide_model(feeds: Iterable[str], read: str, holders: str) -> str:
    """Return a model of wide rows.

    Parameters
    ----------
    feeds : iterable of str
    read : str
        What the models of what is read of each feed are called by, before the feed.
    holders : str
        SQL of whose rows there are.
    """
    names = [f"{read}_{f}" for f in feeds]
    columns = "".join(f", {n}.* EXCLUDE (period, holder)" for n in names)
    joins = "".join(f"\nLEFT JOIN {n} USING (period, holder)" for n in names)
    return (
        "-- grain: period, holder. The wide row: all that is read of an enterprise.\n"
        f"SELECT h.period, h.holder{columns}\nFROM ({holders}) h{joins}"
    )


def models(catalogue: Catalogue, past: Catalogue, facts: Sequence[Fact], entity: str) -> dict[str, str]:
    """Return the models of the facts, and of the wide rows of the quarters before.

    Parameters
    ----------
    catalogue : Catalogue
        Of the periods with figures; takes in what the facts read.
    past : Catalogue
        Of the quarters before; of the facts alone.
    facts : sequence of Fact
    entity : str
        Column that names the entity.
    """
    both = [_of_wide(catalogue, facts, "wide"), _of_wide(past, facts, "past")]
    grain = "-- grain: period, holder. Facts: everything that rules read of an enterprise; unknown is not 0."
    texts = {"facts": f"{grain}\n" + "\nUNION ALL BY NAME\n".join(both)}
    texts |= {f"past_{f}": past.model(f, entity) for f in past.wide_feeds()}
    before = (
        "SELECT period, holder FROM holders ANTI JOIN periods p ON p.period = holders.period AND p.figures "
        "WHERE uscc IS NOT NULL AND unit IS NOT NULL AND len(valid_tiers) > 0"
    )
    return texts | {"past": wide_model(past.wide_feeds(), "past", before)}


def _reported(
    con: duckdb.DuckDBPyConnection, sources: Sequence[Pinned], columns: set[str]
) -> set[tuple[str, str]]:
    """Return the texts of the own periods of the rows that stand, with the columns that hold them; of events there is one."""
    texts = {"period": "period", "year": "CAST(year AS VARCHAR)", "": text(EVENT)}
    rows, periods = inputs.latest(con, sources, columns - {""}, None), set[tuple[str, str]]()
    for by in sorted(columns):
        said = _said(con, sources, texts[by])
        # Of what was never withdrawn the newest row of each key stands, and its key says the period; events have only one.
        keyed = not by or all(by in s.key for s in sources)
        doubted = [own for own, gone in said if own and (gone or not keyed)]
        standing = f"SELECT DISTINCT {texts[by]} FROM ({rows}) WHERE list_contains(?, {texts[by]})"
        found = con.execute(standing, [doubted]).fetchall() if doubted else []
        periods |= {(by, own) for own, _ in said if own not in doubted} | {(by, own) for (own,) in found}
    return periods


def _said(con: duckdb.DuckDBPyConnection, sources: Sequence[Pinned], own: str) -> list[tuple[str, bool]]:
    """Return the texts of all periods of the rows accepted, and whether a row of theirs was ever withdrawn."""
    parts = []
    for source in sources:
        gone = "deleted" if "deleted" in inputs.open_feed(con, source) else "false"
        parts.append(f"SELECT {own} AS own, {gone} AS gone FROM raw_{source.feed}")
    return con.execute(
        f"SELECT own, bool_or(gone) FROM ({' UNION ALL '.join(parts)}) GROUP BY own"
    ).fetchall()


def arrived(
    sources: Mapping[str, Sequence[Pinned]], facts: Sequence[Fact], periods: Sequence[str]
) -> pa.Table:
    """Return the feeds that have said anything of anybody, by period; of events: anything at all.

    Asked once, of all rows that stand: a slice could not tell by its own.
    """
    telling = [f.read for f in facts if f.read.feed in sources and (f.current or f.read.at == "event")]
    asked = {(r.feed, rows_of(r, CALENDAR)) for r in telling}
    columns: dict[str, set[str]] = {}
    for feed, rows in asked:
        columns.setdefault(feed, set()).add(rows.by)
    with runner.connection() as con:
        there = {feed: _reported(con, sources[feed], own) for feed, own in columns.items()}
    by_period = [
        (p, sorted({feed for feed, rows in asked if (rows.by, rows.key(p, {})) in there[feed]}))
        for p in periods
    ]
    return parameters.table({"period": pa.string(), "feeds_arrived": pa.list_(pa.string())}, by_period)
