"""The page of targets: each target once per responsible body, its path, what comes first, and what other regions see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.serve import scopes
from jobs.serve.target_page import ALL_OWNERS
from tests.support import served_frames as frames
from tests.support.installation import environment
from tests.support.served_frames import COUNT, EARLIER, GROWTH, PERIOD, PROVINCE, A, B, C, ServedFile, access

ALL_TARGETS = f"SELECT * FROM target_by_owner WHERE owner = '{ALL_OWNERS}'"


def _file(path: Path) -> ServedFile:
    """The file of the scopes' tests, with its targets as headlines of three bodies in two documents."""
    file = ServedFile(path)
    for part in (frames._firms, frames._regions, frames._earlier, frames._targets, frames._past_targets):
        part(file)
    file.con.execute(
        """UPDATE target_progress SET headline = true, owners = '省工业和信息化厅、省科技厅', clause = '二（三）13',
           quote = '原文', operator = '>=', target_value = 10, unit = '户', source = '公告',
           today_value = coalesce(today_value, value), policy = if(region_code = '220000', 'JL', 'CC')"""
    )
    file.add("publication", period=PERIOD)
    return file


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("targets")
    path = _file(folder / "zjtx.duckdb").close()
    with environment({"ZJTX_ACCESS": str(access(folder / "access.yaml", A, B, C, PROVINCE))}):
        scopes.write(path)
        yield path


def ask(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_a_target_stands_once_for_all_bodies_and_once_for_each(whole: Path) -> None:
    found = ask(whole, "SELECT owner, count(*) FROM target_by_owner WHERE target_id = 'growth' GROUP BY 1")
    assert dict(found) == {ALL_OWNERS: 1, "省工业和信息化厅": 1, "省科技厅": 1}


def test_the_chapter_is_the_clause_without_its_number(whole: Path) -> None:
    assert set(ask(whole, "SELECT DISTINCT chapter FROM target_by_owner")) == {("二（三）",)}


@pytest.mark.parametrize("scope", [A, B, C, PROVINCE])
@pytest.mark.parametrize(
    ("column", "of"), [("value", "value"), ("today_value", "today_value"), ("value_text", "value")]
)
def test_a_region_sees_of_a_target_what_it_sees_of_its_progress(
    whole: Path, scope: str, column: str, of: str
) -> None:
    """The rows of progress are judged by tests of their own: what is blank there is blank here, and nothing else."""
    file = scopes.file_of(whole, scope)
    blank = set(ask(file, f"SELECT target_id FROM target_progress WHERE {of} IS NULL"))
    assert set(ask(file, f"SELECT target_id FROM ({ALL_TARGETS}) WHERE {column} IS NULL")) == blank
    assert len(ask(file, ALL_TARGETS)) == len(ask(whole, ALL_TARGETS)), "the rows stay"


def test_something_is_withheld_from_the_region_whose_others_are_few(whole: Path) -> None:
    """Of four champions B has two: the province's count of growth less B's own rests on two firms."""
    found = ask(
        scopes.file_of(whole, B),
        f"SELECT value, state FROM ({ALL_TARGETS}) WHERE target_id = 'champions'' growth'",
    )
    assert found == [(None, "不公开")]


@pytest.mark.parametrize(
    ("scope", "shown"),
    [(A, False), (B, True), (C, False), (PROVINCE, True)],
    ids=["other city", "own city", "another city", "province"],
)
def test_the_path_of_a_city_with_one_dominating_firm_is_for_itself_and_the_province(
    whole: Path, scope: str, shown: bool
) -> None:
    """B's first firm has nine tenths of its revenue."""
    sql = f"SELECT value IS NOT NULL FROM target_path WHERE target_id = 'city''s growth' AND period = '{PERIOD}'"
    assert ask(scopes.file_of(whole, scope), sql) == [(shown,)]


def test_the_path_shows_each_periods_own_figure_with_its_own_number_of_firms(tmp_path: Path) -> None:
    file = ServedFile(tmp_path / "zjtx.duckdb")
    for period, now, n in ((EARLIER, 12.0, 15), (PERIOD, 9.0, 11)):
        cell = {"region_code": PROVINCE, "indicator": COUNT, "reading": "valid", "tier": "provincial_srdi"}
        file.add("kpi_region", period=period, region_level="province", n=n, value=now, **cell)
        # after the deadline the row holds the deadline's figure, and the number of its firms
        file.add("target_progress", period=period, policy="JL", target_id="T", name_zh="数量", owners="甲", clause="一",
                 value=12.0, n=15, today_value=now, headline=True, target_value=10.0, unit="户",
                 deadline=date(2025, 12, 31), reference_date=date(2025, 12, 31), **cell)  # fmt: skip
    path = file.close()
    assert ask(path, "SELECT period, value, n, target_value FROM target_path ORDER BY 1") == [
        (EARLIER, 12.0, 15, 10.0),
        (PERIOD, 9.0, 11, 10.0),
    ]


def test_a_path_that_still_runs_ends_at_its_deadline(tmp_path: Path) -> None:
    file = ServedFile(tmp_path / "zjtx.duckdb")
    file.add("target_progress", policy="JL", target_id="T", name_zh="数量", region_code=PROVINCE, indicator=COUNT, reading="valid",
             owners="甲", clause="一", today_value=4.0, expected=5.0, target_value=10.0, unit="户", headline=True,
             deadline=date(2027, 12, 31), reference_date=date(2026, 3, 31))  # fmt: skip
    found = ask(file.close(), "SELECT period, value, expected FROM target_path ORDER BY 1")
    assert found == [(PERIOD, 4.0, 5.0), ("2027Q4", None, 10.0)]


@pytest.mark.parametrize(
    ("value", "goal", "unit", "text"),
    [
        (7.996, 8.0, "%", "7.996 %"),
        (8.0, 8.0, "%", "8.00 %"),
        (1499.7, 1500.0, "户", "1,499.70 户"),
        (1499.999, 1500.0, "户", "1,499.999 户"),
        (1500.0, 1500.0, "户", "1,500 户"),
        (-0.004, 0.0, "百分点", "-0.004 百分点"),
    ],
)
def test_a_figure_is_shown_on_its_side_of_the_goal(
    tmp_path: Path, value: float, goal: float, unit: str, text: str
) -> None:
    file = ServedFile(tmp_path / "zjtx.duckdb")
    file.add("target_progress", policy="JL", target_id="T", name_zh="数", region_code=PROVINCE, indicator=GROWTH, reading="pooled",
             owners="甲", clause="一", value=value, target_value=goal, unit=unit, headline=True)  # fmt: skip
    assert ask(file.close(), "SELECT DISTINCT value_text FROM target_by_owner") == [(text,)]


def test_without_data_the_missing_report_and_who_owes_it_are_named(tmp_path: Path) -> None:
    """CC-T08 reads the city's research form and the financial forms; both come from the city, one also from the province."""
    file = ServedFile(tmp_path / "zjtx.duckdb")
    file.add("target_progress", policy="CC", target_id="CC-T08", name_zh="研发投入占比", region_code=A, indicator="rd",
             reading="pooled", owners="市科技局", clause="一", state="无数据", headline=True, unit="%", target_value=3.0,
             state_reason="缺2025年度的研发活动及相关情况（107-2表）")  # fmt: skip
    ((owed,),) = ask(file.close(), "SELECT DISTINCT owed_by FROM target_by_owner")
    assert owed == "研发活动及相关情况（107-2表）：长春市"


@pytest.mark.parametrize(
    ("reader", "first"),
    [
        (f"region_code = '{A}'", "CC"),
        ("county_code = '220182'", "CC"),
        (f"region_code = '{B}'", "JL"),
        ("region_code LIKE '22%'", "JL"),
        ("domain = 'industry'", "JL"),
    ],
    ids=["the city that has a document", "its county", "another city", "the province", "a domain"],
)
def test_the_own_document_comes_first_in_the_filter(whole: Path, reader: str, first: str) -> None:
    """The row rule leaves a reader these rows; the filter asks for the average place."""
    sql = f"SELECT policy FROM target_choice WHERE {reader} GROUP BY policy ORDER BY avg(position) LIMIT 1"
    assert ask(whole, sql) == [(first,)]


def test_the_options_tell_no_figure(whole: Path) -> None:
    columns = {
        c
        for (c,) in ask(whole, "SELECT column_name FROM duckdb_columns() WHERE table_name = 'target_choice'")
    }
    assert columns == {
        "programme", "policy", "policy_name", "target_id", "target_name", "region_code", "county_code", "domain", "position",
        "publication_id",
    }  # fmt: skip
