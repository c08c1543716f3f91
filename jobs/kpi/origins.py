"""Origins: the batches, files and sheets that rows came from, numbered.

A row of the population carries some hundred lines. As texts they would be most of what is shuffled and kept; so
a line is the number of its origin and its row until it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

ORIGIN_FIELDS = ("batch_id", "file_name", "sheet")
LINE_FIELDS = (*ORIGIN_FIELDS, "row_no")
"""Where a value stands, as it is written."""
NUMBERED = {"origin": "int", "row_no": "int"}
"""Where a value stands, as it is computed with."""
LINE = f"struct<{', '.join(f'{n}: {k}' for n, k in NUMBERED.items())}>"

SEQ = "seq"
"""Place of a batch in the order of acceptance."""

_ORIGINS = "_origins"
_SCHEMA = ", ".join(f"{n} STRING" for n in ORIGIN_FIELDS)


def _optional(frame: DataFrame, name: str, kind: str) -> Column:
    return (F.col(name) if name in frame.columns else F.lit(None)).cast(kind)


def distinct(feeds: Iterable[DataFrame]) -> DataFrame:
    """Return the different origins of the rows of some feeds, with ``seq``; columns a feed does not have are null."""
    fields = {**dict.fromkeys(ORIGIN_FIELDS, "string"), SEQ: "bigint"}
    named = [f.select(*[_optional(f, n, kind).alias(n) for n, kind in fields.items()]) for f in feeds]
    return reduce(DataFrame.unionByName, named).distinct()


@dataclass(frozen=True)
class Origins:
    """The origins of a run; a number is a place in ``known``.

    Attributes
    ----------
    known : tuple
        Batch, file and sheet, in the order of their content: of several rows the first line is shown, and that must
        not hang on the ids of batches, which every ledger gives anew.
    """

    known: tuple[tuple[str | None, ...], ...]

    @classmethod
    def of(cls, rows: DataFrame) -> Origins:
        """Number what :func:`distinct` found."""
        found = sorted(rows.collect(), key=lambda r: (r["file_name"] or "", r["sheet"] or "", r[SEQ] or 0))
        # Each once, whatever else differs: a row would count once per number of its origin.
        return cls(tuple(dict.fromkeys(tuple(r[n] for n in ORIGIN_FIELDS) for r in found)))

    def numbered(self, feed: DataFrame, name: str) -> DataFrame:
        """Add a column with the line of each row, a struct of :data:`NUMBERED`."""
        numbers = [(*origin, i) for i, origin in enumerate(self.known)]
        known = feed.sparkSession.createDataFrame(numbers, f"{_SCHEMA}, _origin INT").withColumnsRenamed(
            {n: f"_of_{n}" for n in ORIGIN_FIELDS}
        )
        same = [_optional(feed, n, "string").eqNullSafe(F.col(f"_of_{n}")) for n in ORIGIN_FIELDS]
        line = F.struct(F.col("_origin").alias("origin"), _optional(feed, "row_no", "int").alias("row_no"))
        joined = feed.join(F.broadcast(known), reduce(lambda a, b: a & b, same), "left")
        return joined.withColumn(name, line).drop(*known.columns)

    def whole(self, numbered: Mapping[str, int | None], prefix: str = "") -> dict[str, str | int | None]:
        """Return a collected line with all of :data:`LINE_FIELDS`."""
        origin = numbered[f"{prefix}origin"]
        found: tuple[str | None, ...] = (None,) * len(ORIGIN_FIELDS) if origin is None else self.known[origin]
        return {**dict(zip(ORIGIN_FIELDS, found, strict=True)), "row_no": numbered[f"{prefix}row_no"]}

    def beside(self, frame: DataFrame) -> DataFrame:
        """Set all origins beside every row, for :func:`line`; to be dropped in the step that uses them."""
        schema = f"{_ORIGINS} ARRAY<STRUCT<{', '.join(f'{n}: STRING' for n in ORIGIN_FIELDS)}>>"
        return frame.crossJoin(F.broadcast(frame.sparkSession.createDataFrame([(list(self.known),)], schema)))


def line(numbered: Column, prefix: str = "") -> Column:
    """Return a line with all of :data:`LINE_FIELDS`, over a frame of :meth:`Origins.beside`.

    Parameters
    ----------
    numbered : Column
        Struct of :data:`NUMBERED`, or of the same fields with the prefix.
    prefix : str
    """
    origin = F.get(F.col(_ORIGINS), numbered[f"{prefix}origin"])
    fields = [origin[n].alias(n) for n in ORIGIN_FIELDS]
    return F.struct(*fields, numbered[f"{prefix}row_no"].alias("row_no"))


def as_text(lines: Column) -> Column:
    """Return a map of lines as ``file:sheet:row`` of the file as received, over a frame of :meth:`Origins.beside`."""

    def place(_: Column, numbered: Column) -> Column:
        whole = line(numbered)
        sheet = F.coalesce(whole["sheet"], F.lit(""))
        return F.concat(whole["file_name"], F.lit(":"), sheet, F.lit(":"), whole["row_no"].cast("string"))

    return F.transform_values(lines, place)
