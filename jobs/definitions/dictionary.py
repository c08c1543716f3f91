"""The indicator dictionary: what each indicator means, which family computes it, what it reads.

``schemas/indicators.yaml`` is the only place that ties an indicator to feeds and columns, so a new
indicator is one line there (and a function only if no family fits).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from jobs import yamlfile
from jobs.definitions.reference import ReportItem, report_feed, report_items
from jobs.settings import settings

Entity = Literal["enterprise", "region"]
ANY = "any"
"""Reading of a coverage that counts an enterprise once any feed has a row of it."""


class Read(BaseModel):
    """One value of an entity: a feed, a column, and the rows of the feed that hold it.

    ``at`` says which row stands for a period: ``cumulative`` (the period's last month), ``quarter``,
    ``year`` (yearly rows), ``year_total`` (the December row of a cumulative monthly feed) or ``event``
    (rows that belong to no period; ``only`` limits them by the reference date ``at``).
    """

    model_config = ConfigDict(extra="forbid")

    feed: str
    column: str
    """Column of the feed, or an SQL expression over its columns, the ``period`` and its last day ``at``."""
    at: Literal["cumulative", "quarter", "year", "year_total", "event"]
    base_column: str | None = None
    """The form's own 上年同期 column; without it last year's own figure is the base."""
    where: dict[str, str] = {}
    """Key columns of the feed and their texts: which of an entity's rows is meant."""
    only: str | None = None
    """SQL condition on a row's content, for feeds with several rows of an entity."""
    reduce: Literal["first", "sum", "min", "max", "each"] = "first"
    """What becomes of several rows of an entity; ``each``: every row (a contract) is a case of its own."""
    lag: int = 0
    """Years back."""
    months_back: int = 0
    """Months back, for comparisons inside a year."""
    source: str = "statistics"


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
    family: Literal[
        "count", "flow", "level", "growth", "ratio", "mean", "coverage", "total", "item", "derived"
    ]
    entity: Entity = "enterprise"
    reads: dict[str, Read] = {}
    value_unit: str = "元"
    """Unit of the amounts behind the value: numerator, denominator, amount change."""
    minor: int = 100
    """Whole units of the stored amounts in one ``value_unit`` (100: 分 in 元)."""
    scale: str = "100"
    """A ratio times this is the value, as exact decimal text (100 for per cent)."""
    signed: bool = False
    """Whether the numerator of a ratio may be negative (profit)."""
    part: bool = False
    """Whether the numerator is some of the denominator: a figure above the whole is no figure but a fault."""
    annualised: bool = False
    """Whether a ratio of a flow to a stock is taken to a whole year: times 12 / months."""
    quarterly: bool = False
    """Whether growth is that of the quarter alone (当季): the difference of two cumulatives."""
    absent_zero: bool = False
    """Whether an entity that a list does not name counts as 0, once the list holds anybody."""
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
    def folded(self) -> bool:
        """Whether the models work it out over the population; the others are few and worked out after them."""
        return self.family not in ("flow", "total", "item", "derived")

    @property
    def fold(self) -> str:
        """What it is folded with: indicators of one family at once; a mean is a ratio to one entity each."""
        return "ratio" if self.family == "mean" else self.family

    @property
    def of_contracts(self) -> bool:
        """Whether its cases are contracts, several of an enterprise."""
        return any(r.reduce == "each" for r in self.reads.values())

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
    items = [Indicator.model_validate(i) for i in yamlfile.read(path)["indicators"]]
    by_id = {i.id: i for i in items}
    if len(by_id) != len(items):
        raise ValueError(f"指标字典有重复编号 / duplicate indicator id in {path}")
    return by_id


def of_certificates(known: Iterable[Indicator]) -> set[str]:
    """Return the indicators whose figures are made of certificates alone: counts, flows, and what is derived from these."""
    each = list(known)
    own = {i.id for i in each if i.family in ("count", "flow")}
    derived = {i.id: {p.indicator for p in i.of if p.indicator} for i in each if i.family == "derived"}
    return own | {name for name, parts in derived.items() if parts <= own}


def item_indicator(item: ReportItem) -> Indicator:
    """Return the dictionary's line of an item of the departments' reports."""
    places = "各单位报数之和；全省另有报数的以全省报数为准" if item.level == "unit" else "全省一个数"
    return Indicator(
        id=f"item_{item.code}",
        name_zh=item.name,
        definition=f"{item.department}按季报送的{item.name}",
        formula=f"部门报表指标 {item.code}：{places}；本年数为各季当季数之和，只报累计的为累计数之差",
        unit=item.unit,
        source=f"部门季度报表（{item.department}）",
        owner=item.department,
        version="1.0",
        family="item",
        value_unit=item.unit,
        reads={
            "current": Read(
                feed=report_feed(),
                column="value",
                at="quarter",
                where={"item_code": item.code},
                source="department",
            )
        },
        item=item.code,
    )


@lru_cache(maxsize=1)
def indicators() -> dict[str, Indicator]:
    """Return the project's dictionary by id: the file's lines, and one for each item of the departments' reports."""
    of_items = [item_indicator(i) for i in report_items().values()]
    return read_dictionary(settings().schemas / "indicators.yaml") | {i.id: i for i in of_items}
