"""The specs against the published tables, without Superset: columns, statements, words."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import duckdb
import pytest

from infra.superset import access, specs
from infra.superset.apply import check, served_columns
from infra.superset.parts import placed
from infra.superset.statement import WHOLE_FILE, Bounds
from infra.superset.statement import check as check_statement
from tests.support.chart_sql import ask, dimensions, statement
from tests.support.people import PEOPLE
from tests.support.shown_words import untranslated, verbatim
from tests.support.superset_users import STORED

CHARTS = [(page, chart) for page, spec in STORED.pages.items() for chart in placed(spec)]
READERS = {"officials": "province", "enterprises": "enterprise"}
"""Whose screens hold no Latin word: of each kind somebody who reads the most."""
WORDS = [
    (READERS[audience], page, chart)
    for page, chart in CHARTS
    for audience in STORED.pages[page]["for"]
    if audience in READERS and STORED.charts[chart]["viz"] != "deck_geojson"
]


@pytest.fixture(scope="module")
def opened(served_file: Path) -> Callable[[str], duckdb.DuckDBPyConnection]:
    """The file of a kind of person."""

    def file(kind: str) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(str(PEOPLE[kind].file(served_file)), read_only=True)
        con.execute("SET TimeZone = 'Asia/Shanghai'")
        return con

    return cache(file)


def test_the_shipped_specs_fit_the_published_tables(served_file: Path) -> None:
    check(specs.load(), access.load(), served_columns(str(served_file)))


@pytest.mark.parametrize("kind", PEOPLE)
def test_every_chart_of_a_person_runs_on_the_person_s_file(
    opened: Callable[[str], duckdb.DuckDBPyConnection], kind: str
) -> None:
    person = PEOPLE[kind]
    for page, chart in CHARTS:
        if person.opens(page):
            dataset = STORED.charts[chart]["dataset"]
            ask(opened(kind), statement(chart, {}, person.rows_of(dataset)))


@pytest.mark.parametrize(("page", "chart"), CHARTS, ids=["-".join(one) for one in CHARTS])
def test_every_chart_stays_within_what_a_reader_s_statement_may_be(
    opened: Callable[[str], duckdb.DuckDBPyConnection], page: str, chart: str
) -> None:
    """One SELECT on the own table, of functions that are allowed: anything else is an error on the screen."""
    alone = Bounds(frozenset({STORED.charts[chart]["dataset"]}), free=False)
    bounds = WHOLE_FILE if STORED.pages[page]["for"] == ["analysts"] else alone
    check_statement(opened("province"), statement(chart, {}, "1 = 1"), bounds)


@pytest.mark.parametrize(("kind", "page", "chart"), WORDS, ids=["-".join(one) for one in WORDS])
def test_what_a_chart_shows_is_chinese_but_for_columns_of_data(
    opened: Callable[[str], duckdb.DuckDBPyConnection], kind: str, page: str, chart: str
) -> None:
    con = opened(kind)
    dataset = STORED.charts[chart]["dataset"]
    rows = ask(con, statement(chart, {}, PEOPLE[kind].rows_of(dataset)))
    shown = zip(*[row[: len(dimensions(chart))] for row in rows], strict=True)
    data = verbatim(con, page)
    found = {
        name: untranslated(texts, data) for name, texts in zip(dimensions(chart), shown, strict=bool(rows))
    }
    assert {name: words for name, words in found.items() if words} == {}
