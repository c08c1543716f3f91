"""Amounts, caps and boundaries of incentives, and who becomes eligible when, worked out by hand."""

from decimal import Decimal

import pytest

from tests.support.flow_frames import CERTIFICATES, CITY, PROVINCE, WITHDRAWALS
from tests.support.incentive_models import firm, listed, rules

SHANXI, SHANDONG, ZHEJIANG = "140000", "370000", "330000"


def money(row):
    return row["amount_before_cap"], row["amount"], row["cap"], row["cap_hit"]


def test_first_recognition_is_rewarded_once_and_recognition_anew_is_not():
    quarters = ["2022Q1", "2023Q3", "2024Q3", "2025Q4", "2026Q1", "2026Q2"]
    rows = [firm(u, q) for u in "ABCDEFGHIJ" for q in quarters]
    found = listed(rows, [*CERTIFICATES, *WITHDRAWALS], asked=quarters)
    assert {k: r["amount"] for k, r in found.items()} == {
        ("2022Q1", "B", "JL-I01"): 200_000,
        ("2022Q1", "C", "JL-I01"): 200_000,
        ("2023Q3", "D", "JL-I01"): 200_000,
        ("2023Q3", "E", "JL-I01"): 200_000,
        ("2023Q3", "B", "JL-I02"): 500_000,  # besides the first one: 70 万 in all
        ("2024Q3", "G", "JL-I02"): 500_000,
        ("2025Q4", "H", "JL-I01"): 200_000,
        ("2026Q1", "F", "JL-I01"): 200_000,  # published 2025-12-25, in force 2026-01-01
        # C's certificate lapsed in 2025 and was granted anew in 2026Q2: none.
    }
    row = found["2026Q1", "F", "JL-I01"]
    document = "provincial_srdi（2025-12-25-provincial_srdi-grant，2025-12-25）"
    assert (row["evidence"], row["evidence_lines"]) == ({"first_awarded_this_period": document}, {})
    assert (money(row), row["quantified"]) == ((200_000, 200_000, 200_000, False), True)


@pytest.mark.parametrize(
    ("interest", "expected"),
    [
        # 50 %, at most 600,000: at the line itself nothing is cut off.
        ("100000.01", ("50000.005", "50000.005", 600_000, False)),
        ("1200000", ("600000", "600000", 600_000, False)),
        ("1200000.02", ("600000.01", "600000", 600_000, True)),
    ],
)
def test_interest_of_pledged_loans(interest, expected):
    found = listed([firm("A", pledge_interest=interest)])
    before, paid, cap, hit = expected
    row = found["2025Q4", "A", "JL-I11"]
    assert money(row) == (Decimal(before), Decimal(paid), cap, hit)
    assert row["evidence_lines"] == {"pledge_interest": "2025.csv::7"}
    assert row["evidence"] == {"valid_tiers": PROVINCE, "pledge_interest": interest}


@pytest.mark.parametrize(
    ("fee", "expected"),
    [
        ("9999.99", ("4999.995", "4999.995", 30_000, False)),
        ("60000", ("30000", "30000", 30_000, False)),
        ("60000.02", ("30000.01", "30000", 30_000, True)),
    ],
)
def test_appraisal_fee(fee, expected):
    before, paid, cap, hit = expected
    found = listed([firm("A", pledge_fee=fee)])
    assert money(found["2025Q4", "A", "JL-I12"]) == (Decimal(before), Decimal(paid), cap, hit)


def test_additional_deduction_is_a_tax_base_of_manufacturers():
    rows = [
        firm("A", deduction_base_y1="1234567.89"),
        firm("B", deduction_base_y1="1234567.89", industry_code="I6510"),
        firm("C", deduction_base_y1="1234567.89", industry_code=None),
        firm("D", deduction_base_y1="0"),
        firm("E"),
    ]
    found = listed(rows)
    assert list(found) == [("2025Q4", "A", "JL-I06")]
    row = found["2025Q4", "A", "JL-I06"]
    assert money(row) == (Decimal("1234567.89"), Decimal("1234567.89"), None, False)
    assert "不是资金" in row["amount_name"]


def test_rise_of_research_is_listed_without_an_amount():
    rows = [
        firm("A", rd_y1="100.01", rd_y2="100"),
        firm("B", rd_y1="100", rd_y2="100"),
        firm("C", rd_y1="100"),  # the year before was not reported: unknown, not 0
        firm("D", rd_y1="100.01", rd_y2="100", tiers=[CITY]),
    ]
    found = listed(rows)
    assert list(found) == [("2025Q4", "A", "JL-I07")]
    row = found["2025Q4", "A", "JL-I07"]
    assert (money(row), row["quantified"]) == ((None, None, 400_000, None), False)
    assert row["missing"] == "增量补贴比例"


def test_quarterly_condition_is_listed_where_the_quarter_before_did_not_meet_it():
    quarters = ["2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1"]
    loan = dict.fromkeys(quarters, "1000")
    has = {
        "A": loan,
        "B": loan | {"2025Q3": None},  # not reported in between
        "C": {q: v for q, v in loan.items() if q != "2025Q4"},  # no holder in between
        "D": loan | {"2025Q1": "0", "2025Q2": "0"},
    }
    rows = [firm(u, q, pledge_interest=v) for u, story in has.items() for q, v in story.items()]
    found = listed(rows, asked=quarters[1:])
    assert {(q, u) for q, u, _ in found} == {("2025Q4", "B"), ("2026Q1", "C"), ("2025Q3", "D")}


def test_yearly_condition_is_listed_once_for_each_years_figure():
    old, new = (
        {"deduction_base_y1": "500", "file": "2024.csv"},
        {"deduction_base_y1": "500", "file": "2025.csv"},
    )
    rows = [
        *[firm("A", q, **old) for q in ("2025Q1", "2025Q2", "2025Q3")],
        *[firm("A", q, **new) for q in ("2025Q4", "2026Q1", "2026Q2")],  # the same value of another year
        *[firm("B", q, **old) for q in ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1")],
        firm("B", "2026Q2", **new),  # the form came late
        firm("C", "2025Q4", **new),
        firm("C", "2026Q2", **new),  # no holder in between
        firm("D", "2026Q2", **new),  # a holder since then
    ]
    found = listed(rows, asked=["2025Q4", "2026Q1", "2026Q2"])
    assert {(q, u) for q, u, _ in found} == {
        ("2025Q4", "A"),
        ("2026Q2", "B"),
        ("2025Q4", "C"),
        ("2026Q2", "D"),
    }


def test_deregistered_firms_are_not_listed():
    assert listed([firm("A", pledge_fee="10", closed=True)]) == {}


def test_shanxi_recognition_has_a_ceiling_and_no_amount():
    found = listed([firm("H", feeds_here=[])], CERTIFICATES, SHANXI)
    assert money(found["2025Q4", "H", "SX-I01"]) == (None, None, 300_000, None)


@pytest.mark.parametrize(
    ("case", "values", "met"),
    [
        ("main revenue +30 %", {"main_revenue_y1": "130", "main_revenue_y2": "100"}, True),
        ("just below +30 %", {"main_revenue_y1": "129.9999", "main_revenue_y2": "100"}, False),
        ("from nothing", {"main_revenue_y1": "130", "main_revenue_y2": "0"}, False),
        ("profit rate 15 %", {"profit_y1": "15", "revenue_y1": "100"}, True),
        ("just below 15 %", {"profit_y1": "14.9999", "revenue_y1": "100"}, False),
        ("below the reporting size", {"profit_y1": "15", "revenue_y1": "100", "feeds_here": []}, False),
        ("nothing reported", {}, False),
    ],
)
def test_shanxi_buyers_of_intellectual_property(case, values, met):
    found = listed([firm("A", **values)], region=SHANXI)
    assert (("2025Q4", "A", "SX-I02") in found) == met, case


def test_zhejiang_adds_a_quarter_of_the_deduction_base():
    rows = [
        firm("A", high_tech="1", deduction_base_y1="1000.02"),
        firm("B", high_tech="0", deduction_base_y1="1000"),
    ]
    found = listed(rows, region=ZHEJIANG)
    assert {k[1]: money(r) for k, r in found.items()} == {
        "A": (Decimal("250.005"), Decimal("250.005"), None, False)
    }


def test_conditions_of_another_regions_policy_hold_in_that_region_alone():
    firms = [firm("A", profit_y1="15", revenue_y1="100", pledge_fee="10")]
    assert [i for _, _, i in listed(firms)] == ["JL-I12"]
    assert [i for _, _, i in listed(firms, region=SHANXI)] == ["SX-I02"]
    assert listed(firms, region=SHANDONG) == {}, "a region whose policies grant nothing has no list"


def test_every_incentive_is_in_the_table_of_rules_with_its_status():
    rows = rules(["2025Q3", "2025Q4"])
    assert len(rows) == 2 * 26
    found = {r["incentive_id"]: r for r in rows if r["period"] == "2025Q4"}
    assert {i for i, r in found.items() if r["status"] == "已量化"} == {
        "JL-I01", "JL-I02", "JL-I06", "JL-I11", "JL-I12", "ZJ-I01",
    }  # fmt: skip
    assert {i for i, r in found.items() if r["listed"] and r["status"] != "已量化"} == {
        "JL-I07",
        "SX-I01",
        "SX-I02",
    }
    assert {i for i, r in found.items() if not r["applies"]} == {
        "SX-I01",
        "SX-I02",
        "ZJ-I01",
        "ZJ-I02",
        "ZJ-I03",
    }
    assert found["JL-I11"]["cap"] == 600_000
