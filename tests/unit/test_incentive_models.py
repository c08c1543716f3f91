"""The models of incentives: amounts, caps, and who becomes eligible when, worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.incentive_models import firm, granted, listed


def test_a_first_grant_counts_when_it_is_published_and_valid_and_never_again() -> None:
    quarters = ["2022Q1", "2025Q1", "2025Q4", "2026Q1", "2026Q2"]
    notices = [
        granted(
            "C", "2022-03-01", "provincial_srdi"
        ),  # lapsed in 2025, granted anew in 2026Q2: no second first one
        granted("C", "2026-04-01", "provincial_srdi"),
        granted("F", "2025-12-25", "provincial_srdi", valid_from="2026-01-01"),
        granted("G", "2025-10-08", "national_little_giant"),
    ]
    found = listed([firm(u, q) for u in "CFG" for q in quarters], notices, asked=quarters)
    assert {k: r["amount"] for k, r in found.items()} == {
        ("2022Q1", "C", "JL-I01"): 200_000,
        ("2026Q1", "F", "JL-I01"): 200_000,
        ("2025Q4", "G", "JL-I02"): 500_000,
    }
    row = found["2026Q1", "F", "JL-I01"]
    document = "provincial_srdi（2025-12-25-provincial_srdi-grant，2025-12-25）"
    assert (row["evidence"], row["evidence_lines"]) == ({"first_awarded_this_period": document}, {})


@pytest.mark.parametrize(
    ("interest", "before", "amount", "cut"),
    [("100000.01", "50000.005", "50000.005", False), ("1200000.02", "600000.01", "600000", True)],
)
def test_the_cap_cuts_off_what_exceeds_it(interest: str, before: str, amount: str, cut: bool) -> None:
    row = listed([firm("A", pledge_interest=interest)])["2025Q4", "A", "JL-I11"]
    assert (row["amount_before_cap"], row["amount"], row["cap_hit"]) == (
        Decimal(before),
        Decimal(amount),
        cut,
    )
    assert row["evidence"] == {"valid_tiers": "provincial_srdi", "pledge_interest": interest}
    assert row["evidence_lines"] == {"pledge_interest": "2025.csv::7"}


def test_an_unknown_amount_is_neither_0_nor_at_the_cap() -> None:
    found = listed(
        [
            firm("A", rd_y1="100.01", rd_y2="100"),
            firm("B", rd_y1="100"),
            firm("C", closed=True, pledge_fee="10"),
        ]
    )
    assert list(found) == [("2025Q4", "A", "JL-I07")]
    row = found["2025Q4", "A", "JL-I07"]
    assert (row["amount_before_cap"], row["amount"], row["cap"], row["cap_hit"]) == (
        None,
        None,
        400_000,
        None,
    )
    assert (row["quantified"], row["missing"]) == (False, "增量补贴比例")


def test_a_quarterly_condition_counts_where_the_quarter_before_did_not_meet_it() -> None:
    quarters = ["2025Q1", "2025Q2", "2025Q3", "2025Q4"]
    loan = dict.fromkeys(quarters, "1000")
    has = {
        "A": loan,
        "B": loan | {"2025Q3": None},  # not reported in between
        "C": {q: v for q, v in loan.items() if q != "2025Q3"},  # no holder in between
        "D": loan | {"2025Q1": "0", "2025Q2": "0"},
    }
    rows = [firm(u, q, pledge_interest=v) for u, story in has.items() for q, v in story.items()]
    assert {(q, u) for q, u, _ in listed(rows, asked=quarters[1:])} == {
        ("2025Q4", "B"),
        ("2025Q4", "C"),
        ("2025Q3", "D"),
    }


def test_a_yearly_condition_counts_once_for_each_year_s_figure() -> None:
    def form(uscc: str, period: str, file: str) -> dict[str, object]:
        return firm(uscc, period, deduction_base_y1="500", file=file)

    rows = [
        *[form("A", q, "2024.csv") for q in ("2025Q2", "2025Q3")],
        *[form("A", q, "2025.csv") for q in ("2025Q4", "2026Q1")],  # the same value of another year
        *[form("B", q, "2024.csv") for q in ("2025Q3", "2025Q4")],
        form("B", "2026Q1", "2025.csv"),  # the form came late
    ]
    found = listed(rows, asked=["2025Q4", "2026Q1"])
    assert {(q, u) for q, u, _ in found} == {("2025Q4", "A"), ("2026Q1", "B")}


@pytest.mark.parametrize(
    ("values", "met"),
    [
        ({"main_revenue_y1": "130", "main_revenue_y2": "100"}, True),
        ({"main_revenue_y1": "129.9999", "main_revenue_y2": "100"}, False),
        ({"main_revenue_y1": "130", "main_revenue_y2": "0"}, False),
        ({"profit_y1": "15", "revenue_y1": "100"}, True),
        ({"profit_y1": "15", "revenue_y1": "100", "feeds_here": []}, False),
        ({}, False),
    ],
    ids=[
        "+30 %",
        "just below",
        "from nothing",
        "profit rate 15 %",
        "below the reporting size",
        "not reported",
    ],
)
def test_conditions_of_another_region_s_policy_hold_in_that_region_alone(
    values: dict[str, object], met: bool
) -> None:
    assert (("2025Q4", "A", "SX-I02") in listed([firm("A", **values)], region="140000")) == met
    assert ("2025Q4", "A", "SX-I02") not in listed([firm("A", **values)])


def test_a_region_whose_policies_grant_nothing_has_no_list() -> None:
    assert listed([firm("A", pledge_fee="10")], region="370000") == {}
