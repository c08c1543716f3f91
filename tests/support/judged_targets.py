"""Targets judged on figures made by hand: a dictionary, targets, figures, and what is judged of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from jobs.definitions.dictionary import Indicator, Part
from jobs.definitions.policy import load
from jobs.definitions.policy.document import Document, Target
from jobs.definitions.policy.model import Programme
from jobs.targets.closing import Closing
from jobs.targets.progress import COLUMNS, judge_all
from tests.support.made_up_province import indicator

Row = dict[str, Any]


DICTIONARY = {
    i.id: i
    for i in (
        indicator("certificate_count", "count", unit="户"),
        indicator(
            "deals",
            "level",
            unit="万元",
            reads={"current": {"feed": "fin_equity", "column": "paid_in", "at": "event"}},
        ),
        indicator(
            "rate",
            "ratio",
            unit="%",
            reads={
                "numerator": {"feed": "stat_rd", "column": "rd_total", "at": "year"},
                "denominator": {"feed": "statement", "column": "revenue", "at": "year_total"},
            },
        ),
        indicator(
            "fee",
            "ratio",
            unit="%",
            reads={
                side: {"feed": "fin_guarantee", "column": side, "at": "quarter", "reduce": "each"}
                for side in ("numerator", "denominator")
            },
        ),
        *(
            indicator(
                f"item_{code}",
                "item",
                unit="台（套）",
                item=code,
                reads={"current": {"feed": "dept_report", "column": "value", "at": "quarter"}},
            )
            for code in ("KY01", "KY02")
        ),
        indicator(
            "open_rate",
            "derived",
            unit="%",
            op="share",
            part=True,
            of=[Part(indicator="item_KY01", reading="total"), Part(indicator="item_KY02", reading="total")],
        ),
        indicator(
            "staff_share",
            "ratio",
            unit="%",
            part=True,
            reads={
                side: {"feed": "stat_staff", "column": column, "at": "quarter"}
                for side, column in (("numerator", "technical_staff"), ("denominator", "staff_end"))
            },
        ),
    )
}


def target(reads: Row, **changes: Any) -> Target:
    """Return a target that reads a figure: at least ten by the end of 2025, unless changed."""
    text = dict.fromkeys(("clause", "quote", "indicator", "name_zh", "level", "applies_to", "formula"), "文")
    base = {
        "id": "P-T01", "policy": "P", "operator": ">=", "value": 10, "unit": "户", "deadline": "2025-12-31",
        "period": "as_of_deadline", "strength": "must", "baseline": None, "owners": ["甲厅"], "feeds": [],
        "monitor": "computable", "reads": reads,
    }  # fmt: skip
    return Target.model_validate(text | base | changes)


def programme(*targets: Target, region: str = "220000", **changes: Any) -> Programme:
    """Return the programme of Jilin with one document of these targets alone."""
    jilin = load("JL")
    own = Document(id="P", title="文件", region_code=region, targets=list(targets))
    return jilin.model_copy(update={"documents": [own], **changes})


def figure(name: str, reading: str, value: float | None, **changes: Any) -> Row:
    """Return a row of figures."""
    base = {
        "period": "2025Q4", "region_code": "220000", "tier": None, "indicator": name, "reading": reading,
        "value": value, "unit": DICTIONARY[name].unit, "numerator": None, "denominator": None, "n": 3,
        "status": "EMPTY" if value is None else "OK", "reference_period": "2025年度", "provisional": False,
        "n_pending": 0, "mark": None, "note": None,
    }  # fmt: skip
    return base | changes


CLOSED = Closing(date(2026, 7, 20), "R9")
"""Long after the deadline, with everything in: what is judged decides at once."""


def judged(
    figures: list[Row],
    made: Programme,
    period: str = "2025Q4",
    closing: Closing | None = None,
    dictionary: dict[str, Indicator] = DICTIONARY,
) -> list[Row]:
    """Judge the targets of a programme on figures; return the rows by column."""
    rows = judge_all(pd.DataFrame(figures), made, [period], closing or CLOSED, dictionary)
    return [dict(zip(COLUMNS, r, strict=True)) for r in rows]


COUNT = {"indicator": "certificate_count", "headline": "valid", "tier": "seed"}
