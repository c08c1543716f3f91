"""Size of a firm by 统计上大中小微型企业划分办法（2017）."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs import yamlfile
from jobs.settings import settings

CLASSES = ("large", "medium", "small", "micro")
UNITS = {"staff": 1, "revenue": 10_000, "assets": 10_000}
"""One unit of the table (人, 万元, 万元) in the unit of the measure (人, 元, 元)."""


class SizeRow(BaseModel):
    """One row of the table: lower bounds of large, medium and small for some industries."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name_zh: str
    industries: list[str]
    lower: dict[Literal["staff", "revenue", "assets"], tuple[int, int, int]]
    confidence: Literal["doc", "memory"]


def size_rows() -> list[SizeRow]:
    """Read the table (``policies/national/size-classes-2017.yaml``)."""
    rows = yamlfile.read(settings().policies / "national" / "size-classes-2017.yaml")["rows"]
    return [SizeRow.model_validate(r) for r in rows]


def size_class(industry: Column, staff: Column, revenue: Column, assets: Column) -> Column:
    """Return the size class of a firm.

    Parameters
    ----------
    industry : Column
        GB/T 4754-2017 code with its letter, e.g. ``C3511``.
    staff, revenue, assets : Column
        从业人员（人）, 营业收入（元）, 资产总额（元）; null = not reported.

    Returns
    -------
    Column
        ``large``, ``medium``, ``small`` or ``micro``; null when the industry is not in the table, its code is
        too short to tell, or a missing measure could change the class.

    Source
    ------
    国统字〔2017〕213号: all bounds listed for a class must be reached (equality counts), else one class down.
    """
    measures = {"staff": staff, "revenue": revenue, "assets": assets}
    found = F.lit(None).cast("string")
    for row in reversed(size_rows()):
        belongs = industry.rlike(f"^({'|'.join(row.industries)})")
        found = F.when(belongs, _class(row, measures)).otherwise(found)
    return found


def _class(row: SizeRow, measures: dict[str, Column]) -> Column:
    """Go down the classes; a class that a missing measure leaves undecided ends in null."""
    found = F.lit(CLASSES[-1])
    for n in reversed(range(len(CLASSES) - 1)):
        bounds = [measures[k] >= F.lit(b[n] * UNITS[k]) for k, b in row.lower.items()]
        reached = reduce(and_, bounds)
        # Neither branch is taken when it is undecided.
        found = F.when(reached, CLASSES[n]).when(~reached, found)
    return found
