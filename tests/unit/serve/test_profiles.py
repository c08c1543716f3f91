"""The tables of the pages of units, counties and domains: which figures stand beside each other, and who is given which."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from jobs.serve import profiles, scopes
from jobs.serve.classes import table_classes
from tests.support.installation import environment
from tests.support.profile_frames import NAMES, A, B, P, Q, R, served
from tests.support.served_frames import PROVINCE

INDUSTRY = "domain-industry"
OFFICIALS = [
    {"region": A},
    {"region": B},
    {"county": P},
    {"county": Q},
    {"county": R},
    {"domain": "industry"},
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file with those of its readers."""
    folder = tmp_path_factory.mktemp("profiles")
    path, access = served(folder / "zjtx.duckdb"), folder / "access.yaml"
    people = [{"username": f"u{number}", **one} for number, one in enumerate(OFFICIALS)]
    access.write_text(yaml.safe_dump({"officials": people}), encoding="utf-8")
    with environment({"ZJTX_ACCESS": str(access)}):
        scopes.write(path)
        yield path


def ask(whole: Path, scope: str | None, sql: str) -> list[tuple[Any, ...]]:
    """Ask the file of a scope, or the whole one."""
    with duckdb.connect(str(scopes.file_of(whole, scope) if scope else whole), read_only=True) as con:
        return con.execute(sql).fetchall()


# --- what stands on a page


def test_a_figure_stands_beside_the_provinces_with_words_and_marks(whole: Path) -> None:
    """No figure is no zero: the row says why there is none."""
    rows = ask(
        whole,
        None,
        "SELECT region_name, place, figure_group, value_text, median, complying, n, note FROM region_profile "
        "WHERE indicator = 'rd_intensity' ORDER BY region_name DESC, place_order",
    )
    assert rows == [
        ("甲市", "本市（州）", "创新", "4.00%", "3.50%", 80.0, 7, "暂定、插补占 12.5%"),
        ("甲市", "全省", "创新", "4.00%", "3.50%", 80.0, 7, "覆盖不足、插补占 12.5%"),
        ("乙市", "本市（州）", "创新", "无数据", None, None, 0, None),
        ("乙市", "全省", "创新", "4.00%", "3.50%", 80.0, 7, "覆盖不足、插补占 12.5%"),
    ]


@pytest.mark.parametrize(
    ("indicator", "texts"),
    [
        pytest.param("revenue_growth", ["+7.50%", "+5.00%"], id="growth says its direction"),
        pytest.param("revenue", ["1,100.00 亿元", "2,060.00 亿元"], id="money in a unit that can be read"),
        pytest.param("certificate_count", ["7 户", "10 户"], id="counts are whole"),
    ],
)
def test_a_figure_is_shown_in_its_unit(whole: Path, indicator: str, texts: list[str]) -> None:
    sql = f"SELECT value_text FROM region_profile WHERE region_name = '甲市' AND indicator = '{indicator}' ORDER BY place_order"
    assert [t for (t,) in ask(whole, None, sql)] == texts


def test_a_count_names_the_targets_that_its_own_region_and_the_province_set(whole: Path) -> None:
    sql = "SELECT place, goal FROM region_profile WHERE indicator = 'certificate_count' AND region_name = '甲市' ORDER BY place_order"
    assert ask(whole, None, sql) == [("本市（州）", "≥ 8（2026年底）"), ("全省", "≥ 100（2026年底）")]


def test_a_county_stands_beside_its_unit_and_the_province(whole: Path) -> None:
    sql = (
        "SELECT region_name, place, region_code, value_text FROM county_profile "
        "WHERE county_name = '丁县' AND indicator = 'revenue_growth' ORDER BY place_order"
    )
    assert ask(whole, None, sql) == [
        ("甲市", "本县（市、区）", Q, "+8.00%"),
        ("甲市", "所在市（州）", A, "+7.50%"),
        ("甲市", "全省", PROVINCE, "+5.00%"),
    ]


def test_a_domain_stands_beside_all_domains_of_the_same_region(whole: Path) -> None:
    sql = (
        "SELECT region_name, place, n FROM domain_profile "
        "WHERE domain_name = '农业' AND indicator = 'revenue' ORDER BY region_order, place_order"
    )
    assert ask(whole, None, sql) == [
        ("甲省", "本领域", 4), ("甲省", "全部领域", 10), ("甲市", "本领域", 2), ("甲市", "全部领域", 7),
        ("乙市", "本领域", 2), ("乙市", "全部领域", 3),
    ]  # fmt: skip


def test_units_are_compared_by_rates_alone(whole: Path) -> None:
    """A total of every unit but one would tell that one's."""
    assert ask(whole, None, "SELECT DISTINCT indicator FROM region_peer ORDER BY 1") == [
        ("rd_intensity",),
        ("revenue_growth",),
    ]
    columns = {c for (c,) in ask(whole, None, "SELECT column_name FROM (DESCRIBE region_peer)")}
    assert not columns & {"numerator", "denominator", "coverage", "median"}


def test_every_table_and_column_says_what_it_holds(whole: Path) -> None:
    names = ", ".join(f"'{t}'" for t in profiles.TABLES)
    bare = (
        f"SELECT table_name, column_name FROM duckdb_columns() WHERE table_name IN ({names}) AND comment IS NULL "
        "AND column_name <> 'publication_id'"
    )
    assert ask(whole, None, bare) == []


def test_lists_of_firms_and_targets_name_domain_and_region(whole: Path) -> None:
    assert ask(whole, None, "SELECT DISTINCT domain, domain_name FROM enterprise_statement ORDER BY 1") == [
        ("agriculture", "农业"),
        ("industry", "工业"),
    ]
    named = ask(whole, None, "SELECT count(region_name), count(*) FROM target_progress")
    assert named == [(2, 2)]


# --- who is given what: (page, place) of the growth of revenue; places 1 own, 2 above, 3 the province

PLACES = {
    # B less nothing, and the province less A, are one firm of 900 in 960; A and its counties lie within the limits.
    A: {(A, 1)},
    B: {(B, 1), (A, 3), (B, 3)},
    P: {(A, 1)},
    Q: {(A, 1)},
    R: {(B, 1), (A, 3), (B, 3)},
    INDUSTRY: {(A, 3), (B, 3)},
    scopes.NONE: set(),
}
COUNTIES = {
    A: {(P, 1), (P, 2), (Q, 1), (Q, 2)},
    B: {(R, 1), (R, 2), (P, 3), (Q, 3), (R, 3)},
    P: {(P, 1), (P, 2), (Q, 2)},
    Q: {(Q, 1), (P, 2), (Q, 2)},
    R: {(R, 1), (R, 2), (P, 3), (Q, 3), (R, 3)},
    INDUSTRY: {(P, 3), (Q, 3), (R, 3)},
    scopes.NONE: set(),
}
DOMAINS = {
    A: {("工业", A, 1), ("工业", A, 2), ("农业", A, 1), ("农业", A, 2)},
    B: {("工业", B, 1), ("工业", B, 2), ("农业", B, 1), ("农业", B, 2), ("工业", PROVINCE, 2), ("农业", PROVINCE, 2)},
    P: {("工业", A, 2), ("农业", A, 2)},
    Q: {("工业", A, 2), ("农业", A, 2)},
    R: {("工业", B, 2), ("农业", B, 2), ("工业", PROVINCE, 2), ("农业", PROVINCE, 2)},
    INDUSTRY: {
        ("工业", PROVINCE, 1), ("工业", A, 1), ("工业", B, 1), ("工业", PROVINCE, 2), ("农业", PROVINCE, 2),
    },
    scopes.NONE: set(),
}  # fmt: skip
PEERS = {
    A: {A},
    B: {A, B, PROVINCE},
    P: {A},
    Q: {A},
    R: {A, B, PROVINCE},
    # Each unit less the domain's own firms is two firms.
    INDUSTRY: {PROVINCE},
    scopes.NONE: set(),
}


@pytest.mark.parametrize("scope", PLACES)
def test_the_page_of_a_unit_shows_the_own_place_and_totals_that_tell_nobodys_figure(
    whole: Path, scope: str
) -> None:
    found = ask(
        whole, scope, "SELECT region_name, place_order FROM region_profile WHERE indicator = 'revenue_growth'"
    )
    assert set(found) == {(NAMES[page], place) for page, place in PLACES[scope]}


@pytest.mark.parametrize("scope", COUNTIES)
def test_the_page_of_a_county_shows_the_own_place_and_totals_that_tell_nobodys_figure(
    whole: Path, scope: str
) -> None:
    found = ask(
        whole, scope, "SELECT county_name, place_order FROM county_profile WHERE indicator = 'revenue_growth'"
    )
    assert set(found) == {(NAMES[page], place) for page, place in COUNTIES[scope]}


@pytest.mark.parametrize("scope", DOMAINS)
def test_the_page_of_a_domain_shows_the_own_cells_and_totals_that_tell_nobodys_figure(
    whole: Path, scope: str
) -> None:
    sql = (
        "SELECT domain_name, region_code, place_order FROM domain_profile WHERE indicator = 'revenue_growth'"
    )
    assert set(ask(whole, scope, sql)) == DOMAINS[scope]


@pytest.mark.parametrize("scope", PEERS)
def test_other_units_rates_are_blank_where_few_firms_stand_behind_them(whole: Path, scope: str) -> None:
    sql = "SELECT DISTINCT region_code FROM region_peer WHERE indicator = 'revenue_growth' AND value IS NOT NULL"
    assert {code for (code,) in ask(whole, scope, sql)} == PEERS[scope]
    blank = "SELECT DISTINCT value_text, n, note FROM region_peer WHERE indicator = 'revenue_growth' AND value IS NULL"
    assert ask(whole, scope, blank) in ([], [("不公开", None, None)])


@pytest.mark.parametrize("table", profiles.TABLES)
def test_the_files_keep_what_the_class_says(table: str) -> None:
    assert table_classes()[table].holds == ("declared" if table == "region_peer" else "cells")


@pytest.mark.parametrize("scope", PLACES)
@pytest.mark.parametrize("table", [t for t in profiles.TABLES if t != "region_peer"])
def test_a_file_shows_on_the_pages_only_what_its_cells_hold(whole: Path, scope: str, table: str) -> None:
    domain = "r.domain" if table == "domain_profile" else "NULL"
    more = (
        f"SELECT r.region_code, r.indicator FROM {table} r WHERE NOT EXISTS (SELECT 1 FROM kpi_region k "
        "WHERE k.region_code = r.region_code AND k.indicator = r.indicator AND k.reading = r.reading "
        f"AND k.tier IS NOT DISTINCT FROM r.tier AND k.domain IS NOT DISTINCT FROM {domain} AND k.value IS NOT DISTINCT FROM r.value)"
    )
    assert ask(whole, scope, more) == []
