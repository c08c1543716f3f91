"""Size of a firm by 统计上大中小微型企业划分办法（2017）."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from jobs import yamlfile
from jobs.settings import settings

CLASSES = ("large", "medium", "small", "micro")
UNITS = {"staff": 1, "revenue": 10_000, "assets": 10_000}
"""One unit of the table (人, 万元, 万元) in the unit of the measure (人, 元, 元)."""

FACTS = ("staff_end", "revenue_y1", "total_assets")
"""Facts by which the model ``population`` tells a firm's size."""


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
