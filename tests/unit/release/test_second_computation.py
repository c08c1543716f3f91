"""A candidate that comes out otherwise the second time is refused, and the notice names table and period."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from jobs.ledger.models import Release
from jobs.quality.audit import _other
from jobs.quality.refusal import explain
from jobs.release import second_computation
from jobs.release.replay import OTHER, OTHER_RULES, SAME, Compared


def compared(period: str, **tables: str) -> Compared:
    return Compared("R9", "JL", period, 9, tables)


def test_any_other_content_is_named_by_table_and_period() -> None:
    made = second_computation.Second(
        3,
        [compared("2025Q4", kpi_region=SAME, coverage=OTHER), compared("2026Q1", kpi_region=OTHER_RULES, coverage=OTHER)],
        1.25,
    )  # fmt: skip
    assert made.differing == {"JL/coverage": ["2025Q4", "2026Q1"], "JL/kpi_region": ["2026Q1"]}
    assert (
        made.words()
        == "不经 Spark、分 3 段重算 不同：JL/coverage 2025Q4、2026Q1、JL/kpi_region 2026Q1（1.2 秒）"
    )
    notice = explain({t: [_other(p)] for t, p in made.differing.items()})
    assert "JL/coverage：" in notice
    assert "不经 Spark、换一种分段重算，内容不同" in notice
    assert "period=2025Q4；period=2026Q1" in notice


def test_the_same_content_is_told_with_its_time() -> None:
    made = second_computation.Second(2, [compared("2025Q4", kpi_region=SAME, coverage=SAME)], 0.5)
    assert made.differing == {}
    assert made.words() == "不经 Spark、分 2 段重算 2 张期间表内容相同（0.5 秒）"
    beside = replace(made, first=0.75)
    assert beside.words() == "不经 Spark、分 2 段重算 2 张期间表内容相同（0.5 秒，第一次 0.8 秒）"


@pytest.mark.parametrize(("versions", "slices"), [({"slices": 4}, 6), ({"slices": 2}, 4), ({}, 3)])
def test_it_is_cut_otherwise_than_the_first(
    monkeypatch: pytest.MonkeyPatch, versions: dict[str, int], slices: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    asked: list[int] = []

    def replayed(_: list[Release], slices: int) -> list[Compared]:
        asked.append(slices)
        return [replace(compared("2025Q4"), slices=slices)]

    monkeypatch.setattr(second_computation, "replay", replayed)
    made = second_computation.again(
        [Release(release_id="R9", programme="JL", period="2025Q4", versions=versions)]
    )
    assert (asked, made.slices) == ([slices], slices)


@pytest.mark.parametrize(
    ("kept", "first"),
    [({"JL": 30.5, "JL_REGIONS": 2.0}, 32.5), ({"JL": 30.5, "JL_REGIONS": None}, None), ({"JL": None}, None)],
)
def test_the_first_time_is_that_of_all_programmes_or_unknown(
    monkeypatch: pytest.MonkeyPatch, kept: dict[str, float | None], first: float | None
) -> None:
    monkeypatch.setattr(second_computation, "replay", lambda *_, **__: [])
    rows = [
        Release(release_id="R9", programme=p, period=q, versions={} if s is None else {"seconds": s})
        for p, s in kept.items()
        for q in ("2025Q3", "2025Q4")
    ]
    assert second_computation.again(rows).first == first
