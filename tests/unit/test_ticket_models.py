"""The model of tickets on the cases of the ladder's own tests, without a server."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from jobs.warning.parameters import NO_TICKETS
from tests.unit import test_ladder
from tests.warning_models import progress


def _ticket(values: tuple[Any, ...]) -> dict[str, Any]:
    names = [c.strip().split()[0] for c in test_ladder.TICKET.split(",")]
    row = dict(zip(names, values, strict=True))
    return {n: row[n] for n in NO_TICKETS.column_names}


def test_tickets_at_the_end_of_a_period() -> None:
    elsewhere = test_ladder._ticket("x", "2025-12-01", "team", county="999999")
    former = test_ladder._ticket("y", "2025-12-01", "team", county="229901")
    own = [_ticket(t) for t in (*(t for t, _ in test_ladder.TICKETS.values()), elsewhere, former)]
    found = {r["ticket_no"]: r for r in progress(own, test_ladder.REGIONS, ["2025Q4"])}
    for ticket, expected in test_ladder.TICKETS.values():
        assert (found[ticket[1]]["overdue"], found[ticket[1]]["next_level"]) == expected, ticket
    assert found["d"]["due_on"] == date(2025, 10, 1) + timedelta(25)
    assert found["d"]["next_body"] == "市（州）服务专班/领导小组"
    assert [found[n]["days_open"] for n in "bdf"] == [10, 91, 91]
    assert [found[n]["state"] for n in "fg"] == ["closed", "open"]
    assert found["e"]["due_on"] is None
    assert [(found[n]["region_code"], found[n]["county_code"]) for n in "xy"] == [
        (None, None),
        ("2201", "220101"),
    ]
    assert found["x"]["body"] == "省级工业领域的服务专班"


def test_a_ticket_belongs_to_the_periods_from_its_start_to_its_end() -> None:
    tickets = [
        test_ladder._ticket("old", "2025-07-01", "city", "closed", "2025-09-30"),
        test_ladder._ticket("now", "2025-07-01", "city", "closed", "2025-10-01"),
        test_ladder._ticket("new", "2026-01-01", "secretary"),
    ]
    found = progress(map(_ticket, tickets), test_ladder.REGIONS, ["2025Q3", "2025Q4"])
    assert sorted((r["period"], r["ticket_no"]) for r in found) == [
        ("2025Q3", "now"),
        ("2025Q3", "old"),
        ("2025Q4", "now"),
    ]
