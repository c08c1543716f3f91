"""Warning rules on firms made by hand: each rule at its boundary, runs of periods, sources that agree or are missing."""

import re
from datetime import date
from decimal import Decimal

import pytest

from jobs.warning import rules as files
from jobs.warning.engine import ENDED, UNJUDGED, certificate_line, warnings
from jobs.warning.tally import tally
from tests.warning_frames import FACTS, FEEDS, ORIGINS, columns_of, contract_columns, firm, frame

BEFORE, NOW, NEXT = "2025Q3", "2025Q4", "2026Q1"
GIANT, PROVINCIAL, CITY = "national_little_giant", "provincial_srdi", "city_srdi"
LATE = ("late_reports", "revised_reports")
WAN = 10_000


def _rows(spark, rows, periods=(NOW,), also=()):
    found = warnings(
        frame(spark, *rows, also=also), files.load(), files.load_ladder(), list(periods), ORIGINS
    )
    return {(r["period"], r["uscc"], r["rule"]): r for r in found.collect()}


def _one(spark, rule, *rows, periods=(NOW,)):
    """Return what a rule says of the only firm in the last asked period; None: nothing."""
    return _rows(spark, rows, periods).get((periods[-1], rows[0]["uscc"], rule))


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
def boundary_rows(spark):
    firms = [row for name, (_, facts, _) in SCENARIOS.items() for row in _two_quarters(name, **facts)]
    return _rows(spark, firms)


@pytest.mark.parametrize("name", SCENARIOS)
def test_rule_at_its_boundary(boundary_rows, name):
    rule, _, fires = SCENARIOS[name]
    assert ((NOW, name, rule) in boundary_rows) is fires


def test_every_rule_of_the_file_is_tested_here():
    elsewhere = {"rd_below_line", "no_statement", "no_vat_return", "certificate_expiring", "late_or_revised"}
    assert {r.id for r in files.load().rules} == {*BOUNDARIES, *elsewhere}


# End of the certificate -> days left at the end of 2025Q4 (31 December 2025); None: not said to expire.
EXPIRIES = {"2025-12-30": None, "2025-12-31": 0, "2026-03-31": 90, "2026-04-01": None}


def test_certificate_within_ninety_days_of_its_end(spark):
    found = _rows(spark, [firm(day, ends=[(PROVINCIAL, day), (CITY, "2028-01-01")]) for day in EXPIRIES])
    for day, left in EXPIRIES.items():
        row = found.get((NOW, day, "certificate_expiring"))
        told = {"expiring_tiers": PROVINCIAL, "expires_on": day, "days_left": str(left)}
        assert (row and row["evidence"]) == (None if left is None else told)


def test_place_in_a_library_without_end_does_not_expire(spark):
    row = firm("A") | {"valid_tiers": ["seed"], "ends": [("seed", None)]}
    assert _one(spark, "certificate_expiring", row) is None
    counts = tally(frame(spark, row), files.load(), [NOW]).where("rule = 'certificate_expiring'").first()
    assert (counts["n_met"], counts["n_not_met"], counts["n_unknown"]) == (0, 1, 0)


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


def test_line_of_the_certificate_by_tier_version_and_revenue(spark):
    firms = [
        firm(name, ends=ends, **({} if revenue is None else {"revenue_y1": revenue}))
        for name, (ends, revenue, _) in RD_LINES.items()
    ]
    found = frame(spark, *firms).select("uscc", certificate_line(files.load().rd_lines).alias("line"))
    assert {r["uscc"]: r["line"] for r in found.collect()} == {
        name: None if line is None else Decimal(line) for name, (*_, line) in RD_LINES.items()
    }


def test_research_below_the_line_of_the_certificate(spark):
    firms = [
        firm(str(spent), ends=[(PROVINCIAL, "2028-07-31")], rd_y1=spent, revenue_y1=100)
        for spent in ("2.9999", "3")
    ]
    assert [uscc for (_, uscc, rule) in _rows(spark, firms) if rule == "rd_below_line"] == ["2.9999"]


@pytest.mark.parametrize(
    ("rule", "feed", "level"), [("no_statement", "statement", 1), ("no_vat_return", "tax_vat", 2)]
)
def test_silence_in_two_periods(spark, rule, feed, level):
    others = [f for f in FEEDS if f != feed]

    def silent(uscc, *quarters):
        return [firm(uscc, q, lacks=[feed]) for q in quarters]

    found = _rows(
        spark,
        [
            *silent("twice", BEFORE, NOW),
            firm("once", BEFORE), *silent("once", NOW),
            firm("has_closed", BEFORE, lacks=[feed], closed=True),
            firm("has_closed", NOW, lacks=[feed], closed=True),
            firm("nobody_reported", BEFORE, arrived=others), firm("nobody_reported", NOW, arrived=others),
        ],
    )  # fmt: skip
    assert [uscc for (_, uscc, r) in found if r == rule] == ["twice"]
    assert found[NOW, "twice", rule]["level"] == level


def test_late_or_revised_three_times_is_left_out_until_the_facts_are_there(spark):
    rules = files.load()
    assert files.not_evaluated(frame(spark, firm("A")).columns, rules) == ["late_or_revised"]
    told = [
        firm("A", late_reports=2, revised_reports=1),
        firm("B", late_reports=2, revised_reports=0),
        firm("C", late_reports=3),
    ]
    assert files.not_evaluated(frame(spark, *told, also=LATE).columns, rules) == []
    assert [u for (_, u, r) in _rows(spark, told, also=LATE) if r == "late_or_revised"] == ["A"]


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
def stories(spark):
    rows = [row for name, (quarters, _) in STORIES.items() for row in _story(name, *quarters)]
    return _rows(spark, rows, QUARTERS)


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
    assert (solved["text"], unknown["text"]) == (ENDED, UNJUDGED)
    for row in (solved, unknown):
        assert (row["evidence"], row["evidence_lines"], row["ladder_level"], row["due_on"]) == (None,) * 4
        assert row["level"] == row["severity"]


def test_only_asked_periods_are_told_and_earlier_ones_are_seen(spark):
    found = _rows(spark, _story("A", FALL, FALL, FALL), ["2025Q3"])
    assert [(p, r["first_seen"], r["periods_open"]) for (p, _, rule), r in found.items()
            if rule == "revenue_fall"] == [("2025Q3", "2025Q2", 2)]  # fmt: skip


def test_amounts_of_a_trillion_yuan_are_compared_to_the_fen(spark):
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
    found = _rows(spark, [firm("below", **facts, **below), firm("at", **facts, **at)])
    assert sorted(rule for (_, uscc, rule) in found if uscc == "at") == ["debt_ratio", "receivables_ahead"]
    assert not [rule for (_, uscc, rule) in found if uscc == "below"]


def test_warnings_are_what_the_contract_says(spark):
    found = warnings(frame(spark, firm("A")), files.load(), files.load_ladder(), [NOW], ORIGINS)
    assert columns_of(found) == contract_columns("warning")


def test_warnings_of_a_month_are_refused(spark):
    with pytest.raises(ValueError, match="按季度"):
        warnings(frame(spark, firm("A")), files.load(), files.load_ladder(), ["202512"], ORIGINS)


# Second source -> level, confirmed, confidence of a revenue fall (severity 2).
VAT_FALL = {"vat_sales": 80, "vat_sales_prior": 100}
SECOND_SOURCE = {
    "agrees": (VAT_FALL, (), (3, True, "高")),
    "agrees not quite": (VAT_FALL | {"vat_sales": "80.01"}, (), (2, False, "高")),
    "is there without the figure": ({}, (), (2, False, "高")),
    "is missing": ({}, ("tax_vat",), (2, False, "中")),
    "is there, the first is said to be missing": (VAT_FALL, ("statement",), (3, True, "中")),
    "both are said to be missing": ({}, ("statement", "tax_vat"), (2, False, "低")),
}


def test_second_source_raises_the_level_and_a_missing_one_lowers_the_confidence_only(spark):
    firms = [
        firm(name, q, lacks=lacks, **FALL, **facts)
        for name, (facts, lacks, _) in SECOND_SOURCE.items()
        for q in (BEFORE, NOW)
    ]
    found = _rows(spark, firms)
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
    "no_statement": {"lacks": ["statement", "tax_vat"]},
    "no_vat_return": {"lacks": ["statement", "tax_vat"]},
    "credit_default": {"loan_overdue": 1, "guarantee_paid_out": 1},
    "power_fall": {"kwh": 70, "kwh_prior": 100, "revenue": 80, "revenue_prior": 100},
}
NOT_CONFIRMED = {
    "rd_below_line": CONFIRMED["rd_below_line"] | {"deduction_base_y1": 3},
    "staff_fall": CONFIRMED["staff_fall"] | {"cit_staff_end": "8.01"},
    "vat_gap": CONFIRMED["vat_gap"] | {"cit_revenue": 80},
    "no_statement": {"lacks": ["statement"]},
    "no_vat_return": {"lacks": ["tax_vat"]},
    "credit_default": {"loan_overdue": 1, "guarantee_paid_out": 0},
    "power_fall": CONFIRMED["power_fall"] | {"revenue": "80.01"},
}


@pytest.mark.parametrize("confirmed", [True, False])
def test_confirmation_of_every_other_rule_that_has_one(spark, confirmed):
    stories = CONFIRMED if confirmed else NOT_CONFIRMED
    assert {*stories, "revenue_fall"} == {r.id for r in files.load().rules if r.confirm}
    found = _rows(spark, [firm(rule, q, **f) for rule, f in stories.items() for q in (BEFORE, NOW)])
    for rule in stories:
        row = found[NOW, rule, rule]
        # A gap between sources in two periods in a row is raised by itself.
        own = row["severity"] + (rule == "vat_gap")
        assert (row["confirmed"], row["level"]) == (confirmed, own + confirmed), rule


def test_cit_revenue_on_the_other_side_does_not_confirm_a_gap(spark):
    found = _one(spark, "vat_gap", firm("A", vat_sales=60, revenue=100, cit_revenue=200))
    assert (found["level"], found["confirmed"]) == (1, False)


def test_level_ends_at_three(spark):
    facts = {"vat_sales": 60, "revenue": 100, "cit_revenue": 60}
    found = _one(spark, "vat_gap", firm("A", BEFORE, **facts), firm("A", NOW, **facts))
    assert (found["severity"], found["level"]) == (1, 3)
    assert _one(spark, "dishonest_listed", firm("A", dishonest_listed=2))["level"] == 3


def test_firm_outside_a_list_that_arrived_is_not_listed_and_lowers_no_confidence(spark):
    found = _one(spark, "credit_default", firm("A", lacks=["fin_guarantee"], loan_overdue=1))
    assert found["confidence"] == "高"
    without = [f for f in FEEDS if f != "fin_guarantee"]
    found = _one(spark, "credit_default", firm("A", arrived=without, loan_overdue=1))
    assert (found["confidence"], found["level"]) == ("中", 2)


def test_unknown_is_counted_and_warns_of_nothing(spark):
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
    rules = files.load()
    rows = tally(frame(spark, *firms), rules, [NOW]).collect()
    found = {r["rule"]: (r["n_met"], r["n_not_met"], r["n_unknown"]) for r in rows}
    assert set(found) == {r.id for r in rules.rules}
    assert [r["rule"] for r in rows if not r["evaluated"]] == ["late_or_revised"]
    assert found["late_or_revised"] == (None, None, None)
    assert found["revenue_fall"] == (1, 1, 2)
    assert found["no_statement"] == (1, 3, 0)
    counts = tally(frame(spark, *loans), rules, [NOW]).where("rule = 'credit_default'").first()
    assert (counts["n_met"], counts["n_not_met"], counts["n_unknown"]) == (0, 1, 2)


def test_evidence_lines_and_text(spark):
    facts = {
        "revenue": "12345678.50",
        "revenue_prior": 20_000_000,
        "vat_sales": 9_000_000,
        "vat_sales_prior": 20_000_000,
    }
    found = _one(spark, "revenue_fall", firm("A", BEFORE, **facts), firm("A", NOW, **facts))
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


def test_what_was_not_reported_is_no_evidence_and_a_dash_in_the_text(spark):
    found = _one(spark, "debt_ratio", firm("A", total_liabilities=80, total_assets=100))
    assert found["evidence"] == {"total_liabilities": "80", "total_assets": "100", "debt_ratio": "80.00"}
    assert found["text"] == "资产负债率80.00%，上年同期—%，高于75%或一年上升不少于10个百分点"


def test_place_of_the_firm_and_place_on_the_ladder(spark):
    found = _one(spark, "dishonest_listed", firm("A", BEFORE, dishonest_listed=1),
                 firm("A", NOW, dishonest_listed=1))  # fmt: skip
    assert (found["region_code"], found["county_code"], found["name"]) == ("220100", "220102", "企业A")
    # Seen first at the end of September: 92 days later the first four levels (85 days) are behind it.
    assert (found["ladder_level"], found["due_on"]) == ("leading_group", date(2026, 1, 23))


def test_rules_declare_every_fact_they_read():
    """An undeclared fact would be missing from the evidence, and fail where the frame lacks it."""
    for rule in files.load().rules:
        known = {*FACTS, *LATE, files.RD_LINE}
        read = set(re.findall(r"\w+", " ".join([rule.when, *rule.figures.values()]))) & known
        assert read <= set(rule.facts), rule.id
        confirming = set(re.findall(r"\w+", rule.confirm or "")) & known
        assert confirming <= set(rule.all_facts), rule.id


def test_no_rule_takes_the_difference_of_two_cumulative_figures():
    """What was revised between two reports (methods.md §1, DX) can so warn of nothing."""
    for rule in files.load().rules:
        assert "vat_sales_quarter_before" not in rule.all_facts
