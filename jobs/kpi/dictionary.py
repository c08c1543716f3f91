"""The indicator dictionary: what each indicator means, which family computes it, what it reads.

``schemas/indicators.yaml`` is the only place that ties an indicator to feeds and columns, so a new
indicator is one line there (and a function only if no family fits).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from jobs.settings import settings

Entity = Literal["enterprise", "region"]


class Read(BaseModel):
    """One value of an entity: a feed, a column, and the rows of the feed that hold it.

    ``at`` says which row stands for a period: ``cumulative`` (the period's last month), ``quarter``
    (its quarter), ``year`` (yearly rows), ``year_total`` (the December row of a cumulative monthly feed) or
    ``event`` (rows with dates of their own, bounded by ``only``).
    """

    model_config = ConfigDict(extra="forbid")

    feed: str
    column: str
    at: Literal["cumulative", "quarter", "year", "year_total", "event"]
    base_column: str | None = None
    """The form's own 上年同期 column; without it last year's own figure is the base."""
    where: dict[str, str] = {}
    source: str = "statistics"
    lag: int = 0
    """Years further back."""
    months_back: int = 0
    """Months further back."""
    only: str | None = None
    """SQL condition of the rows that count."""
    reduce: Literal["sum", "min", "max"] | None = None
    """How several rows of an entity become one value."""


class Part(BaseModel):
    """One figure behind a derived one: a reading of an indicator, or a number that a text fixes."""

    model_config = ConfigDict(extra="forbid")

    indicator: str | None = None
    reading: str | None = None
    tier: str | None = None
    constant: str | None = None
    """Exact decimal text, instead of a figure."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Part:
        named = self.indicator is not None and self.reading is not None
        if named == (self.constant is not None):
            raise ValueError("部分须是一个指标的一个读数，或一个常数 / a part is a reading or a constant")
        return self


class Indicator(BaseModel):
    """One line of the dictionary."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name_zh: str
    definition: str
    formula: str
    unit: str
    source: str
    owner: str
    version: str
    family: Literal["count", "level", "growth", "ratio", "coverage", "total", "item", "derived"]
    entity: Entity = "enterprise"
    reads: dict[str, Read] = {}
    value_unit: str = "元"
    """Unit of the amounts behind the value: numerator, denominator, amount change."""
    minor: int = 100
    """Whole units of the stored amounts in one ``value_unit`` (100: 分 in 元)."""
    scale: int = 100
    """A ratio times this is the value (100 for per cent)."""
    line: str | None = None
    """Line of the compliance share, in the unit of the value."""
    line_is_cap: bool = False
    item: str | None = None
    """Code of the departments' report that an ``item`` shows."""
    op: Literal["share", "difference", "pooled_years"] | None = None
    """What a ``derived`` figure does with its parts."""
    of: list[Part] = []
    since: int | None = None
    """First reference year of ``pooled_years``."""

    @model_validator(mode="after")
    def _derivable(self) -> Indicator:
        parts_fit = (
            len(self.of) == 2 if self.op in ("share", "difference") else bool(self.of) == bool(self.op)
        )
        if (self.family == "derived") != bool(self.op) or not parts_fit:
            raise ValueError(
                f"{self.id}：推算指标的算法与部分不符 / op and parts of a derived indicator do not fit"
            )
        if (self.op == "pooled_years") != (self.since is not None):
            raise ValueError(f"{self.id}：只有多年平均有起始年 / since belongs to pooled_years")
        return self

    @property
    def main(self) -> Read | None:
        """The read that sets the reference year and the line of origin (current value or numerator)."""
        return self.reads.get("current") or self.reads.get("numerator")

    @property
    def yearly(self) -> bool:
        """Whether the indicator has a reference year of its own."""
        return self.main is not None and self.main.at == "year"

    @property
    def base_kind(self) -> str:
        """Base of growth: ``own_form`` (上年同期 in the form) or ``prior_return`` (last year's own figure)."""
        return "own_form" if self.main and self.main.base_column else "prior_return"


def read_dictionary(path: Path) -> dict[str, Indicator]:
    """Read a dictionary file; ids are unique.

    Raises
    ------
    ValueError
        If an id occurs twice.
    """
    items = [
        Indicator.model_validate(i) for i in yaml.safe_load(path.read_text(encoding="utf-8"))["indicators"]
    ]
    found = {i.id: i for i in items}
    if len(found) != len(items):
        raise ValueError(f"指标字典有重复编号 / duplicate indicator id in {path}")
    return found


@lru_cache(maxsize=1)
def indicators() -> dict[str, Indicator]:
    """Return the project's dictionary by id."""
    return read_dictionary(settings().schemas / "indicators.yaml")
