"""Judging targets on figures: whose region, which reading, in which unit, what is missing, what is frozen."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from jobs.definitions.dictionary import indicators
from jobs.definitions.policy import load
from tests.support.judged_targets import COUNT, figure, judged, programme, target

Row = dict[str, Any]


OPEN = "；期限2025-12-31已过，尚未结账"


def test_a_city_s_document_is_judged_by_the_city_s_figures() -> None:
    both = [
        figure("certificate_count", "valid", 10.0, tier="seed", region_code=code, numerator=Decimal(n))
        for code, n in (("220000", 99), ("220100", 10))
    ]
    both[0]["value"] = 99.0
    (row,) = judged(both, programme(target(COUNT), region="220100"))
    assert (row["region_code"], row["value"], row["state"], row["policy"]) == ("220100", 10.0, "达成", "P")


@pytest.mark.parametrize(("deal", "state"), [("2000000", "达成"), ("1999999.9999", "未达成")])
def test_the_factor_turns_the_figure_into_the_target_s_unit_exactly(deal: str, state: str) -> None:
    asked = target({"indicator": "deals", "headline": "sum", "factor": "0.0001"}, value=200, unit="亿元")
    (row,) = judged([figure("deals", "sum", float(deal), numerator=Decimal(deal))], programme(asked))
    assert (row["state"], row["unit"], row["factor"]) == (state, "亿元", 0.0001)
    assert row["value"] == float(Fraction(deal) / 10000)
    assert row["numerator"] == Decimal(deal)


def test_a_ratio_at_the_line_is_met_and_above_it_only_where_the_text_says_so() -> None:
    at_line = [figure("rate", "pooled", 7.0, numerator=Decimal("21"), denominator=Decimal("300"))]
    reads = {"indicator": "rate", "headline": "pooled"}
    (met,) = judged(at_line, programme(target(reads, value=7.0, unit="%")))
    (strict,) = judged(at_line, programme(target(reads, value=7.0, unit="%", operator=">")))
    assert (met["state"], met["gap"], strict["state"]) == ("达成", 0.0, "未达成")


def test_share_of_firms_is_judged_against_the_required_share_whatever_the_target_s_operator() -> None:
    cap = {
        "indicator": "rate",
        "headline": "pooled",
        "beside": ["share"],
        "each": ["share"],
        "each_share": "100",
    }
    figures = [
        figure("rate", "pooled", 0.9, numerator=Decimal(9), denominator=Decimal(1000)),
        figure("rate", "share", 100.0, numerator=Decimal(3), denominator=Decimal(3)),
    ]
    asked = target(cap, operator="<=", value=1.0, unit="%", deadline=None, period="continuous")
    whole, share = judged(figures, programme(asked))
    assert (whole["state"], whole["headline"], whole["operator"]) == ("达成", True, "<=")
    assert (share["state"], share["headline"], share["operator"]) == ("达成", False, ">=")
    assert share["target_value"] == 100.0


def test_figures_beside_of_another_unit_are_only_shown() -> None:
    reads = {
        "indicator": "rate",
        "headline": "pooled",
        "beside": [{"indicator": "certificate_count", "reading": "valid"}],
    }
    figures = [figure("rate", "pooled", 2.0), figure("certificate_count", "valid", 7.0, numerator=Decimal(7))]
    _, beside = judged(figures, programme(target(reads, unit="%", value=3.0)))
    assert (beside["indicator"], beside["value"], beside["unit"]) == ("certificate_count", 7.0, "户")
    assert (beside["target_value"], beside["state"]) == (None, "进行中")


def test_an_item_without_a_report_names_department_and_item() -> None:
    asked = target({"indicator": "item_KY02", "headline": "total"}, unit="台（套）")
    (row,) = judged([], programme(asked))
    assert (row["state"], row["value"], row["n"]) == ("无数据", None, 0)
    assert row["state_reason"] == "缺2025Q4的部门季度报表：省科技厅“可开放科研设施与仪器数”" + OPEN
    assert row["source"] == "部门季度报表"


def test_a_derived_figure_names_only_the_part_that_is_missing() -> None:
    asked = target({"indicator": "open_rate", "headline": "total"}, unit="%", value=100)
    there = figure("item_KY01", "total", 5.0)
    (row,) = judged([there], programme(asked))
    assert row["state_reason"] == "缺2025Q4的部门季度报表：省科技厅“可开放科研设施与仪器数”" + OPEN
    empty = figure("open_rate", "total", None, note="分母为0")
    (zero,) = judged([there, figure("item_KY02", "total", 0.0), empty], programme(asked))
    assert (zero["state"], zero["state_reason"]) == ("无数据", "分母为0" + OPEN)


def test_sources_are_the_reports_by_name_and_for_items_who_sent_them() -> None:
    (rate,) = judged([], programme(target({"indicator": "rate", "headline": "pooled"}, unit="%")))
    assert rate["source"] == "研发活动及相关情况（107-2表）、财务状况（103/203表）"
    assert rate["state_reason"] == "缺2025-12-31的研发活动及相关情况（107-2表）、财务状况（103/203表）" + OPEN
    (count,) = judged([], programme(target(COUNT)))
    assert count["source"] == "认定、复核、撤销、更名公告"
    said = "省科技厅 2026-01-12 报送，吉科发〔2026〕3号"
    asked = target({"indicator": "item_KY01", "headline": "total"}, unit="台（套）")
    (item,) = judged([figure("item_KY01", "total", 12.0, source_text=said)], programme(asked))
    assert (item["source"], item["state"]) == (said, "达成")


@pytest.mark.parametrize(
    ("alone", "named"),
    [
        ({"without_numerator": 3, "without_denominator": 0}, "研发活动及相关情况（107-2表）"),
        ({"without_numerator": 0, "without_denominator": 3}, "财务状况（103/203表）"),
        (
            {"without_numerator": 2, "without_denominator": 2},
            "研发活动及相关情况（107-2表）、财务状况（103/203表）",
        ),
    ],
)
def test_a_report_that_somebody_has_sent_is_not_the_one_that_is_missing(alone: Row, named: str) -> None:
    nobody = figure("rate", "pooled", None, status="EMPTY", **alone)
    (rate,) = judged([nobody], programme(target({"indicator": "rate", "headline": "pooled"}, unit="%")))
    assert (rate["state"], rate["state_reason"]) == ("无数据", f"缺2025年度的{named}{OPEN}")


def test_a_target_with_a_baseline_shows_where_the_path_stands_even_without_data() -> None:
    base = {"value": 600, "date": "2021-12-31", "how": "公报"}
    asked = target(COUNT, baseline=base, value=1500)
    value = figure(
        "certificate_count", "valid", 1000.0, tier="seed", numerator=Decimal(1000), period="2023Q4"
    )
    (row,) = judged([value], programme(asked), "2023Q4")
    assert row["expected"] == pytest.approx(600 + 900 * 730 / 1461, rel=1e-12)
    assert row["pace"] == pytest.approx(400 * 1461 / (900 * 730), rel=1e-12)
    assert row["state"] == "黄"
    (blank,) = judged([], programme(asked), "2023Q4")
    assert (blank["expected"], blank["pace"], blank["state"]) == (row["expected"], None, "无数据")


def test_a_coverage_above_100_per_cent_is_no_verdict_but_asks_to_be_checked() -> None:
    asked = target({"indicator": "open_rate", "headline": "pooled"}, unit="%", value=100, deadline=None)
    rates = [(100.0, "3000", "3000"), (104.0, "3120", "3000"), (99.0, "2970", "3000")]
    figures = [
        [figure("open_rate", "pooled", v, numerator=Decimal(a), denominator=Decimal(b))] for v, a, b in rates
    ]
    rows = [judged(f, programme(asked))[0] for f in figures]
    assert [r["state"] for r in rows] == ["达成", "待核实", "未达成"]
    assert rows[1]["state_reason"] == "口径不符：分子3,120大于分母3,000，核对前不作判定"
    assert (rows[1]["value"], rows[1]["today_state"]) == (104.0, None)


@pytest.mark.parametrize(
    ("name", "above", "state"),
    [
        pytest.param("staff_share", "120", "待核实", id="technical staff among the staff: not 120 in 100"),
        pytest.param("staff_share", "100.0004", "待核实", id="nor a little more"),
        pytest.param("staff_share", "100", "达成", id="all of them"),
        pytest.param("rate", "120", "达成", id="research against revenue: it may be more"),
    ],
)
def test_a_ratio_of_a_part_to_its_whole_above_100_per_cent_is_no_verdict(
    name: str, above: str, state: str
) -> None:
    asked = target({"indicator": name, "headline": "pooled"}, unit="%", value=20, deadline=None)
    value = figure(name, "pooled", float(above), numerator=Decimal(above), denominator=Decimal("100.0000"))
    (row,) = judged([value], programme(asked))
    assert row["state"] == state
    assert (f"分子{above}大于分母100，" in row["state_reason"]) == (state == "待核实")


def test_every_ratio_in_per_cent_is_a_part_or_known_to_be_none() -> None:
    known = indicators().values()
    ratios = {i.id for i in known if i.unit == "%" and (i.family in ("ratio", "coverage") or i.op == "share")}
    parts = {i.id for i in known if i.part}
    assert parts <= ratios
    assert ratios - parts == {
        # profit, debts, research and interest are no part of revenue, assets or loans; quotas are used again and again
        "profit_margin", "debt_ratio", "rd_intensity", "rd_intensity_1", "rd_intensity_2", "rd_intensity_3",
        "rd_intensity_deduction", "loan_rate", "guarantee_fee_small", "guarantee_fee_large", "guarantee_fee_average",
        "relending_usage", "rediscount_usage",
    }  # fmt: skip


def test_a_share_of_contracts_is_called_a_share_and_has_the_rate_beside() -> None:
    reads = {
        "indicator": "fee",
        "headline": "share",
        "beside": ["pooled"],
        "each": ["share"],
        "each_share": "100",
    }
    asked = target(
        reads, name_zh="担保费率", operator="<=", value=1.0, unit="%", deadline=None, period="continuous"
    )
    figures = [
        figure("fee", "share", 95.0, numerator=Decimal(19), denominator=Decimal(20)),
        figure("fee", "pooled", 0.86, numerator=Decimal(86), denominator=Decimal(10000)),
    ]
    share, rate = judged(figures, programme(asked))
    assert (share["name_zh"], share["operator"], share["target_value"]) == (
        "担保费率达标合同占比",
        ">=",
        100.0,
    )
    assert (share["state"], share["note"]) == ("未达成", "加权平均0.86%")
    assert (rate["name_zh"], rate["operator"], rate["target_value"], rate["state"]) == (
        "担保费率",
        "<=",
        1.0,
        "达成",
    )


def test_a_programme_that_is_not_fed_has_no_data_for_any_target() -> None:
    rows = [r for r in judged([], load("SD"), dictionary=indicators()) if r["headline"]]
    assert len(rows) == 50
    assert {r["state"] for r in rows} == {"无数据"}
    assert {r["value"] for r in rows} == {None}
    assert all(r["state_reason"].startswith("缺") for r in rows)
    first = next(r for r in rows if r["target_id"] == "SD-T03")
    assert first["state_reason"] == "缺2025-12-31的认定、复核、撤销、更名公告" + OPEN
    assert (first["expected"], first["deadline"]) == (10000.0, date(2025, 12, 31))
