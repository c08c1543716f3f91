"""Closing of targets by hand: which figure decides, from which day, what is said before and after (methods.md §11).

The deadline is 2025-12-31, the lag 90 days: its last day is 2026-03-31. The target asks for 10.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jobs.targets.closing import Stood, freeze
from tests.support.judged_targets import COUNT, target
from tests.support.target_history import FORM, TargetHistory, day

Row = dict[str, Any]
LAST = date(2026, 3, 31)


def stood(release: str, computed: str, value: float, closable: bool = True, approved: str = "") -> Stood:
    row = {"today_value": value, "today_state": "达到" if value >= 10 else "未达到", "closable": closable}
    return Stood(release, day(computed), day(approved or computed), row)


R1, R2, R3 = stood("R1", "01-20", 8), stood("R2", "03-31", 9), stood("R3", "04-20", 11)


@pytest.mark.parametrize(
    ("releases", "today", "found"),
    [
        ([R1, R2], "03-31", None),
        ([R1, R2], "04-01", ("R2", 9, False, "03-31")),
        ([R1, R2, R3], "07-20", ("R2", 9, False, "03-31")),
        ([R1, stood("R2", "03-31", 9, closable=False)], "07-19", None),
        ([R1, stood("R2", "03-31", 9, closable=False), R3], "04-20", ("R3", 11, True, "04-20")),
        ([R1, stood("R2", "03-30", 9, approved="04-02"), R3], "07-20", ("R1", 8, False, "03-31")),
        ([stood("R3", "04-20", 9, closable=False), stood("R4", "07-20", 11)], "07-20", ("R4", 11, True, "07-20")),
        ([R1, stood("", "07-20", 12)], "07-20", ("R1", 8, False, "03-31")),
        ([stood("", "07-20", 12)], "07-20", None),
        ([], "07-20", None),
    ],
    ids=[
        "on the last day of the lag nothing is closed",
        "the day after it the release that stood approved on it decides",
        "what comes later changes nothing",
        "a form is missing on the last day and an older figure does not step in for it",
        "the first later release with all forms decides, on its day",
        "what was approved after the last day came too late for it",
        "nothing stood on the last day",
        "a trial closes nothing and does not undo what is closed",
        "a trial alone",
        "no release of that period",
    ],
)  # fmt: skip
def test_the_figure_that_decides(
    releases: list[Stood], today: str, found: tuple[str, float, bool, str] | None
) -> None:
    frozen = freeze(releases, LAST, day(today))
    if found is None:
        assert frozen is None
    else:
        assert frozen is not None
        made = (frozen.release, frozen.row["today_value"], frozen.met, frozen.on)
        assert made == (*found[:3], day(found[3]))


def said(row: Row) -> tuple[float | None, str, float | None, str | None]:
    return row["value"], row["state"], row["today_value"], row["today_state"]


def test_before_the_lag_is_over_the_verdict_is_pending_whatever_today_s_figure_says() -> None:
    story = TargetHistory(target(COUNT))
    first = story.release("R1", "01-20", {"2025Q4": 9})["2025Q4"]
    assert said(first) == (9, "待结账", 9, "未达到")
    assert first["state_reason"] == "期限2025-12-31已过，结账日2026-03-31；暂定数未达到目标值"
    assert (first["frozen_state"], first["waits"], first["closable"]) == (None, None, True)
    later = story.release("R2", "03-31", {"2026Q1": 12})["2026Q1"]
    assert said(later) == (9, "待结账", 12, "达到")
    assert (later["reference_period"], later["today_period"]) == ("2025Q4末", "2026Q1末")
    assert (later["reference_date"], later["deadline"]) == (date(2025, 12, 31), date(2025, 12, 31))


def test_a_target_that_waits_for_a_form_says_which_and_is_closed_on_the_day_it_comes() -> None:
    story = TargetHistory(target(COUNT))
    early = story.release("R2", "03-31", {"2025Q4": 9}, lacks=[FORM])["2025Q4"]
    assert early["state_reason"].startswith(f"期限2025-12-31已过，结账日2026-03-31，尚待{FORM}；")
    waiting = story.release("R3", "04-20", {"2025Q4": 9, "2026Q1": 12}, lacks=[FORM])
    for row in waiting.values():
        assert (row["value"], row["state"], row["frozen_release"]) == (9, "待结账", None)
        assert row["state_reason"] == f"期限2025-12-31已过，结账待{FORM}；暂定数未达到目标值"
        assert row["waits"] == FORM
    closed = story.release("R4", "05-06", {"2025Q4": 11, "2026Q1": 12})
    for row in closed.values():
        assert (row["value"], row["state"]) == (11, "达成")
        assert (row["frozen_value"], row["frozen_release"], row["frozen_on"]) == (11, "R4", day("05-06"))
        assert row["state_reason"] == "期限2025-12-31达到目标值，2026-05-06结账"
        assert row["waits"] is None


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"n_pending": 2, "mark": "更正待处理"}, "认定、复核、撤销、更名公告中2条待处理的更正"),
        ({"quarantined": 3}, "认定、复核、撤销、更名公告中3行待核实"),
        ({"provisional": True}, "年报（沿用上一年）"),
    ],
)
def test_rows_in_quarantine_and_a_year_that_stands_in_for_another_close_nothing(
    more: Row, words: str
) -> None:
    row = TargetHistory(target(COUNT)).release("R4", "07-20", {"2025Q4": 11}, **more)["2025Q4"]
    assert (row["state"], row["waits"]) == ("待结账", words)
    assert row["state_reason"] == f"期限2025-12-31已过，结账待{words}；暂定数达到目标值"


def test_a_correction_after_the_closing_is_shown_beside_and_changes_no_verdict() -> None:
    story = TargetHistory(target(COUNT))
    story.release("R2", "03-31", {"2025Q4": 9})
    rows = story.release("R3", "04-20", {"2025Q4": 11, "2026Q1": 12})
    assert said(rows["2025Q4"]) == (9, "未达成", 11, "达到")
    assert rows["2025Q4"]["revised_value"] == rows["2026Q1"]["revised_value"] == 11
    assert rows["2025Q4"]["state_reason"] == "期限2025-12-31未达到目标值，2026-03-31结账；修订后11，结论不变"
    assert rows["2025Q4"]["numerator"] == Decimal(9)


def test_a_target_reached_later_says_when_and_stays_missed() -> None:
    story = TargetHistory(target(COUNT))
    story.release("R2", "03-31", {"2025Q4": 9})
    spring = story.release("R3", "04-20", {"2026Q1": 9})["2026Q1"]
    summer = story.release("R4", "07-20", {"2026Q2": 10})["2026Q2"]
    autumn = story.release("R5", "10-20", {"2026Q3": 8})["2026Q3"]
    assert (spring["state"], spring["reached_period"]) == ("未达成", None)
    assert (summer["state"], summer["reached_period"]) == ("未达成", "2026Q2")
    assert summer["state_reason"] == "期限2025-12-31未达到目标值，2026-03-31结账；期限后达到（2026年2季度）"
    assert (said(autumn), autumn["reached_period"]) == ((9, "未达成", 8, "未达到"), "2026Q2")


def test_a_target_whose_figure_falls_after_the_deadline_keeps_its_verdict() -> None:
    story = TargetHistory(target(COUNT))
    story.release("R2", "03-31", {"2025Q4": 10})
    row = story.release("R4", "07-20", {"2026Q2": 7})["2026Q2"]
    assert said(row) == (10, "达成", 7, "未达到")
    assert (row["gap"], row["level_ratio"], row["numerator"]) == (0, 1, Decimal(10))
    assert row["state_reason"] == "期限2025-12-31达到目标值，2026-03-31结账"


def test_a_yearly_target_has_one_verdict_a_year_which_stands_beside_the_next_year_s_figure() -> None:
    story = TargetHistory(target(COUNT, deadline=None, period="per_year"))
    winter = story.release("R1", "01-20", {"2025Q4": 9})["2025Q4"]
    assert (winter["state"], winter["frozen_state"]) == ("待结账", None)
    assert winter["state_reason"] == "2025年度已结束，结账日2026-03-31；暂定数未达到目标值"
    before = story.release("R2", "03-31", {"2026Q1": 3})["2026Q1"]
    assert (before["state"], before["value"], before["frozen_state"]) == ("进行中", 3, None)
    rows = story.release("R3", "04-20", {"2025Q4": 12, "2026Q1": 3})
    old, new = rows["2025Q4"], rows["2026Q1"]
    assert (said(old), old["revised_value"]) == ((9, "未达成", 12, "达到"), 12)
    assert old["state_reason"].startswith("2025年度未达到目标值，2026-03-31结账")
    assert (new["state"], new["value"], new["frozen_value"], new["frozen_period"]) == (
        "进行中",
        3,
        9,
        "2025Q4",
    )
    assert new["state_reason"].endswith("；2025年度结账：未达成")


@pytest.mark.parametrize(("value", "state"), [(10, "达成"), (9, "未达成")])
def test_a_target_without_a_deadline_is_judged_today_and_never_closed(value: float, state: str) -> None:
    story = TargetHistory(target(COUNT, deadline=None, period="continuous"))
    story.release("R2", "03-31", {"2025Q4": 9})
    row = story.release("R4", "07-20", {"2026Q2": value})["2026Q2"]
    assert (row["state"], row["value"], row["frozen_state"], row["waits"]) == (state, value, None, None)
    assert row["state_reason"] == f"未设期限，2026Q2末{'达到' if value == 10 else '未达到'}目标值"


def test_without_a_figure_of_the_deadline_nothing_is_judged_by_a_later_one() -> None:
    story = TargetHistory(target(COUNT))
    never = story.release("R4", "07-20", {"2026Q2": 12})["2026Q2"]
    assert said(never) == (None, "无数据", 12, "达到")
    assert never["state_reason"] == "期限2025-12-31已过，没有2025年4季度的发布"
    empty = TargetHistory(target(COUNT))
    empty.release("R2", "03-31", {"2025Q4": None})
    row = empty.release("R4", "07-20", {"2026Q2": 12})["2026Q2"]
    assert said(row) == (None, "无数据", 12, "达到")
    assert row["state_reason"] == "缺2025Q4末的认定、复核、撤销、更名公告；期限2025-12-31已过，尚未结账"


def test_a_figure_of_low_coverage_closes_nothing() -> None:
    row = TargetHistory(target(COUNT)).release(
        "R4", "07-20", {"2025Q4": 11}, status="LOW_COVERAGE", note="coverage=0.31"
    )["2025Q4"]
    assert (row["state"], row["today_state"], row["frozen_state"]) == ("覆盖不足", None, None)
    assert row["state_reason"] == "报表覆盖不足，仅列示数值；期限2025-12-31已过，尚未结账"
