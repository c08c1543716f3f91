"""Why a release differs from the one before: what each file that came in between is called."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from jobs.clock import ZONE
from jobs.release.causes import AGAIN, NEW, REPAIRED, Cause
from jobs.serve import reasons
from jobs.serve.reasons import LATE, RULES, WITHDRAWN
from jobs.serve.steps import Step, after_each_other

FORM = "stat_finance"
"""Due on the 18th of the next month."""
IN_TIME, TOO_LATE = datetime(2026, 4, 18, 12, tzinfo=ZONE), datetime(2026, 4, 19, 8, tzinfo=ZONE)


def release(digest: str = "d", **contracts: str) -> Any:
    return SimpleNamespace(
        programme="JL", period="2026Q1", versions={"digest": digest, "contracts": contracts}
    )


def told_of(monkeypatch: pytest.MonkeyPatch, kind: str, delivered: datetime, withdrawn: int = 0) -> str:
    """Return what a file is called that came for March 2026."""
    batch = SimpleNamespace(
        feed=FORM,
        file_id=1,
        seq=9,
        periods=["202603"],
        reporter=None,
        accepted_at=TOO_LATE,
        silver=5,
        withdrawn=withdrawn,
    )
    monkeypatch.setattr(reasons, "causes", lambda after, known: [Cause(kind, "a.csv", batch)])  # type: ignore[arg-type]
    monkeypatch.setattr(reasons.batches, "look_moments", lambda feeds, by: {})
    monkeypatch.setattr(reasons.batches, "arrivals", lambda feeds: {1: ("a.csv", delivered)})
    monkeypatch.setattr(reasons, "known_to", lambda release: SimpleNamespace(settled=0))
    monkeypatch.setattr(reasons.settlements, "between", lambda feed, after, upto: [])
    own = release()
    (found,) = reasons.reasons(Step("P2", TOO_LATE, "P1", own, own, None, own))
    assert (found.seq, found.source_period, found.reporter) == (9, "2026年3月", "*")
    return found.kind


@pytest.mark.parametrize(
    ("kind", "delivered", "withdrawn", "expected"),
    [
        (NEW, IN_TIME, 0, NEW),
        (NEW, TOO_LATE, 0, LATE),
        (AGAIN, TOO_LATE, 0, AGAIN),
        (AGAIN, TOO_LATE, 2, WITHDRAWN),
        (REPAIRED, TOO_LATE, 0, REPAIRED),
    ],
)
def test_a_first_file_after_its_deadline_is_late_and_one_that_takes_rows_away_a_withdrawal(
    monkeypatch: pytest.MonkeyPatch, kind: str, delivered: datetime, withdrawn: int, expected: str
) -> None:
    assert told_of(monkeypatch, kind, delivered, withdrawn) == expected


@pytest.mark.parametrize(
    ("before", "after", "notes"),
    [
        (release(), release(), []),
        (None, release(), []),
        (release("d"), release("e"), ["政策、指标、合同或审核规则有改动"]),
        (
            release("d", stat_finance="1.0.0"),
            release("e", stat_finance="1.1.0"),
            ["合同换版：财务状况（103/203表）"],
        ),
    ],
)
def test_other_rules_are_a_reason_of_their_own(before: Any, after: Any, notes: list[str]) -> None:
    found = reasons._rules(after, before)
    assert [r.note for r in found] == notes and {r.kind for r in found} <= {RULES}


def test_a_publication_follows_the_one_that_was_served_and_an_old_one_the_one_before_it() -> None:
    done: Any = [
        SimpleNamespace(publication_id=name, follows=follows)
        for name, follows in (("P1", None), ("P2", None), ("P3", "P2"), ("P4", "P1"))
    ]
    pairs = [
        (made.publication_id, before and before.publication_id) for made, before in after_each_other(done)
    ]
    assert pairs == [("P1", None), ("P2", "P1"), ("P3", "P2"), ("P4", "P1")]
