"""What comes next, by contracts and the business time of the publication."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from jobs.clock import ZONE
from jobs.definitions.period import parse
from jobs.definitions.policy.model import load_all
from jobs.serve import agenda

SUMMER = datetime(2026, 7, 20, 9, tzinfo=ZONE)


def listed(published: dict[str, str], at: datetime | None = SUMMER) -> list[tuple[Any, ...]]:
    """Return the agenda of a publication: programme -> its newest period."""
    with duckdb.connect() as con:
        con.execute("CREATE TABLE publication (programme VARCHAR, period VARCHAR, published_at TIMESTAMPTZ)")
        for programme, period in published.items():
            con.execute("INSERT INTO publication VALUES (?, ?, ?)", [programme, period, at])
        agenda.add(con)
        return con.execute(
            "SELECT programme, kind, due_on, title, of_period, is_next FROM agenda ORDER BY ALL"
        ).fetchall()


@pytest.mark.parametrize(
    ("newest", "due", "title"),
    [
        # the monthly and quarterly financial forms are due on the 18th of the month after the quarter
        ("2026Q2", date(2026, 10, 18), "2026年3季度数据"),
        ("2025Q4", date(2026, 4, 18), "2026年1季度数据"),
    ],
)
def test_the_next_publication_waits_for_the_last_of_the_required_reports(
    newest: str, due: date, title: str
) -> None:
    row = agenda.next_publication(load_all()["JL"], parse(newest))
    assert row is not None and (row[1].date(), row[2]) == (due, title)


def test_reports_of_one_day_and_period_stand_in_one_row_and_what_is_past_in_none() -> None:
    rows = [r for r in listed({"JL": "2026Q2"}) if r[1] == agenda.REPORT]
    assert min(r[2] for r in rows) == date(2026, 7, 20)
    assert max(r[2] for r in rows) <= date(2026, 11, 17)
    assert len({(r[2], r[4]) for r in rows}) == len(rows)
    assert [r[5] for r in rows] == [r[2] == date(2026, 7, 20) for r in rows]


def test_a_programme_that_has_ended_or_an_undated_publication_has_nothing_next() -> None:
    assert listed({"JL": "2026Q2"}, at=None) == []
    assert agenda.NEXT not in {kind for _, kind, *_ in listed({"CN4": "2023"})}
