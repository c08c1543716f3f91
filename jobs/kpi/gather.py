"""Gathering: all feeds brought to one row per period and entity in one pass, whatever number of reads there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi.calendar import EVENT, Track
from jobs.kpi.slots import BEFORE, NOW, Slot, Slots
from jobs.period import parse

LINE_FIELDS = {"batch_id": "string", "file_name": "string", "sheet": "string", "row_no": "int"}
"""Where a value stands."""

KEY_COLUMN = {"enterprise": "uscc", "region": "region_code"}
"""Column of a feed that names its entity."""


def _optional(frame: DataFrame, name: str, kind: str) -> Column:
    return (F.col(name) if name in frame.columns else F.lit(None)).cast(kind)


def _line(frame: DataFrame) -> Column:
    return F.struct(*[_optional(frame, n, k).alias(n) for n, k in LINE_FIELDS.items()])


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
