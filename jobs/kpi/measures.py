"""Measures: the values of an indicator per entity and period, as whole minor units.

All feeds are brought to one row per period and entity in one pass, whatever number of indicators read
them (:func:`gather`); a measure is a struct of that row with ``value``, ``base`` (the form's own 上年同期),
``prior`` (last year's own figure), ``flag`` (why the rows must not be used, null = usable) and ``line``
(where the value stands in the file as received, and where its base does).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi.calendar import EVENT, Track
from jobs.kpi.dictionary import Read
from jobs.period import parse

LINE_FIELDS = {"batch_id": "string", "file_name": "string", "sheet": "string", "row_no": "int"}
"""Where the value stands."""
DEN_FIELDS = {f"den_{n}": kind for n, kind in LINE_FIELDS.items()}
"""Where what it is divided by stands: often another row of another file."""

KEY_COLUMN = {"enterprise": "uscc", "region": "region_code"}
"""Column of a feed that names its entity."""

NOW, BEFORE = "now", "before"
"""Roles of a row: of the period itself, of the same period a year earlier."""


def minor_units(column: Column, minor: int) -> Column:
    """Turn an exact decimal into whole minor units (元 -> 分 with 100), half-up if finer."""
    return F.round(column.cast("decimal(30,6)") * F.lit(minor).cast("decimal(10,0)"), 0).cast("bigint")


def _optional(frame: DataFrame, name: str, kind: str) -> Column:
    return (F.col(name) if name in frame.columns else F.lit(None)).cast(kind)


def _line(frame: DataFrame) -> Column:
    return F.struct(*[_optional(frame, n, k).alias(n) for n, k in LINE_FIELDS.items()])


def _both_lines(line: Column, denominator: Column) -> Column:
    """Return a line that also names the denominator's; null where the line is, as nothing is reported there."""
    own = [line[n].alias(n) for n in LINE_FIELDS]
    under = [denominator[n].alias(f"den_{n}") for n in LINE_FIELDS]
    return F.when(line.isNotNull(), F.struct(*own, *under))


@dataclass(frozen=True)
class Slot:
    """Rows of a feed that stand for the periods of one time line, under one filter.

    Attributes
    ----------
    feed, track : str
        Feed as read, and name of the time line.
    by : str
        Column of the feed that holds a row's own period; empty: rows belong to no period.
    where : tuple
        Key columns and texts of the rows that belong to it.
    only : str or None
        SQL condition on their content.
    reduce : str
        What becomes of several rows of an entity.
    """

    feed: str
    track: str
    by: str
    where: tuple[tuple[str, str], ...] = ()
    only: str | None = None
    reduce: str = "first"


def slot(read: Read, track: str) -> Slot:
    """Return where a read finds its rows."""
    by = {"year": "year", "event": ""}.get(read.at, "period")
    return Slot(read.feed, track, by, tuple(sorted(read.where.items())), read.only, read.reduce)


@dataclass
class Slots:
    """The slots of a run, each with a name of its own, and the values read through them.

    Attributes
    ----------
    names : dict
        Slot -> its name.
    values : dict
        Feed -> SQL of a value -> its name in the row.
    """

    feeds: frozenset[str]
    names: dict[Slot, str] = field(default_factory=dict)
    before: set[str] = field(default_factory=set)
    """Names of the slots whose rows of a year earlier are asked for."""
    values: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, read: Read, track: str, before: bool) -> None:
        """Take in a read, and whether it asks for the year before; of a feed that is absent there is none."""
        if read.feed not in self.feeds:
            return
        label = self.names.setdefault(slot(read, track), f"s{len(self.names)}")
        if before:
            self.before.add(label)
        own = self.values.setdefault(read.feed, {})
        for text in (read.column, read.base_column):
            if text:
                own.setdefault(text, f"v{len(own)}")

    def label(self, read: Read, track: str) -> str | None:
        """Return the name of a read's slot; None where its feed is absent."""
        return self.names.get(slot(read, track))

    def value(self, read: Read, text: str) -> str:
        """Return the name of a read's value in the row."""
        return self.values[read.feed][text]

    def roles(self, label: str) -> tuple[str, ...]:
        """Return the roles of a slot's rows."""
        return (NOW, BEFORE) if label in self.before else (NOW,)


def _keys(own: Mapping[Slot, str], slots: Slots, tracks: Iterable[Track]) -> list[tuple[object, ...]]:
    """Return (slot, column of the row's period, row's period, role, period, its last day)."""
    found: list[tuple[object, ...]] = []
    by_track: dict[str, list[Track]] = {}
    for t in tracks:
        by_track.setdefault(t.track, []).append(t)
    for s, label in own.items():
        for t in by_track.get(s.track, []):
            for role in slots.roles(label):
                if key := {NOW: t.row_key, BEFORE: t.prior_key}[role]:
                    found.append((label, s.by, key, role, t.period, parse(t.period).end))
    return found


_KEYS = "slot STRING, by STRING, row_key STRING, role STRING, period STRING, at DATE"


def _own_period(by: str) -> Column:
    return F.col(by).cast("string") if by else F.lit(EVENT)


def _rows(feed: DataFrame, by: str, wanted: list[str], entity: str) -> DataFrame:
    """Return a feed's rows of the wanted periods, all columns, with what names them."""
    own = _own_period(by)
    rows = feed.where(own.isin(wanted)) if by else feed
    return rows.withColumns(
        {
            "_by": F.lit(by),
            "_row_key": own,
            "_entity": F.col(KEY_COLUMN[entity]),
            "_flag": _optional(feed, "flag", "string"),
            "_line": _line(feed),
            "_waits": F.lit(False),
        }
    ).drop("period")


def _waiting(pending: DataFrame, feed: str, by: str, entity: str, columns: list[str]) -> DataFrame:
    """Return the rows of a feed that stand in quarantine, with what their keys say."""
    keys = F.col("keys")
    return pending.where(F.col("feed") == feed).select(
        F.lit(by).alias("_by"),
        (keys[by] if by else F.lit(EVENT)).alias("_row_key"),
        keys[KEY_COLUMN[entity]].alias("_entity"),
        *[keys[c].alias(c) for c in columns],
        F.lit(True).alias("_waits"),
    )


def _belongs(own: Slot, label: str) -> Column:
    """Return whether a row joined to its keys belongs to a slot.

    A quarantined row whose filter cannot be read may be the one that is asked for.
    """
    mine = F.col("_slot") == label
    for column, text in own.where:
        mine = mine & (F.coalesce(F.col(column).cast("string"), F.lit(text)) == text)
    return mine & (F.col("_waits") | F.expr(own.only)) if own.only else mine


def _feed_rows(
    feed: DataFrame,
    name: str,
    pending: DataFrame | None,
    slots: Slots,
    tracks: list[Track],
    entity: str,
) -> DataFrame:
    """Return a feed's rows per period, entity, slot and role, their values in one struct."""
    own = {s: label for s, label in slots.names.items() if s.feed == name}
    keys = _keys(own, slots, tracks)
    columns = sorted({c for s in own for c, _ in s.where})
    parts = []
    for by in sorted({s.by for s in own}):
        wanted = sorted({str(k[2]) for k in keys if k[1] == by})
        parts.append(_rows(feed, by, wanted, entity))
        if pending is not None:
            parts.append(_waiting(pending, name, by, entity, columns))
    rows = reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), parts)
    names = ["_slot", "_by", "_row_key", "_role", "period", "at"]
    lines = feed.sparkSession.createDataFrame(keys, _KEYS).toDF(*names)
    joined = rows.dropna(subset=["_entity", "_row_key"]).join(F.broadcast(lines), ["_by", "_row_key"])
    mine = reduce(lambda a, b: a | b, [_belongs(s, label) for s, label in own.items()])
    # The line comes first, so that several rows of an entity sort by where they stand.
    row = F.struct(
        F.col("_line").alias("line"),
        F.col("_flag").alias("flag"),
        *[F.expr(text).alias(v) for text, v in slots.values[name].items()],
    )
    return joined.where(mine).select(
        "period",
        F.col("_entity").alias("entity"),
        F.col("_slot").alias("slot"),
        F.col("_role").alias("role"),
        F.col("_waits").alias("waits"),
        F.when(~F.col("_waits"), row).alias(f"row_{name}"),
    )


def _reduced(own: Slot, row: Column, values: Iterable[str]) -> Column:
    """Return what becomes of an entity's rows of a slot; null where there is none."""
    if own.reduce == "first":
        return F.first(row, ignorenulls=True)
    if own.reduce == "each":
        return F.sort_array(F.collect_list(row))
    one = {"sum": F.sum, "min": F.min, "max": F.max}[own.reduce]
    found = [F.min(row["line"]).alias("line"), F.max(row["flag"]).alias("flag")]
    found += [one(row[v]).alias(v) for v in values]
    return F.when(F.count(row) > 0, F.struct(*found))


def gather(
    feeds: Mapping[str, DataFrame], pending: DataFrame | None, slots: Slots, tracks: list[Track], entity: str
) -> DataFrame:
    """Bring all that is read of all feeds into one row per period and entity, in one pass.

    Parameters
    ----------
    feeds : mapping
        Silver rows by the name they are read as.
    pending : DataFrame, optional
        Open rows of the quarantine: ``feed``, ``keys``.
    slots : Slots
    tracks : list of Track
    entity : str
        ``enterprise`` or ``region``.

    Returns
    -------
    DataFrame
        period, entity and per slot the rows ``now_<name>``, ``before_<name>`` and whether a correction of
        them waits: ``now_<name>_waits``, ``before_<name>_waits``.
    """
    waiting = set() if pending is None else {r.feed for r in pending.select("feed").distinct().collect()}
    parts, found = [], []
    for name in sorted({s.feed for s in slots.names}):
        held = pending if name in waiting else None
        parts.append(_feed_rows(feeds[name], name, held, slots, tracks, entity))
    for s, label in slots.names.items():
        for role in slots.roles(label):
            mine = (F.col("slot") == label) & (F.col("role") == role)
            row = F.when(mine, F.col(f"row_{s.feed}"))
            found.append(_reduced(s, row, slots.values[s.feed].values()).alias(f"{role}_{label}"))
            found.append(F.max(F.when(mine, F.col("waits"))).alias(f"{role}_{label}_waits"))
    rows = reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), parts)
    return rows.groupBy("period", "entity").agg(*found)


def single(read: Read, minor: int, slots: Slots, track: str) -> Column:
    """Return the measure struct of one read; null where the feed has no row.

    Parameters
    ----------
    read : Read
    minor : int
        Minor units in one unit of the column.
    slots : Slots
    track : str
        Time line of the read.
    """
    label = slots.label(read, track)
    if label is None:
        return F.lit(None).cast(_SINGLE)
    now, v = F.col(f"{NOW}_{label}"), slots.value(read, read.column)
    before = F.col(f"{BEFORE}_{label}") if label in slots.before else F.when(F.lit(False), now)
    base = F.lit(None).cast("bigint")
    if read.base_column:
        base = minor_units(now[slots.value(read, read.base_column)], minor)
    base_line = now["line"] if read.base_column else before["line"]
    m = F.struct(
        minor_units(now[v], minor).alias("value"),
        base.alias("base"),
        minor_units(before[v], minor).alias("prior"),
        F.coalesce(now["flag"], before["flag"]).alias("flag"),
        F.lit(read.source).alias("source"),
        _both_lines(now["line"], base_line).alias("line"),
    )
    return F.when(now.isNotNull() | before.isNotNull(), m)


def quarter(to: Column, back: Column) -> Column:
    """Return the measure of a quarter alone: the difference of two cumulatives of one state of knowledge.

    In the first quarter the cumulative is the quarter; without the earlier cumulative there is none
    (methods.md §1, ``NO_PRED``).

    Parameters
    ----------
    to, back : Column
        Measure structs up to the quarter's end and up to the end of the quarter before it.
    """
    first = F.col("period").endswith("Q1")

    def less(name: str) -> Column:
        return F.when(first, to[name]).otherwise(to[name] - back[name])

    m = F.struct(
        less("value").alias("value"),
        less("base").alias("base"),
        less("prior").alias("prior"),
        F.coalesce(to["flag"], F.when(~first, back["flag"])).alias("flag"),
        to["source"].alias("source"),
        to["line"].alias("line"),
    )
    return F.when(to.isNotNull(), m)


def pair(a: Column, b: Column) -> Column:
    """Return the struct of a ratio from its two measures: ``num``, ``den``, ``flag``, ``source``, ``line``."""
    m = F.struct(
        a["value"].alias("num"),
        b["value"].alias("den"),
        F.coalesce(a["flag"], b["flag"]).alias("flag"),
        F.coalesce(a["source"], b["source"]).alias("source"),
        _both_lines(F.coalesce(a["line"], b["line"]), b["line"]).alias("line"),
    )
    return F.when(a.isNotNull() | b.isNotNull(), m)


def per_entity(a: Column, minor: int, source: str, absent_zero: bool) -> Column:
    """Return the struct of a mean: the measure over one entity (denominator 1).

    Parameters
    ----------
    a : Column
        Measure struct.
    minor : int
    source : str
    absent_zero : bool
        Whether an entity without a row counts with 0.
    """
    value = F.coalesce(a["value"], F.lit(0).cast("bigint")) if absent_zero else a["value"]
    m = F.struct(
        value.alias("num"),
        F.lit(minor).cast("bigint").alias("den"),
        a["flag"].alias("flag"),
        F.lit(source).alias("source"),
        _both_lines(a["line"], F.lit(None).cast(_LINE_TYPE)).alias("line"),
    )
    return m if absent_zero else F.when(a.isNotNull() & a["line"].isNotNull(), m)


def cases(numerator: Read, denominator: Read, minor: int, slots: Slots, track: str) -> Column:
    """Return the ratio structs of an entity's contracts, each row of the feed a case of its own."""
    label = slots.label(numerator, track)
    if label is None:
        return F.lit(None).cast(f"array<{_PAIR}>")
    num, den = slots.value(numerator, numerator.column), slots.value(denominator, denominator.column)

    def one(row: Column) -> Column:
        return F.struct(
            minor_units(row[num], minor).alias("num"),
            minor_units(row[den], minor).alias("den"),
            row["flag"].alias("flag"),
            F.lit(numerator.source).alias("source"),
            _both_lines(row["line"], row["line"]).alias("line"),
        )

    return F.transform(F.col(f"{NOW}_{label}"), one)


def waits(slots: Slots, label: str | None, den: str | None = None) -> Column:
    """Return what waits for a correction: ``now``, ``before`` (a year earlier), ``den`` (the denominator).

    Parameters
    ----------
    slots : Slots
    label, den : str or None
        Names of the slots of the value (numerator) and of the denominator; None: no such rows.
    """

    def one(label: str | None, role: str = NOW) -> Column:
        if label is None or role not in slots.roles(label):
            return F.lit(False)
        return F.coalesce(F.col(f"{role}_{label}_waits"), F.lit(False))

    parts: dict[str, Column] = {"now": one(label), "before": one(label, BEFORE), "den": one(den)}
    return F.struct(*[c.alias(n) for n, c in parts.items()])


_LINE_TYPE = f"struct<{', '.join(f'{n}: {k}' for n, k in LINE_FIELDS.items())}>"
_LINE = ", ".join(f"{n}: {k}" for n, k in (LINE_FIELDS | DEN_FIELDS).items())
_SINGLE = (
    f"struct<value: bigint, base: bigint, prior: bigint, flag: string, source: string, line: struct<{_LINE}>>"
)
_PAIR = f"struct<num: bigint, den: bigint, flag: string, source: string, line: struct<{_LINE}>>"
