"""The truth by hand: banks and exchanges, the departments' reports, and what is derived from other figures."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from infra.sandbox.truth.expected.derived import derived_figures
from tests.support.tiny_truth import CHANGCHUN, JILIN, PROVINCE, YANBIAN, Truth, six_firms

MILLION = 1_000_000
NOW = 1_768_800_000
"""2026-01-19, before the clock; the moment of a correction."""


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    return six_firms(tmp_path)


def guarantees(*contracts: tuple[str, int, str]) -> Iterable[dict[str, object]]:
    """Contracts at the end of 2025: firm, amount in 万元, fee in per cent."""
    return [
        {"quarter": "2025Q4", "credit_code": firm, "amount": amount * 10_000, "fee_rate": fee}
        for firm, amount, fee in contracts
    ]


def test_fees_are_held_against_the_cap_of_their_size_and_five_million_is_small(truth: Truth) -> None:
    contracts = guarantees(("a", 200, "0.80"), ("a", 500, "1.00"), ("c", 1_000, "1.20"))
    found = truth.publish("fin_guarantee", contracts).figures()
    assert found.value("guarantee_fee_small", "pooled") == pytest.approx(6.6 / 7)
    assert found.parts("guarantee_fee_small", "pooled") == (66_000, 7_000_000, 2)
    assert found.parts("guarantee_fee_small", "share") == (2, 2, 2)
    assert found.parts("guarantee_fee_large", "share", region=JILIN) == (1, 1, 1)
    # Ten million is not below ten million.
    assert found.get("guarantee_fee_average", "pooled")["n"] == 2
    assert found.rows("guarantee_fee_small", "pooled", region=YANBIAN).empty
    assert found.parts("coverage_rate", "fin_guarantee") == (2, 6, 2)


def test_a_fee_above_the_cap_is_not_met(truth: Truth) -> None:
    found = truth.publish("fin_guarantee", guarantees(("a", 500, "1.01"), ("b", 501, "1.50"))).figures()
    assert found.parts("guarantee_fee_small", "share") == (0, 1, 1)
    assert found.parts("guarantee_fee_large", "share") == (1, 1, 1)


def loan(firm: str, quarter: str, balance: int, rate: str = "4.00", **more: object) -> dict[str, object]:
    return {
        "quarter": quarter, "loan_no": f"{firm}{balance}", "credit_code": firm, "balance": balance,
        "interest_rate": rate, **more,
    }  # fmt: skip


def test_loans_add_up_per_firm_as_they_are_after_corrections(truth: Truth) -> None:
    records = [
        loan("a", "2024Q4", 2 * MILLION),
        loan("a", "2025Q4", 3 * MILLION, "3.00"),
        loan("a", "2025Q4", 9 * MILLION, "9.00", superseded=NOW),
        loan("a", "2025Q4", 1 * MILLION, "5.00", published=NOW),
        loan("a", "2025Q4", 7 * MILLION, "5.00", published=2 * NOW),
        loan("c", "2025Q4", 0, "8.00"),
        loan("e", "2024Q4", 3 * MILLION),
    ]
    found = truth.publish("fin_loan", records).figures()
    assert found.parts("loan_balance", "sum") == (4 * MILLION, None, 2)
    # All firms: 4 after 5 million; the same firms: 4 after 2.
    assert found.value("loan_growth", "all_firm") == pytest.approx(-20)
    assert found.value("loan_growth", "same_firm") == pytest.approx(100)
    # 3 % of three and 5 % of one million; a loan paid back has no weight.
    assert found.value("loan_rate", "pooled") == pytest.approx(3.5)
    assert found.parts("loan_rate", "pooled") == (140_000, 4 * MILLION, 2)
    assert found.value("loan_rate", "median") == pytest.approx(4)


def test_interest_of_a_contract_is_whole_fen_half_up(truth: Truth) -> None:
    found = truth.publish(
        "fin_loan", [loan("a", "2025Q4", 50, "3.01"), loan("c", "2025Q4", 50, "3.00")]
    ).figures()
    # 150.5 and 150 分.
    assert found.parts("loan_rate", "pooled") == (Decimal("3.01"), 100, 2)


def listing(firm: str, board: str, status: str, day: str | None = None) -> dict[str, object]:
    return {
        "quarter": "2025Q4", "credit_code": firm, "board": board, "reserve_status": status, "listed_date": day,
    }  # fmt: skip


def test_who_is_listed_where_and_nobody_in_a_place_is_none_once_the_list_is_there(truth: Truth) -> None:
    lines = [
        listing("a", "新三板", "已上市挂牌", "2020-05-01"),
        listing("b", "北交所", "已上市挂牌", "2025-12-31"),
        listing("c", "境外", "已上市挂牌", "2022-01-01"),
        listing("d", "创业板", "申报受理"),
        listing("e", "区域股权市场（专精特新板）", "后备入库"),
        listing("f", "科创板", "已上市挂牌", "2021-12-31"),
    ]
    found = truth.publish("fin_listing", lines).figures(first="2025Q3")
    counts = {
        "listed_neeq": 1, "listed_a": 2, "listed_any": 3, "listed_a_year": 1, "listed_new": 2,
        "equity_board": 1, "listing_reserve": 1,
    }  # fmt: skip
    assert {name: found.value(name, "sum") for name in counts} == counts
    assert found.parts("listed_neeq", "sum", region=YANBIAN) == (0, None, 1)
    assert found.parts("listed_neeq", "sum", region="220500") == (0, None, 0)
    assert found.rows("listed_neeq", "sum", at="2025Q3").empty
    assert found.value("equity_centre_coverage", "pooled") == pytest.approx(100 / 6)


def test_extra_deduction_beside_the_revenue_of_its_year(truth: Truth) -> None:
    rows = [
        {"taxpayer_id": "a", "year": 2024, "base": 3_000_000},
        {"taxpayer_id": "a", "year": 2023, "base": 2_000_000},
    ]
    found = truth.publish("tax_deduction", rows).figures()
    # 3 万元 of 100; the records are in 分.
    assert found.value("rd_intensity_deduction", "pooled") == pytest.approx(3)
    assert found.parts("rd_intensity_deduction", "pooled") == (30_000, 1_000_000, 1)
    assert found.value("rd_growth_deduction", "same_firm") == pytest.approx(50)
    assert found.parts("coverage_rate", "tax_deduction") == (1, 6, 1)


def test_lending_of_the_banks_in_hundred_millions(truth: Truth) -> None:
    rows = [
        {
            "quarter": "2025Q4",
            "bank_code": bank,
            "instrument": "再贷款",
            "quota": quota * MILLION,
            "used": used * MILLION,
        }
        for bank, quota, used in (("1", 300, 100), ("2", 200, 150))
    ]
    found = truth.publish("fin_relending", rows).figures()
    assert found.value("relending_quota", "total") == 5
    assert found.parts("relending_used", "total") == (250 * MILLION, 100 * MILLION, 2)
    assert found.value("relending_usage", "pooled") == pytest.approx(50)
    assert found.rows("rediscount_quota", "total").empty


def report(
    truth: Truth, quarter: str, *lines: tuple[str, str, str, float], at: str = "2026-01-12T10:00:00+08:00"
) -> None:
    """Let the departments report for a quarter: item, region, basis, value."""
    names = ("item_code", "region_code", "basis", "value")
    rows = [{"period": quarter, **dict(zip(names, line, strict=True))} for line in lines]
    truth.deliver("dept_report", "reports", quarter, rows, at=at)


STOCK, FLOW = "累计", "当季"


def test_an_item_is_the_sum_of_the_units_that_answered(truth: Truth) -> None:
    report(truth, "2025Q4", ("PT01", CHANGCHUN, STOCK, 5), ("PT01", JILIN, STOCK, 2))
    found = truth.figures()
    assert found.parts("item_PT01", "total") == (7, None, 2)
    assert found.parts("item_PT01", "total_min") == (2, None, 2)
    assert found.parts("item_PT01", "total", region=JILIN) == (2, None, 1)
    assert found.rows("item_PT01", "total", region=YANBIAN).empty


def test_the_provinces_own_number_stands_before_the_sum_of_the_units(truth: Truth) -> None:
    report(truth, "2025Q4", ("PT01", CHANGCHUN, STOCK, 5), ("PT01", PROVINCE, STOCK, 9))
    assert truth.figures().parts("item_PT01", "total") == (9, None, 1)


def test_a_year_is_the_sum_of_its_quarters_and_unknown_while_one_is_missing(truth: Truth) -> None:
    for n in (1, 2, 4):
        report(truth, f"2025Q{n}", ("PX02", PROVINCE, FLOW, 10 * n), ("PX02", PROVINCE, STOCK, 100))
    found = truth.figures(first="2025Q2")
    assert found.value("item_PX02", "year", at="2025Q2") == 30
    assert found.value("item_PX02", "quarter") == 40
    assert found.rows("item_PX02", "year").empty


def test_the_weakest_quarter_tells_how_many_answered_for_the_year(truth: Truth) -> None:
    report(truth, "2025Q1", ("GL01", CHANGCHUN, FLOW, 3), ("GL01", JILIN, FLOW, 4))
    report(truth, "2025Q2", ("GL01", CHANGCHUN, FLOW, 1))
    assert truth.figures(first="2025Q2").parts("item_GL01", "year", at="2025Q2") == (8, None, 1)


def test_a_stock_gains_over_the_year_where_both_ends_are_known(truth: Truth) -> None:
    report(truth, "2024Q4", ("PT01", CHANGCHUN, STOCK, 5), ("PT01", JILIN, STOCK, 2))
    report(truth, "2025Q4", ("PT01", CHANGCHUN, STOCK, 4), ("PT01", YANBIAN, STOCK, 3))
    found = truth.figures()
    assert found.parts("item_PT01", "total") == (7, None, 2)
    assert found.parts("item_PT01", "year") == (-1, None, 1)


def test_a_later_file_of_the_quarter_takes_the_place_of_the_first(truth: Truth) -> None:
    report(truth, "2025Q4", ("PT01", CHANGCHUN, STOCK, 5))
    report(truth, "2025Q4", ("PT01", CHANGCHUN, STOCK, 4), at="2026-01-19T10:00:00+08:00")
    assert truth.figures().value("item_PT01", "total") == 4


def test_a_rate_has_no_year_and_is_compared_with_the_firms_own(truth: Truth) -> None:
    report(truth, "2025Q4", ("TZ07", PROVINCE, STOCK, 4.18))
    truth.publish("fin_loan", [loan("a", "2025Q4", MILLION, "3.50")])
    found = truth.figures()
    assert found.parts("item_TZ07", "total") == (Decimal("4.18"), None, 1)
    assert found.rows("item_TZ07", "year").empty
    assert found.value("srdi_loan_rate_gap", "difference") == pytest.approx(-0.68)
    assert found.rows("srdi_loan_rate_gap", "difference", region=CHANGCHUN).empty


def test_shares_of_reported_numbers_in_the_firms_of_the_tier(truth: Truth) -> None:
    report(
        truth, "2025Q4",
        ("PX05", CHANGCHUN, STOCK, 1), ("PX05", JILIN, STOCK, 2), ("FW05", CHANGCHUN, FLOW, 5), ("KY01", JILIN, STOCK, 1),
    )  # fmt: skip
    found = truth.figures()
    assert found.value("training_coverage", "pooled", tier="provincial_srdi") == pytest.approx(50)
    assert found.parts("training_coverage", "pooled", region=JILIN, tier="provincial_srdi") == (2, 3, 1)
    assert found.value("quarter_report_on_time", "pooled", region=CHANGCHUN) == pytest.approx(100 * 5 / 6)
    # Its other part was never reported.
    assert found.rows("instrument_open_rate", "pooled").empty


INTENSITY = ("rd_intensity", "rd_intensity_1", "rd_intensity_2")


def intensities(*years: tuple[int, int]) -> list[dict[str, object]]:
    """R&D and revenue of the reference year and the years before it."""
    return [
        {
            "region_code": PROVINCE, "tier": None, "indicator": name, "reading": "pooled", "n": 3,
            "value": 100 * above / below, "numerator": Decimal(above), "denominator": Decimal(below),
        }
        for name, (above, below) in zip(INTENSITY, years, strict=False)
    ]  # fmt: skip


def test_the_average_since_2022_is_the_ratio_of_the_sums_with_the_mean_of_the_years_beside_it() -> None:
    found = {r["reading"]: r for r in derived_figures(intensities((3, 100), (4, 100), (8, 400)), 2024)}
    assert found["pooled"]["value"] == pytest.approx(2.5)
    assert (found["pooled"]["numerator"], found["pooled"]["denominator"]) == (15, 600)
    assert found["mean_of_years"]["value"] == pytest.approx(3)


def test_without_one_of_the_years_there_is_no_average() -> None:
    assert list(derived_figures(intensities((3, 100), (4, 100)), 2024)) == []
