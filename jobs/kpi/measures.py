"""Measures: the values of an indicator per entity and period, as whole minor units.

Each feed is brought to one row per period and entity once, whatever number of indicators read it
(:func:`spread`); a measure is a struct of that row with ``value``, ``base`` (the form's own 上年同期), ``prior``
(last year's own figure), ``flag`` (why the rows must not be used, null = usable) and ``line`` (where
the value stands in the file as received, and where its base does).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi.calendar import Track
from jobs.kpi.dictionary import Read

LINE_FIELDS = {"batch_id": "string", "file_name": "string", "sheet": "string", "row_no": "int"}
"""Where the value stands."""
DEN_FIELDS = {f"den_{n}": kind for n, kind in LINE_FIELDS.items()}
"""Where what it is divided by stands: often another row of another file."""

KEY_COLUMN = {"enterprise": "uscc", "region": "region_code"}
"""Column of a feed that names its entity."""


def minor_units(column: Column, minor: int) -> Column:
    """Turn an exact decimal into whole minor units (元 -> 分 with 100), half-up if finer."""
    return F.round(column.cast("decimal(30,6)") * F.lit(minor).cast("decimal(10,0)"), 0).cast("bigint")


def _optional(frame: DataFrame, name: str, kind: str) -> Column:
    return F.col(name) if name in frame.columns else F.lit(None).cast(kind)


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
    track : str
        Name of the time line.
    by : str
        Column of the feed that holds a row's own period: ``period`` or ``year``.
    where : tuple
        Column and text of the rows that belong to it.
    """

    track: str
    by: str
    where: tuple[tuple[str, str], ...]


def slot(read: Read, track: str) -> Slot:
    """Return where a read finds its rows."""
    return Slot(track, "year" if read.at == "year" else "period", tuple(sorted(read.where.items())))


def _keys(named: Mapping[Slot, str], tracks: list[Track]) -> list[tuple[str, str, str, str, str]]:
    """Return (name of the slot, column of the row's period, period, row's period, role)."""
    return [
        (name, s.by, t.period, key, role)
        for s, name in named.items()
        for t in tracks
        if t.track == s.track
        for role, key in (("now", t.row_key), ("before", t.prior_key))
    ]


def _silver(feed: DataFrame, by: str, wanted: list[str], entity: str, reads: list[Read]) -> DataFrame:
    values = sorted({c for r in reads for c in (r.column, r.base_column) if c})
    own = F.col(by).cast("string")
    row = F.struct(*values, _optional(feed, "flag", "string").alias("flag"), _line(feed).alias("line"))
    return feed.where(own.isin(wanted)).select(
        F.lit(by).alias("by"),
        own.alias("row_key"),
        F.col(KEY_COLUMN[entity]).alias("entity"),
        *sorted({c for r in reads for c in r.where}),
        row.alias("row"),
        F.lit(False).alias("waits"),
    )


def _waiting(pending: DataFrame, feed: str, by: str, entity: str, reads: list[Read]) -> DataFrame:
    keys = F.col("keys")
    return pending.where(F.col("feed") == feed).select(
        F.lit(by).alias("by"),
        keys[by].alias("row_key"),
        keys[KEY_COLUMN[entity]].alias("entity"),
        *[keys[c].alias(c) for c in sorted({c for r in reads for c in r.where})],
        F.lit(True).alias("waits"),
    )


def spread(
    feed: DataFrame,
    name: str,
    pending: DataFrame | None,
    named: Mapping[Slot, str],
    reads: list[Read],
    tracks: list[Track],
    entity: str,
) -> DataFrame:
    """Bring all that the indicators read of a feed into one row per period and entity, in one pass.

    Parameters
    ----------
    feed : DataFrame
        Silver rows, one per entity and source period (and filter of a read).
    name : str
        What the feed is read as.
    pending : DataFrame, optional
        Open rows of the quarantine: ``feed``, ``keys``.
    named : mapping
        Slot -> its name.
    reads : list of Read
        Every read of the feed.
    tracks : list of Track
    entity : str
        ``enterprise`` or ``region``.

    Returns
    -------
    DataFrame
        period, entity and per slot the rows ``now_<name>``, ``before_<name>`` and whether a correction of
        them waits: ``now_<name>_waits``, ``before_<name>_waits``.
    """
    keys = _keys(named, tracks)
    parts = []
    for by in sorted({s.by for s in named}):
        wanted = sorted({k[3] for k in keys if k[1] == by})
        parts.append(_silver(feed, by, wanted, entity, reads))
        if pending is not None:
            parts.append(_waiting(pending, name, by, entity, reads))
    rows = reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), parts)
    lines = feed.sparkSession.createDataFrame(
        keys, "slot STRING, by STRING, period STRING, row_key STRING, role STRING"
    )
    found = []
    for own, label in named.items():
        mine = F.col("slot") == label
        for column, text in own.where:
            # A quarantined row whose filter cannot be read may be the one that is asked for.
            mine = mine & (F.coalesce(F.col(column), F.lit(text)) == text)
        for role in ("now", "before"):
            it = mine & (F.col("role") == role)
            found.append(F.first(F.when(it, F.col("row")), ignorenulls=True).alias(f"{role}_{label}"))
            found.append(F.max(F.when(it, F.col("waits"))).alias(f"{role}_{label}_waits"))
    joined = rows.dropna(subset=["entity", "row_key"]).join(F.broadcast(lines), ["by", "row_key"])
    return joined.groupBy("period", "entity").agg(*found)


def single(read: Read, minor: int, label: str | None) -> Column:
    """Return the measure struct of one read; null where the feed has no row.

    Parameters
    ----------
    read : Read
    minor : int
        Minor units in one unit of the column.
    label : str or None
        Name of the slot of :func:`spread`; None: the feed is absent.
    """
    if label is None:
        return F.lit(None).cast(_SINGLE)
    now, before = F.col(f"now_{label}"), F.col(f"before_{label}")
    base = minor_units(now[read.base_column], minor) if read.base_column else F.lit(None).cast("bigint")
    base_line = now["line"] if read.base_column else before["line"]
    m = F.struct(
        minor_units(now[read.column], minor).alias("value"),
        base.alias("base"),
        minor_units(before[read.column], minor).alias("prior"),
        F.coalesce(now["flag"], before["flag"]).alias("flag"),
        F.lit(read.source).alias("source"),
        _both_lines(now["line"], base_line).alias("line"),
    )
    return F.when(now.isNotNull() | before.isNotNull(), m)


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


def waits(label: str | None, den: str | None = None) -> Column:
    """Return what waits for a correction: ``now``, ``before`` (a year earlier), ``den`` (the denominator).

    Parameters
    ----------
    label, den : str or None
        Names of the slots of the value (numerator) and of the denominator; None: no such rows.
    """

    def one(column: str | None) -> Column:
        return F.lit(False) if column is None else F.coalesce(F.col(f"{column}_waits"), F.lit(False))

    parts: dict[str, Column] = {
        "now": one(label and f"now_{label}"),
        "before": one(label and f"before_{label}"),
        "den": one(den and f"now_{den}"),
    }
    return F.struct(*[c.alias(n) for n, c in parts.items()])


_LINE = ", ".join(f"{n}: {k}" for n, k in (LINE_FIELDS | DEN_FIELDS).items())
_SINGLE = (
    f"struct<value: bigint, base: bigint, prior: bigint, flag: string, source: string, line: struct<{_LINE}>>"
)
