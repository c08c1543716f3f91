"""Which reports a target's figure still lacks, and from whom: by the feeds that its own indicators read."""

from __future__ import annotations

import pytest

from jobs.definitions.contract import load_feed
from jobs.definitions.dictionary import Read
from jobs.definitions.period import parse
from jobs.definitions.policy.document import Cell, Document
from jobs.definitions.policy.model import policy
from jobs.definitions.reference import reporters
from jobs.release.completeness import Arrival
from jobs.release.finality import Reports, report_key, told_missing, told_period

UNITS = reporters("ranked_units")
STATEMENTS = {"stat_finance": UNITS, **dict.fromkeys(
    ("stat_construction", "stat_trade", "stat_catering", "stat_services"), reporters("bureau")
)}  # fmt: skip
RD = Cell(indicator="rd_intensity", reading="pooled", tier="provincial_srdi")
FEES = Cell(indicator="guarantee_fee_small", reading="share")


def came(feed: str, key: str, expected: tuple[str, ...], *without: str) -> Arrival:
    return Arrival(feed, key, expected, tuple(r for r in expected if r not in without), None, 0.6, None)


def reports(**without: tuple[str, ...]) -> Reports:
    """Everything of 2025 came, but what is named: feed -> reporters."""
    made = Reports({}, {})
    for feed, expected in STATEMENTS.items():
        made.found[feed, "202512"] = came(feed, "202512", expected, *without.get(feed, ()))
    made.found["stat_rd", "2025"] = came("stat_rd", "2025", UNITS, *without.get("stat_rd", ()))
    made.found["fin_guarantee", "2025Q4"] = came(
        "fin_guarantee", "2025Q4", ("*",), *without.get("fin_guarantee", ())
    )
    return made


def document(name: str) -> Document:
    return policy(name)[1]


@pytest.mark.parametrize(
    ("feed", "at", "more", "period", "key"),
    [
        ("stat_rd", "year", {}, "2025Q4", "2025"),
        ("stat_rd", "year", {}, "2026Q2", "2025"),
        ("stat_rd", "year", {"lag": 1}, "2025Q4", "2024"),
        ("stat_finance", "year_total", {}, "2025Q4", "202512"),
        ("stat_finance", "cumulative", {}, "2026Q1", "202603"),
        ("stat_finance", "cumulative", {"months_back": 3}, "2026Q2", "202603"),
        ("stat_staff", "quarter", {}, "2025Q4", "2025Q4"),
        ("fin_equity", "event", {}, "2025Q4", "2025Q4"),
        ("certificate_notice", "event", {}, "2025Q4", None),
        ("dept_credit_list", "cumulative", {}, "2025Q4", None),
    ],
)
def test_a_read_asks_for_the_report_of_its_own_period(
    feed: str, at: str, more: dict[str, int], period: str, key: str | None
) -> None:
    read = Read.model_validate({"feed": feed, "column": "x", "at": at, **more})
    assert report_key(read, parse(period), load_feed(feed)) == key


def test_nothing_is_missing_when_everybody_has_reported() -> None:
    assert reports().lacks(document("JL"), RD, "2025Q4", False) == []


def test_the_missing_form_is_named_with_who_has_not_sent_it() -> None:
    found = reports(stat_rd=("220600", "220800"), stat_trade=("220000",)).lacks(
        document("JL"), RD, "2025Q4", False
    )
    assert found == [
        "2025年度的研发活动及相关情况（107-2表）：白山市、白城市未报",
        f"2025年12月的{load_feed('stat_trade').title}：吉林省未报",
    ]
    everybody = reports(stat_rd=UNITS).lacks(document("JL"), RD, "2025Q4", False)
    assert everybody == ["2025年度的研发活动及相关情况（107-2表）：各单位未报"]


def test_a_city_s_target_waits_for_the_city_and_the_province_not_for_other_cities() -> None:
    others = reports(stat_rd=("220600",))
    assert others.lacks(document("CC"), RD, "2025Q4", False) == []
    assert others.lacks(document("CC"), RD, "2025Q4", True) != [], "a year that does not stand waits for all"
    own = reports(stat_rd=("220100",), stat_services=("220000",)).lacks(document("CC"), RD, "2025Q4", False)
    assert [text.rpartition("：")[2] for text in own] == ["长春市未报", "吉林省未报"]


def test_a_source_that_is_one_has_no_list_of_who_is_missing() -> None:
    found = reports(fin_guarantee=("*",)).lacks(document("JL"), FEES, "2025Q4", False)
    assert found == [f"2025年4季度的{load_feed('fin_guarantee').title}"]


@pytest.mark.parametrize(
    "cell",
    [
        Cell(indicator="certificate_count", reading="valid", tier="seed"),
        Cell(indicator="item_PT01", reading="total"),
    ],
)
def test_notices_and_items_of_departments_are_in_once_they_have_a_value(cell: Cell) -> None:
    assert Reports({}, {}).lacks(document("JL"), cell, "2025Q4", False) == []


def test_periods_are_told_as_people_say_them() -> None:
    assert [told_period(k) for k in ("2025", "2025Q4", "202512")] == ["2025年度", "2025年4季度", "2025年12月"]
    assert told_missing(came("stat_rd", "2025", UNITS), None) is None
