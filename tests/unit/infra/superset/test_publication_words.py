"""What the overview says of the newest publication and of what comes next, by the very SQL of the data sets."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.support.dataset_columns import words

CHANGE = {
    "publication_id": "P00004", "changed_in": "P00004", "published_at": date(2026, 7, 20), "programme": "JL",
    "period": "2026Q2", "kind": "新期间", "revision": 1, "period_before": "2026Q1", "n_figures": 0, "n_targets": 19,
    "n_states": 2, "n_places": 6, "n_entered": 467, "n_expired": 216, "n_withdrawn": 0, "why": "新到 150 份、迟报 3 份",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ["新发布的期间", "与2026年1季度比：目标 ", "19", " 项数值有变，", "2", "6", "新到 150 份、迟报 3 份"]),
        ({"kind": "修订", "revision": 3, "period_before": "2026Q2", "n_figures": 6312, "why": "更正 1 份"},
         ["比上一版：第 3 版修订", "改动指标 ", "6,312", "19", "更正 1 份"]),
        ({"period_before": None}, ["第一次发布，没有上一期可比。"]),
        ({"why": ""}, ["没有新的来文"]),
    ],
)  # fmt: skip
def test_the_overview_says_what_changed_and_why(change: dict[str, Any], said: list[str]) -> None:
    texts = words("publication_change", "news", CHANGE | change)
    assert [t for t in said if t not in texts] == []
    assert "新持证 467 户、到期 216 户、撤销 0 户" in texts


def test_a_period_before_the_flows_of_certificates_were_counted_says_nothing_of_them() -> None:
    texts = words(
        "publication_change", "news", CHANGE | dict.fromkeys(("n_entered", "n_expired", "n_withdrawn"))
    )
    assert not any("到期" in t for t in texts)


def test_what_comes_next_names_the_day_and_the_period() -> None:
    row = {"programme": "JL", "kind": "下次发布", "due_on": date(2026, 10, 18), "title": "2026年3季度数据", "of_period": "",
           "detail": "必报报表 5 张到齐，审核、批准后即发布"}  # fmt: skip
    assert words("agenda", "line", row) == ["下次发布", "2026年10月18日", "2026年3季度数据", row["detail"]]
