"""Splitting landed rows into silver, quarantine and duplicates, and finding what a file withdraws."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.contract import Contract
from jobs.lake.tables import QUARANTINE, silver_columns
from jobs.quality.rules import reason, text_name, typed_frame


@dataclass(frozen=True)
class Split:
    """Rows of one poll by what becomes of them.

    Attributes
    ----------
    silver, quarantine : DataFrame
        In the shape of their tables.
    duplicates : DataFrame
        Rows identical to one that was kept.
    withdrawn : DataFrame
        Silver rows with ``deleted``: keys that a replacing file leaves out.
    """

    silver: DataFrame
    quarantine: DataFrame
    duplicates: DataFrame
    withdrawn: DataFrame


def _key(contract: Contract) -> Column:
    return F.concat_ws("|", *[F.coalesce(F.col(k).cast("string"), F.lit("")) for k in contract.key])


_PLACE = ["file_id", "sheet", "row_no"]


def _repeated(keys: DataFrame) -> DataFrame:
    """Return the rows whose key stands more than once in their file: conflicts, or copies to be dropped."""
    groups = keys.groupBy("file_id", "_key").agg(
        F.count("*").alias("n"),
        F.count_distinct("_same").alias("versions"),
        F.min(F.struct("sheet", "row_no")).alias("first"),
    )
    rows = keys.join(F.broadcast(groups.where("n > 1")), ["file_id", "_key"])
    copy = F.struct("sheet", "row_no") != F.col("first")
    mark = F.when(F.col("versions") > 1, "conflict").when(copy, "copy")
    return rows.select(*_PLACE, mark.alias("_mark"), F.lit(None).cast("string").alias("_held")).where(
        "_mark is not null"
    )


def _elsewhere(keys: DataFrame, live: DataFrame) -> DataFrame:
    """Return the rows whose key another scope holds: in the lake, or by an earlier file of the poll.

    A row that is refused for itself holds nothing.
    """
    holders = live.select("_key", F.col("scope").alias("_held"))
    first = (
        keys.where("_good")
        .groupBy("_key")
        .agg(F.min_by("scope", "place").alias("_held"), F.count_distinct("scope").alias("n"))
    )
    in_poll = first.where("n > 1").join(holders, "_key", "left_anti").select("_key", "_held")
    held = keys.join(holders.union(in_poll), "_key").where("_held <> scope")
    return held.select(*_PLACE, F.lit("elsewhere").alias("_mark"), "_held")


def judged(contract: Contract, rows: DataFrame, live: DataFrame) -> DataFrame:
    """Type the rows and give each its reasons, also those that only other rows show.

    Parameters
    ----------
    contract : Contract
    rows : DataFrame
        Text rows with ``cells`` and the file's attributes, ``scope``, ``ordinal`` (place among the files
        of the scope) and ``place`` (place in the poll).
    live : DataFrame
        ``_key`` and ``scope`` of the live silver rows.

    Returns
    -------
    DataFrame
        The contract's columns, ``_key``, ``_reasons`` and ``_mark`` (``copy``: identical to a kept row).

    Notes
    -----
    Wide rows never travel: which keys clash is found on the keys alone, and the few marks are joined back.
    The checkpoint keeps the plan small: what follows reads the typed rows many times.
    """
    same = F.sha2(F.concat_ws("\x1f", *[F.coalesce(text_name(c), F.lit("")) for c in contract.cells]), 256)
    own = [c.name for c in contract.columns]
    carried = ["batch_id", *_PLACE, "file_name", "scope", "reporter", "ordinal", "place", "cells", "units"]
    clash = F.col("headers")[contract.key[0]].alias("_header")
    frame = (
        typed_frame(contract, rows)
        .withColumns({"_key": _key(contract), "_same": same})
        .select(*carried, *own, "_key", "_same", "_reasons", clash)
        .localCheckpoint()
    )
    keys = frame.select(*_PLACE, "_key", "_same", "scope", "place", (F.size("_reasons") == 0).alias("_good"))
    marks = _repeated(keys)
    if contract.feed.mode == "replace":
        other = _elsewhere(keys, live)
        marks = other.union(marks.join(other, _PLACE, "left_anti"))
    return frame.join(F.broadcast(marks.localCheckpoint()), _PLACE, "left").withColumn(
        "_reasons", F.concat("_reasons", _key_reasons(contract))
    )


def _key_reasons(contract: Contract) -> Column:
    """Return the reasons that a row's mark gives it; a row that is bad by itself keeps its own reasons."""
    column, header = contract.key[0], F.col("_header")
    conflict = reason(
        column, header, F.col("_key"), "KEY_CONFLICT", F.lit("同一文件内主键重复而内容不同，均未采用")
    )
    held = F.concat(F.lit("该主键已由其他报送范围持有："), F.col("_held"))
    other = reason(column, header, F.col("_key"), "KEY_OTHER_SCOPE", held)
    found = F.array(
        F.when((F.col("_mark") == "conflict") & (F.size("_reasons") == 0), conflict),
        F.when(F.col("_mark") == "elsewhere", other),
    )
    return F.filter(found, lambda r: r.isNotNull())


def _withdrawn(contract: Contract, frame: DataFrame, live: DataFrame, files: DataFrame) -> DataFrame:
    """Return tombstones: keys that file k of a scope leaves out and file k-1 (or the lake) had.

    A key that the new file has in quarantine is not left out: its old value stays.
    """
    before = live.select("_key", "scope", F.lit(0).alias("ordinal"))
    own = frame.where("coalesce(_mark, '') <> 'elsewhere'").select("_key", "scope", "ordinal")
    present = own.union(before).distinct()
    # Only scopes that a further file of this poll follows can lose keys: mostly none.
    following = present.withColumn("ordinal", F.col("ordinal") + 1).join(
        F.broadcast(files), ["scope", "ordinal"]
    )
    gone = following.join(present, ["_key", "scope", "ordinal"], "left_anti")
    had = live.union(frame.where("size(_reasons) = 0").select(*live.columns))
    newest = Window.partitionBy("_key").orderBy(F.desc("_order"))
    last = had.join(gone.select("_key").distinct(), "_key", "left_semi").withColumn(
        "_n", F.row_number().over(newest)
    )
    keep = [*contract.key, *(["year"] if "year" not in contract.key else []), "_key"]
    return gone.join(last.where("_n = 1").select(*keep), "_key").withColumn("deleted", F.lit(True))


def _shaped(frame: DataFrame, columns: dict[str, str]) -> DataFrame:
    have = set(frame.columns)
    return frame.select(
        *[(F.col(c) if c in have else F.lit(None)).cast(t).alias(c) for c, t in columns.items()]
    )


def split(contract: Contract, rows: DataFrame, live: DataFrame, files: DataFrame) -> Split:
    """Decide about every row of a poll.

    Parameters
    ----------
    contract : Contract
    rows : DataFrame
        Landed rows with the attributes of their files.
    live : DataFrame
        The feed's live silver rows: the contract's key columns, ``year``, ``scope``.
    files : DataFrame
        One row per file: ``file_id, batch_id, file_name, scope, reporter, ordinal`` where ``ordinal``
        counts the files of one scope from 1.

    """
    live = live.withColumn("_key", _key(contract))
    more = {"feed": F.lit(contract.id), "deleted": F.lit(False), "reported": F.col("cells")}
    if "year" not in {c.name for c in contract.columns}:
        more["year"] = _year_of(contract)
    frame = judged(contract, rows, live).withColumns(more)
    good = frame.where("size(_reasons) = 0 and _mark is null")
    bad = frame.where("size(_reasons) > 0").withColumns({"reasons": F.col("_reasons"), "key": F.col("_key")})
    duplicates = frame.where("size(_reasons) = 0 and _mark = 'copy'")
    columns = silver_columns(contract)
    if contract.feed.mode == "replace":
        ordered = live.withColumn("_order", F.lit(0))
        gone = _withdrawn(contract, frame.withColumn("_order", F.col("ordinal")), ordered, files)
        withdrawn = _shaped(gone.withColumn("feed", F.lit(contract.id)), columns)
    else:
        withdrawn = _shaped(good.limit(0), columns)
    return Split(_shaped(good, columns), _shaped(bad, QUARANTINE), duplicates, withdrawn)


def _year_of(contract: Contract) -> Column:
    """Return the year by which silver is partitioned: of the period, else of the first date in the key."""
    names = {c.name: c for c in contract.columns}
    if "period" in names:
        return F.substring("period", 1, 4).cast("int")
    dates = [c.name for c in contract.columns if c.type == "DATE" and c.required]
    return F.year(dates[0])
