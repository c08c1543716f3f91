"""Which report came when, who is late by how much, and which firms are missing: every feed of the programme."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from jobs import lake
from jobs.definitions.policy.model import load
from jobs.feeds import quarantine
from jobs.ledger import batches
from jobs.release.knowledge import Knowledge
from jobs.release.status import COLUMNS, status_rows
from tests.support.accepted_batches import accept
from tests.support.installation import Installation, ledger_rows

pytestmark = pytest.mark.spark

OFFICES = {"tax": "省税务部门（接口）", "fin": "省金融部门（数据库）"}


def rows(installation: Installation, period: str, feed: str) -> dict[str, dict[str, Any]]:
    """Return reporter -> its row in the served file."""
    names = ["release", "programme", *COLUMNS]
    found = installation.query(
        f"select {', '.join(names)} from data_status where programme = 'JL' and period = ? and feed = ?", period, feed
    )  # fmt: skip
    return {r[4]: dict(zip(names, r, strict=True)) for r in found}


def test_every_feed_of_the_programme_has_its_reporters(loaded: Installation) -> None:
    told = {f for (f,) in loaded.query("select distinct feed from data_status where programme = 'JL'")}
    assert told == set(load("JL").feed_ids)
    for feed, units in (("stat_finance", 10), ("stat_staff", 10), ("stat_rd", 10), ("stat_trade", 1)):
        assert len(rows(loaded, "2026Q2", feed)) == units, feed


def test_a_file_three_days_after_the_deadline_is_late_by_three_days(loaded: Installation) -> None:
    found = rows(loaded, "2026Q1", "stat_finance")
    late = found["220600"]
    assert (late["state"], late["days_late"], late["expected"], late["source_period"]) == (
        "迟报",
        3,
        True,
        "202603",
    )
    assert f"{late['arrived_at']:%m-%d %H:%M} {late['due_at']:%m-%d %H:%M}" == "04-21 14:10 04-18 23:59"
    assert {r["days_late"] for code, r in found.items() if code != "220600"} == {0}


def test_until_it_came_it_was_missing_with_all_its_firms(loaded: Installation) -> None:
    # The third stop looked two days after the deadline.
    table = lake.gold_arrow("data_status", loaded.seen["releases"][2], "JL").to_pylist()
    own = [r for r in table if (r["period"], r["feed"]) == ("2026Q1", "stat_finance")]
    missing = [(r["reporter"], r["days_late"]) for r in own if r["state"] == "缺报"]
    assert missing == [("220600", 2)]
    (row,) = [r for r in own if r["reporter"] == "220600"]
    assert row["firms_missing"] == row["firms_expected"] > 0 and row["arrived_at"] is None
    others = [r for r in own if r["reporter"] != "220600"]
    assert all(r["firms_missing"] < r["firms_expected"] for r in others)


def test_what_is_not_due_yet_is_not_missing(loaded: Installation) -> None:
    # In January the forms of research of the year are two months away.
    table = lake.gold_arrow("data_status", loaded.seen["releases"][0], "JL").to_pylist()
    own = [r for r in table if (r["period"], r["feed"]) == ("2025Q4", "stat_rd")]
    assert {(r["state"], r["days_late"], r["firms_missing"]) for r in own} == {("未到期", None, None)}
    assert len(own) == 10


@pytest.mark.parametrize(
    "feed", ["tax_vat", "tax_income", "tax_invoice", "tax_deduction", "fin_loan", "fin_equity"]
)
def test_an_interface_first_read_after_its_deadline_is_neither_in_time_nor_late(
    loaded: Installation, feed: str
) -> None:
    (row,) = rows(loaded, "2026Q2", feed).values()
    assert (row["state"], row["days_late"], row["reporter_name"]) == ("已到", None, OFFICES[feed[:3]])
    assert row["arrived_at"] > row["due_at"]


def test_feeds_without_a_deadline_show_what_came_last(loaded: Installation) -> None:
    for feed in ("certificate_notice", "stat_register", "dept_credit_list", "ticket"):
        found = rows(loaded, "2026Q2", feed)
        assert found, feed
        assert {(r["expected"], r["state"], r["source_period"]) for r in found.values()} == {
            (False, "不定期", "*")
        }
        assert all(r["arrived_at"] and r["due_at"] is None for r in found.values())


def test_rows_that_wait_are_those_of_the_quarantine_and_the_strip_counts_their_reports(
    loaded: Installation,
) -> None:
    lists = loaded.query(
        "select feed, p.seq, sum(rows_waiting) from data_status d join publication p using (programme, period) "
        "where programme = 'JL' and period = '2026Q2' and source_period = '*' group by all"
    )
    assert lists
    assert {f: n for f, _, n in lists} == {f: len(quarantine.open_rows(f, seq)) for f, seq, _ in lists}
    counted = loaded.query(
        "select p.period, any_value(n_open), count(*) filter (rows_waiting > 0), count(*) - count(rows_waiting) "
        "from data_status d join publication p using (programme, period) group by p.programme, p.period"
    )
    assert [(said, unsaid) for _, said, _, unsaid in counted] == [(n, 0) for _, _, n, _ in counted]


def test_firms_left_out_by_a_correction_are_missing(loaded: Installation) -> None:
    # The correction of the year 2025 leaves twelve firms out; who stood in the year before is missed.
    left_out = ledger_rows(
        loaded,
        "select withdrawn from batch b join file f using (file_id) where f.path like '%/103_220100_2025_r2.csv'",
    )
    assert left_out and left_out[0][0] > 0
    assert rows(loaded, "2025Q4", "stat_finance")["220100"]["firms_missing"] > 0


def test_only_feeds_that_list_everybody_count_firms(loaded: Installation) -> None:
    counted = loaded.query(
        "select distinct feed from data_status where programme = 'JL' and firms_expected is not null order by 1"
    )
    assert [f for (f,) in counted] == [
        "dept_patent", "dept_power", "srdi_annual", "stat_catering", "stat_construction", "stat_finance", "stat_rd",
        "stat_services", "stat_staff", "stat_trade", "tax_deduction", "tax_income", "tax_invoice", "tax_vat",
    ]  # fmt: skip


MARCH = "202603"
# Looks at the tax interface, when the VAT of March was pulled -> state and days late; due on 16 April.
PULLS = {
    "in time": (["2026-04-16T08:00:00+08:00"], "2026-04-16T08:00:00+08:00", ("按时", 0)),
    "first look after the deadline": (["2026-04-20T09:00:00+08:00"], "2026-04-20T09:00:00+08:00", ("已到", None)),
    "found by the second look": (
        ["2026-04-17T07:00:00+08:00", "2026-04-19T07:00:00+08:00"], "2026-04-19T07:00:00+08:00", ("迟报", 1),
    ),
    "not found yet": (["2026-04-17T07:00:00+08:00"], None, ("缺报", 1)),
    "not looked for since": (["2026-04-16T07:00:00+08:00"], None, ("待查看", None)),
}  # fmt: skip
NOW = datetime.fromisoformat("2026-04-20T10:00:00+08:00")


@pytest.fixture
def empty(fresh_installation: Installation) -> Iterator[Installation]:
    """An installation in which nothing has been received, for the ledger alone."""
    fresh_installation.at("2026-04-20T10:00:00+08:00")
    yield fresh_installation


@pytest.mark.parametrize("name", PULLS)
def test_an_interface_is_late_only_if_somebody_looked_in_vain(empty: Installation, name: str) -> None:
    looks, found, expected = PULLS[name]
    del empty
    for moment in looks:
        batches.looked("tax_vat", datetime.fromisoformat(moment))
    if found:
        accept("tax_vat", None, [MARCH], found)
    programme = load("JL")
    known = Knowledge("R1", batches.last_seq(), NOW, 0, batches.looks(NOW))
    accepted = {f: batches.accepted(f) for f in programme.feed_ids}
    (row,) = [r for r in status_rows(programme, ["2026Q1"], accepted, known, None) if r[1] == "tax_vat"]
    assert (row[6], row[9]) == expected
