"""The catalogue: every value that any indicator or fact reads of an enterprise, each once, as one column of the wide row.

An indicator and a fact that ask for the same value of the same rows share its column. Values of a year earlier are
rows one year further back on the same time line, nothing of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from jobs.definitions.calendar import EVENT, Available, reference_year
from jobs.definitions.dictionary import Indicator, Read
from jobs.definitions.period import Period, parse

CALENDAR = "calendar"
"""Leader of yearly facts: they are always those of the year before the period's."""
_YEARLY = ("year", "year_total")


@dataclass(frozen=True)
class Rows:
    """Which rows of a feed stand for an enterprise and a period, and what becomes of several.

    Attributes
    ----------
    leader : str
        Of yearly rows: the feed whose complete years set the reference year, or :data:`CALENDAR`.
    lag, months_back : int
        Years and months further back.
    where : tuple
        Key columns and their texts.
    only : str or None
        SQL condition on a row's content.
    """

    feed: str
    at: str
    leader: str = ""
    lag: int = 0
    months_back: int = 0
    where: tuple[tuple[str, str], ...] = ()
    only: str | None = None
    reduce: str = "first"

    @property
    def by(self) -> str:
        """Column of the feed that holds a row's own period; empty where rows belong to none."""
        return {"year": "year", "event": ""}.get(self.at, "period")

    @property
    def plain(self) -> bool:
        """Whether it is the one row that an entity has of a period, as it stands."""
        return bool(self.by) and self.reduce == "first" and not self.where and not self.only

    @property
    def time(self) -> str:
        """Name of the time line."""
        leader = f" of {self.leader}" if self.at in _YEARLY and self.leader not in ("", self.feed) else ""
        back = [f"-{n}{unit}" for n, unit in ((self.lag, "y"), (self.months_back, "m")) if n]
        return self.at + leader + "".join(back)

    def year_before(self) -> Rows:
        """Return the rows of the same period a year earlier."""
        return replace(self, lag=self.lag + 1)

    def quarter_before(self) -> Rows:
        """Return the rows at the end of the quarter before."""
        return replace(self, months_back=self.months_back + 3)

    def key(self, key: str, available: Available) -> str:
        """Return the text of the rows' own period for a period that asks."""
        period = parse(key)
        if self.at in _YEARLY:
            year = period.year - 1
            if self.leader != CALENDAR:
                year, _ = reference_year(period, available.get(self.leader))
            return f"{year - self.lag}{'12' if self.at == 'year_total' else ''}"
        if self.at == "event":
            return EVENT
        own = Period(period.year, period.month_to, 1).shift(-self.months_back)
        year = own.year - self.lag
        return f"{year}Q{own.month_to // 3}" if self.at == "quarter" else f"{year}{own.month_to:02d}"


def rows_of(read: Read, leader: str) -> Rows:
    """Return which rows a read means."""
    return Rows(
        read.feed, read.at, leader if read.at in _YEARLY else "", read.lag, read.months_back,
        tuple(sorted(read.where.items())), read.only, read.reduce,
    )  # fmt: skip


def leader_of(indicator: Indicator, read: Read) -> str:
    """Return the feed whose complete years set the reference year of an indicator's read."""
    return indicator.main.feed if indicator.main else read.feed


def dialect(text: str) -> str:
    """Return an expression of the dictionary or of a policy as the engine takes it.

    Its parser knows ``at`` as a word of its own, writes lists in brackets and has no sign for doubles.
    """
    own = re.sub(r"\btransform\(", "list_transform(", re.sub(r"\bat\b", '"at"', text))
    lists = re.sub(r"\barray\(([^()]*)\)", r"[\1]", own)
    return re.sub(r"\b(\d+(?:\.\d+)?)D\b", r"CAST(\1 AS DOUBLE)", lists)


def quoted(name: str) -> str:
    """Return an identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text in SQL."""
    return "'" + value.replace("'", "''") + "'"


@dataclass
class Catalogue:
    """The columns of the wide row.

    Attributes
    ----------
    feeds : frozenset of str
        Feeds that there are; a value of another one is unknown.
    flagged : frozenset of str
        Feeds whose rows carry a flag that says why they must not be used.
    rows : dict
        Rows -> their number.
    values : dict
        Rows and expression -> its number among the rows' own.
    asking : str
        Parameters: which rows which period asks for.
    """

    feeds: frozenset[str]
    flagged: frozenset[str] = frozenset()
    rows: dict[Rows, int] = field(default_factory=dict)
    values: dict[Rows, dict[str, str]] = field(default_factory=dict)
    labels: dict[Rows, str] = field(default_factory=dict)
    """Rows -> what the names of their columns begin with."""
    further: dict[Rows, list[str]] = field(default_factory=dict)
    """Expressions that are read of single rows, outside the wide row."""
    asking: str = "requests"

    def _known(self, rows: Rows) -> bool:
        if rows.feed not in self.feeds:
            return False
        if rows not in self.rows:
            alike = sum((r.feed, r.time) == (rows.feed, rows.time) for r in self.rows)
            self.labels[rows] = f"{rows.feed} {rows.time}" + (f" #{alike + 1}" if alike else "")
            self.rows[rows], self.values[rows] = len(self.rows), {}
        return True

    def value(self, rows: Rows, expression: str) -> str:
        """Return the SQL of a value in the wide row; NULL of an absent feed."""
        if not self._known(rows):
            return "NULL"
        own = self.values[rows]
        plain = expression if expression.isidentifier() else f"value {len(own) + 1}"
        own.setdefault(expression, f"{self.labels[rows]}: {plain}")
        return quoted(own[expression])

    def line(self, rows: Rows) -> str:
        """Return the SQL of where the rows stand; NULL where there are none."""
        return quoted(f"{self.labels[rows]}: line") if self._known(rows) else "NULL"

    def flag(self, rows: Rows) -> str:
        """Return the SQL of why the rows must not be used; NULL where they may."""
        if rows.feed not in self.flagged or not self._known(rows):
            return "NULL"
        return quoted(f"{self.labels[rows]}: flag")

    def feeds_read(self) -> list[str]:
        """Return the feeds that anything is read of, sorted."""
        return sorted({r.feed for r in self.rows})

    def wide_feeds(self) -> list[str]:
        """Return the feeds of the wide row, sorted; of others only single rows are read."""
        return sorted({r.feed for r in self.rows if r.reduce != "each"})

    def requests(self, periods: Iterable[str], available: Available) -> list[tuple[str, int, str, str, str]]:
        """Return feed, number of the rows, their period's column and text, and the period that asks."""
        asked = list(periods)
        return [(r.feed, n, r.by, r.key(p, available), p) for r, n in self.rows.items() for p in asked]

    def model(self, feed: str, entity: str) -> str:
        """Return the model of a feed's part of the wide row.

        Parameters
        ----------
        feed : str
        entity : str
            Column that names the entity.
        """
        own = [r for r in self.rows if r.feed == feed and r.reduce != "each"]
        columns = ",\n  ".join(c for r in own for c in self._columns(r))
        return (
            f"-- grain: period, holder. What is read of the rows of {feed}.\n"
            f"SELECT f.{entity} AS holder, r.asked_period AS period,\n  {columns}\n"
            f"FROM ({rows_by(feed, {r.by for r in own})}) f\nJOIN ({asked(feed, self.asking)}) r USING (row_by, row_key)\n"
            f"WHERE f.{entity} IS NOT NULL GROUP BY ALL"
        )

    def expressions(self, feed: str) -> list[str]:
        """Return all SQL that is read of a feed's rows, with the columns of their periods and keys."""
        own = [r for r in self.rows if r.feed == feed]
        texts = [e for r in own for e in (*self.values[r], r.only or "", *self.further.get(r, ())) if e]
        return [dialect(t) for t in texts] + [c for r in own for c in (r.by, *(k for k, _ in r.where)) if c]

    def belongs(self, rows: Rows) -> str:
        """Return the SQL condition of a feed's row, joined with what asks for it, to be one of those meant."""
        mine = f"r.rows_no = {self.rows[rows]}"
        for column, wanted in rows.where:
            mine += f" AND CAST(f.{column} AS VARCHAR) = {text(wanted)}"
        return mine + (f" AND ({dialect(rows.only)})" if rows.only else "")

    def _columns(self, rows: Rows) -> Sequence[str]:
        mine, label = self.belongs(rows), self.labels[rows]
        one = {"first": "any_value"}.get(rows.reduce, rows.reduce)
        columns = [f"min(CASE WHEN {mine} THEN f.line END) AS {quoted(f'{label}: line')}"]
        if rows.feed in self.flagged:
            columns.append(f"max(CASE WHEN {mine} THEN f.flag END) AS {quoted(f'{label}: flag')}")
        return columns + [
            f"{one}(CASE WHEN {mine} THEN {dialect(e)} END) AS {quoted(name)}"
            for e, name in self.values[rows].items()
        ]


def rows_by(feed: str, columns: Iterable[str]) -> str:
    """Return the SQL of a feed's rows under the texts of their own periods, once per column that holds one."""
    own = {"": text(EVENT), "period": "period", "year": "CAST(year AS VARCHAR)"}
    return " UNION ALL ".join(
        f"SELECT *, {text(by)} AS row_by, {own[by]} AS row_key FROM silver_{feed}" for by in sorted(columns)
    )


def asked(feed: str, requests: str = "requests") -> str:
    """Return the SQL of what asks for a feed's rows, with the last day of each period that asks."""
    return (
        'SELECT q.rows_no, q.row_by, q.row_key, q.period AS asked_period, d.last_day AS "at" '
        f"FROM {requests} q JOIN periods d USING (period) WHERE q.feed = {text(feed)}"
    )
