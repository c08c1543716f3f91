"""Firms made by hand at every threshold of 63号 and 2026-2号; expected results worked out from the rules' words.

Money in 元. "A hair" is one 分 or the smallest step of the measure.
"""

import json
from collections import Counter

import pytest

from jobs.definitions.contract import load_table
from jobs.rules.criteria import NationalRules, _exact_quotient
from tests.support.criteria_models import tables
from tests.support.facts_frames import firm

OLD, NEW = "2025Q4", "2026Q2"
SME, SRDI, GIANT = "innovative_sme", "provincial_srdi", "national_little_giant"
YI, WAN = 100_000_000, 10_000
MET, NOT, UNKNOWN = "met", "not_met", "unknown"

NO_DIRECT = {
    "science_award": 0, "high_tech": 0, "rd_institution": 0, "equity_24m": 0, "equity_36m": 0, "maker_top500": 0,
}  # fmt: skip
"""Facts of a firm to which no direct condition applies (R&D apart)."""


def share(percent, of=YI):
    """Main and whole revenue, the first so many per cent of the second."""
    return {"main_revenue_y1": round(of * percent / 100, 2), "revenue_y1": of}


def debt(percent):
    return {"liabilities_y1": round(YI * percent / 100, 2), "assets_y1": YI}


def rd(percent, before=None, revenue=YI):
    """R&D as so many per cent of the revenue of last year, and of the year before where given."""
    found = {"rd_y1": round(revenue * percent / 100, 2), "revenue_y1": revenue}
    if before is not None:
        found |= {"rd_y2": round(revenue * before / 100, 2), "revenue_y2": revenue}
    return found


def main(y1, y2, y3):
    return {"main_revenue_y1": y1, "main_revenue_y2": y2, "main_revenue_y3": y3}


# 2022-63 of the province: points by hand, 5+10+5+5 (专业化) + 5+5+10+5 (精细化) + 10 (IP) = 60, the feature's 15 open.
SIXTY = {
    **share(80), "main_revenue_y2": 80_000_000 / 1.1, "main_revenue_y3": 80_000_000 / 1.21,
    "segment_years": 10, "chain_position": 1, "digital_level": 3, "quality_items": 2,
    "net_profit_y1": 10_000_000, **debt(50), "ip_kind": 4,
    "rd_y1": 0, "rd_y2": 0, "rd_staff_y1": 0, "staff_end": 100, **NO_DIRECT,
}  # fmt: skip
SIXTY |= main(121_000_000, 110_000_000, 100_000_000) | {
    "revenue_y1": 151_250_000,
    "net_profit_y1": 15_125_000,
}

# 2022-63, innovative: 20+20 (创新), 20+10 (成长), 10+20 (专业化).
HUNDRED = {
    "ip_kind": 4, "rd_y1": 5_000_000, "revenue_y1": YI, "main_revenue_y1": 70_000_000,
    "main_revenue_y2": 60_869_565, **debt(55), "strategic_field": 1, **NO_DIRECT,
}  # fmt: skip

JUDGED = [
    # 63号 创新型: 60 points, group minima 20/15/15, or one of four direct conditions
    (OLD, SME, "score", HUNDRED, MET),
    (OLD, SME, "innovation_points", HUNDRED | {"ip_kind": 0}, MET),
    (OLD, SME, "innovation_points", HUNDRED | {"ip_kind": 0, "rd_y1": 4_999_999.99}, NOT),
    (OLD, SME, "growth_points", HUNDRED | {"main_revenue_y2": 66_666_666}, MET),
    (OLD, SME, "growth_points", HUNDRED | {"main_revenue_y2": 70_000_001}, NOT),
    (OLD, SME, "growth_points", HUNDRED | {"main_revenue_y2": None}, UNKNOWN),
    (OLD, SME, "specialisation_points", HUNDRED | {"strategic_field": 0, "main_revenue_y1": 55_000_000}, MET),
    (OLD, SME, "specialisation_points", HUNDRED | {"strategic_field": 0, "main_revenue_y1": 54_999_999}, NOT),
    (OLD, SME, "score", NO_DIRECT, UNKNOWN),
    (OLD, SME, "score", NO_DIRECT | {"science_award": 1}, MET),
    (OLD, SME, "growth_points", NO_DIRECT | {"high_tech": 1}, MET),
    (OLD, SME, "score", NO_DIRECT | {"rd_institution": 3}, MET),
    (OLD, SME, "score", NO_DIRECT | {"rd_institution": 2}, UNKNOWN),
    (OLD, SME, "score", NO_DIRECT | {"equity_36m": 500 * WAN}, MET),
    (OLD, SME, "direct_equity", {"equity_36m": 500 * WAN - 0.01}, NOT),
    (OLD, SME, "direct_equity", {}, UNKNOWN),
    # 63号 专精特新
    (OLD, SRDI, "segment_years", {"segment_years": 2}, MET),
    (OLD, SRDI, "segment_years", {"segment_years": 1.9}, NOT),
    (OLD, SRDI, "segment_years", {}, UNKNOWN),
    (OLD, SRDI, "rd_amount", {"rd_y1": 100 * WAN}, MET),
    (OLD, SRDI, "rd_amount", {"rd_y1": 100 * WAN - 0.01}, NOT),
    (OLD, SRDI, "rd_ratio", rd(3), MET),
    (OLD, SRDI, "rd_ratio", rd(3) | {"rd_y1": 3_000_000 - 0.01}, NOT),
    (OLD, SRDI, "rd_ratio", {"rd_y1": 1, "revenue_y1": 0}, UNKNOWN),
    (OLD, SRDI, "revenue", {"revenue_y1": 1000 * WAN}, MET),
    (OLD, SRDI, "revenue", {"revenue_y1": 1000 * WAN - 0.01, "equity_24m": 2000 * WAN - 0.01}, NOT),
    (OLD, SRDI, "revenue", {"revenue_y1": 1000 * WAN - 0.01, "equity_24m": 2000 * WAN}, MET),
    (OLD, SRDI, "revenue", {"revenue_y1": 1000 * WAN - 0.01}, UNKNOWN),
    (OLD, SRDI, "score", SIXTY, MET),
    (OLD, SRDI, "score", SIXTY | {"ip_kind": 3}, UNKNOWN),  # 58, with the feature's 15 up to 73
    (OLD, SRDI, "score", SIXTY | {"ip_kind": 0, "quality_items": 0}, UNKNOWN),  # 45 + 15 = 60 can be reached
    (OLD, SRDI, "score", SIXTY | {"ip_kind": 0, "net_profit_y1": 6_050_000}, NOT),  # 44 + 15 = 59
    (OLD, SRDI, "score", {"rd_y1": 1500 * WAN, "rd_y2": 500 * WAN}, MET),
    (OLD, SRDI, "direct_rd", {"rd_y1": 1500 * WAN, "rd_y2": 500 * WAN - 0.01}, NOT),
    (OLD, SRDI, "score", {"equity_24m": 6000 * WAN}, MET),
    (OLD, SRDI, "direct_equity", {"equity_24m": 6000 * WAN - 0.01}, NOT),
    (OLD, SRDI, "score", {"maker_top500": 1}, MET),
    (OLD, SRDI, "direct_award", {"science_award": 1}, UNKNOWN),  # its rank is not reported
    (OLD, SRDI, "direct_award", {"science_award": 0}, NOT),
    # 63号 小巨人
    (OLD, GIANT, "segment_years", {"segment_years": 3}, MET),
    (OLD, GIANT, "segment_years", {"segment_years": 2.9}, NOT),
    (OLD, GIANT, "main_share", share(70), MET),
    (OLD, GIANT, "main_share", share(70) | {"main_revenue_y1": 70_000_000 - 0.01}, NOT),
    (OLD, GIANT, "main_growth_2y", main(1_100_000, 1_000_000, 1_000_000), MET),  # (10 % + 0 %) / 2
    (OLD, GIANT, "main_growth_2y", main(1_100_000 - 0.01, 1_000_000, 1_000_000), NOT),
    (OLD, GIANT, "main_growth_2y", main(1_100_000, 1_000_000, 0), UNKNOWN),
    (OLD, GIANT, "core_systems", {"core_systems": 1}, MET),
    (OLD, GIANT, "core_systems", {"core_systems": 0}, NOT),
    (OLD, GIANT, "management_certified", {"management_certified": 1}, MET),
    (OLD, GIANT, "management_certified", {"management_certified": 0}, NOT),
    (OLD, GIANT, "debt_ratio", debt(70), MET),
    (OLD, GIANT, "debt_ratio", debt(70) | {"liabilities_y1": 70_000_000.01}, NOT),
    (OLD, GIANT, "market_share", {"market_share": 10}, MET),
    (OLD, GIANT, "market_share", {"market_share": 9.99}, NOT),
    (OLD, GIANT, "own_brand", {"own_brand": 1}, MET),
    (OLD, GIANT, "own_brand", {"own_brand": 0}, NOT),
    (OLD, GIANT, "rd_by_revenue", NO_DIRECT | rd(3, 3), MET),  # exactly 1 亿元
    (OLD, GIANT, "rd_by_revenue", NO_DIRECT | rd(3, 2.99), NOT),
    (OLD, GIANT, "rd_by_revenue", NO_DIRECT | rd(5.99, 6, YI - 1), NOT),
    (OLD, GIANT, "rd_by_revenue", NO_DIRECT | rd(6, 6, YI - 100), MET),
    (OLD, GIANT, "rd_by_revenue", NO_DIRECT | rd(6, 6, 5000 * WAN), MET),
    (OLD, GIANT, "rd_by_revenue", NO_DIRECT | rd(3), UNKNOWN),
    (
        OLD, GIANT, "rd_by_revenue",
        NO_DIRECT | {"revenue_y1": 4999 * WAN, "rd_y1": 2000 * WAN, "rd_y2": 1000 * WAN, "equity_24m": 8000 * WAN,
                     "rd_staff_y1": 50, "staff_end": 100},
        MET,
    ),
    (
        OLD, GIANT, "rd_by_revenue",
        NO_DIRECT | {"revenue_y1": 4999 * WAN, "rd_y1": 2000 * WAN, "rd_y2": 1000 * WAN, "equity_24m": 8000 * WAN,
                     "rd_staff_y1": 49, "staff_end": 100},
        NOT,
    ),
    (
        OLD, GIANT, "rd_by_revenue",
        NO_DIRECT | {"revenue_y1": 4999 * WAN, "rd_y1": 2000 * WAN, "rd_y2": 999 * WAN, "equity_24m": 8000 * WAN,
                     "rd_staff_y1": 50, "staff_end": 100},
        NOT,
    ),
    (OLD, GIANT, "rd_by_revenue", NO_DIRECT | {"revenue_y1": 4999 * WAN, "equity_24m": 8000 * WAN - 0.01}, NOT),
    (OLD, GIANT, "rd_institution", NO_DIRECT | {"rd_institution": 1}, MET),
    (OLD, GIANT, "rd_institution", NO_DIRECT, NOT),
    (OLD, GIANT, "class_one_ip", NO_DIRECT | {"class_one_ip": 2}, MET),
    (OLD, GIANT, "class_one_ip", NO_DIRECT | {"class_one_ip": 1}, NOT),
    (OLD, GIANT, "class_one_ip", NO_DIRECT | {"class_one_ip": 1, "maker_top500": 2}, MET),
    (OLD, GIANT, "class_one_ip", NO_DIRECT | {"class_one_ip": 1, "maker_top500": 1}, NOT),
    (OLD, GIANT, "class_one_ip", NO_DIRECT | {"class_one_ip": 1, "science_award": 2}, UNKNOWN),
    (OLD, GIANT, "class_one_ip", NO_DIRECT | {"class_one_ip": 1, "science_award": 1}, NOT),
    (OLD, GIANT, "chain_position", {"chain_position": 1}, MET),
    (OLD, GIANT, "chain_position", {"chain_position": 0}, NOT),
    (OLD, GIANT, "product_field", {}, UNKNOWN),
    # 2号 专精特新
    (NEW, SRDI, "segment_years", {"segment_years": 3}, MET),
    (NEW, SRDI, "segment_years", {"segment_years": 2.9}, NOT),
    (NEW, SRDI, "revenue", {"revenue_y1": 1500 * WAN}, MET),
    (NEW, SRDI, "revenue", {"revenue_y1": 1500 * WAN - 0.01, "equity_24m": 0}, NOT),
    (NEW, SRDI, "revenue", {"revenue_y1": 1, "equity_24m": 2000 * WAN}, MET),
    (NEW, SRDI, "main_share", share(80), MET),
    (NEW, SRDI, "main_share", share(80) | {"main_revenue_y1": 80_000_000 - 0.01}, NOT),
    (NEW, SRDI, "debt_ratio", debt(80), MET),
    (NEW, SRDI, "debt_ratio", debt(80) | {"liabilities_y1": 80_000_000.01}, NOT),
    (NEW, SRDI, "debt_ratio", {"liabilities_y1": 0, "assets_y1": 0}, UNKNOWN),
    (NEW, SRDI, "rd_amount", {"rd_y1": 100 * WAN, "rd_y2": 100 * WAN}, MET),
    (NEW, SRDI, "rd_amount", {"rd_y1": 500 * WAN, "rd_y2": 100 * WAN - 0.01}, NOT),
    (NEW, SRDI, "rd_amount", {"rd_y1": 99 * WAN}, NOT),  # whatever the other year was
    (NEW, SRDI, "rd_amount", {"rd_y1": 100 * WAN}, UNKNOWN),
    (NEW, SRDI, "rd_ratio", rd(3, 3), MET),
    (NEW, SRDI, "rd_ratio", rd(9, 2.9), NOT),
    (NEW, SRDI, "class_one_ip", NO_DIRECT | {"class_one_ip": 1}, MET),
    (NEW, SRDI, "class_one_ip", NO_DIRECT | {"class_one_ip": 0}, NOT),
    (NEW, SRDI, "class_one_ip", NO_DIRECT | {"class_one_ip": 0, "science_award": 1}, UNKNOWN),  # may be waived
    (NEW, SRDI, "class_one_ip", NO_DIRECT | {"class_one_ip": 0, "rd_institution": 1}, UNKNOWN),
    (NEW, SRDI, "market_position", {"market_share": 50}, UNKNOWN),
    (NEW, SRDI, "development_score", {}, UNKNOWN),
    # 2号 小巨人
    (NEW, GIANT, "segment_years", {"segment_years": 3}, MET),
    (NEW, GIANT, "segment_years", {"segment_years": 2.9}, NOT),
    (NEW, GIANT, "revenue", {"revenue_y1": 5000 * WAN}, MET),
    (NEW, GIANT, "revenue", {"revenue_y1": 5000 * WAN - 0.01}, NOT),
    (NEW, GIANT, "main_share", share(90), MET),
    (NEW, GIANT, "main_share", share(90) | {"main_revenue_y1": 90_000_000 - 0.01}, NOT),
    (NEW, GIANT, "revenue_growth", {"revenue_y1": 110_250_000, "revenue_y3": YI}, MET),  # 1.05² = 1.1025
    (NEW, GIANT, "revenue_growth", {"revenue_y1": 110_250_000 - 0.01, "revenue_y3": YI}, NOT),
    (NEW, GIANT, "revenue_growth", {"revenue_y1": 110_250_000, "revenue_y3": 0}, UNKNOWN),
    (NEW, GIANT, "debt_ratio", debt(75), MET),
    (NEW, GIANT, "debt_ratio", debt(75) | {"liabilities_y1": 75_000_000.01}, NOT),
    (NEW, GIANT, "rd_amount", {"rd_y1": 700 * WAN, "rd_y2": 500 * WAN}, MET),
    (NEW, GIANT, "rd_amount", {"rd_y1": 700 * WAN, "rd_y2": 500 * WAN - 0.01}, NOT),
    (NEW, GIANT, "rd_ratio", rd(3, 3), MET),
    (NEW, GIANT, "rd_ratio", rd(2.99, 9), NOT),
    (NEW, GIANT, "class_one_ip", NO_DIRECT | {"class_one_ip": 4}, MET),
    (NEW, GIANT, "class_one_ip", NO_DIRECT | {"class_one_ip": 3}, NOT),
    (NEW, GIANT, "class_one_ip", NO_DIRECT | {"class_one_ip": 3, "science_award": 1}, NOT),
    (NEW, GIANT, "class_one_ip", NO_DIRECT | {"class_one_ip": 3, "science_award": 2}, UNKNOWN),  # rank unknown
    (NEW, GIANT, "market_position", {"market_share": 10, "market_rank": 9}, MET),
    (NEW, GIANT, "market_position", {"market_share": 9.99, "market_rank": 3}, MET),
    (NEW, GIANT, "market_position", {"market_share": 9.99, "market_rank": 4}, NOT),
    (NEW, GIANT, "market_position", {"market_share": 9.99}, UNKNOWN),
    (NEW, GIANT, "chain_position", {"chain_position": 1}, MET),
    (NEW, GIANT, "chain_position", {"chain_position": 0}, NOT),
    (NEW, GIANT, "prior_title", {}, NOT),
    (NEW, GIANT, "development_score", {}, UNKNOWN),
]  # fmt: skip


def _at_lines(points, lines, made, hair):
    """Points at each line and a hair past it (the next band), the last band last."""
    found = []
    for n, line in enumerate(lines):
        found += [(made(line), points[n]), (made(line, hair), points[n + 1])]
    return found


def _main_share(percent, hair=0.0):
    return {"main_revenue_y1": YI * percent / 100 + hair, "revenue_y1": YI}


def _rd(percent, hair=0.0):
    return {"rd_y1": YI * percent / 100 + hair, "revenue_y1": YI}


def _growth(percent, hair=0.0):
    return {"main_revenue_y1": YI * (100 + percent) / 100 + hair, "main_revenue_y2": YI}


def _growth_2y(percent, hair=0.0):
    """No growth the year before, so twice the mean last year."""
    return main(YI * (100 + 2 * percent) / 100 + hair, YI, YI)


def _debt(percent, hair=0.0):
    return {"liabilities_y1": YI * percent / 100 + hair, "assets_y1": YI}


def _profit(percent, hair=0.0):
    return {"net_profit_y1": YI * percent / 100 + hair, "revenue_y1": YI}


def _staff(percent, hair=0):
    return {"rd_staff_y1": percent * 10 + hair, "staff_end": 1000}


def _each(fact, pairs):
    return [({fact: value}, points) for value, points in pairs]


POINTS = {
    (SME, "ip_main_product"): _each("ip_kind", [(4, 20), (3, 15), (2, 10), (1, 5), (0, 0), (None, None)]),
    (SME, "rd_ratio"): _at_lines([20, 15, 10, 5, 0], [5, 3, 2, 1], _rd, -0.01),
    (SME, "main_growth"): _at_lines([20, 15, 10, 5, 0], [15, 10, 5, 0], _growth, -0.01),
    (SME, "debt_ratio"): _at_lines([10, 5, 0], [55, 75], _debt, 0.01),
    (SME, "field"): _each("strategic_field", [(1, 10), (0, 5), (None, None)]),
    (SME, "main_share"): _at_lines([20, 15, 10, 5, 0], [70, 60, 55, 50], _main_share, -0.01),
    (SRDI, "main_share"): _at_lines([5, 3, 1, 0], [80, 70, 60], _main_share, -0.01),
    (SRDI, "main_growth_2y"): _at_lines([10, 8, 6, 4, 2, 0], [10, 8, 6, 4, 0], _growth_2y, -0.01),
    (SRDI, "segment_years"): _each("segment_years", [(10, 5), (9.9, 4), (8, 4), (6, 3), (4, 2), (2, 1), (1.9, 0)]),
    (SRDI, "field"): _each("chain_position", [(1, 5), (0, None), (None, None)]),
    (SRDI, "digital_level"): _each("digital_level", [(4, 5), (3, 5), (2, 3), (1, 0)]),
    (SRDI, "quality_items"): _each("quality_items", [(2, 5), (1, 3), (0, 0)]),
    (SRDI, "net_profit_rate"): _at_lines([10, 8, 6, 4, 2, 0], [10, 8, 6, 4, 2], _profit, -0.01),
    (SRDI, "debt_ratio"): _at_lines([5, 3, 1, 0], [50, 60, 70], _debt, 0.01),
    (SRDI, "local_feature"): [({}, None)],
    (SRDI, "ip_main_product"): _each("ip_kind", [(4, 10), (3, 8), (2, 6), (1, 2), (0, 0)]),
    (SRDI, "rd_amount_or_ratio"): [
        *[({"rd_y1": w * WAN, "revenue_y1": 1000 * YI}, p) for w, p in
          ((500, 10), (499, 8), (400, 8), (300, 6), (200, 4), (100, 2), (99, 0))],
        *[({"rd_y1": 9 * WAN * p / 10, "revenue_y1": 90 * WAN}, n) for p, n in
          ((10, 10), (8, 8), (6, 6), (4, 4), (3, 2), (2.99, 0))],
        ({"rd_y1": 500 * WAN}, 10),
        ({"rd_y1": 400 * WAN}, None),
    ],
    (SRDI, "rd_staff_ratio"): _at_lines([5, 3, 1, 0], [20, 10, 5], _staff, -1),
    (SRDI, "rd_institution_level"): _each("rd_institution", [(4, 10), (3, 8), (2, 4), (1, 2), (0, 0)]),
}  # fmt: skip
BANDS = [(tier, item, facts, points) for (tier, item), rows in POINTS.items() for facts, points in rows]

# A firm that meets every condition of the little giants in both versions, as far as they can be judged.
GIANT_FACTS = {
    **share(90), **main(90_000_000, 80_000_000, 70_000_000), "revenue_y2": 90_000_000, "revenue_y3": 80_000_000,
    "rd_y1": 7_000_000, "rd_y2": 6_000_000, "segment_years": 5, "core_systems": 2, "management_certified": 1,
    **debt(40), "market_share": 20, "market_rank": 1, "own_brand": 1, **NO_DIRECT, "rd_institution": 3,
    "class_one_ip": 6, "chain_position": 1, "rd_staff_y1": 30, "staff_end": 200,
}  # fmt: skip
HELD = ("provincial_srdi",)
VERDICTS = [
    ("all met", OLD, {}, "达标", 0, 0),
    ("one short", OLD, {"market_share": 9}, "差一项", 1, 0),
    ("one unknown", OLD, {"market_share": None}, "资料不足", 0, 1),
    ("one short and one unknown", OLD, {"market_share": 9, "core_systems": None}, "资料不足", 1, 1),
    ("two short", OLD, {"market_share": 9, "own_brand": 0}, "不达标", 2, 0),
    (
        "two short, one unknown",
        OLD,
        {"market_share": 9, "own_brand": 0, "core_systems": None},
        "不达标",
        2,
        1,
    ),
    ("all met, new rule", NEW, {}, "达标", 0, 0),
    ("one short, new rule", NEW, {"class_one_ip": 3}, "差一项", 1, 0),
    ("met by the old rule only", NEW, {"main_revenue_y1": 89_000_000, "class_one_ip": 2}, "不达标", 2, 0),
]
ENDS = [
    ("day zero", "2025Q4", [(SRDI, "2025-12-31")], SRDI, (0, 30, "MIIT-2022-63")),
    ("30 days", "2025Q4", [(SRDI, "2026-01-30")], SRDI, (30, 30, "MIIT-2022-63")),
    ("31 days", "2025Q4", [(SRDI, "2026-01-31")], SRDI, (31, 60, "MIIT-2022-63")),
    ("60 days", "2025Q4", [(SRDI, "2026-03-01")], SRDI, (60, 60, "MIIT-2022-63")),
    ("90 days, last day of the old rule", "2025Q4", [(SRDI, "2026-03-31")], SRDI, (90, 90, "MIIT-2022-63")),
    ("91 days", "2025Q4", [(SRDI, "2026-04-01")], SRDI, None),
    ("first day of the new rule", "2026Q1", [(SRDI, "2026-04-01")], SRDI, (1, 30, "MIIT-2026-2")),
    ("giants of 2026 go by the old rule", "2026Q1", [(GIANT, "2026-06-29")], GIANT, (90, 90, "MIIT-2022-63")),
    ("giants of 2027 by the new", "2026Q4", [(GIANT, "2027-01-01")], GIANT, (1, 30, "MIIT-2026-2")),
    ("the later of two counts", "2025Q4", [(SRDI, "2026-01-30"), (SRDI, "2027-01-30")], SRDI, None),
    ("tier without criteria", "2025Q4", [("city_srdi", "2026-01-30"), ("seed", None)], "city_srdi", None),
]


@pytest.fixture(scope="module")
def made():
    """All firms of this module: judged lines, bands, verdicts, certificates that end, and one left aside."""
    rows = [firm(f"J{n}", period, **facts) for n, (period, _, _, facts, _) in enumerate(JUDGED)]
    rows += [firm(f"P{n}", OLD, **facts) for n, (_, _, facts, _) in enumerate(BANDS)]
    rows += [firm(f"V{n}", v[1], HELD, **(GIANT_FACTS | v[2])) for n, v in enumerate(VERDICTS)]
    rows += [
        firm(f"E{n}", e[1], {t for t, _ in e[2]}, e[2], **(GIANT_FACTS | {"revenue_y3": 2 * YI}))
        for n, e in enumerate(ENDS)
    ]
    both = [(SRDI, "2025-12-31"), (GIANT, "2026-03-01")]
    rows += [firm("TWO", OLD, [SRDI, GIANT], both, **GIANT_FACTS)]
    rows += [firm("CLOSED", closed=True, ends=[(SRDI, "2026-01-30")])]
    points = ({}, {"ip_kind": 3}, {"ip_kind": 0, "net_profit_y1": 6_050_000})
    return tables(rows + [firm(f"Z{n}", OLD, **(SIXTY | p)) for n, p in enumerate(points)])


@pytest.fixture(scope="module")
def found(made):
    return {(r["uscc"], r["tier"], r["condition_id"]): r for r in made["criteria_condition"]}


@pytest.fixture(scope="module")
def summed(made):
    return {(r["uscc"], r["tier"]): r for r in made["criteria_result"]}


@pytest.fixture(scope="module")
def ending(made):
    return {(r["uscc"], r["tier"]): r for r in made["certificate_expiry"]}


@pytest.mark.parametrize(
    "n", range(len(JUDGED)), ids=[f"{p} {t} {c} {n}" for n, (p, t, c, _, _) in enumerate(JUDGED)]
)
def test_condition_at_its_threshold(found, n):
    period, tier, condition, facts, expected = JUDGED[n]
    row = found[f"J{n}", tier, condition]
    assert row["result"] == expected, facts
    assert row["rule_version"] == ("MIIT-2022-63" if period == OLD else "MIIT-2026-2")
    assert (row["basis"] is None) == (expected != UNKNOWN)


@pytest.mark.parametrize("n", range(len(BANDS)), ids=[f"{t} {i} {n}" for n, (t, i, _, _) in enumerate(BANDS)])
def test_points_at_the_lines_of_a_band(found, n):
    tier, item, facts, points = BANDS[n]
    row = found[f"P{n}", tier, f"score_{item}"]
    assert (row["points"], row["result"]) == (points, UNKNOWN if points is None else "scored"), facts


@pytest.mark.parametrize("n", range(len(VERDICTS)), ids=[v[0] for v in VERDICTS])
def test_verdict_of_a_little_giant(summed, n):
    _, period, _, verdict, failed, unknown = VERDICTS[n]
    row = summed[f"V{n}", GIANT]
    assert (row["verdict"], row["n_not_met"], row["n_unknown"]) == (verdict, failed, unknown)
    assert (row["n_conditions"], row["n_left_out"]) == ((12, 1) if period == OLD else (11, 1))
    assert row["n_met"] == row["n_conditions"] - failed - unknown
    assert (row["holds"], row["score_points"], row["score_state"]) == (False, None, None)


def test_verdict_names_what_fails_what_is_missing_and_what_was_left_out(summed):
    row = summed["V3", GIANT]
    assert row["failed"] == "主导产品全国细分市场占有率10%以上"
    assert row["undecided"] == "至少1项核心业务采用信息系统支撑"
    assert row["missing"] == "核心业务信息系统数"
    assert row["left_out"] == "主导产品属于规定的重点领域（品）"
    assert summed["V0", GIANT]["failed"] is None


def test_points_known_and_whether_the_line_can_be_reached(summed):
    seen = [summed[f"Z{n}", SRDI] for n in range(3)]
    assert [(r["score_points"], r["score_known_max"], r["score_state"]) for r in seen] == [
        (60, 85, "已达到"), (58, 85, "可能达到"), (44, 85, "达不到"),
    ]  # fmt: skip


def test_unknown_without_a_missing_fact_says_why(found):
    award = next(n for n, c in enumerate(JUDGED) if c[2] == "direct_award" and c[4] == UNKNOWN)
    zero = next(n for n, c in enumerate(JUDGED) if c[3] == {"rd_y1": 1, "revenue_y1": 0})
    assert found[f"J{award}", SRDI, "direct_award"]["basis"] == "获奖单位排名没有报送"
    assert found[f"J{zero}", SRDI, "rd_ratio"]["basis"] == "分母或基数不大于0"


def test_what_is_missing_is_named_once_in_the_order_of_the_rule(found):
    nothing = next(n for n, c in enumerate(JUDGED) if c[:4] == (OLD, SRDI, "segment_years", {}))
    assert found[f"J{nothing}", SRDI, "rd_ratio"]["basis"] == "上年度研发费用；上年度营业收入"
    basis = found[f"J{nothing}", SRDI, "score"]["basis"].split("；")
    assert len(basis) == len(set(basis))
    assert basis[:3] == ["上年度主营业务收入", "上年度营业收入", "前年度主营业务收入"]


def test_value_is_shown_with_its_unit_and_the_lines_of_its_facts(found):
    row = found["V0", GIANT, "main_share"]
    assert (row["value"], row["value_text"], row["threshold"], row["holds"]) == (90.0, "90%", "≥70%", False)
    assert json.loads(row["evidence"]) == [
        {"fact": "main_revenue_y1", "value": "90000000.0000", "batch_id": "b1", "file_name": "报表.xlsx", "sheet": "表1", "row_no": 7},
        {"fact": "revenue_y1", "value": "100000000.0000", "batch_id": "b1", "file_name": "报表.xlsx", "sheet": "表1", "row_no": 7},
    ]  # fmt: skip
    assert found["V0", GIANT, "own_brand"]["value_text"] == "是"
    assert found["V0", SRDI, "rd_amount"]["value_text"] == "700万元"
    assert found["V0", SRDI, "segment_years"]["holds"] is True
    assert found["V0", GIANT, "product_field"]["unit"] is None


def test_figures_from_memory_are_marked(found):
    marked = {i for t, i in POINTS if t == SRDI and found["P0", SRDI, f"score_{i}"]["confidence"] == "memory"}
    assert marked == {"ip_main_product", "rd_amount_or_ratio", "rd_staff_ratio", "rd_institution_level"}


def test_closed_firms_are_not_examined(found, ending):
    assert "CLOSED" not in {k[0] for k in (*found, *ending)}


def test_innovative_smes_have_criteria_in_the_old_rule_only(summed):
    assert ("V0", SME) in summed
    assert ("V6", SME) not in summed


@pytest.mark.parametrize("n", range(len(ENDS)), ids=[e[0] for e in ENDS])
def test_certificate_that_ends(ending, n):
    _, _, ends, tier, expected = ENDS[n]
    row = ending.get((f"E{n}", tier))
    assert (row and (row["days_left"], row["window_days"], row["rule_version"])) == expected
    assert row is None or (row["holds"], row["valid_to"].isoformat()) == (True, ends[0][1])


def test_review_under_the_new_rule_does_not_look_at_growth(ending):
    """Revenue halved in two years, everything else in order."""
    giant = next(n for n, e in enumerate(ENDS) if e[0] == "giants of 2027 by the new")
    assert (ending[f"E{giant}", GIANT]["verdict"], ending[f"E{giant}", GIANT]["n_conditions"]) == ("达标", 10)


def test_each_of_two_certificates_is_reviewed_once_by_the_rules_of_its_own_tier(ending):
    assert [ending["TWO", t]["n_conditions"] for t in (SRDI, GIANT)] == [5, 12]


def test_lines_of_a_firm_tier_and_version_have_ids_of_their_own(made):
    key = load_table("criteria_condition").key[2:]
    seen = Counter(tuple(r[c] for c in key) for r in made["criteria_condition"])
    assert max(seen.values()) == 1


def test_what_is_exact_stays_exact_when_it_is_divided():
    assert _exact_quotient("(rd_y1 + rd_y2) / 20000") == "(rd_y1 + rd_y2) * 0.00005"
    assert _exact_quotient("rd_y1 / 3") == "rd_y1 / 3"
    assert _exact_quotient("rd_y1 / revenue_y1") == "rd_y1 / revenue_y1"


def test_words_of_the_rules_are_parameters_and_no_part_of_a_model():
    for model in NationalRules().models.values():
        assert model.isascii()
