"""Amounts, caps and boundaries of incentives, and who becomes eligible when, worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from jobs.contract import load_table
from jobs.incentive.evaluate import incentives, rule_table
from jobs.incentive.rules import granting, of_region
from jobs.kpi import certificates, flow
from jobs.kpi.calendar import span_frame
from jobs.kpi.origins import Origins
from tests.facts_frames import fact_names
from tests.flow_frames import CERTIFICATES, CITY, GIANT, LADDER, PROVINCE, SEED, WITHDRAWALS
from tests.kpi_frames import NOTICE

JILIN, SHANXI, ZHEJIANG = "220000", "140000", "330000"
FILES = ("2024.csv", "2025.csv")
ORIGINS = Origins(tuple(("b1", file, "") for file in FILES))


FACTS = fact_names()
TYPES = {
    **dict.fromkeys(("period", "uscc", "name", "unit", "county", "industry_code"), "STRING"),
    "closed": "BOOLEAN",
    **dict.fromkeys(("valid_tiers", "feeds_here"), "ARRAY<STRING>"),
    **dict.fromkeys(FACTS, "DECIMAL(28,4)"),
    "lines": "MAP<STRING, STRUCT<origin: INT, row_no: INT>>",
}
SCHEMA = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())


def firm(uscc, period="2025Q4", *, tiers=(PROVINCE,), file="2025.csv", **values):
    """A row of facts; numbers are texts, so that they are exact. Facts of one row stand on row 7 of a file."""
    numbers = {n: Decimal(v) for n, v in values.items() if n in FACTS and v is not None}
    given = {
        "period": period, "uscc": uscc, "name": f"企业{uscc}", "unit": "11", "county": "111", "closed": False,
        "industry_code": "C3511", "valid_tiers": list(tiers), "feeds_here": ["statement"],
    }  # fmt: skip
    lines = dict.fromkeys(numbers, (FILES.index(file), 7))
    return given | values | numbers | {"lines": lines}


@pytest.fixture(scope="module")
def nobody(spark):
    """No first awards."""
    return awards(spark, [], ["2025Q4"])


def awards(spark, notices, periods):
    spans = certificates.intervals(spark.createDataFrame(notices, NOTICE), [SEED])
    window = date(2022, 1, 1)
    return flow.first_awards(flow.states(spans, span_frame(spark, periods), LADDER, window), window)


def listed(spark, rows, first, region=JILIN, asked=("2025Q4",)):
    """Return (period, firm, incentive) -> row."""
    table = [tuple(r.get(n) for n in TYPES) for r in rows[::-1]]
    frame = spark.createDataFrame(table, SCHEMA)
    found = incentives(frame, first, of_region(region), list(asked), ORIGINS).collect()
    keyed = {(r["period"], r["uscc"], r["incentive_id"]): r for r in found}
    assert len(keyed) == len(found)
    return keyed


def money(row):
    return row["amount_before_cap"], row["amount"], row["cap"], row["cap_hit"]


def test_first_recognition_is_rewarded_once_and_recognition_anew_is_not(spark):
    quarters = ["2022Q1", "2023Q3", "2024Q3", "2025Q4", "2026Q1", "2026Q2"]
    rows = [firm(u, q) for u in "ABCDEFGHIJ" for q in quarters]
    first = awards(spark, [*CERTIFICATES, *WITHDRAWALS], quarters)
    found = listed(spark, rows, first, asked=quarters)
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
    assert row["evidence"] == {"first_awarded_this_period": document}
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
def test_interest_of_pledged_loans(spark, nobody, interest, expected):
    found = listed(spark, [firm("A", pledge_interest=interest)], nobody)
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
def test_appraisal_fee(spark, nobody, fee, expected):
    before, paid, cap, hit = expected
    found = listed(spark, [firm("A", pledge_fee=fee)], nobody)
    assert money(found["2025Q4", "A", "JL-I12"]) == (Decimal(before), Decimal(paid), cap, hit)


def test_additional_deduction_is_a_tax_base_of_manufacturers(spark, nobody):
    rows = [
        firm("A", deduction_base_y1="1234567.89"),
        firm("B", deduction_base_y1="1234567.89", industry_code="I6510"),
        firm("C", deduction_base_y1="1234567.89", industry_code=None),
        firm("D", deduction_base_y1="0"),
        firm("E"),
    ]
    found = listed(spark, rows, nobody)
    assert list(found) == [("2025Q4", "A", "JL-I06")]
    row = found["2025Q4", "A", "JL-I06"]
    assert money(row) == (Decimal("1234567.89"), Decimal("1234567.89"), None, False)
    assert "不是资金" in row["amount_name"]


def test_rise_of_research_is_listed_without_an_amount(spark, nobody):
    rows = [
        firm("A", rd_y1="100.01", rd_y2="100"),
        firm("B", rd_y1="100", rd_y2="100"),
        firm("C", rd_y1="100"),  # the year before was not reported: unknown, not 0
        firm("D", rd_y1="100.01", rd_y2="100", tiers=[CITY]),
    ]
    found = listed(spark, rows, nobody)
    assert list(found) == [("2025Q4", "A", "JL-I07")]
    row = found["2025Q4", "A", "JL-I07"]
    assert (money(row), row["quantified"]) == ((None, None, 400_000, None), False)
    assert row["missing"] == "增量补贴比例"


def test_quarterly_condition_is_listed_where_the_quarter_before_did_not_meet_it(spark, nobody):
    quarters = ["2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1"]
    loan = dict.fromkeys(quarters, "1000")
    has = {
        "A": loan,
        "B": loan | {"2025Q3": None},  # not reported in between
        "C": {q: v for q, v in loan.items() if q != "2025Q4"},  # no holder in between
        "D": loan | {"2025Q1": "0", "2025Q2": "0"},
    }
    rows = [firm(u, q, pledge_interest=v) for u, story in has.items() for q, v in story.items()]
    found = listed(spark, rows, nobody, asked=quarters[1:])
    assert {(q, u) for q, u, _ in found} == {("2025Q4", "B"), ("2026Q1", "C"), ("2025Q3", "D")}


def test_yearly_condition_is_listed_once_for_each_years_figure(spark, nobody):
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
    found = listed(spark, rows, nobody, asked=["2025Q4", "2026Q1", "2026Q2"])
    assert {(q, u) for q, u, _ in found} == {
        ("2025Q4", "A"),
        ("2026Q2", "B"),
        ("2025Q4", "C"),
        ("2026Q2", "D"),
    }


def test_deregistered_firms_and_firms_of_no_unit_are_not_listed(spark, nobody):
    rows = [firm("A", pledge_fee="10", closed=True), firm("B", pledge_fee="10", unit=None)]
    assert listed(spark, rows, nobody) == {}


def test_shanxi_recognition_has_a_ceiling_and_no_amount(spark):
    first = awards(spark, CERTIFICATES, ["2025Q4"])
    found = listed(spark, [firm("H", feeds_here=[])], first, SHANXI)
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
def test_shanxi_buyers_of_intellectual_property(spark, nobody, case, values, met):
    found = listed(spark, [firm("A", **values)], nobody, SHANXI)
    assert (("2025Q4", "A", "SX-I02") in found) == met, case


def test_zhejiang_adds_a_quarter_of_the_deduction_base(spark, nobody):
    rows = [
        firm("A", high_tech="1", deduction_base_y1="1000.02"),
        firm("B", high_tech="0", deduction_base_y1="1000"),
    ]
    found = listed(spark, rows, nobody, ZHEJIANG)
    assert {k[1]: money(r) for k, r in found.items()} == {
        "A": (Decimal("250.005"), Decimal("250.005"), None, False)
    }


def test_tables_have_the_columns_of_their_contracts(spark, nobody):
    frame = spark.createDataFrame([tuple(firm("A", tiers=[GIANT]).get(n) for n in TYPES)], SCHEMA)
    made = {
        "incentive": incentives(frame, nobody, of_region(JILIN), ["2025Q4"], ORIGINS),
        "incentive_rule": rule_table(spark, granting(), JILIN, ["2025Q4"]),
    }
    for name, table in made.items():
        assert ["release", "programme", *table.columns] == [c.name for c in load_table(name).columns]


def test_every_incentive_is_in_the_table_of_rules_with_its_status(spark):
    rows = rule_table(spark, granting(), JILIN, ["2025Q3", "2025Q4"]).collect()
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
