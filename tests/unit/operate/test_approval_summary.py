"""What the approver is told of verdicts: those an approval writes down for good, and those this release may decide later."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jobs.definitions.policy.model import load
from jobs.operate.summary import closing_later, headlines, verdicts

Row = dict[str, Any]
LAST = date(2026, 3, 31)


def row(target: str, value: float, release: str = "R9", **more: Any) -> Row:
    """Row of 2025Q4, its target past its day and pending."""
    own = {
        "target_id": target, "name_zh": f"目标{target}", "unit": "户", "period": "2025Q4", "release": release,
        "today_value": value, "target_value": 1000.0, "state": "待结账", "closable": True, "frozen_state": None, "frozen_value": None,
        "frozen_release": None, "frozen_period": None,
    }  # fmt: skip
    return own | more


def closed(target: str, value: float, state: str, by: str, period: str = "2025Q4") -> Row:
    stamp = {"frozen_state": state, "frozen_value": value, "frozen_release": by, "frozen_period": period}
    return row(target, value, state=state, **stamp)


def by_target(*rows: Row) -> dict[str, Row]:
    return {r["target_id"]: r for r in rows}


def test_verdicts_of_the_release_that_stood_on_the_closing_day_are_told_as_well() -> None:
    made = by_target(closed("JL-T03", 1200, "达成", "R5"), closed("JL-T08", 7, "未达成", "R9"))
    assert verdicts(made, by_target(row("JL-T03", 1200, "R5"), row("JL-T08", 7, "R5"))) == [
        "  - JL-T03 目标JL-T03：达成，按R5 的数 1,200 户",
        "  - JL-T08 目标JL-T08：未达成，按本版的数 7 户",
    ]
    assert len(verdicts(made, {})) == 2, "nothing was published of the period before"


def test_a_verdict_that_is_published_already_is_no_news() -> None:
    told = by_target(closed("JL-T03", 1200, "达成", "R5"))
    assert verdicts(told, told) == []


def test_a_verdict_that_other_rules_turn_round_is_told_with_the_old_one() -> None:
    now, before = closed("JL-T03", 1200, "未达成", "R5"), closed("JL-T03", 1200, "达成", "R5")
    assert verdicts(by_target(now), by_target(before)) == [
        "  - JL-T03 目标JL-T03：未达成（原 达成），按R5 的数 1,200 户"
    ]


def test_a_pending_target_and_a_verdict_on_the_year_before_are_not_told() -> None:
    year_before = closed("JL-T24", 2, "达成", "R5", "2025Q4") | {"period": "2026Q1"}
    assert verdicts(by_target(row("JL-T03", 1200), year_before), {}) == []


@pytest.mark.parametrize(
    ("today", "told"),
    [
        ("2026-01-20", ["结账日（2026-03-31）当天若仍是本版，即以本版结账：2 个目标"]),
        ("2026-03-31", ["结账日（2026-03-31）当天若仍是本版，即以本版结账：2 个目标"]),
        ("2026-04-01", []),
    ],
)
def test_within_the_lag_the_targets_are_counted_whose_reports_are_in(today: str, told: list[str]) -> None:
    rows = by_target(
        row("JL-T03", 1200),
        row("JL-T24", 2),
        row("JL-T08", 7, closable=False),
        row("JL-T06", 7, state="无数据", closable=False),
        closed("JL-T07", 7, "达成", "R5"),
    )
    assert closing_later(rows, load("JL"), date.fromisoformat(today)) == told


def test_a_later_quarter_closes_nothing_by_its_own_figure() -> None:
    later = row("JL-T03", 1300) | {"period": "2026Q1"}
    assert closing_later(by_target(later), load("JL"), LAST) == []


def test_headline_figures_are_told_with_the_published_ones_where_they_differ() -> None:
    now = by_target(row("JL-T03", 1200), row("JL-T08", 7), row("JL-T24", 2) | {"today_value": None})
    before = by_target(row("JL-T03", 1100.5), row("JL-T08", 7), row("JL-T24", 2))
    assert headlines(now, before) == [
        "  - JL-T03 目标JL-T03：1,200.00 户（原 1,100.50）",
        "  - JL-T08 目标JL-T08：7 户",
        "  - JL-T24 目标JL-T24：无数据（原 2）",
    ]


@pytest.mark.parametrize(
    ("value", "was", "told"),
    [
        (0.0912, 0.0911, "0.0912 户（原 0.0911）"),
        (0.0882438, 0.0883357, "0.0882 户（原 0.0883）"),
        (4.93, 4.77, "4.93 户（原 4.77）"),
        (4.931, 4.77, "4.93 户（原 4.77）"),
        (48055.0, 53400.0, "48,055 户（原 53,400）"),
        (3.0, 2.9996, "3.0000 户（原 2.9996）"),
    ],
)
def test_a_figure_and_the_one_before_have_the_digits_that_tell_them_apart(
    value: float, was: float, told: str
) -> None:
    assert headlines(by_target(row("JL-T21", value)), by_target(row("JL-T21", was))) == [
        f"  - JL-T21 目标JL-T21：{told}"
    ]
