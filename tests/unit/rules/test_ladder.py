"""The problem ladder: levels by days for warnings, overdue tickets, and what a rule file may not say."""

import datetime as dt

import pytest

from jobs.definitions.contract import load_feed
from jobs.definitions.rules import rulebook as files
from jobs.definitions.rules.warnings import Ladder, WarningRule
from jobs.kpi.regions import RegionMap
from jobs.rules.warning_parameters import TICKETS as COLUMNS
from jobs.rules.warning_parameters import warning_parameters
from tests.support.warning_models import progress

LADDER = files.load_ladder()


def test_ladder_has_the_levels_of_the_ticket_report_in_their_order():
    reported = [str(e.value) for e in load_feed("ticket").column("level").prop.enum]
    assert [level.id for level in LADDER.levels] == reported
    assert (LADDER.clause, LADDER.quote) == ("三（三）", "逐个研究、分级办理")
    assert LADDER.ends == [10, 25, 55, 85, 115]


# Days open -> level, and days after the opening on which it goes up.
BY_DAYS = {
    0: ("secretary", 10),
    9: ("secretary", 10),
    10: ("county", 25),
    24: ("county", 25),
    25: ("city", 55),
    55: ("team", 85),
    85: ("leading_group", 115),
    114: ("leading_group", 115),
    115: ("province", None),
    900: ("province", None),
}


def test_level_by_days_open():
    levels = warning_parameters((), {})[0]["ladder"].to_pylist()
    for days, (level, up) in BY_DAYS.items():
        until = [
            v for v in levels if v["from_day"] <= days and (v["until_day"] is None or days < v["until_day"])
        ]
        assert [(v["level"], v["until_day"]) for v in until] == [(level, up)], days


def test_provincial_team_is_that_of_the_firms_domain():
    tickets = [
        _ticket(domain, "2025-12-01", "team") | {"domain": domain} for domain in ("agriculture", "unassigned")
    ]
    found = _progress(tickets)
    assert found["2025Q4", "agriculture"]["body"] == "省级农业领域的服务专班"
    assert found["2025Q4", "unassigned"]["body"] == "省级对应领域的服务专班"


@pytest.mark.parametrize("limits", [[10, None, None], [10, 15], []])
def test_ladder_needs_limits_below_the_last_level_only(limits):
    levels = [{"id": str(i), "name_zh": "级", "body": "单位", "limit_days": d} for i, d in enumerate(limits)]
    with pytest.raises(ValueError, match="时限"):
        Ladder.model_validate({"policy": "JL", "clause": "三", "quote": "原文", "levels": levels})


SOUND = {
    "id": "r", "name_zh": "规则", "population": {"text": "持证企业", "holders": "certified"},
    "facts": ["revenue"], "params": {"low": 5}, "when": "revenue < {low}", "periods": 1, "severity": 1,
    "feeds": ["statement"], "text": "营业收入{revenue:万元}，低于{low}",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"when": "revenue < {lowest}"}, "未给的阈值"),
        ({"text": "利润{profit}"}, "没有的证据"),
        ({"text": "收入{revenue:亿元}"}, "格式"),
        ({"shown": {"low": "revenue"}}, "重名"),
        ({"figures": {"x": {"of": "revenue", "by": "1", "against": ["{lowest}"]}}}, "未给的阈值"),
        ({"facts": [], "text": "低于{low}"}, "没有证据"),
        ({"confirm_feeds": ["tax_vat"]}, "佐证"),
    ],
)
def test_inconsistent_rule_is_refused(change, told):
    assert WarningRule.model_validate(SOUND).sql(SOUND["when"]) == "revenue < 5"
    with pytest.raises(ValueError, match=told):
        WarningRule.model_validate(SOUND | change)


REGIONS = RegionMap(
    [
        {"code": "22", "name": "甲省", "parent_code": None, "former_code": None},
        {"code": "2201", "name": "东山市", "parent_code": "22", "former_code": None},
        {"code": "220101", "name": "东一县", "parent_code": "2201", "former_code": "229901"},
    ],
    ["2201"],
)


def _ticket(number, raised, level, state="open", closed=None, county="220101"):
    day = dt.date.fromisoformat
    values = (
        number, "U", "企业", county, "industry", "finance", day(raised), level, state,
        day(closed) if closed else None, "b", "f.csv", "", 2,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _progress(tickets, periods=("2025Q4",)):
    return {(r["period"], r["ticket_no"]): r for r in progress(tickets, REGIONS, periods)}


# Raised on, level -> overdue at the end of 2025, where it must go; limits 10, 25, 55, 85, 115 days.
TICKETS = {
    "secretary, ninth day": (_ticket("a", "2025-12-22", "secretary"), (False, None)),
    "secretary, tenth day": (_ticket("b", "2025-12-21", "secretary"), (True, "county")),
    "at the city before its time": (_ticket("c", "2025-12-21", "city", "handed_up"), (False, None)),
    "left at the county": (_ticket("d", "2025-10-01", "county", "handed_up"), (True, "city")),
    "before the province": (_ticket("e", "2025-01-01", "province", "handed_up"), (False, None)),
    "closed in time or not": (_ticket("f", "2025-10-01", "county", "closed", "2025-12-31"), (False, None)),
    "closed later": (_ticket("g", "2025-10-01", "county", "closed", "2026-01-01"), (True, "city")),
}


def test_tickets_overdue_at_their_level_and_where_they_must_go():
    found = _progress([t for t, _ in TICKETS.values()])
    for name, (ticket, expected) in TICKETS.items():
        row = found["2025Q4", ticket["ticket_no"]]
        assert (row["overdue"], row["next_level"]) == expected, name
    assert found["2025Q4", "d"]["due_on"] == dt.date(2025, 10, 26)
    assert found["2025Q4", "d"]["next_body"] == "市（州）服务专班/领导小组"
    assert [found["2025Q4", n]["days_open"] for n in "bdf"] == [10, 91, 91]
    assert [found["2025Q4", n]["state"] for n in "fg"] == ["closed", "open"]
    assert found["2025Q4", "e"]["due_on"] is None


def test_ticket_belongs_to_the_periods_from_its_start_to_its_end():
    tickets = [
        _ticket("old", "2025-07-01", "city", "closed", "2025-09-30"),
        _ticket("now", "2025-07-01", "city", "closed", "2025-10-01"),
        _ticket("new", "2026-01-01", "secretary"),
    ]
    assert sorted(_progress(tickets, ["2025Q3", "2025Q4"])) == [
        ("2025Q3", "now"), ("2025Q3", "old"), ("2025Q4", "now"),
    ]  # fmt: skip


def test_ticket_of_a_former_county_lies_in_the_present_unit():
    tickets = [
        _ticket("former", "2025-12-01", "city", county="229901"),
        _ticket("elsewhere", "2025-12-01", "city", county="999999"),
    ]
    found = _progress(tickets)
    assert (found["2025Q4", "former"]["region_code"], found["2025Q4", "former"]["county_code"]) == (
        "2201", "220101",
    )  # fmt: skip
    assert found["2025Q4", "elsewhere"]["region_code"] is None
