"""Quarantined rows that still wait: not repaired, not dropped, not overtaken by what came later."""

from __future__ import annotations

from datetime import datetime
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from sqlalchemy import select

from jobs.contract import Contract, load_feed
from jobs.lake import path_of, silver_rows
from jobs.ledger import batches, session
from jobs.ledger.models import Batch, Repair

OF_OTHER_ROWS = ("KEY_CONFLICT", "KEY_OTHER_SCOPE")
"""Rules that name the key, though it can be read."""

SCHEMA = (
    "feed STRING, batch_id STRING, seq BIGINT, file_name STRING, sheet STRING, row_no INT, key STRING, "
    "keys MAP<STRING,STRING>"
)


def _repairs(known_by: int, at: datetime | None) -> tuple[set[str], list[tuple[str, str, int]]]:
    """Return the batches that corrected rows came in, and (batch, sheet, row) of what was decided by then."""
    known = {b.batch_id for b in batches.accepted(known_by=known_by)}
    with session() as s:
        rows = list(s.scalars(select(Repair)))
    done = [r for r in rows if (r.batch_id in known if r.batch_id else at is None or r.decided_at <= at)]
    return {r.batch_id for r in rows if r.batch_id}, [(r.of_batch, r.sheet, r.row_no) for r in done]


def _still_of_their_scope(contract: Contract, accepted: list[Batch], repairing: set[str]) -> list[Batch]:
    """Return the batches with quarantined rows that no later file has replaced; a repair replaces nothing."""
    newest = {b.scope: b.seq for b in accepted if b.batch_id not in repairing}
    replaces = contract.feed.mode == "replace"
    return [b for b in accepted if b.quarantined and (not replaces or b.seq >= newest.get(b.scope, 0))]


def _key_of(contract: Contract) -> Column:
    """Return a silver row's key as the quarantine table writes it."""
    return F.concat_ws("|", *[F.coalesce(F.col(k).cast("string"), F.lit("")) for k in contract.key])


def _of_feed(
    spark: SparkSession,
    contract: Contract,
    waiting: list[Batch],
    done: list[tuple[str, str, int]],
    known_by: int,
) -> DataFrame:
    """Return the open rows of one feed whose key can be read."""
    named = spark.createDataFrame([(b.batch_id, b.seq) for b in waiting], "batch_id STRING, seq BIGINT")
    unreadable = F.exists(
        "reasons", lambda r: r["column"].isin(contract.key) & ~r["rule"].isin(*OF_OTHER_ROWS)
    )
    parts = F.split("key", r"\|")
    keys = [x for i, k in enumerate(contract.key) for x in (F.lit(k), F.nullif(F.get(parts, i), F.lit("")))]
    rows = (
        spark.read.format("delta")
        .load(path_of("quarantine", "rows"))
        .where((F.col("feed") == contract.id) & F.col("batch_id").isin([b.batch_id for b in waiting]))
        .where(~unreadable)
        .join(F.broadcast(named), "batch_id")
        .withColumn("keys", F.create_map(*keys))
    )
    if done:
        decided = spark.createDataFrame(done, "batch_id STRING, sheet STRING, row_no INT")
        rows = rows.join(F.broadcast(decided), ["batch_id", "sheet", "row_no"], "left_anti")
    silver = silver_rows(spark, contract.id, known_by).select(_key_of(contract).alias("key"), "seq")
    asked = F.broadcast(rows.select("key").distinct())
    last = silver.join(asked, "key", "left_semi").groupBy("key").agg(F.max("seq").alias("last"))
    open_ = rows.join(F.broadcast(last), "key", "left").where("last is null or last < seq")
    return open_.select("feed", "batch_id", "seq", "file_name", "sheet", "row_no", "key", "keys")


def open_rows(
    spark: SparkSession, feeds: list[str], known_by: int | None = None, at: datetime | None = None
) -> DataFrame | None:
    """Return the quarantined rows that still wait at a state of knowledge.

    A row is overtaken by a later accepted row of the same key (a withdrawal included), and under replace
    by a later file of its scope. A row whose key cannot be read stands for nobody and is left out.

    Parameters
    ----------
    spark : SparkSession
    feeds : list of str
    known_by : int, optional
        Sequence number of the last batch to be known; default: all accepted so far.
    at : datetime, optional
        Rows that a person dropped count as dropped from then on; default: all of them.

    Returns
    -------
    DataFrame or None
        Columns feed, batch_id, seq, file_name, sheet, row_no, key, keys (key column -> text), worked out
        once; None when nothing waits.
    """
    last = batches.last_seq() if known_by is None else known_by
    repairing, done = _repairs(last, at)
    parts = []
    for feed in feeds:
        contract = load_feed(feed)
        if waiting := _still_of_their_scope(contract, batches.accepted(feed, last), repairing):
            parts.append(_of_feed(spark, contract, waiting, done, last))
    if not parts:
        return None
    found = reduce(lambda a, b: a.unionByName(b), parts).localCheckpoint()
    return None if found.isEmpty() else found
