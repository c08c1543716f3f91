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


Open = Callable[[str, str], duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def opened(served_file: Path) -> Open:
    """The file of a kind of person for the data set of a chart."""

    @cache
    def connected(path: Path) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(str(path), read_only=True)
        con.execute("SET TimeZone = 'Asia/Shanghai'")
        return con

    return lambda kind, chart: connected(PEOPLE[kind].file(served_file, STORED.charts[chart]["dataset"]))


def test_the_shipped_specs_fit_the_published_tables(served_file: Path) -> None:
    check(specs.load(), access.load(), served_columns(str(served_file)))


@pytest.mark.parametrize("kind", PEOPLE)
def test_every_chart_of_a_person_runs_on_the_person_s_file(opened: Open, kind: str) -> None:
    person = PEOPLE[kind]
    for page, chart in CHARTS:
        if person.opens(page):
            dataset = STORED.charts[chart]["dataset"]
            ask(opened(kind, chart), statement(chart, {}, person.rows_of(dataset)))


@pytest.mark.parametrize(("page", "chart"), CHARTS, ids=["-".join(one) for one in CHARTS])
def test_every_chart_stays_within_what_a_reader_s_statement_may_be(
    opened: Open, page: str, chart: str
) -> None:
    """One SELECT on the own table, of functions that are allowed: anything else is an error on the screen."""
    alone = Bounds(frozenset({STORED.charts[chart]["dataset"]}), free=False)
    bounds = WHOLE_FILE if STORED.pages[page]["for"] == ["analysts"] else alone
    check_statement(opened("province", chart), statement(chart, {}, "1 = 1"), bounds)


@pytest.mark.parametrize(("kind", "page", "chart"), WORDS, ids=["-".join(one) for one in WORDS])
def test_what_a_chart_shows_is_chinese_but_for_columns_of_data(
    served_file: Path, opened: Open, kind: str, page: str, chart: str
) -> None:
    con = opened(kind, chart)
    dataset = STORED.charts[chart]["dataset"]
    rows = ask(con, statement(chart, {}, PEOPLE[kind].rows_of(dataset)))
    shown = zip(*[row[: len(dimensions(chart))] for row in rows], strict=True)
    data = verbatim(lambda used: PEOPLE[kind].file(served_file, used), page)
    found = {
        name: untranslated(texts, data) for name, texts in zip(dimensions(chart), shown, strict=bool(rows))
    }
    assert {name: words for name, words in found.items() if words} == {}
