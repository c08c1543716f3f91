"""Splitting landed rows into silver, quarantine and duplicates, and finding what a file withdraws."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.contract import Contract
from jobs.feeds.scopes import PLACE, elsewhere, left_out, overtaken, repeated, with_holds
from jobs.lake.tables import QUARANTINE, silver_columns
from jobs.quality import values
from jobs.quality.rules import reason, text_name, typed_frame


@dataclass(frozen=True)
class Split:
    """Rows of one poll by what becomes of them.

    Attributes
    ----------
    judged : DataFrame
        Every row once, with ``fate``: ``silver``, ``quarantined`` or ``duplicates`` (identical to a kept one).
    silver, quarantine : DataFrame
        In the shape of their tables; silver has the rows with ``deleted`` as well, keys that a replacing
        file leaves out.
    gone : DataFrame or None
        These keys, with ``batch_id``; ``held`` where the file has a row with an unreadable key, so that
        nothing may be withdrawn. None for a feed that never withdraws.
    """

    judged: DataFrame
    silver: DataFrame
    quarantine: DataFrame
    gone: DataFrame | None


SILVER = "silver"
"""Fate of a row that is kept."""


def _fate() -> Column:
    """Return what becomes of a judged row; a mark that says nothing of it leaves it without a fate."""
    mark = F.col("_mark")
    sound = F.when(mark.isNull(), SILVER).when(mark == "copy", "duplicates")
    return F.when(F.size("_reasons") > 0, "quarantined").otherwise(sound)


def _key(contract: Contract) -> Column:
    """Return the key's text; names stand in it as they are compared."""
    return F.concat_ws("|", *[F.coalesce(k.cast("string"), F.lit("")) for k in values.key_columns(contract)])


def typed(contract: Contract, rows: DataFrame) -> DataFrame:
    """Type the rows and give each its own reasons.

    Parameters
    ----------
    contract : Contract
    rows : DataFrame
        Text rows with ``cells`` and the file's attributes, ``scope``, ``ordinal`` (place among the files
        of the scope) and ``place`` (place in the poll).

    Returns
    -------
    DataFrame
        The contract's columns, ``_key``, ``_same`` (hash of the cells), ``_reasons`` and ``_unreadable``
        (a key column is broken). The checkpoint keeps the plan small: what follows reads the rows many times.
    """
    same = F.sha2(F.concat_ws("\x1f", *[F.coalesce(text_name(c), F.lit("")) for c in contract.cells]), 256)
    own = [c.name for c in contract.columns]
    carried = ["batch_id", *PLACE, "file_name", "scope", "reporter", "ordinal", "place", "cells", "units"]
    first = next(c for c in contract.columns if c.name == contract.key[0])
    # A column that the title or the file's name gives has no header in the file.
    clash = F.coalesce(F.col("headers")[first.name], F.lit(first.label)).alias("_header")
    broken = F.exists("_reasons", lambda r: r["column"].isin(contract.key)).alias("_unreadable")
    return (
        typed_frame(contract, rows)
        .withColumns({"_key": _key(contract), "_same": same})
        .select(*carried, *own, "_key", "_same", "_reasons", broken, clash)
        .localCheckpoint()
    )


def judged(contract: Contract, frame: DataFrame, live: DataFrame, files: DataFrame) -> DataFrame:
    """Give typed rows the reasons that only other rows show.

    Parameters
    ----------
    contract : Contract
    frame : DataFrame
        As :func:`typed` gives it.
    live : DataFrame
        ``_key``, ``scope`` and ``reporter`` of the live silver rows.
    files : DataFrame
        The poll's files with ``held``.

    Returns
    -------
    DataFrame
        With ``_mark`` (``copy``: identical to a kept row, or overtaken by it).

    Notes
    -----
    Wide rows never travel: which keys clash is found on the keys alone, and the few marks are joined back.
    """
    keys = frame.select(
        *PLACE,
        "_key",
        "_same",
        "scope",
        "reporter",
        "ordinal",
        "place",
        (F.size("_reasons") == 0).alias("good"),
    )
    if request := contract.feed.request:
        turns = frame.select(*PLACE, F.col(request.mark).alias("turn"))
        keys = keys.join(turns, PLACE)
        marks = overtaken(keys).localCheckpoint()
        # Two changes of one record are no conflict, also where the later one is refused for itself.
        changes = keys.withColumn("_key", F.concat_ws("@", "_key", "turn"))
        marks = marks.union(repeated(changes.join(F.broadcast(marks), PLACE, "left_anti")))
    else:
        marks = repeated(keys)
    if contract.feed.mode == "replace":
        marks = marks.localCheckpoint()
        clashing = F.broadcast(marks.where("_mark = 'conflict'").select(*PLACE, "_mark"))
        sound = F.col("good") & F.col("_mark").isNull()
        other = elsewhere(keys.join(clashing, PLACE, "left").withColumn("good", sound), live, files)
        marks = other.union(marks.join(other, PLACE, "left_anti"))
    # Few rows are marked: the others are spared the filter, which is interpreted.
    more = F.when(F.col("_mark").isin("conflict", "elsewhere"), F.concat("_reasons", _key_reasons(contract)))
    return frame.join(F.broadcast(marks.localCheckpoint()), PLACE, "left").withColumn(
        "_reasons", F.coalesce(more, "_reasons")
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


def _shaped(frame: DataFrame, columns: dict[str, str]) -> DataFrame:
    have = set(frame.columns)
    return frame.select(
        *[(F.col(c) if c in have else F.lit(None)).cast(t).alias(c) for c, t in columns.items()]
    )


def split(
    contract: Contract, rows: DataFrame, live: DataFrame, files: DataFrame, withdraws: bool = True
) -> Split:
    """Decide about every row of a poll.

    Parameters
    ----------
    contract : Contract
    rows : DataFrame
        Landed rows with the attributes of their files.
    live : DataFrame
        The feed's live silver rows: the contract's key columns, ``year``, ``scope``, ``reporter``.
    files : DataFrame
        One row per file: ``file_id, batch_id, file_name, scope, reporter, ordinal, place`` where
        ``ordinal`` counts the files of one scope from 1.
    withdraws : bool
        Whether a file of a replacing feed withdraws what it leaves out; a corrected sheet never does.
    """
    more = {"feed": F.lit(contract.id), "deleted": F.lit(False), "reported": F.col("cells")}
    if "year" not in {c.name for c in contract.columns}:
        more["year"] = _year_of(contract)
    frame, replaces = typed(contract, rows), contract.feed.mode == "replace"
    if replaces:
        live = live.withColumn("_key", _key(contract)).localCheckpoint()
        files = with_holds(files, frame)
        files = files if withdraws else files.withColumn("held", F.lit(True))
    frame = judged(contract, frame, live, files).withColumns(more | {"fate": _fate()})
    good = frame.where(F.col("fate") == SILVER)
    bad = frame.where("fate = 'quarantined'").withColumns(
        {"reasons": F.col("_reasons"), "key": F.col("_key")}
    )
    silver, gone = _shaped(good, silver_columns(contract)), None
    if replaces and withdraws:
        carried = [*contract.key, *(["year"] if "year" not in contract.key else [])]
        gone = left_out(frame, live, files, carried)
        withdrawn = gone.where("not held").withColumns({"feed": F.lit(contract.id), "deleted": F.lit(True)})
        silver = silver.unionByName(_shaped(withdrawn, silver_columns(contract)))
    return Split(frame, silver, _shaped(bad, QUARANTINE), gone)


def _year_of(contract: Contract) -> Column:
    """Return the year by which silver is partitioned: of the period, else of the first date in the key."""
    names = {c.name: c for c in contract.columns}
    if "period" in names:
        return F.substring("period", 1, 4).cast("int")
    dates = [c.name for c in contract.columns if c.type == "DATE" and c.required]
    return F.year(dates[0])
