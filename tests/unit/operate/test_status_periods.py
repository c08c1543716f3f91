"""Which source periods the status shows of a feed: none before the first that ever arrived, whenever one asks from."""

from __future__ import annotations

from datetime import datetime

import pytest

from jobs.clock import ZONE
from jobs.definitions.contract import load_feed
from jobs.ledger.models import Batch
from jobs.operate.source_periods import Before, before, shown

NOW = datetime(2026, 7, 20, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("arrived", "since", "expected"),
    [
        (["202602", "202605"], "2020", ["202602", "202603", "202604", "202605", "202606"]),
        (["202602", "202605"], "202604", ["202604", "202605", "202606"]),
        (["202602", "202605"], None, ["202604", "202605", "202606"]),
        ([], "2020", ["202604", "202605", "202606"]),
        ([], "202605", ["202605", "202606"]),
    ],
)
def test_a_monthly_form_that_skips_january(
    arrived: list[str], since: str | None, expected: list[str]
) -> None:
    assert shown(load_feed("stat_finance"), [Batch(periods=arrived)], NOW, since) == expected


@pytest.mark.parametrize(
    ("arrived", "since", "told"),
    [
        # Asked from January of 2025: eleven periods before the first file; the form of January does not exist.
        (["202602", "202605"], "202501", Before("stat_finance", "202502", "202512", "202602", True)),
        ([], "202602", Before("stat_finance", "202602", "202603", "202604", False)),
        (["202602"], "202602", None),
        # Only a file of July, before July is over: nothing was due until now.
        (["202607"], "202605", Before("stat_finance", "202605", "202606", "202607", True)),
    ],
)
def test_what_was_never_delivered_before_is_said_in_one_line_of_a_feed(
    monkeypatch: pytest.MonkeyPatch, arrived: list[str], since: str, told: Before | None
) -> None:
    accepted = [Batch(periods=arrived)] if arrived else []
    monkeypatch.setattr("jobs.ledger.batches.accepted_of", lambda feeds: dict.fromkeys(feeds, accepted))
    monkeypatch.setattr("jobs.clock.now", lambda: NOW)
    assert before("stat_finance", since) == ([told] if told else [])
