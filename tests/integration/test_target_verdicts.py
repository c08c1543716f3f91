"""Every target with a day of its own over the demo's releases: pending, then closed by its own day's figure, for good."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jobs import lake
from jobs.definitions.policy.model import load
from jobs.release.standing import standing
from tests.support.installation import STOPS, Installation

pytestmark = pytest.mark.spark

Row = dict[str, Any]
DAY, LAST_OF_LAG = date(2025, 12, 31), date(2026, 3, 31)
VERDICTS = {"达成", "未达成"}
DATED = sorted(t.id for t in load("JL").targets if t.deadline == DAY)
YEARLY = sorted(t.id for t in load("JL").targets if t.yearly)


@pytest.fixture(scope="module")
def told(loaded_installation: Installation) -> dict[str, list[Row]]:
    """Stop -> the rows of the releases that were computed there."""
    found: dict[str, list[Row]] = {}
    with loaded_installation.active():
        for stop in STOPS:
            made = [r for r in standing(stop).values() if r.programme == "JL"]
            own = {(r.release_id, r.period) for r in made if r.created_at.isoformat()[:10] == stop[:10]}
            rows = [
                row
                for release in sorted({r for r, _ in own})
                for row in lake.gold_arrow("target_progress", release, "JL").to_pylist()
            ]
            found[stop] = [r for r in rows if (r["release"], r["period"]) in own]
    return found


def rows_of(told: dict[str, list[Row]], target: str, **more: object) -> list[tuple[str, Row]]:
    return [
        (stop[:10], r)
        for stop, rows in told.items()
        for r in rows
        if r["target_id"] == target and all(r[k] == v for k, v in more.items())
    ]


def test_there_are_releases_before_and_after_the_closing(told: dict[str, list[Row]]) -> None:
    assert len(DATED) == 26 and len(YEARLY) == 6
    assert all("2025Q4" in {r["period"] for r in told[stop]} for stop in STOPS[:3])
    assert all(told.values())
    assert {r["period"] for rows in told.values() for r in rows} >= {"2025Q1", "2025Q4", "2026Q1", "2026Q2"}


@pytest.mark.parametrize("target", DATED)
def test_a_target_of_2025_is_pending_then_closed_by_the_figure_of_2025(
    told: dict[str, list[Row]], target: str
) -> None:
    found = [(day, r) for day, r in rows_of(told, target, headline=True) if r["period"] >= "2025Q4"]
    assert {day for day, _ in found} == {stop[:10] for stop in STOPS}
    closed: dict[Any, int] = {}
    for day, row in found:
        where = (day, row["period"], row["state"], row["state_reason"])
        assert row["reference_date"] == DAY, where
        if date.fromisoformat(day) <= LAST_OF_LAG:
            assert row["state"] not in VERDICTS and row["frozen_state"] is None, where
        if row["state"] in VERDICTS:
            closed[row["frozen_value"], row["frozen_state"], row["frozen_release"], row["frozen_on"]] = 1
            assert (row["value"], row["state"]) == (row["frozen_value"], row["frozen_state"]), where
            assert row["waits"] is None and row["state_reason"].startswith("期限2025-12-31"), where
        else:
            assert not closed, "what is closed stays closed"
            assert row["waits"] or date.fromisoformat(day) <= LAST_OF_LAG, where
            assert "结账" in row["state_reason"], where
    assert len(closed) <= 1, closed
    for value, _, release, _ in closed:
        (source,) = [r for _, r in found if (r["release"], r["period"]) == (release, "2025Q4")]
        assert source["today_value"] == value and source["closable"]


def test_counts_of_certificates_are_closed_by_what_stood_on_the_last_day_of_the_lag(
    told: dict[str, list[Row]],
) -> None:
    (spring,) = [
        r
        for r in told[STOPS[1]]
        if (r["target_id"], r["period"], r["headline"]) == ("JL-T03", "2025Q4", True)
    ]
    for stop in STOPS[2:]:
        rows = [
            r for r in told[stop] if r["target_id"] == "JL-T03" and r["headline"] and r["period"] >= "2025Q4"
        ]
        assert rows
        for row in rows:
            assert (row["frozen_value"], row["frozen_release"]) == (spring["today_value"], spring["release"])
            assert row["frozen_on"] == LAST_OF_LAG


def test_most_targets_are_closed_and_the_others_say_what_they_wait_for(told: dict[str, list[Row]]) -> None:
    last = [
        r for r in told[STOPS[-1]] if r["period"] == "2026Q2" and r["headline"] and r["target_id"] in DATED
    ]
    assert len(last) == len(DATED)
    waiting = {r["target_id"]: r["waits"] for r in last if r["state"] not in VERDICTS}
    assert all(waiting.values()), waiting
    assert len(waiting) < len(DATED) / 2, waiting


@pytest.mark.parametrize("target", YEARLY)
def test_a_yearly_target_gets_one_verdict_for_2025(told: dict[str, list[Row]], target: str) -> None:
    found = rows_of(told, target, headline=True)
    verdicts = {
        (r["frozen_value"], r["frozen_state"], r["frozen_release"]) for _, r in found if r["frozen_state"]
    }
    assert len(verdicts) <= 1
    if not verdicts:
        newest = [r for _, r in found if r["period"] == "2025Q4"][-1]
        assert newest["waits"], "what is not closed at the last stop says what it waits for"
    for day, row in found:
        judged = row["state"] in VERDICTS
        assert not judged or (row["period"], row["frozen_period"]) == ("2025Q4", "2025Q4"), (
            day,
            row["period"],
        )
        assert not (judged and date.fromisoformat(day) <= LAST_OF_LAG)


def test_some_yearly_targets_are_closed_for_2025_and_every_page_of_2026_says_so(
    told: dict[str, list[Row]],
) -> None:
    closed = {
        target: row
        for target in YEARLY
        for _, row in rows_of(told, target, headline=True, period="2025Q4")
        if row["frozen_state"]
    }
    assert closed, "the rule is never seen at work"
    for target, verdict in closed.items():
        last = [r for r in told[STOPS[-1]] if r["target_id"] == target and r["headline"]]
        for row in (r for r in last if r["period"] > "2025Q4"):
            assert (row["frozen_period"], row["frozen_state"]) == ("2025Q4", verdict["frozen_state"])
            assert f"2025年度结账：{verdict['frozen_state']}" in row["state_reason"]


def test_a_target_without_a_day_is_judged_by_the_period_s_own_figure(told: dict[str, list[Row]]) -> None:
    for rows in told.values():
        for row in rows:
            if row["deadline"] is None and row["target_id"] not in YEARLY:
                assert row["frozen_state"] is None and row["value"] == row["today_value"]
                assert "当日" not in row["state_reason"]
