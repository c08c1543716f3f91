"""What the cards and the strip of the overview say, by the very SQL of their datasets: the right figure under the right date."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jobs.serve.show import spoken_targets
from tests.support.dataset_columns import words
from tests.support.judged_targets import COUNT, target
from tests.support.target_history import FORM, TargetHistory


def card(row: dict[str, Any]) -> list[str]:
    return words("target_progress", "card", row | {"publication_id": "P1", "programme": "P"})


def between(texts: list[str], label: str) -> str:
    """Return what stands after a label on a line of a card."""
    return texts[texts.index(label) + 1]


@pytest.fixture(scope="module")
def story() -> dict[str, dict[str, Any]]:
    """A target that waits for a form in spring, is closed as missed on 6 May and reached in summer."""
    told = TargetHistory(target(COUNT))
    spring = told.release("R3", "04-20", {"2025Q4": 9, "2026Q1": 12}, lacks=[FORM])["2026Q1"]
    told.release("R4", "05-06", {"2025Q4": 9})
    return {"spring": spring, "summer": told.release("R5", "07-20", {"2026Q2": 14})["2026Q2"]}


def test_a_card_after_the_deadline_shows_the_deadline_s_figure_and_today_s_beside(
    story: dict[str, Any],
) -> None:
    texts = card(story["summer"])
    assert (texts[1], texts[3]) == ("未达成", "9")
    assert between(texts, "期限") == "2025-12-31"
    assert between(texts, "数据所属期") == "2025Q4末"
    assert between(texts, "结账 2026-05-06 R4") == "9 户，未达成"
    assert between(texts, "现值 2026Q2末") == "14 户，达到"
    assert "期限2025-12-31未达到目标值，2026-05-06结账；期限后达到（2026年1季度）" in texts
    assert "完成率 90.0%" in texts


@pytest.mark.parametrize(("value", "rate"), [(9.999, "99.99%"), (10, "100.0%"), (5.7, "57.0%")])
def test_short_of_the_target_is_never_a_completion_of_100_per_cent(value: float, rate: str) -> None:
    row = TargetHistory(target(COUNT)).release("R4", "07-20", {"2025Q4": value})["2025Q4"]
    assert f"完成率 {rate}" in card(row)


def test_a_card_that_waits_says_for_what_and_judges_nothing(story: dict[str, Any]) -> None:
    texts = card(story["spring"])
    assert (texts[1], texts[3]) == ("待结账", "9")
    assert between(texts, "现值 2026Q1末") == "12 户，达到"
    assert f"期限2025-12-31已过，结账待{FORM}；暂定数未达到目标值" in texts
    assert not any(t.startswith("结账 ") for t in texts)


def test_the_command_says_the_same_in_one_line(story: dict[str, Any]) -> None:
    spring, summer = spoken_targets([story["spring"], story["summer"]])
    assert (spring["value"], spring["state"], spring["frozen"]) == ("9 户", "待结账", f"待{FORM}")
    assert (summer["value"], summer["state"], summer["today"]) == ("9 户", "未达成", "2026Q2末 14 达到")
    assert summer["frozen"] == "2026-05-06 9 未达成；期限后达到（2026Q1）"


def test_a_card_of_the_deadline_s_own_period_has_no_second_figure() -> None:
    row = TargetHistory(target(COUNT)).release("R1", "01-20", {"2025Q4": 9})["2025Q4"]
    assert not any(t.startswith("现值") for t in card(row))


@pytest.mark.parametrize(
    ("status", "missing", "ahead", "waiting", "tags"),
    [
        ("complete", 0, 0, 0, ["报送完整"]),
        ("complete", 0, 0, 3, ["必报报表到齐", "3 份待核实"]),
        ("complete", 0, 40, 0, ["必报报表到齐", "40 份未到期或待查看"]),
        ("complete", 10, 0, 0, ["必报报表到齐", "缺 10 份报表"]),
        ("partial", 1, 0, 2, ["部分报送", "缺 1 份报表", "2 份待核实"]),
    ],
)
def test_the_strip_says_complete_only_when_no_report_is_missing_to_come_or_waits(
    status: str, missing: int, ahead: int, waiting: int, tags: list[str]
) -> None:
    row = {
        "publication_id": "P1", "programme": "JL", "period": "2025Q4", "release": "R1", "status": status, "revision": 1,
        "published_at": date(2026, 1, 20), "data_as_of": date(2026, 1, 20), "provisional": False, "is_latest": True,
        "n_missing": missing, "n_to_come": ahead, "n_open": waiting,
    }  # fmt: skip
    texts = words("publication", "strip", row)
    assert texts[-len(tags) :] == tags
