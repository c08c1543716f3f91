"""A made-up province of two units and three tiers: a dictionary of a few indicators, a programme, and a run of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.definitions.dictionary import Indicator
from jobs.definitions.policy.model import Programme
from jobs.pipeline.plan import Known
from jobs.targets.closing import Closing
from tests.support.model_frames import computed, frames

REVENUE = {"feed": "finance", "column": "revenue", "at": "cumulative", "base_column": "revenue_prior"}
RD = {"feed": "rd", "column": "rd_total", "at": "year"}


def indicator(name: str, family: str, reads: dict[str, Any] | None = None, **more: Any) -> Indicator:
    """Return a line of a dictionary; a rate unless its unit is named."""
    words = dict.fromkeys(("id", "name_zh", "definition", "formula", "source", "owner"), name)
    return Indicator.model_validate(
        words | {"family": family, "reads": reads or {}, "unit": "%", "version": "1"} | more
    )


DICTIONARY = {
    i.id: i
    for i in (
        indicator("count", "count", unit="户"),
        indicator("revenue", "level", {"current": REVENUE}, unit="元"),
        indicator("revenue_growth", "growth", {"current": REVENUE}),
        indicator("rd_growth", "growth", {"current": RD}),
        indicator("rd_intensity", "ratio", {
            "numerator": RD, "denominator": {"feed": "finance", "column": "revenue", "at": "year_total"},
        }, line="2.0"),
        indicator("covered", "coverage", {"finance": REVENUE, "rd": RD}),
    )
}  # fmt: skip


def programme(indicators: Iterable[str] = DICTIONARY, **changes: Any) -> Programme:
    """Return a programme that publishes some indicators: no targets and no ranking unless they are given."""
    base = {
        "id": "X", "title": "测试", "region_code": "10", "entity": "enterprise", "first_period": "2025Q1",
        "units": ["11", "12"], "unit_level": "unit", "roles": {"register": "register", "certificates": "notices"},
        "tiers": [
            {"code": "seed", "name_zh": "种子", "rank": 1, "expires": False},
            {"code": "a", "name_zh": "甲级", "rank": 3},
            {"code": "b", "name_zh": "乙级", "rank": 5},
        ],
        "indicators": [{"id": i} for i in indicators],
    }  # fmt: skip
    return Programme.model_validate(base | changes)


TARGET = {
    "id": "T1", "policy": "X", "clause": "一", "quote": "10户", "indicator": "x", "name_zh": "甲级企业数", "operator": ">=",
    "value": 3, "unit": "户", "level": "aggregate_count", "applies_to": "a", "deadline": "2025-12-31",
    "period": "cumulative_stock", "strength": "must", "baseline": None, "owners": ["甲厅", "乙厅"], "feeds": ["cert"],
    "formula": "count", "monitor": "computable", "reads": {"indicator": "count", "tier": "a", "headline": "valid"},
}  # fmt: skip
RATIO_TARGET = TARGET | {
    "id": "T2",
    "unit": "%",
    "value": 2.0,
    "reads": {
        "indicator": "rd_intensity",
        "tier": "a",
        "headline": "pooled",
        "beside": ["share"],
        "each": ["share"],
    },
}
PROGRAMME = programme(
    documents=[{"id": "X", "title": "测试", "region_code": "10", "targets": [TARGET, RATIO_TARGET]}],
    ranking=[{
        "id": "R", "min_n": 1, "uncertainty": {"seed": 7, "draws": 50},
        "criteria": [
            {"indicator": "count", "reading": "valid", "name_zh": "数量", "tier": "a", "weight": 1, "min_n": 0},
            {"indicator": "revenue_growth", "reading": "same_firm", "name_zh": "增长", "tier": "a", "weight": 1},
        ],
    }],
)  # fmt: skip
"""With two targets and a ranking."""


def tables_of(
    folder: Path, what: Known, periods: list[str], closing: Closing | None = None
) -> dict[str, pd.DataFrame]:
    """Compute the programme with targets over small feeds; return all tables that have rows, as frames."""
    return frames(computed(folder, PROGRAMME, periods, what, DICTIONARY, closing=closing))
