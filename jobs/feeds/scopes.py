"""Whose a key is, and which keys a file leaves out.

A key belongs to an owner: the reporter, whatever file of his it stands in; the scope where a feed has no
reporter. Within a poll files count in their order, with one exception: an owner who gives a key up in the
poll stands in nobody's way, also if his file comes last.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

PLACE = ["file_id", "sheet", "row_no"]


def owner() -> Column:
    """Return whose a row is."""
    return F.coalesce("reporter", "scope")


def repeated(keys: DataFrame) -> DataFrame:
    """Return the rows whose key stands more than once in their file: conflicts, or copies to be dropped."""
    groups = keys.groupBy("file_id", "_key").agg(
        F.count("*").alias("n"),
        F.count_distinct("_same").alias("versions"),
        F.min(F.struct("sheet", "row_no")).alias("first"),
    )
    rows = keys.join(F.broadcast(groups.where("n > 1")), ["file_id", "_key"])
    copy = F.struct("sheet", "row_no") != F.col("first")
    mark = F.when(F.col("versions") > 1, "conflict").when(copy, "copy")
    return rows.select(*PLACE, mark.alias("_mark"), F.lit(None).cast("string").alias("_held")).where(
        "_mark is not null"
    )


def overtaken(keys: DataFrame) -> DataFrame:
    """Return the rows of a pull that a later change in the same pull stands for; a refused change overtakes nothing.

    Parameters
    ----------
    keys : DataFrame
        With ``turn``: the change number.
    """
    newest = keys.where("good").groupBy("file_id", "_key").agg(F.max("turn").alias("newest"))
    old = keys.join(newest, ["file_id", "_key"]).where("good and turn < newest")
    return old.select(*PLACE, F.lit("copy").alias("_mark"), F.lit(None).cast("string").alias("_held"))


def with_holds(files: DataFrame, frame: DataFrame) -> DataFrame:
    """Add to the files which of them may withdraw nothing, and from where on each of them compares.

    Parameters
    ----------
    files : DataFrame
        One row per file of the poll.
    frame : DataFrame
        Rows with ``_unreadable``: a key column is broken, so nobody knows which key the row stands for.

    Returns
    -------
    DataFrame
        With ``held`` and ``since``: the ``ordinal`` of the last earlier file of the scope that could
        withdraw, 0 for the lake. What a held file left out, the next one that is not held may withdraw.
    """
    broken = frame.where("_unreadable").select("file_id").distinct().withColumn("held", F.lit(True))
    earlier = Window.partitionBy("scope").orderBy("ordinal").rowsBetween(Window.unboundedPreceding, -1)
    last = F.max(F.when(~F.col("held"), F.col("ordinal"))).over(earlier)
    return (
        files.join(broken, "file_id", "left")
        .withColumn("held", F.coalesce("held", F.lit(False)))
        .withColumn("since", F.coalesce(last, F.lit(0)))
        .localCheckpoint()
    )


def _bids(keys: DataFrame, live: DataFrame, files: DataFrame) -> DataFrame:
    """Return the scopes that claim a key of which more than one owner has a good row.

    ``place`` is where the claim begins (0 = in the lake), ``leaves`` whether the scope gives the key up
    before the poll ends.
    """
    had = live.select(
        "_key", "scope", owner().alias("owner"), F.lit(0).alias("ordinal"), F.lit(0).alias("place"),
        F.lit(True).alias("good"),
    )  # fmt: skip
    claims = keys.select("_key", "scope", owner().alias("owner"), "ordinal", "place", "good").union(had)
    owners = claims.where("good").groupBy("_key").agg(F.min("owner").alias("a"), F.max("owner").alias("b"))
    contested = claims.join(F.broadcast(owners.where("a <> b").select("_key")), "_key")
    last = files.where("not held").groupBy("scope").agg(F.max("ordinal").alias("last"))
    return (
        contested.groupBy("_key", "owner", "scope")
        .agg(F.min(F.when(F.col("good"), F.col("place"))).alias("place"), F.max("ordinal").alias("until"))
        .where("place is not null")
        .join(F.broadcast(last), "scope", "left")
        .withColumn("leaves", F.col("until") < F.coalesce("last", F.lit(0)))
    )


def elsewhere(keys: DataFrame, live: DataFrame, files: DataFrame) -> DataFrame:
    """Return the rows whose key another owner holds: in the lake, or by an earlier file of the poll.

    The first who keeps the key to the end of the poll holds it; who held it first and gives it up holds it
    until then. A row that is refused for itself holds nothing.

    Parameters
    ----------
    keys : DataFrame
        Keys of the rows with ``scope``, ``reporter``, ``ordinal``, ``place``, ``good``.
    live : DataFrame
        ``_key``, ``scope``, ``reporter`` of the live silver rows.
    files : DataFrame
        As :func:`with_holds` gives them.
    """
    ruling = (
        _bids(keys, live, files)
        .groupBy("_key")
        .agg(
            F.min(F.struct("leaves", "place", "owner", "scope")).alias("holder"),
            F.min(F.struct("place", "owner")).alias("first"),
        )
    )
    rows = keys.withColumn("_owner", owner()).join(F.broadcast(ruling), "_key")
    until_then = (F.col("_owner") == F.col("first.owner")) & (F.col("place") < F.col("holder.place"))
    refused = rows.where((F.col("_owner") != F.col("holder.owner")) & ~until_then)
    return refused.select(*PLACE, F.lit("elsewhere").alias("_mark"), F.col("holder.scope").alias("_held"))


def left_out(frame: DataFrame, live: DataFrame, files: DataFrame, carried: list[str]) -> DataFrame:
    """Return the keys that a file leaves out and an earlier file of its scope, or the lake, had.

    A key that the new file has in quarantine is not left out: its old value stays. Nor is a key whose
    latest row came from another scope.

    Parameters
    ----------
    frame : DataFrame
        Judged rows with ``_key``, ``_mark``, ``_reasons``.
    live : DataFrame
        Live silver rows.
    files : DataFrame
        As :func:`with_holds` gives them.
    carried : list of str
        Columns of the latest row to be carried over.

    Returns
    -------
    DataFrame
        One row per file and key, with the file's columns; ``held`` where nothing may be withdrawn.
    """
    before = live.select("_key", "scope", F.lit(0).alias("ordinal"))
    own = frame.where("coalesce(_mark, '') <> 'elsewhere'").select("_key", "scope", "ordinal")
    present = own.union(before).distinct()
    # Only scopes that a further file of this poll follows can lose keys: mostly none.
    later = files.select("scope", F.col("ordinal").alias("_at"), "since")
    following = present.join(F.broadcast(later), "scope").where("ordinal < _at and ordinal >= since")
    gone = (
        following.select("_key", "scope", F.col("_at").alias("ordinal"))
        .distinct()
        .join(present, ["_key", "scope", "ordinal"], "left_anti")
        .join(F.broadcast(files), ["scope", "ordinal"])
    )
    last = [F.col(c) for c in ("_key", *carried)] + [F.col("scope").alias("_scope")]
    had = live.select(*last, F.lit(0).alias("_place")).union(
        frame.where("size(_reasons) = 0").select(*last, F.col("place").alias("_place"))
    )
    newest = Window.partitionBy("_key", "file_id").orderBy(F.desc("_place"))
    return (
        gone.join(had, "_key")
        .where("_place < place")
        .withColumn("_n", F.row_number().over(newest))
        .where("_n = 1 and _scope = scope")
        .localCheckpoint()
    )
