"""The table of attempts (``attempts.py``), carried out: refused, or nothing of what is not one's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from tests.security.attempts import ANONYMOUS, OTHERS_FIRM, SEARCH, Attempt, attempts
from tests.security.ways import WAYS
from tests.support.chart_sql import conditions, expression
from tests.support.people import HELD, NOBODY, PEOPLE
from tests.support.superset_users import STORED, Client, Page, rows, shown_as

pytestmark = [pytest.mark.e2e, pytest.mark.pages]
ROWS = attempts()
SETTLED = [one for one in ROWS if one.way in WAYS]
HONEST = [one for one in ROWS if one.way not in WAYS]
REFUSED = (302, 400, 401, 403, 404, 405, 422)
FIRMS = "enterprise_statement"
Visitor = Callable[[str], Client]
Others = Callable[..., list[str]]


class Stranger(Client):
    """Whoever has not logged in."""

    def __init__(self, base: str) -> None:
        self.http = httpx.Client(base_url=base, timeout=60, headers={"Referer": base})


@pytest.fixture(scope="module")
def everybody(visitor: Callable[[str], Page], superset_url: str) -> Visitor:
    """People by kind, and whoever has not logged in."""
    stranger = Stranger(superset_url)
    return lambda kind: stranger if kind == ANONYMOUS else visitor(kind)


@pytest.fixture(scope="module")
def others(served_file: Path) -> Others:
    """Values that a column has in rows that are not a person's, and in none that is; of the rows of a chart, if one is named."""

    @cache
    def values(who: str, table: str, column: str, chart: str = "") -> list[str]:
        own = PEOPLE[who].rows_of(table) if who in PEOPLE else "false"
        shown = " AND ".join(conditions(chart)) if chart else "true"
        picked = f'SELECT DISTINCT {expression(table, column)} FROM "{table}" WHERE ({own})'
        with duckdb.connect(str(served_file), read_only=True) as con:
            found = con.execute(f"{picked} IS NOT TRUE AND {shown} EXCEPT {picked} ORDER BY 1").fetchall()
        return [value for (value,) in found if value is not None]

    return values


def named(tried: list[Attempt]) -> list[Any]:
    return [
        pytest.param(one, id=f"{one.who}-{one.way}-{one.on}", marks=pytest.mark.person(one.who))
        for one in tried
    ]


def assert_no_firm(answer: httpx.Response, firms: list[str]) -> None:
    """Nothing of the firms stands in an answer."""
    assert [firm for firm in firms if firm in answer.text][:3] == []


@pytest.mark.parametrize("attempt", named(SETTLED))
def test_attempt_is_refused(everybody: Visitor, others: Others, attempt: Attempt) -> None:
    answer = WAYS[attempt.way](everybody("administrator"), everybody(attempt.who), attempt.on)
    assert answer.status_code in REFUSED, f"{answer.status_code} {answer.text[:300]}"
    assert '"data"' not in answer.text
    assert_no_firm(answer, others(attempt.who, FIRMS, "uscc"))


def honest(client: Client, who: str, others: Others, attempt: Attempt) -> httpx.Response:
    """Ask as the page asks, for a row that is another's."""
    page, chart, name = attempt.on.split(" ")
    table = STORED.charts[chart]["dataset"]
    if attempt.way == SEARCH:
        column = shown_as(chart, "name")
        wanted = {"col": column, "op": "ILIKE", "val": others(who, table, "name", chart)[0]}
    else:
        column = next(item["column"] for item in STORED.pages[page]["filters"] if item["id"] == name)
        if not (values := others(who, table, column, chart)):
            pytest.skip("every value has a row of one's own")
        wanted = {"col": column, "op": "IN", "val": values[:1]}
    return client.ask(client.page_request(chart, wanted, page=page))


@pytest.mark.parametrize("attempt", named(HONEST))
def test_honest_question_about_others_shows_none(
    everybody: Visitor, others: Others, attempt: Attempt
) -> None:
    answer = honest(everybody(attempt.who), attempt.who, others, attempt)
    assert rows(answer) == []
    assert_no_firm(answer, others(attempt.who, FIRMS, "uscc"))


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(one, id=f"{one.way}-{one.on}", marks=pytest.mark.control("province"))
        for one in HONEST
        if one.who == "city"
    ],
)
def test_the_same_question_shows_the_province_the_row(
    everybody: Visitor, others: Others, attempt: Attempt
) -> None:
    assert rows(honest(everybody("province"), attempt.who, others, attempt))


CONTROLS = ("open the page", "its charts", "its table, asked as the page does", "values of its filter")


@pytest.mark.parametrize(
    ("way", "page"),
    [
        pytest.param(way, page, id=f"{way}-{page}", marks=pytest.mark.control("administrator"))
        for way in CONTROLS
        for page in STORED.pages
    ],
)
def test_the_same_way_shows_the_administrator_the_page(everybody: Visitor, way: str, page: str) -> None:
    admin = everybody("administrator")
    assert WAYS[way](admin, admin, page).status_code == 200


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(w, marks=pytest.mark.control("analyst"))
        for w in ("a table in SQL Lab", "all rows of a data set")
    ],
)
def test_the_same_way_shows_an_analyst_the_firms(everybody: Visitor, others: Others, way: str) -> None:
    answer = WAYS[way](everybody("administrator"), everybody("analyst"), FIRMS)
    assert answer.status_code == 200
    assert any(firm in answer.text for firm in others("city", FIRMS, "uscc"))


def test_the_table_has_every_kind_of_person_every_way_and_no_row_twice() -> None:
    assert len(ROWS) == len(set(ROWS))
    assert {one.who for one in ROWS} == {ANONYMOUS, *HELD} and NOBODY in HELD
    assert {one.way for one in ROWS} == {*WAYS, OTHERS_FIRM, SEARCH}
