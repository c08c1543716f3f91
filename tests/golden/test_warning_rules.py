"""Warning rules on firms made by hand: each rule at its boundary, runs of periods, sources that agree or are missing."""

import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from jobs.definitions.facts import all_facts, fact_names
from jobs.definitions.period import parse
from jobs.definitions.rules import rulebook as files
from jobs.rules.warning_review import Tally, Word, standing
from tests.support.warning_frames import FACTS, FEEDS, firm
from tests.support.warning_models import told

BEFORE, NOW = "2025Q3", "2025Q4"
GIANT, PROVINCIAL, CITY = "national_little_giant", "provincial_srdi", "city_srdi"
WAN = 10_000


def _rows(rows, periods=(NOW,)):
    return {(r["period"], r["uscc"], r["rule"]): r for r in told(rows, periods)["warning"]}


def _one(rule, *rows, periods=(NOW,)):
    """Return what a rule says of the only firm in the last asked period; None: nothing."""
    return _rows(rows, periods).get((periods[-1], rows[0]["uscc"], rule))


def _two_quarters(uscc, **facts):
    return [firm(uscc, BEFORE, **facts), firm(uscc, NOW, **facts)]


# Rule -> facts that just fire it, and facts that just do not; both stand in two quarters.
BOUNDARIES = {
    "revenue_fall": [
        ({"revenue": 80, "revenue_prior": 100}, True),
        ({"revenue": "80.01", "revenue_prior": 100}, False),
        ({"revenue": 0, "revenue_prior": 100}, True),
        ({"revenue": -5, "revenue_prior": 0}, False),
    ],
    "loss_two_years": [
        ({"profit_y1": "-0.01", "profit_y2": "-0.01"}, True),
        ({"profit_y1": "-0.01", "profit_y2": 0}, False),
        ({"profit_y1": 0, "profit_y2": -9}, False),
    ],
    "debt_ratio": [
        ({"total_liabilities": "75.01", "total_assets": 100}, True),
        ({"total_liabilities": 75, "total_assets": 100, "total_liabilities_prior": 66, "total_assets_prior": 100}, False),
        # 50 % against 40 %: ten points; against 20.01 of 50 (40.02 %): 9.98 points
        ({"total_liabilities": 50, "total_assets": 100, "total_liabilities_prior": 20, "total_assets_prior": 50}, True),
        ({"total_liabilities": 50, "total_assets": 100, "total_liabilities_prior": "20.01", "total_assets_prior": 50}, False),
    ],
    "staff_fall": [
        ({"staff_end": 8, "staff_end_prior": 10}, True),
        ({"staff_end": 81, "staff_end_prior": 101}, False),  # 19.8 %
    ],
    "receivables_ahead": [
        # +50 % against +30 %: twenty points; +50 % against +30.1 %
        ({"receivables": 150, "receivables_prior": 100, "revenue": 130, "revenue_prior": 100}, True),
        ({"receivables": 150, "receivables_prior": 100, "revenue": "130.1", "revenue_prior": 100}, False),
        ({"receivables": 100, "receivables_prior": 100, "revenue": 70, "revenue_prior": 100}, True),
    ],
    "vat_gap": [
        ({"vat_sales": 70, "revenue": 100}, False),  # exactly 30 %
        ({"vat_sales": "69.99", "revenue": 100}, True),
        ({"vat_sales": 100, "revenue": "69.99"}, True),  # the other way round
        ({"vat_sales": 0, "revenue": 0}, False),
    ],
    "invoice_spike": [
        ({"special_invoices": 131, "special_invoices_before": 100}, True),
        ({"special_invoices": 130, "special_invoices_before": 100}, False),
        ({"special_invoices": 15, "special_invoices_before": 5}, True),
        ({"special_invoices": 14, "special_invoices_before": 5}, False),  # nine more
    ],
    "credit_default": [
        ({"loan_overdue": "0.01", "guarantee_paid_out": 0}, True),
        ({"loan_overdue": 0, "guarantee_paid_out": "0.01"}, True),
        ({"loan_overdue": 0, "guarantee_paid_out": 0, "loan_bad": 9}, False),
    ],
    "pledge_maturing": [({"pledge_days_left": 90}, True), ({"pledge_days_left": 91}, False)],
    "abnormal_listed": [({"abnormal_listed": 1}, True), ({"abnormal_listed": 0}, False), ({}, False)],
    "dishonest_listed": [({"dishonest_listed": 1}, True), ({"dishonest_listed": 0}, False), ({}, False)],
    "power_fall": [
        ({"kwh": 70, "kwh_prior": 100}, True),
        ({"kwh": "70.01", "kwh_prior": 100}, False),
    ],
}  # fmt: skip
SCENARIOS = {
    f"{rule} {facts}": (rule, facts, fires) for rule, rows in BOUNDARIES.items() for facts, fires in rows
}


@pytest.fixture(scope="module")
def boundary_rows():
    firms = [row for name, (_, facts, _) in SCENARIOS.items() for row in _two_quarters(name, **facts)]
    return _rows(firms)


@pytest.mark.parametrize("name", SCENARIOS)
def test_rule_at_its_boundary(boundary_rows, name):
    rule, _, fires = SCENARIOS[name]
    assert ((NOW, name, rule) in boundary_rows) is fires


def test_every_rule_of_the_file_is_tested_here():
    elsewhere = {"rd_below_line", "certificate_expiring"}
    assert {r.id for r in files.load().rules} == {*BOUNDARIES, *elsewhere}


def test_every_open_warning_has_evidence_and_what_is_reported_its_line(boundary_rows, stories):
    opened = [r for r in [*boundary_rows.values(), *stories.values()] if r["state"] == "open"]
    assert len(opened) > len(SCENARIOS) // 3
    for row in opened:
        facts = set(row["evidence"]) & set(FACTS)
        assert facts and facts == set(row["evidence_lines"]), (
            row["rule"],
            row["evidence"],
            row["evidence_lines"],
        )


# End of the certificate -> days left at the end of 2025Q4 (31 December 2025); None: not said to expire.
EXPIRIES = {"2025-12-30": None, "2025-12-31": 0, "2026-03-31": 90, "2026-04-01": None}


def test_certificate_within_ninety_days_of_its_end():
    found = _rows([firm(day, ends=[(PROVINCIAL, day), (CITY, "2028-01-01")]) for day in EXPIRIES])
    for day, left in EXPIRIES.items():
        row = found.get((NOW, day, "certificate_expiring"))
        told = {"expiring_tiers": PROVINCIAL, "expires_on": day, "days_left": str(left)}
        assert (row and row["evidence"]) == (None if left is None else told)


def test_place_in_a_library_without_end_does_not_expire():
    row = firm("A") | {"valid_tiers": ["seed"], "ends": [("seed", None)]}
    found = told([row, firm("B", ends=[(CITY, "2028-01-01")])], [NOW])
    assert not [r for r in found["warning"] if r["rule"] == "certificate_expiring"]
    # Nor is it one of those whose certificate can expire.
    inside = [r["uscc"] for r in found["judgements"] if r["rule"] == "certificate_expiring" and r["inside"]]
    assert inside == ["B"]


# Three years before the day after the end: the day the certificate began.
RD_LINES = {
    "63号 provincial": ([(PROVINCIAL, "2028-07-31")], 2_000 * WAN, 3),
    "63号 little giant from one hundred million": ([(GIANT, "2028-07-31")], 10_000 * WAN, 3),
    "63号 little giant from fifty million": ([(GIANT, "2028-07-31")], "99999999.99", 6),
    "63号 little giant at fifty million": ([(GIANT, "2028-07-31")], 5_000 * WAN, 6),
    "63号 little giant below has other conditions": ([(GIANT, "2028-07-31")], "49999999.99", None),
    "little giant decides though it is provincial too": (
        [(GIANT, "2028-07-31"), (PROVINCIAL, "2028-07-31")], 6_000 * WAN, 6
    ),
    "began on the last day of 63号": ([(GIANT, "2029-03-30")], 6_000 * WAN, 6),
    "began on the first day of 2026-2号": ([(GIANT, "2029-03-31")], 6_000 * WAN, 3),
    "began before 63号": ([(PROVINCIAL, "2025-07-30")], 2_000 * WAN, None),
    "began on the first day of 63号": ([(PROVINCIAL, "2025-07-31")], 2_000 * WAN, 3),
    "a city sets its own": ([(CITY, "2028-07-31")], 2_000 * WAN, None),
    "revenue not reported": ([(GIANT, "2028-07-31")], None, None),
}  # fmt: skip


def test_line_of_the_certificate_by_tier_version_and_revenue():
    firms = [
        firm(name, ends=ends, **({} if revenue is None else {"revenue_y1": revenue}))
        for name, (ends, revenue, _) in RD_LINES.items()
    ]
    found = {r["uscc"]: r["rd_line"] for r in told(firms, [NOW])["rd_lines"]}
    for name, (*_, line) in RD_LINES.items():
        assert found.get(name) == (None if line is None else Decimal(line)), name


def test_research_below_the_line_of_the_certificate():
    firms = [
        firm(str(spent), ends=[(PROVINCIAL, "2028-07-31")], rd_y1=spent, revenue_y1=100)
        for spent in ("2.9999", "3")
    ]
    assert [uscc for (_, uscc, rule) in _rows(firms) if rule == "rd_below_line"] == ["2.9999"]


def test_rule_on_a_fact_that_no_feed_gives_is_left_out_and_said_to_be():
    facts = [f for f in fact_names(all_facts()) if f != "kwh_prior"]
    assert files.not_evaluated(facts, files.load()) == ["power_fall"]
    rows = {r["rule"]: r for r in told([firm("A")], [NOW], facts=facts)["warning_rule"]}
    assert [rule for rule, r in rows.items() if not r["evaluated"]] == ["power_fall"]
    assert rows["power_fall"]["n_population"] is None and rows["revenue_fall"]["n_population"] == 1


def test_no_rule_is_about_missing_reports():
    """They are the status of a feed and of who reports it: no rule fires because a firm's report is not there."""
    assert all(rule.evidence for rule in files.load().rules)
    for rule in files.load().rules:
        assert rule.facts or rule.shown, rule.id


FALL = {"revenue": 70, "revenue_prior": 100}
STEADY = {"revenue": 100, "revenue_prior": 100}
QUARTERS = ["2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2"]


def _story(uscc, *quarters):
    """Rows of a firm: facts per quarter from 2025Q1 on; None: no row."""
    return [firm(uscc, q, **f) for q, f in zip(QUARTERS, quarters, strict=False) if f is not None]


# Revenue per quarter -> state, first_seen and periods_open of each quarter with a row of the rule.
STORIES = {
    "one quarter is not enough": ((FALL, STEADY, FALL), {}),
    "two quarters in a row": ((STEADY, FALL, FALL), {"2025Q3": ("open", "2025Q3", 1)}),
    "goes on over the turn of the year": (
        (STEADY, STEADY, FALL, FALL, FALL),
        {"2025Q4": ("open", "2025Q4", 1), "2026Q1": ("open", "2025Q4", 2)},
    ),
    "closed, said once": (
        (FALL, FALL, FALL, STEADY, STEADY),
        {
            "2025Q2": ("open", "2025Q2", 1),
            "2025Q3": ("open", "2025Q2", 2),
            "2025Q4": ("closed", "2025Q2", 2),
        },
    ),
    "opened again: a run of its own": (
        (FALL, FALL, STEADY, FALL, FALL),
        {
            "2025Q2": ("open", "2025Q2", 1),
            "2025Q3": ("closed", "2025Q2", 1),
            "2026Q1": ("open", "2026Q1", 1),
        },
    ),
    "quarter without a row breaks the run": ((FALL, None, FALL), {}),
    "quarter without a row hides the end": (
        (FALL, FALL, None, STEADY),
        {"2025Q2": ("open", "2025Q2", 1)},
    ),
    "quarter without the figure breaks the run": ((FALL, {}, FALL), {}),
    "figure missing now ends it": (
        (FALL, FALL, {}),
        {"2025Q2": ("open", "2025Q2", 1), "2025Q3": ("closed", "2025Q2", 1)},
    ),
}


@pytest.fixture(scope="module")
def stories():
    rows = [row for name, (quarters, _) in STORIES.items() for row in _story(name, *quarters)]
    return _rows(rows, QUARTERS)


@pytest.mark.parametrize("name", STORIES)
def test_run_of_periods(stories, name):
    found = {
        period: (r["state"], r["first_seen"], r["periods_open"])
        for (period, uscc, rule), r in stories.items()
        if (uscc, rule) == (name, "revenue_fall")
    }
    assert found == STORIES[name][1]


def test_closed_warning_says_why_and_shows_no_evidence(stories):
    solved = stories["2025Q4", "closed, said once", "revenue_fall"]
    unknown = stories["2025Q3", "figure missing now ends it", "revenue_fall"]
    assert (solved["text"], unknown["text"]) == ("本期条件不再成立，预警解除", "本期缺数，无法判断，预警中止")
    for row in (solved, unknown):
        assert (row["evidence"], row["evidence_lines"], row["ladder_level"], row["due_on"]) == (None,) * 4
        assert row["level"] == row["severity"]


def test_only_asked_periods_are_told_and_earlier_ones_are_seen():
    found = _rows(_story("A", FALL, FALL, FALL), ["2025Q3"])
    assert [(p, r["first_seen"], r["periods_open"]) for (p, _, rule), r in found.items()
            if rule == "revenue_fall"] == [("2025Q3", "2025Q2", 2)]  # fmt: skip


def test_amounts_of_a_trillion_yuan_are_compared_to_the_fen():
    trillion = 10**12
    facts = {
        "receivables": trillion * 3 // 2,
        "receivables_prior": trillion,
        "revenue_prior": trillion,
        "total_assets": trillion,
        "total_assets_prior": trillion,
        "total_liabilities_prior": trillion * 2 // 5,
    }
    below = {"revenue": "1300000000000.01", "total_liabilities": "499999999999.99"}
    at = {"revenue": trillion * 13 // 10, "total_liabilities": trillion // 2}
    found = _rows([firm("below", **facts, **below), firm("at", **facts, **at)])
    assert sorted(rule for (_, uscc, rule) in found if uscc == "at") == ["debt_ratio", "receivables_ahead"]
    assert not [rule for (_, uscc, rule) in found if uscc == "below"]


def test_amounts_beyond_what_is_computed_with_are_unknown_and_no_other_firm_suffers():
    vast = ("total_liabilities", "total_assets", "total_liabilities_prior", "total_assets_prior")
    found = _rows([firm("A", **dict.fromkeys(vast, 10**20)), firm("B", dishonest_listed=1)])
    assert [(uscc, rule) for _, uscc, rule in found] == [("B", "dishonest_listed")]


def test_warnings_of_a_month_are_refused():
    with pytest.raises(ValueError, match="按季度"):
        told([], ["202512"])


# Second source -> level, confirmed, confidence of a revenue fall (severity 2).
VAT_FALL = {"vat_sales": 80, "vat_sales_prior": 100}
SECOND_SOURCE = {
    "agrees": (VAT_FALL, (), (3, True, "高")),
    "agrees not quite": (VAT_FALL | {"vat_sales": "80.01"}, (), (2, False, "高")),
    "is there without the figure": ({}, (), (2, False, "高")),
    "is missing": ({}, ("tax_vat",), (2, False, "中")),
}


def test_second_source_raises_the_level_and_a_missing_one_lowers_the_confidence_only():
    firms = [
        firm(name, q, lacks=lacks, **FALL, **facts)
        for name, (facts, lacks, _) in SECOND_SOURCE.items()
        for q in (BEFORE, NOW)
    ]
    found = _rows(firms)
    for name, (*_, expected) in SECOND_SOURCE.items():
        row = found[NOW, name, "revenue_fall"]
        assert (row["level"], row["confirmed"], row["confidence"]) == expected, name
        assert row["severity"] == 2


CONFIRMED = {
    "rd_below_line": {
        "ends": [(PROVINCIAL, "2028-07-31")],
        "rd_y1": 2,
        "revenue_y1": 100,
        "deduction_base_y1": "2.99",
    },
    "staff_fall": {"staff_end": 8, "staff_end_prior": 10, "cit_staff_end": 8, "cit_staff_end_prior": 10},
    "vat_gap": {"vat_sales": 60, "revenue": 100, "cit_revenue": "79.99"},
    "credit_default": {"loan_overdue": 1, "guarantee_paid_out": 1},
    "power_fall": {"kwh": 70, "kwh_prior": 100, "revenue": 80, "revenue_prior": 100},
}
NOT_CONFIRMED = {
    "rd_below_line": CONFIRMED["rd_below_line"] | {"deduction_base_y1": 3},
    "staff_fall": CONFIRMED["staff_fall"] | {"cit_staff_end": "8.01"},
    "vat_gap": CONFIRMED["vat_gap"] | {"cit_revenue": 80},
    "credit_default": {"loan_overdue": 1, "guarantee_paid_out": 0},
    "power_fall": CONFIRMED["power_fall"] | {"revenue": "80.01"},
}


@pytest.mark.parametrize("confirmed", [True, False])
def test_confirmation_of_every_other_rule_that_has_one(confirmed):
    stories = CONFIRMED if confirmed else NOT_CONFIRMED
    assert {*stories, "revenue_fall"} == {r.id for r in files.load().rules if r.confirm}
    found = _rows([firm(rule, q, **f) for rule, f in stories.items() for q in (BEFORE, NOW)])
    for rule in stories:
        row = found[NOW, rule, rule]
        # A gap between sources in two periods in a row is raised by itself.
        own = row["severity"] + (rule == "vat_gap")
        assert (row["confirmed"], row["level"]) == (confirmed, own + confirmed), rule


def test_cit_revenue_on_the_other_side_does_not_confirm_a_gap():
    found = _one("vat_gap", firm("A", vat_sales=60, revenue=100, cit_revenue=200))
    assert (found["level"], found["confirmed"]) == (1, False)


def test_level_ends_at_three():
    facts = {"vat_sales": 60, "revenue": 100, "cit_revenue": 60}
    found = _one("vat_gap", firm("A", BEFORE, **facts), firm("A", NOW, **facts))
    assert (found["severity"], found["level"]) == (1, 3)
    assert _one("dishonest_listed", firm("A", dishonest_listed=2))["level"] == 3


def test_firm_outside_a_list_that_arrived_is_not_listed_and_lowers_no_confidence():
    found = _one("credit_default", firm("A", lacks=["fin_guarantee"], loan_overdue=1))
    assert found["confidence"] == "高"
    without = [f for f in FEEDS if f != "fin_guarantee"]
    found = _one("credit_default", firm("A", arrived=without, loan_overdue=1))
    assert (found["confidence"], found["level"]) == ("中", 2)


def test_unknown_is_counted_and_warns_of_nothing():
    firms = [
        firm("falls", **FALL),
        firm("steady", **STEADY),
        firm("no_base", revenue=50),
        firm("no_row", lacks=["statement"]),
    ]
    loans = [
        firm("no_loan", lacks=["fin_loan", "fin_guarantee"]),
        firm("blank", lacks=["fin_guarantee"]),
        firm("not_arrived", arrived=["fin_loan"], loan_overdue=0),
    ]
    names = ("n_population", "n_met", "n_not_met", "n_unknown", "n_fired", "fired_share")
    found = {r["rule"]: [r[n] for n in names] for r in told(firms, [NOW])["warning_rule"]}
    assert set(found) == {r.id for r in files.load().rules}
    # Who has no row in the statement is none of those whose revenue can fall.
    assert found["revenue_fall"] == [3, 1, 1, 1, 0, 0.0]
    (counts,) = [r for r in told(loans, [NOW])["warning_rule"] if r["rule"] == "credit_default"]
    assert (counts["n_met"], counts["n_not_met"], counts["n_unknown"]) == (0, 1, 2)


def test_evidence_lines_and_text():
    facts = {
        "revenue": "12345678.50",
        "revenue_prior": 20_000_000,
        "vat_sales": 9_000_000,
        "vat_sales_prior": 20_000_000,
    }
    found = _one("revenue_fall", firm("A", BEFORE, **facts), firm("A", NOW, **facts))
    # 12345678.5 / 20000000 - 1 = -38.2716 %
    assert found["evidence"] == {
        "revenue": "12345678.5", "revenue_prior": "20000000", "vat_sales": "9000000",
        "vat_sales_prior": "20000000", "revenue_change": "-38.27",
    }  # fmt: skip
    assert found["evidence_lines"] == {
        "revenue": "revenue.xlsx:表1:2", "revenue_prior": "revenue_prior.xlsx:表1:3",
        "vat_sales": "vat_sales.xlsx:表1:4", "vat_sales_prior": "vat_sales_prior.xlsx:表1:5",
    }  # fmt: skip
    assert found["text"] == (
        "营业收入（1-本月）1,234.57万元，上年同期2,000.00万元，同比-38.27%，连续两期降幅不小于20%"
    )


def test_what_was_not_reported_is_no_evidence_and_a_dash_in_the_text():
    found = _one("debt_ratio", firm("A", total_liabilities=80, total_assets=100))
    assert found["evidence"] == {"total_liabilities": "80", "total_assets": "100", "debt_ratio": "80.00"}
    assert (
        found["text"] == "资产负债率80.00%，上年同期—%，一年变动—个百分点；高于75%或一年上升不少于10个百分点"
    )


def test_a_ratio_that_fell_by_less_than_a_hundredth_of_a_point_is_not_said_to_have_risen():
    # 23974/31819 = 75.344920 %, 24670/32742 = 75.346650 %
    facts = {"total_liabilities": 23_974, "total_assets": 31_819}
    before = {"total_liabilities_prior": 24_670, "total_assets_prior": 32_742}
    found = _one("debt_ratio", firm("A", **facts, **before))
    assert found["text"].startswith("资产负债率75.34%，上年同期75.35%，一年变动-0.002个百分点；")


def test_place_of_the_firm_and_place_on_the_ladder():
    found = _one("dishonest_listed", firm("A", BEFORE, dishonest_listed=1),
                 firm("A", NOW, dishonest_listed=1))  # fmt: skip
    assert (found["region_code"], found["county_code"], found["name"]) == ("220100", "220102", "企业A")
    # Seen first at the end of September: 92 days later the first four levels (85 days) are behind it.
    assert (found["ladder_level"], found["due_on"]) == ("leading_group", date(2026, 1, 23))


def test_rules_declare_every_fact_they_read():
    """An undeclared fact would be missing from the evidence, and fail where the frame lacks it."""
    for rule in files.load().rules:
        known = {*FACTS, files.RD_LINE}
        figures = [text for f in rule.figures.values() for text in (f.of, f.by, *f.against)]
        told = [rule.when, rule.population.when or "", *figures, *rule.shown.values()]
        read = set(re.findall(r"\w+", " ".join(told))) & known
        assert read <= set(rule.facts), rule.id
        confirming = set(re.findall(r"\w+", rule.confirm or "")) & known
        assert confirming <= set(rule.all_facts), rule.id


def test_no_rule_takes_the_difference_of_two_cumulative_figures():
    """What was revised between two reports (methods.md §1, DX) can so warn of nothing."""
    for rule in files.load().rules:
        assert "vat_sales_quarter_before" not in rule.all_facts


# Firm -> rules to whose population it belongs, of those asked here.
STATEMENT = {"revenue_fall", "loss_two_years", "debt_ratio"}
LISTS = {"credit_default", "pledge_maturing", "abnormal_listed", "dishonest_listed"}
ASKED = {
    *STATEMENT,
    *LISTS,
    "receivables_ahead",
    "vat_gap",
    "staff_fall",
    "invoice_spike",
    "power_fall",
    "rd_below_line",
}
POPULATIONS = {
    "reports everything": ({"ends": [(PROVINCIAL, "2028-07-31")]}, ASKED),
    "certificate without a line": ({"ends": [(CITY, "2028-07-31")]}, ASKED - {"rd_below_line"}),
    "seed, which reports nothing": ({"certified": False, "here": []}, LISTS),
    "seed that is in a report all the same": ({"certified": False}, LISTS),
    "has closed": ({"closed": True}, set()),
    "not asked for a statement": (
        {"lacks": ["statement"]}, ASKED - STATEMENT - {"receivables_ahead", "vat_gap", "rd_below_line"},
    ),
    "makes no VAT return": ({"lacks": ["tax_vat"]}, ASKED - {"vat_gap", "rd_below_line"}),
    "trade, whose form has no receivables": ({"industry_code": "F5191"}, ASKED - {"receivables_ahead", "rd_below_line"}),
    "of no known industry": ({"industry_code": None}, ASKED - {"receivables_ahead", "rd_below_line"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def populations():
    """Firm -> the rules to whose population it belongs."""
    found = {name: set() for name in POPULATIONS}
    for r in told([firm(name, **own) for name, (own, _) in POPULATIONS.items()], [NOW])["judgements"]:
        if r["inside"]:
            found[r["uscc"]].add(r["rule"])
    return found


@pytest.mark.parametrize("name", POPULATIONS)
def test_a_rule_is_evaluated_for_its_population_only(populations, name):
    assert populations[name] & ASKED == POPULATIONS[name][1]


def test_firm_that_leaves_the_population_ends_its_warning_and_is_told_why():
    row = _one("revenue_fall", *_story("A", FALL, FALL)[:2], firm("A", "2025Q3", certified=False, **FALL),
               periods=("2025Q3",))  # fmt: skip
    assert (row["state"], row["text"]) == (
        "closed", "本期不在规则的适用范围（如未报送、证书失效、已注销），预警中止",
    )  # fmt: skip


def _many(falling, steady, quarter=NOW):
    """Firms of which the revenue of some fell in two quarters."""
    return [
        firm(f"{facts['revenue']}-{i}", q, **facts)
        for facts, count in ((FALL, falling), (STEADY, steady))
        for i in range(count)
        for q in (parse(quarter).shift(-1).key, quarter)
    ]


# Falling, steady -> whether the rule waits for a word: more than a tenth of fifty or more.
CROWDS = {
    (6, 44): True,
    (5, 45): False,
    (6, 43): False,
    (49, 0): False,
    (50, 0): True,
    (11, 90): True,
    (10, 90): False,
}
WHEN = {crowd: parse(NOW).shift(3 * i).key for i, crowd in enumerate(CROWDS)}
"""Each crowd in quarters of its own: a rule is counted by period."""


@pytest.fixture(scope="module")
def crowds():
    firms = [row for crowd, quarter in WHEN.items() for row in _many(*crowd, quarter)]
    found = told(firms, WHEN.values())
    return [[r for r in found[name] if r["rule"] == "revenue_fall"] for name in ("warning", "warning_rule")]


@pytest.mark.parametrize("crowd", CROWDS)
def test_rule_that_fires_on_more_than_a_tenth_waits_for_a_word_and_climbs_nowhere(crowds, crowd):
    falling, steady = crowd
    rows, (rule,) = ([r for r in part if r["period"] == WHEN[crowd]] for part in crowds)
    assert (rule["n_fired"], rule["n_population"]) == (falling, falling + steady)
    assert rule["review"] == ("规则待复核" if CROWDS[crowd] else None)
    tally = Tally(WHEN[crowd], "revenue_fall", (falling + steady, falling, steady, 0, falling))
    assert (standing(tally, files.load().review, None) is not None) == CROWDS[crowd]
    places = {(r["review"], r["ladder_level"] is not None, r["due_on"] is not None) for r in rows}
    assert places == {("规则待复核", False, False) if CROWDS[crowd] else (None, True, True)}
    assert {(r["state"], r["level"], bool(r["evidence"])) for r in rows} == {("open", 2, True)}


AT = datetime(2026, 1, 21, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
# Word (released, fired, population) on a rule that fires on 20 of 100 -> where it stands.
WORDS = {
    "released at that share": (Word(True, 20, 100, "行业下行", "分析员", AT), "已放行"),
    "released at a smaller share, within a tenth": (Word(True, 22, 220, "行业下行", "分析员", AT), "已放行"),
    "released when it fired on far fewer": (Word(True, 21, 211, "行业下行", "分析员", AT), "规则待复核"),
    "taken back": (Word(False, 20, 100, "误放", "分析员", AT), "规则待复核"),
}


@pytest.fixture(scope="module")
def spoken():
    """Each word on a crowd of its own quarter, and one quarter of which nobody said anything."""
    when = {name: parse(NOW).shift(3 * i).key for i, name in enumerate([*WORDS, "nobody said anything"])}
    words = {(when[name], "revenue_fall"): word for name, (word, _) in WORDS.items()}
    firms = [row for quarter in when.values() for row in _many(20, 80, quarter)]
    found = told(firms, when.values(), words)
    rows, rules = (
        [r for r in found[name] if r["rule"] == "revenue_fall"] for name in ("warning", "warning_rule")
    )
    return {
        name: ([r for r in rows if r["period"] == q], *[r for r in rules if r["period"] == q])
        for name, q in when.items()
    }


@pytest.mark.parametrize("name", WORDS)
def test_released_rule_climbs_with_the_word_on_record(spoken, name):
    word, stands = WORDS[name]
    rows, rule = spoken[name]
    # What an analyst is told beforehand follows the same rule.
    known = standing(Tally(NOW, "revenue_fall", (100, 20, 80, 0, 20)), files.load().review, word)
    assert known is not None and known.value == stands
    released = stands == "已放行"
    assert (rule["review"], rule["review_note"], rule["reviewed_by"], rule["reviewed_at"]) == (
        stands, *((word.note, word.by, AT) if released else (None,) * 3),
    )  # fmt: skip
    # First seen at the end of the quarter: no day has passed.
    assert {(r["review"], r["ladder_level"]) for r in rows} == {(stands, "secretary" if released else None)}


def test_word_of_one_period_lets_nothing_climb_in_another(spoken):
    rows, rule = spoken["nobody said anything"]
    assert rule["review"] == "规则待复核" and {r["ladder_level"] for r in rows} == {None}


# Spent on R&D and revenue of a firm whose line is 3 % -> what the sentence shows; below the line in every case.
DECIDING = {
    ("2.99", "100"): "2.99", ("2.994", "100"): "2.99", ("2.995", "100"): "2.995", ("2.9996", "100"): "2.9996",
    # 2999999.99 of 100 million: 2.99999999 %
    ("2999999.99", "100000000"): "2.99999999", ("0", "100"): "0.00",
}  # fmt: skip


def test_shown_figure_has_the_digits_that_decide():
    firms = [
        firm(str(n), ends=[(PROVINCIAL, "2028-07-31")], rd_y1=spent, revenue_y1=revenue)
        for n, (spent, revenue) in enumerate(DECIDING)
    ]
    found = _rows(firms)
    for n, text in enumerate(DECIDING.values()):
        row = found[NOW, str(n), "rd_below_line"]
        assert f"占营业收入{text}%，低于所持证书要求的3%" in row["text"], row["text"]
        assert row["evidence"]["rd_intensity"] == text


def test_what_is_there_is_never_shown_as_nothing():
    overdue = _one("credit_default", firm("A", loan_overdue="0.01", loan_bad=0, guarantee_paid_out=49))
    assert overdue["text"] == "逾期贷款0.000001万元，不良贷款0.00万元，担保代偿0.0049万元"
    loss = _one("loss_two_years", firm("A", profit_y1="-0.01", profit_y2=-50))
    assert loss["text"] == "上年度利润总额-0.000001万元，前年度-0.01万元，连续两年全年累计亏损"
