"""Points of a tier's score: what is known, and what the items still unknown could add."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.criteria.model import Item


def points(item: Item) -> Column:
    """Return an item's points: those of the first band that applies; null once a band cannot be decided."""
    found = F.lit(item.otherwise).cast("int")
    for band in reversed(item.bands):
        applies = F.expr(band.when)
        # Neither branch is taken when the band is undecided: the points are null then.
        found = F.when(applies, F.lit(band.points)).when(~applies, found)
    return found


def known(items: Sequence[tuple[Item, Column]]) -> Column:
    """Sum of the points that are known; items are paired with their points."""
    return reduce(add, [F.coalesce(p, F.lit(0)) for _, p in items])


def still_open(items: Sequence[tuple[Item, Column]]) -> Column:
    """Sum of the maxima of the items whose points are unknown."""
    return reduce(add, [F.when(p.isNull(), F.lit(i.max)).otherwise(F.lit(0)) for i, p in items])


def reaches(have: Column, still_open: Column, at_least: int) -> Column:
    """Whether points reach a line: true or false once the unknown items cannot change it, else null."""
    never = have + still_open < at_least
    return F.when(have >= at_least, F.lit(True)).when(never, F.lit(False))
