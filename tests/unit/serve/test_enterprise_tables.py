"""The tables of one enterprise: its names, moves and titles; where it stands among its peers, and when that is not said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from jobs.serve.enterprise_named import PROMPT
from jobs.serve.enterprise_peers import WITHHELD
from tests.support.served_frames import ServedFile, uscc

BEFORE, NOW = "2025Q4", "2026Q1"
HERE, THERE = "220182", "220183"
PLACE = {
    "region_code": "220100",
    "region_name": "甲市",
    "county_code": HERE,
    "county_name": "甲县",
    "domain": "industry",
}
Ask = Callable[[str], list[tuple[Any, ...]]]


def firm(file: ServedFile, number: int, period: str, **other: Any) -> None:
    """Add the statement of a small firm; what differs is named."""
    row = PLACE | {
        "uscc": uscc(f"F{number:04}"),
        "name": f"试验{number}公司",
        "tiers": "city_srdi",
        "highest_tier": "city_srdi",
    }
    row |= {"industry_code": "C3411", "staff_end": 100, "rd_year": 2025, "is_latest": period == NOW}
    file.add("enterprise_statement", period=period, **(row | other))


def figure(file: ServedFile, number: int, value: float, sized: bool = True, **place: Any) -> None:
    """Add a firm of the latest period with a margin; with its revenue of the year before it has a size."""
    firm(file, number, NOW, **place)
    kept = {k: v for k, v in (PLACE | place).items() if k in ("region_code", "county_code")}
    row = {
        "period": NOW,
        "uscc": uscc(f"F{number:04}"),
        "name": f"试验{number}公司",
        "is_latest": True,
        "label": "OK",
        **kept,
    }
    file.add("kpi_enterprise", **row, indicator="profit_margin", reading="pooled", value=value, unit="%")
    if sized:
        share = {"value": 1, "denominator": 5_000_000, "unit": "%"}
        file.add("kpi_enterprise", **row, indicator="rd_intensity", reading="pooled", **share)


def asked(file: ServedFile) -> Iterator[Ask]:
    with duckdb.connect(str(file.close()), read_only=True) as con:
        yield lambda query: con.execute(query).fetchall()


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Firm 1 is renamed, firm 2 moves, gains a title and loses one, firm 3 loses its only one, firm 4 is new."""
    file = ServedFile(tmp_path_factory.mktemp("enterprise") / "zjtx.duckdb")
    for number in (1, 2, 3):
        firm(file, number, BEFORE)
    firm(file, 1, NOW, name="新名公司", tiers="city_srdi,provincial_srdi", highest_tier="provincial_srdi",
         certificate_valid_to=date(2027, 5, 1))  # fmt: skip
    firm(
        file,
        2,
        NOW,
        county_code=THERE,
        county_name="乙县",
        tiers="provincial_srdi",
        highest_tier="provincial_srdi",
    )
    firm(file, 4, NOW)
    who = {"period": NOW, "uscc": uscc("F0001"), "name": "新名公司", "is_latest": True}
    file.add("criteria_result", **who, tier="provincial_srdi", holds=True, rule_version="MIIT-2022-63", verdict="差一项",
             n_conditions=5, n_met=4, failed="研发费用")  # fmt: skip
    file.add("criteria_result", **who, tier="national_little_giant", holds=False, rule_version="MIIT-2022-63", verdict="资料不足",
             n_conditions=12, n_met=6, missing="市场占有率")  # fmt: skip
    file.add("certificate_expiry", **who, tier="city_srdi", holds=True, rule_version="MIIT-2022-63", verdict="达标",
             n_conditions=3, n_met=3, valid_to=date(2026, 5, 30), days_left=60)  # fmt: skip
    file.add("warning", **who, rule="W1", rule_name="营业收入下降", level=2, severity=2, confidence="高", confirmed=True, state="open",
             first_seen=BEFORE, text="下降12%，超过10%", evidence_lines='{"a":"x.csv::7","b":"x.csv::7"}')  # fmt: skip
    yield from asked(file)


@pytest.mark.parametrize(
    ("number", "period", "changes"),
    [
        pytest.param(
            1, NOW, "名称：试验1公司 → 新名公司；新增：省级“专精特新”", id="renamed, with a title more"
        ),
        pytest.param(
            2,
            NOW,
            "县（市、区）：甲县 → 乙县；新增：省级“专精特新”；不再有效：市（州）级“专精特新”",
            id="moved",
        ),
        pytest.param(3, NOW, "本期没有有效证书", id="lost its only title: the name it had last"),
        pytest.param(4, BEFORE, "本期没有有效证书", id="not yet listed"),
        pytest.param(4, NOW, "", id="listed for the first time"),
    ],
)
def test_each_period_says_what_changed_since_the_firm_was_listed_before(
    moved: Ask, number: int, period: str, changes: str
) -> None:
    found = moved(
        f"SELECT DISTINCT changes FROM enterprise WHERE uscc = '{uscc(f'F{number:04}')}' AND period = '{period}'"
    )
    assert found == [(changes,)]


def test_a_renamed_firm_is_found_by_either_name_in_every_period(moved: Ask) -> None:
    code = uscc("F0001")
    found = moved(f"SELECT name_code, period, name FROM enterprise WHERE uscc = '{code}' ORDER BY ALL")
    assert found == [
        (f"{shown}（{code}）", period, name)
        for shown in sorted(("新名公司", "试验1公司"))
        for period, name in ((BEFORE, "试验1公司"), (NOW, "新名公司"))
    ]


def test_a_name_is_told_only_where_the_firm_bore_it(moved: Ask) -> None:
    """The county that a firm has left does not learn what it is called since, nor the other way round."""
    assert moved(
        f"SELECT county_code, count(*) FROM enterprise WHERE uscc = '{uscc('F0002')}' GROUP BY ALL ORDER BY 1"
    ) == [
        (HERE, 1),
        (THERE, 1),
    ]


def test_the_prompt_comes_first_and_is_there_for_the_readers_of_every_place(moved: Ask) -> None:
    first = moved("SELECT name_code FROM enterprise GROUP BY 1 ORDER BY min(name_order) LIMIT 1")
    assert first == [(PROMPT,)]
    places = "SELECT DISTINCT period, county_code, domain FROM enterprise_statement ORDER BY ALL"
    assert moved(
        "SELECT period, county_code, domain FROM enterprise WHERE uscc IS NULL ORDER BY ALL"
    ) == moved(places)


def test_titles_come_with_what_is_known_of_their_end_and_of_their_review(moved: Ask) -> None:
    columns = "tier_name, is_held, valid_to, verdict, met_text, failed, undecided"
    found = moved(
        f"SELECT DISTINCT {columns} FROM enterprise_certificate WHERE uscc = '{uscc('F0001')}' ORDER BY 1"
    )
    assert found == [
        ("国家级专精特新“小巨人”", False, None, "资料不足", "6/12", None, "缺：市场占有率"),
        ("市（州）级“专精特新”", True, date(2026, 5, 30), "达标", "3/3", None, None),
        ("省级“专精特新”", True, date(2027, 5, 1), "差一项", "4/5", "研发费用", None),
    ]


def test_a_warning_is_told_with_its_evidence_and_the_line_it_stands_in(moved: Ask) -> None:
    found = moved(
        "SELECT DISTINCT kind, title, detail, grade, state, since_text, handled, source FROM enterprise_matter"
    )
    handled = "可信度高，已有第二来源佐证"
    assert found == [
        ("预警", "营业收入下降", "下降12%，超过10%", "关注", "未解除", "2025年4季度", handled, "x.csv::7")
    ]


A, B, C, D = ("220100", "220200", "220300", "220400")
FIRST, SECOND, THIRD = HERE, THERE, "220184"
"""Counties of A."""
OF_A = [(A, FIRST), (A, SECOND), (A, THIRD)]
ELSEWHERE = [(B, "1"), (C, "2"), (D, "3")]
PLACES = {
    "three others, each elsewhere": ([(A, FIRST), *ELSEWHERE], True),
    "two others": ([(A, FIRST), *ELSEWHERE[:2]], False),
    "nobody to compare with": ([(A, FIRST)], False),
    "the region knows three: two are left": ([*OF_A, *ELSEWHERE[:2]], False),
    "the region knows three: three are left": ([*OF_A, *ELSEWHERE], True),
    "the region knows all, each county one": ([*OF_A, (A, "220185")], True),
    "the county knows three: one is left": ([(A, FIRST)] * 3 + [(A, SECOND)], False),
    "the county knows all": ([(A, FIRST)] * 4, True),
}
"""Region and county of the firms of one industry, and whether the first one's standing is told."""
TENTHS = {0: "10以下", 1: "10以下", 2: "约20", 5: "约50", 8: "约80", 9: "90以上", 10: "90以上"}
VALUES = {
    "eleven firms": (range(11), TENTHS),
    "all equal: half of an equal one counts as lower": ([7] * 11, {0: "约50", 10: "约50"}),
    "too few for tenths": ([1, 2, 3, 4], {0: "下半", 1: "下半", 2: "上半", 3: "上半"}),
}
"""Figures of the firms of one industry, each in a region of its own, and what is said of some of them."""
DOMAINS, NO_SIZE = "C30", "C31"
"""Industries of four firms of one domain and two of another, and of four firms of which one has no size."""


def industry(case: str) -> str:
    """Return the industry whose firms make up a case."""
    return f"C{13 + [*PLACES, *VALUES].index(case)}"


def number_of(code: str, place: int) -> int:
    """Return the number of the firm at a place of an industry's firms."""
    return 100 * int(code[1:]) + place


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Firms of one industry for each case."""
    file = ServedFile(tmp_path_factory.mktemp("peers") / "zjtx.duckdb")

    def add(code: str, place: int, value: float, **other: Any) -> None:
        figure(file, number_of(code, place), value, industry_code=code, **other)

    for case, (places, _) in PLACES.items():
        for place, (region, county) in enumerate(places):
            add(industry(case), place, float(place), region_code=region, county_code=county)
    for case, (values, _) in VALUES.items():
        for place, value in enumerate(values):
            add(industry(case), place, float(value), region_code=f"2{place}", county_code=f"{place}")
    for place in range(6):
        kind = "energy" if place > 3 else "industry"
        add(DOMAINS, place, float(place), region_code=f"2{place}", county_code=f"{place}", domain=kind)
    for place in range(4):
        add(NO_SIZE, place, float(place), sized=place > 0, region_code=f"2{place}", county_code=f"{place}")
    yield from asked(file)


def standing(peers: Ask, code: str, place: int) -> tuple[str, int | None]:
    """Return what is said of a firm's margin, and the number of others."""
    firm_code = uscc(f"F{number_of(code, place):04}")
    ((said, n),) = peers(
        f"SELECT standing, n_peers FROM enterprise_peer WHERE indicator = 'profit_margin' AND uscc = '{firm_code}'"
    )
    return said, n


@pytest.mark.parametrize("case", PLACES)
def test_a_standing_is_told_if_no_reader_is_left_with_one_or_two_others(peers: Ask, case: str) -> None:
    places, told = PLACES[case]
    assert standing(peers, industry(case), 0) == (("下半", len(places) - 1) if told else (WITHHELD, None))


@pytest.mark.parametrize(
    ("place", "told"),
    [
        pytest.param(0, False, id="the readers of its domain know four: two are left"),
        pytest.param(5, True, id="the readers of the other domain know two: four are left"),
    ],
)
def test_the_people_of_a_domain_are_counted_like_those_of_a_region(
    peers: Ask, place: int, told: bool
) -> None:
    assert (standing(peers, DOMAINS, place)[0] != WITHHELD) == told


@pytest.mark.parametrize("case", VALUES)
def test_a_standing_is_the_share_of_others_below_in_tenths(peers: Ask, case: str) -> None:
    _, said = VALUES[case]
    assert {place: standing(peers, industry(case), place)[0] for place in said} == said


def test_a_firm_without_a_size_is_compared_with_nobody_and_counted_by_nobody(peers: Ask) -> None:
    found = [standing(peers, NO_SIZE, place) for place in range(4)]
    assert found == [("没有划型，不比较", None), *[(WITHHELD, None)] * 3]
