"""Which periods a batch or a closing day concerns, and which years stood: from contracts, policies and given facts alone."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from jobs.clock import ZONE
from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.period import parse
from jobs.definitions.policy.model import load
from jobs.definitions.reference import reporters
from jobs.ledger.models import Batch, Release
from jobs.release.completeness import complete_years, due_at
from jobs.release.gate import Decision, _closes, changed, decide

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


def with_day(day: int, offset: int = 1) -> Contract:
    """The monthly form, due on another day."""
    model = load_feed("stat_finance").model.model_copy(deep=True)
    calendar = model.customProperties[0].value["calendar"]
    calendar |= {"deadline_day": day, "deadline_month_offset": offset}
    return Contract(model)


@pytest.mark.parametrize(
    ("day", "offset", "period", "due"),
    [
        (18, 1, "202602", "2026-03-18"),
        (30, 1, "202601", "2026-02-28"),
        (31, 1, "202401", "2024-02-29"),
        (31, 1, "202603", "2026-04-30"),
        (31, 1, "202612", "2027-01-31"),
        (31, 2, "2025Q4", "2026-02-28"),
        (31, 0, "202604", "2026-04-30"),
        (29, 14, "202412", "2026-02-28"),
    ],
    ids=[
        "a day that every month has",
        "the 30th of February is its last day",
        "the 31st of February in a leap year",
        "the 31st of April",
        "a month that has the day",
        "two months after a quarter",
        "the month itself",
        "more than a year later",
    ],
)
def test_a_deadline_day_past_the_end_of_the_month_is_its_last_day(
    day: int, offset: int, period: str, due: str
) -> None:
    moment = due_at(with_day(day, offset), parse(period))
    assert moment is not None and moment.isoformat() == f"{due}T23:59:59+08:00"


def test_the_gate_asks_when_sources_were_read_once_and_before_it_asks_what_they_brought(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A look that ends between the two must not make late what it brings."""
    asked: list[str] = []

    def answer(name: str, found: object) -> None:
        monkeypatch.setattr(name, lambda *_: asked.append(name) or found)

    for name, found in {
        "last_seq": 7, "unfinished": set(), "looks": {"stat_finance": datetime(2026, 11, 1, tzinfo=ZONE)}, "accepted": [],
    }.items():  # fmt: skip
        answer(f"jobs.ledger.batches.{name}", found)
    for name in ("attempts", "latest"):
        answer(f"jobs.ledger.releases.{name}", {})
    answer("jobs.ledger.reviews.newest", {})
    answer("jobs.ledger.settlements.since", [])
    decision = decide(JL, datetime(2026, 11, 30, tzinfo=ZONE))
    assert len(decision.waiting) > 5, "many periods"
    assert asked.count("jobs.ledger.batches.looks") == 1
    assert asked.count("jobs.ledger.batches.accepted") == 1
    assert asked.index("jobs.ledger.batches.looks") < asked.index("jobs.ledger.batches.accepted")
    others = {n for n in asked if "batches" not in n}
    assert len(others) == 4 and all(asked.count(n) == 1 for n in others)


def test_a_decision_is_told_in_words() -> None:
    decision = Decision(
        "JL", 7, {"2025Q4": "complete", "2026Q1": "partial"}, {"2026Q2": "stat_rd 2025 缺 1/10"}
    )
    assert str(decision) == "JL 计算 2025Q4（完整）、2026Q1（部分） 等待 2026Q2（stat_rd 2025 缺 1/10）"
    assert str(Decision("CN4", 7)) == "CN4 计算 无 等待 无"
    unread = Decision("SX", 7, waiting={"*": "数据源 stat_rd 有未处理完的批次"})
    assert str(unread) == "SX 计算 无 等待 全部期间（数据源 stat_rd 有未处理完的批次）"
