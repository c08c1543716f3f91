"""Which periods a batch or a closing day concerns, and which years stood: from contracts, policies and given facts alone."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from jobs.clock import ZONE
from jobs.ledger.models import Batch, Release
from jobs.period import parse
from jobs.policy.model import load
from jobs.reference import reporters
from jobs.release.completeness import complete_years
from jobs.release.gate import _closes, changed

JL = load("JL")


def batch(feed: str, *periods: str, reporter: str | None = None) -> Batch:
    return Batch(feed=feed, periods=list(periods), first_date=None, reporter=reporter)


@pytest.mark.parametrize(
    ("feed", "source", "last", "periods"),
    [
        ("fin_listing", "2025Q4", "2026Q2", {"2025Q4", "2026Q1", "2026Q2"}),
        ("fin_listing", "2025Q4", "2025Q4", {"2025Q4"}),
        ("fin_listing", "2026Q1", "2026Q2", {"2026Q1"}),
        ("stat_rd", "2025", "2026Q2", {"2025Q4", "2026Q1", "2026Q2"}),
    ],
    ids=[
        "targets were due in it: the verdict stands on every later page",
        "no later quarter has ended",
        "nothing was due in it",
        "the year that later quarters read anyway",
    ],
)
def test_a_batch_changes_the_quarters_that_read_it_and_those_that_show_a_verdict_on_it(
    feed: str, source: str, last: str, periods: set[str]
) -> None:
    assert changed(JL, parse(last), [batch(feed, source)]) == periods


@pytest.mark.parametrize(
    ("lag", "period", "made", "today", "closes"),
    [
        (90, "2025Q4", "2026-03-31", "2026-04-01", True),
        (90, "2025Q4", "2026-03-31", "2026-03-31", False),
        (90, "2025Q4", "2026-04-01", "2026-07-20", False),
        (90, "2025Q3", "2026-01-20", "2026-07-20", False),
        (120, "2026Q1", "2026-04-20", "2026-05-01", True),
        (120, "2026Q1", "2026-05-01", "2026-07-20", False),
        (120, "2025Q3", "2026-04-20", "2026-05-01", False),
    ],
    ids=[
        "the day after the lag",
        "the last day of the lag",
        "computed since",
        "nothing was due by then",
        "a longer lag: a later quarter announces the closing day as well",
        "and is computed once",
        "earlier quarters say nothing of it",
    ],
)
def test_the_end_of_a_lag_concerns_the_quarters_that_announced_it(
    lag: int, period: str, made: str, today: str, closes: bool
) -> None:
    done = Release(period=period, created_at=datetime.fromisoformat(f"{made}T10:00:00+08:00"))
    slow = JL.model_copy(update={"lag_days": lag})
    assert _closes(slow, period, done, date.fromisoformat(today)) is closes


@pytest.mark.parametrize(
    ("looked", "years"),
    [({}, set()), ({"stat_rd": "before"}, set()), ({"stat_rd": "after"}, {2025}), ({"stat_finance": "after"}, set())],
    ids=["never read", "read before the deadline", "read after it", "another source read after it"],
)  # fmt: skip
def test_a_year_stands_by_the_looks_that_are_given_and_by_no_others(
    looked: dict[str, str], years: set[int]
) -> None:
    # No ledger is there to be asked for looks that came later.
    units = reporters("ranked_units")[:8]
    accepted = {f: [] for f in JL.feed_ids} | {
        "stat_rd": [batch("stat_rd", "2025", reporter=u) for u in units]
    }
    moments = {"before": datetime(2026, 1, 5, tzinfo=ZONE), "after": datetime(2026, 12, 1, tzinfo=ZONE)}
    found = complete_years(JL, accepted, {f: moments[when] for f, when in looked.items()})
    assert found["stat_rd"] == years
