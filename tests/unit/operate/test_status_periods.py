"""Which source periods the status shows of a feed: none before the first that ever arrived, whenever one asks from."""

from __future__ import annotations

from datetime import datetime

import pytest

from jobs.clock import ZONE
from jobs.definitions.contract import load_feed
from jobs.ledger.models import Batch
from jobs.operate.status import _periods

NOW = datetime(2026, 7, 20, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("arrived", "since", "shown"),
    [
        (["202602", "202605"], "2020", ["202602", "202603", "202604", "202605", "202606"]),
        (["202602", "202605"], "202604", ["202604", "202605", "202606"]),
        (["202602", "202605"], None, ["202604", "202605", "202606"]),
        ([], "2020", ["202604", "202605", "202606"]),
        ([], "202605", ["202605", "202606"]),
    ],
)
def test_a_monthly_form_that_skips_january(arrived: list[str], since: str | None, shown: list[str]) -> None:
    assert _periods(load_feed("stat_finance"), [Batch(periods=arrived)], NOW, since) == shown
