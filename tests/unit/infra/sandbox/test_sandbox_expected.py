"""The truth reproduces the hand examples of the methods reference: figures over the firms of a cell."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from infra.sandbox.generate import generate
from infra.sandbox.truth.expected import expected
from infra.sandbox.truth.expected.catalogue import CONTRACTS, GROWTHS, LEVELS, SHARES
from jobs.definitions.dictionary import indicators
from jobs.definitions.policy.model import load
from tests.support.tiny_truth import (
    CHANGCHUN,
    FIRMS,
    JILIN,
    PROVINCE,
    YANBIAN,
    Truth,
    certificate,
    research,
    six_firms,
    statement,
)  # fmt: skip


def test_the_truth_knows_what_jilin_s_programme_works_out_of_its_firms() -> None:
    """Written apart from the dictionary, so that it can contradict it: a new indicator is a line there as well."""
    asked = [
        i for use in load("JL").indicators if (i := indicators()[use.id]).fold in ("level", "growth", "ratio")
    ]
    told = {*LEVELS, *GROWTHS, *SHARES, *CONTRACTS}
    assert [i.id for i in asked if i.id not in told] == [], "infra/sandbox/truth/expected/catalogue.py"


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    return six_firms(tmp_path)


def test_growth_of_one_set_of_firms_with_both_variants_beside_it(truth: Truth) -> None:
    found = truth.figures()
    assert found.value("revenue_growth", "same_firm") == pytest.approx(16.5)
    assert found.parts("revenue_growth", "same_firm") == (2_330_000, 2_000_000, 4)
    assert found.value("revenue_growth", "published_base") == pytest.approx(100 * (233 / 190 - 1))
    assert found.parts("revenue_growth", "published_base") == (2_330_000, 1_900_000, 4)
    assert found.value("revenue_growth", "all_firm") == pytest.approx(100 * (263 / 270 - 1))
    assert found.parts("revenue_growth", "all_firm") == (2_630_000, 2_700_000, 5)
    assert pd.isna(found.get("revenue_growth", "same_firm", region=YANBIAN)["value"])


def test_the_bridge_leads_from_last_years_total_to_this_years(truth: Truth) -> None:
    found = truth.figures()
    steps = {"amount_change": 33, "restatement": 10, "entries": 30, "exits": 80}
    for reading, amount in steps.items():
        assert found.value("revenue_growth", reading) == amount * 10_000
    assert found.parts("revenue_growth", "amount_change") == (2_330_000, 2_000_000, 4)
    assert found.parts("revenue_growth", "entries") == (300_000, None, 1)
    assert found.parts("revenue_growth", "exits") == (800_000, None, 1)


def test_contributions_of_the_units_add_up_to_the_rate_and_a_unit_with_nobody_adds_nothing(
    truth: Truth,
) -> None:
    found = truth.figures()
    points = {CHANGCHUN: 15.0, JILIN: -2.5, YANBIAN: 4.0, "220500": 0.0}
    for unit, value in points.items():
        assert found.value("revenue_growth", "contribution", region=unit) == pytest.approx(value)
        share = found.value("revenue_growth", "contribution_share", region=unit)
        assert share == pytest.approx(100 * value / 16.5)
    assert found.parts("revenue_growth", "contribution", region=JILIN) == (-50_000, 2_000_000, 1)
    tiered = found.value("revenue_growth", "contribution", region=JILIN, tier="provincial_srdi")
    assert tiered == pytest.approx(-2.5)


def test_growth_of_the_quarter_alone_leaves_out_who_has_no_cumulative_before_it(truth: Truth) -> None:
    rows = [statement("a", "202509", 90, 80), statement("d", "202509", 20)]
    truth.deliver("stat_finance", "finance", "2025", rows, "220300")
    found = truth.figures()
    # a: 120 - 90 after 100 - 80; d has no base; all others had no third quarter.
    assert found.value("revenue_quarter_growth", "same_firm") == pytest.approx(50.0)
    assert found.parts("revenue_quarter_growth", "same_firm") == (300_000, 200_000, 1)
    assert found.parts("revenue_quarter_growth", "entries") == (100_000, None, 1)


def test_a_firm_without_the_cumulative_before_it_has_not_gone(truth: Truth) -> None:
    before = [statement("b", "202409", 30), statement("e", "202409", 50)]
    truth.deliver("stat_finance", "finance", "2024", before, "220300")
    found = truth.figures()
    # b: 60 this year, but nobody knows of how much of it the quarter is; e has not reported this year: 80 - 50 a year ago.
    assert found.parts("revenue_quarter_growth", "exits") == (300_000, None, 1)


def test_sums_count_who_reported(truth: Truth) -> None:
    found = truth.figures()
    assert found.value("revenue", "sum") == 2_630_000
    assert found.parts("revenue", "sum", region=JILIN) == (750_000, None, 2)
    # A tenth of the revenue, of b lost: 12 - 6 + 4.5 + 3 + 0.8.
    assert found.parts("total_profit", "sum") == (143_000, None, 5)
    assert found.rows("revenue", "sum", tier="city_srdi").empty


def test_a_loss_counts_in_the_margin_and_debts_above_the_assets_in_their_ratio(truth: Truth) -> None:
    found = truth.figures()
    assert found.value("profit_margin", "pooled") == pytest.approx(100 * 14.3 / 263)
    assert found.value("profit_margin", "median") == pytest.approx(10)
    assert found.value("profit_margin", "mean") == pytest.approx(6)
    assert found.parts("debt_ratio", "pooled") == (3_830_000, 5_260_000, 5)
    assert found.value("debt_ratio", "p75", region=CHANGCHUN) == pytest.approx(50 + 0.75 * 100)
    assert found.rows("debt_ratio", "share").empty


def test_revenue_per_head_is_taken_to_a_whole_year(truth: Truth) -> None:
    truth.deliver("stat_finance", "finance", "2025", [statement("a", "202503", 30, 25)], "220300")
    found = truth.figures(first="2025Q1")
    assert found.value("productivity", "pooled") == pytest.approx(263 / 16)
    assert found.parts("productivity", "pooled") == (2_630_000, 16, 5)
    assert found.value("productivity", "pooled", at="2025Q1") == pytest.approx(30 / 6 * 12 / 3)


def test_rd_intensity_of_those_with_both_sides_and_revenue_above_nothing(truth: Truth) -> None:
    research(truth, 2024, {"a": 3, "b": 1, "c": 0, "d": 5, "f": 1})
    found = truth.figures()
    # d has no revenue of 2024, f none above 0: 3 of 100, 1 of 40, 0 of 50 remain.
    assert found.value("rd_intensity", "pooled") == pytest.approx(100 * 4 / 190)
    assert found.parts("rd_intensity", "pooled") == (40_000, 1_900_000, 3)
    for reading, value in {"median": 2.5, "mean": 5.5 / 3, "p25": 1.25, "p75": 2.75}.items():
        assert found.value("rd_intensity", reading) == pytest.approx(value)
    assert found.value("rd_intensity", "share") == pytest.approx(200 / 3)
    assert found.parts("rd_intensity", "share") == (2, 3, 3)


def test_a_ratio_on_the_line_meets_it(truth: Truth) -> None:
    research(truth, 2024, {"a": 2})
    assert truth.figures().parts("rd_intensity", "share") == (1, 1, 1)


def test_rd_shows_the_last_complete_year_and_grows_over_its_own_figure_before(truth: Truth) -> None:
    research(truth, 2023, {"a": 2, "c": 1, "e": 7})
    research(truth, 2024, {"a": 3, "c": 2, "d": 4})
    research(truth, 2025, {"a": 9, "c": 9}, units=[CHANGCHUN])
    found = truth.figures()
    assert found.parts("rd_intensity", "pooled") == (50_000, 1_500_000, 2)
    assert found.parts("rd_growth", "same_firm") == (50_000, 30_000, 2)
    assert found.parts("rd_growth", "entries") == (40_000, None, 1)
    assert found.parts("rd_growth", "exits") == (70_000, None, 1)
    assert found.parts("coverage_rate", "stat_rd") == (3, 6, 3)
    # Staff of the form in staff of December 2024: 2 of 6 and 1 of 3; d sent no statement.
    assert found.parts("rd_staff_share", "pooled") == (3, 9, 2)


def test_the_year_itself_stands_once_its_forms_are_complete(truth: Truth) -> None:
    research(truth, 2024, {"a": 3})
    research(truth, 2025, {"a": 6})
    found = truth.figures()
    assert found.parts("rd_intensity", "pooled") == (60_000, 1_200_000, 1)
    assert found.parts("rd_intensity_1", "pooled") == (30_000, 1_000_000, 1)


def test_revenue_of_the_library_is_measured_against_its_threshold(truth: Truth) -> None:
    more = [statement("a", "202512", 500), statement("c", "202512", 499)]
    truth.deliver("stat_finance", "finance", "2025", more, "220300", at="2026-01-19T09:00:00+08:00")
    found = truth.figures()
    assert found.value("library_revenue", "pooled") == pytest.approx((500 + 60 + 499 + 30 + 8) / 5)
    assert found.parts("library_revenue", "pooled") == (10_970_000, 5, 5)
    assert found.parts("library_revenue", "share") == (1, 5, 5)


def test_main_business_is_that_of_the_year_whose_updates_are_in(truth: Truth) -> None:
    rows = [
        {"uscc": "a", "year": 2024, "main_revenue": 800},
        {"uscc": "c", "year": 2024, "main_revenue": 300},
    ]
    truth.deliver("srdi_annual", "annual", "2024", rows, "省工业和信息化厅")
    found = truth.figures()
    # 80 of 100 meets the line of 80 %, 30 of 50 does not.
    assert found.parts("main_business_share", "pooled") == (1_100_000, 1_500_000, 2)
    assert found.parts("main_business_share", "share") == (1, 2, 2)


def test_staff_grows_over_last_years_own_figure(truth: Truth) -> None:
    rows = [("a", "2025Q4", 20, 2), ("b", "2025Q4", 10, 0), ("a", "2024Q4", 16, 1), ("c", "2024Q4", 5, 1)]
    names = ("uscc", "period", "staff_end", "technical_staff")
    truth.deliver("stat_staff", "staff", "2025", [dict(zip(names, r, strict=True)) for r in rows])
    found = truth.figures()
    assert found.parts("staff_total", "sum") == (30, None, 2)
    assert found.value("staff_growth", "same_firm") == pytest.approx(25)
    assert found.value("staff_growth", "exits") == 5
    assert found.parts("technical_staff_share", "pooled") == (2, 30, 2)
    assert found.parts("technical_staff_share", "share") == (1, 2, 2)


def test_no_patents_reported_counts_and_no_report_does_not(truth: Truth) -> None:
    names = ("uscc", "valid_patents", "valid_inventions", "class_one")
    rows = [("a", 3, 2, 1), ("b", 0, 0, 0)]
    lines = [{"period": "2025Q4", **dict(zip(names, r, strict=True))} for r in rows]
    found = truth.deliver("dept_patent", "patents", "2025Q4", lines, "省知识产权局").figures()
    assert found.value("patents_per_firm", "pooled") == pytest.approx(1.5)
    assert found.parts("patents_per_firm", "pooled") == (3, 2, 2)
    assert found.parts("patents_per_firm", "share") == (1, 2, 2)
    assert found.value("inventions_per_firm", "median") == pytest.approx(1)
    assert found.rows("inventions_per_firm", "share").empty


def test_tickets_closed_in_the_year_as_last_told_count_for_everybody(truth: Truth) -> None:
    def ticket(number: str, firm: str, state: str, closed: str | None) -> dict[str, object]:
        dates = {"raised_on": pd.Timestamp("2024-12-01"), "closed_on": pd.Timestamp(closed)}
        return {"ticket_no": number, "uscc": firm, "state": state, **dates}

    before = [ticket("1", "a", "办理中", None), ticket("2", "a", "已办结", "2024-12-31")]
    after = [ticket("1", "a", "已办结", "2025-12-31"), ticket("3", "b", "已办结", "2026-01-01")]
    truth.deliver("ticket", "tickets", "202511", before, at="2025-12-05T10:00:00+08:00")
    found = truth.deliver("ticket", "tickets", "202512", after, at="2026-01-05T10:00:00+08:00").figures()
    assert found.value("tickets_solved", "pooled") == pytest.approx(1 / 6)
    assert found.parts("tickets_solved", "share") == (1, 6, 6)


def test_coverage_counts_firms_with_a_row_and_any_of_the_feeds(truth: Truth) -> None:
    row = {"uscc": "e", "period": "202512", "kwh": 0}
    found = truth.deliver("dept_power", "power", "202512", [row], "国网吉林电力").figures()
    assert found.value("coverage_rate", "statement") == pytest.approx(500 / 6)
    assert found.parts("coverage_rate", "statement", region=JILIN) == (2, 3, 2)
    assert found.parts("coverage_rate", "dept_power") == (1, 6, 1)
    assert found.parts("coverage_rate", "any") == (6, 6, 6)
    assert found.value("coverage_rate", "tax_vat") == 0


def test_a_firm_counts_where_the_present_map_has_it(truth: Truth) -> None:
    found = truth.figures()
    assert found.get("revenue_growth", "same_firm", region=CHANGCHUN)["n"] == 2
    assert found.value("certificate_count", "valid", region="220184") == 1


def test_closure_ends_a_certificate_only_on_request(truth: Truth) -> None:
    assert truth.figures().value("certificate_count", "valid") == 6
    assert truth.figures(drop_closed=True).value("certificate_count", "valid") == 5


def test_counts_of_each_tier_and_of_those_above_it(truth: Truth) -> None:
    certificate(truth, "〔2025〕2号", [("a", "national_little_giant"), ("g", "seed"), ("b", "city_srdi")])
    found = truth.figures()

    def count(reading: str, tier: str | None, region: str = PROVINCE) -> float:
        return found.value("certificate_count", reading, tier=tier, region=region)

    # g is in no register and counts where the notice says; a seed is no certificate.
    assert [count("valid", t) for t in (None, "seed", "city_srdi", "provincial_srdi")] == [6, 1, 1, 6]
    assert [count("valid_or_higher", t) for t in (None, "seed", "city_srdi")] == [6, 7, 6]
    assert count("valid_or_higher", "national_little_giant") == count("unlocated", None) + 1 == 1
    # A tier that was awarded has 0 where nobody holds it; one that never was has no count.
    assert count("valid", "national_little_giant", "220500") == count("ever", "seed", "222401") == 0
    assert found.rows("certificate_count", "valid", tier="national_champion").empty


def test_nothing_before_the_files_arrive(truth: Truth) -> None:
    assert truth.figures("2026-01-18T09:00:00+08:00").frame.empty


def test_a_quarter_waits_for_the_sector_forms_too(truth: Truth) -> None:
    truth.files = [line for line in truth.files if line[1] != "stat_catering"]
    assert truth.figures().frame.empty


def test_a_feed_that_is_not_in_gives_no_figures_and_an_unknown_one_is_refused(truth: Truth) -> None:
    research(truth, 2024, dict.fromkeys(FIRMS, 1))
    truth.feeds -= {"stat_rd"}
    found = truth.figures()
    assert found.rows("rd_intensity", "pooled").empty
    assert found.value("coverage_rate", "stat_rd") == 0
    with pytest.raises(ValueError, match="no such feeds"):
        expected(truth.folder, "2026-01-20T09:00:00+08:00", feeds=["stat_none"])


CLOCKS = {
    "2026-01-20T09:00:00+08:00": (None, "2025Q4"),
    "2026-03-31T09:00:00+08:00": ("2025Q4", "2025Q4"),
    # A unit's statement of March was empty until the 21st.
    "2026-04-20T09:00:00+08:00": ("2025Q4", "2025Q4"),
    "2026-07-20T09:00:00+08:00": ("2026Q1", "2026Q2"),
    "2026-10-31T09:00:00+08:00": ("2026Q2", "2026Q3"),
}
"""Business clock -> the first quarter asked for, None for all; the last there is."""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("sandbox")
    generate(base / "sftp", base / "truth", 20260120, 300, quiet=True)
    return base / "truth"


@pytest.mark.parametrize("clock", CLOCKS)
def test_quarters_from_2025_on_until_the_clock(generated: Path, clock: str) -> None:
    first, last = CLOCKS[clock]
    frame = expected(generated, clock, first=first) if first else expected(generated, clock)
    wanted = [str(p) for p in pd.period_range(first or "2025Q1", last, freq="Q")]
    assert sorted(frame["period"].unique()) == wanted
    key = ["period", "region_code", "region_level", "tier", "indicator", "reading"]
    assert not frame.duplicated(key).any()
