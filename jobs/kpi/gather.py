"""Gathering: all feeds brought together per entity in one pass, whatever number of reads there is.

First an entity's rows of each feed are collected under their keys, each row once; then every slot of every period
looks its row up. Rows are neither copied nor compared per slot, so the cost follows the rows, not the reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi.calendar import EVENT, Track
from jobs.kpi.gathered import ROWS, WAITING, Asked, Gathered, asked_of, moves
from jobs.kpi.origins import Origins
from jobs.kpi.slots import Shape, Slots
from jobs.period import parse

KEY_COLUMN = {"enterprise": "uscc", "region": "region_code"}
"""Column of a feed that names its entity."""

_KEYS = "_by STRING, _row_key STRING, period STRING, at DATE"


def _rows(
    feed: DataFrame, name: str, asked: list[Asked], entity: str, moving: bool, origins: Origins
) -> DataFrame:
    """Return the rows of a feed that are asked for, with entity and key; once per period if what they say moves."""
    spark = feed.sparkSession
    keys = sorted({(a.slot.shape.by, a.row_key, a.period, parse(a.period).end) for a in asked})
    parts = []
    for by in sorted({k[0] for k in keys}):
        own = F.col(by).cast("string") if by else F.lit(EVENT)
        parts.append(
            feed.where(own.isin(sorted({k[1] for k in keys if k[0] == by}))).withColumns(
                {
                    "_by": F.lit(by),
                    "_row_key": own,
                    "_entity": F.col(KEY_COLUMN[entity]),
                    "_flag": F.col("flag") if "flag" in feed.columns else F.lit(None).cast("string"),
                }
            )
        )
    rows = origins.numbered(reduce(DataFrame.unionByName, parts).dropna(subset=["_entity"]), "_line")
    key = F.concat("_by", F.lit(":"), "_row_key")
    if moving:
        rows = rows.drop("period").join(F.broadcast(spark.createDataFrame(keys, _KEYS)), ["_by", "_row_key"])
        key = F.concat(key, F.lit("@"), "period")
    return rows.withColumn("_key", F.concat(F.lit(f"{name}:"), key))


def _row(values: Mapping[str, str]) -> Column:
    """Return what is read of a row. The line comes first, so that several rows sort by where they stand."""
    named = [F.expr(text).alias(v) for text, v in values.items()]
    return F.struct(F.col("_line").alias("line"), F.col("_flag").alias("flag"), *named)


def _belongs(shape: Shape) -> Column:
    mine = F.col("_by") == shape.by
    for column, text in shape.where:
        mine = mine & (F.col(column).cast("string") == text)
    return mine & F.expr(shape.only) if shape.only else mine


def _reduced(shape: Shape, values: Mapping[str, str]) -> Column:
    """Return what becomes of an entity's rows of one key; null where there is none."""
    row = F.when(_belongs(shape), _row(values))
    if shape.reduce == "first":
        return F.first(row, ignorenulls=True)
    if shape.reduce == "each":
        return F.sort_array(F.collect_list(row))
    one = {"sum": F.sum, "min": F.min, "max": F.max}[shape.reduce]
    found = [F.min(row["line"]).alias("line"), F.max(row["flag"]).alias("flag")]
    found += [one(row[v]).alias(v) for v in values.values()]
    return F.when(F.count(row) > 0, F.struct(*found))


def _of_feed(
    feed: DataFrame, name: str, slots: Slots, asked: list[Asked], entity: str, origins: Origins
) -> DataFrame:
    """Return entity, key and, in one struct, what each shape reads of the entity's rows under the key."""
    shapes = slots.shapes(name)
    rows = _rows(feed, name, asked, entity, moves(slots, name), origins)
    if entity == "enterprise" and all(s.plain for s in shapes):
        # A feed names a firm once per period; a region may be named by a present and by a former code.
        found = [_row(slots.values[name, s]).alias(k) for s, k in shapes.items()]
        return rows.select("_entity", "_key", F.struct(*found).alias(name))
    folded = rows.groupBy("_entity", "_key").agg(
        *[_reduced(s, slots.values[name, s]).alias(k) for s, k in shapes.items()]
    )
    return folded.select("_entity", "_key", F.struct(*shapes.values()).alias(name))


def _waiting(pending: DataFrame, asked: list[Asked], entity: str) -> dict[str, set[str]]:
    """Return entity -> names of the slots and the periods whose rows stand in quarantine.

    A row whose filter cannot be read may be the one that is asked for.
    """
    wanted: dict[tuple[str, str, str], list[Asked]] = {}
    for a in asked:
        wanted.setdefault((a.slot.feed, a.slot.shape.by, a.row_key), []).append(a)
    by_feed: dict[str, set[str]] = {}
    for feed, by, _ in wanted:
        by_feed.setdefault(feed, set()).add(by)
    found: dict[str, set[str]] = {}
    for row in pending.collect():
        who, keys = row["keys"].get(KEY_COLUMN[entity]), row["keys"]
        for by in by_feed.get(row["feed"], ()):
            for a in wanted.get((row["feed"], by, keys.get(by) if by else EVENT), ()):
                if who and all(keys.get(c) in (None, text) for c, text in a.slot.shape.where):
                    found.setdefault(who, set()).add(f"{a.name}@{a.period}")
    return found


def gather(
    feeds: Mapping[str, DataFrame],
    pending: DataFrame | None,
    slots: Slots,
    tracks: list[Track],
    entity: str,
    origins: Origins,
) -> Gathered:
    """Collect all that is read of all feeds per entity, in one pass.

    Parameters
    ----------
    feeds : mapping
        Silver rows by the name they are read as; a feed that is read without a filter names a firm once per period.
    pending : DataFrame, optional
        Open rows of the quarantine: ``feed``, ``keys``.
    slots : Slots
        At least one.
    tracks : list of Track
    entity : str
        ``enterprise`` or ``region``.
    origins : Origins
        Of the feeds' rows.
    """
    asked, parts = asked_of(slots, tracks), []
    names = sorted({s.feed for s in slots.names})
    for name in names:
        own = [a for a in asked if a.slot.feed == name]
        parts.append(_of_feed(feeds[name], name, slots, own, entity, origins))
    rows = reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), parts)
    # Brought together first: collected where they stand, an entity's rows would be packed once per part of each feed.
    apart = rows.repartition("_entity").select(
        F.col("_entity").alias("entity"), "_key", F.struct(*names).alias("row")
    )
    collected = F.map_from_entries(F.collect_list(F.struct("_key", "row")))
    found = apart.groupBy("entity").agg(collected.alias(ROWS))
    held = {} if pending is None else _waiting(pending, asked, entity)
    waiting = rows.sparkSession.createDataFrame(
        [(e, sorted(texts)) for e, texts in sorted(held.items())], f"entity STRING, {WAITING} ARRAY<STRING>"
    )
    if held:
        found = found.join(F.broadcast(waiting), "entity", "full")
    waits = frozenset(text.split("@")[0] for texts in held.values() for text in texts)
    return Gathered(found, asked, slots, waits)
