"""One statement glued to another by a set operation, on every table, by every way that Superset has to a chart's data."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from jobs.serve.classes import table_classes
from tests.support.superset_users import (
    ADMIN,
    ANALYST,
    CITIES,
    CITY,
    FIRMS,
    OTHER_CITY,
    PAGE_OF,
    PROVINCE,
    REGION_OF,
    STORED,
    Client,
    Login,
    by_form,
    login_once,
)

pytestmark = pytest.mark.e2e

WITHOUT, TWO = "official_without_region", "official_with_two_regions"
PEOPLE = (*CITIES, WITHOUT, TWO)
REFUSED = (400, 401, 403, 404, 422)
TABLES = list(table_classes())
FIRM_TABLES = [table for table, entry in table_classes().items() if entry.holds == "firms"]
ONE_OF_EACH = list({entry.holds: table for table, entry in table_classes().items()}.values())
"""A table of each class: the refusal does not look at the table's name, one person tries them all."""


@pytest.fixture(scope="module")
def known(superset_url: str, passwords: Mapping[str, str]) -> Login:
    """Clients of the accounts that the access file names."""
    return login_once(superset_url, passwords)


@pytest.fixture(scope="module")
def made(known: Login, superset_url: str) -> Iterator[dict[str, tuple[str, str]]]:
    """Name and password of an official without a region and of one with two, made for the tests."""
    admin = known(ADMIN)
    answer = admin.http.get("/api/v1/security/roles/?q=(page_size:100)").raise_for_status()
    role = {item["name"]: item["id"] for item in answer.json()["result"]}
    regions = [role[f"地区 {REGION_OF[city]}"] for city in CITIES]
    accounts, ids = {}, []
    for who, roles in ((WITHOUT, []), (TWO, regions)):
        name, password = f"t{secrets.token_hex(4)}", "Tmp-" + secrets.token_urlsafe(16)
        user = {"username": name, "first_name": name, "last_name": name, "email": f"{name}@localhost.invalid"}
        body = {**user, "active": True, "roles": [role["官员"], *roles], "password": password}
        answer = admin.http.post("/api/v1/security/users/", json=body)
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
        accounts[who] = (name, password)
    yield accounts
    for number in ids:
        admin.http.delete(f"/api/v1/security/users/{number}")


@pytest.fixture(scope="module")
def login(known: Login, made: dict[str, tuple[str, str]], superset_url: str) -> Login:
    """Clients by person."""
    clients = {who: Client(superset_url, *account) for who, account in made.items()}
    return lambda who: clients[who] if who in clients else known(who)


@pytest.fixture(scope="module")
def browse(
    made: dict[str, tuple[str, str]], passwords: Mapping[str, str], superset_url: str
) -> Callable[[str], httpx.Client]:
    """Sessions of the page by person."""

    @cache
    def session(who: str) -> httpx.Client:
        http, answer = by_form(superset_url, *(made.get(who) or (who, passwords[who])))
        assert answer.status_code == 302
        answer = http.get("/api/v1/security/csrf_token/").raise_for_status()
        http.headers["X-CSRFToken"] = answer.json()["result"]
        return http

    return session


@pytest.fixture(scope="module")
def foreign(served_file: Path) -> Callable[[str], set[str]]:
    """Codes and names of the firms that lie outside a person's region."""
    with duckdb.connect(str(served_file), read_only=True) as connection:
        rows = connection.execute(
            "SELECT DISTINCT region_code, unnest([uscc, name]) FROM enterprise_statement"
        ).fetchall()

    def outside(who: str) -> set[str]:
        region = REGION_OF.get(who, "")
        return {word for _, word in rows if word} - {word for code, word in rows if code == region}

    return outside


def rest(tables: list[str]) -> str:
    """Further branches of a UNION that give all rows of the tables as text."""
    return " ".join(f"UNION ALL SELECT CAST(t AS VARCHAR) FROM {table} AS t" for table in tables)


def metric(tables: list[str]) -> dict[str, Any]:
    """An ad-hoc metric whose SQL goes on after its own SELECT."""
    sql = f"'a' {rest(tables)} UNION ALL SELECT max('z')"
    return {"metrics": [{"expressionType": "SQL", "label": "x", "sqlExpression": sql}], "columns": []}


def column(tables: list[str]) -> dict[str, Any]:
    """The same as an ad-hoc column."""
    sql = f"'a' {rest(tables)} UNION ALL SELECT 'z'"
    return {"columns": [{"expressionType": "SQL", "label": "x", "sqlExpression": sql}], "metrics": []}


@cache
def page(http: httpx.Client) -> tuple[dict[str, Any], dict[str, Any]]:
    """The form data of the list of firms and its page, asked once per person."""
    address = f"/api/v1/dashboard/{PAGE_OF[FIRMS]}"
    board = http.get(address).raise_for_status().json()["result"]
    charts = http.get(f"{address}/charts").raise_for_status().json()["result"]
    title = STORED.charts[FIRMS]["title"]
    return next(chart["form_data"] for chart in charts if chart["slice_name"] == title), board


def ask(client: Client, dataset: int, form: dict[str, Any], query: dict[str, Any]) -> httpx.Response:
    """Ask the data of a chart or a filter."""
    body = {
        "datasource": {"id": dataset, "type": "table"},
        "queries": [{"row_limit": 50000, "filters": [], **query}],
        "form_data": form,
        "result_format": "json",
        "result_type": "full",
    }
    return client.http.post("/api/v1/chart/data", json=body)


def by_chart(client: Client, query: dict[str, Any]) -> httpx.Response:
    """Ask as a chart of the dashboard."""
    form, board = page(client.http)
    dataset = int(form["datasource"].split("__")[0])
    return ask(client, dataset, {"slice_id": form["slice_id"], "dashboardId": board["id"]}, query)


def by_filter(client: Client, query: dict[str, Any]) -> httpx.Response:
    """Ask as a native filter of the dashboard."""
    _, board = page(client.http)
    chosen = json.loads(board["json_metadata"])["native_filter_configuration"][0]
    form = {"type": "NATIVE_FILTER", "native_filter_id": chosen["id"], "dashboardId": board["id"]}
    return ask(client, chosen["targets"][0]["datasetId"], form, query)


def by_explore_json(browser: httpx.Client, tables: list[str]) -> httpx.Response:
    """Ask the older way to a chart's data, in a session of the page: it takes no token."""
    form, board = page(browser)
    others = " ".join(f"UNION ALL SELECT CAST(t AS VARCHAR), 1 FROM {table} AS t" for table in tables)
    glued = f"1 {others} UNION ALL SELECT 'z', count(*)"
    asked = {
        "datasource": form["datasource"], "slice_id": form["slice_id"], "dashboardId": board["id"], "viz_type": "para",
        "metrics": [{"expressionType": "SQL", "label": "n", "sqlExpression": glued}],
        "series": {"expressionType": "SQL", "label": "x", "sqlExpression": "'a'"}, "row_limit": 50000,
    }  # fmt: skip
    return browser.post("/superset/explore_json/", data={"form_data": json.dumps(asked)})


WAYS = {"chart": by_chart, "filter": by_filter}


def shown(answer: httpx.Response, words: set[str]) -> list[str]:
    """Words that stand in an answer that is not a refusal."""
    assert answer.status_code == 200 or answer.status_code in REFUSED, answer.text[:300]
    text = json.dumps(answer.json(), ensure_ascii=False) if answer.status_code == 200 else ""
    return sorted(word for word in words if word in text)[:3]


@pytest.mark.parametrize(
    ("who", "table"),
    [
        pytest.param(w, t, marks=pytest.mark.person(w), id=f"{w}-{t}")
        for w in PEOPLE
        for t in (TABLES if w == CITY else ONE_OF_EACH)
    ],
)
def test_a_union_in_a_metric_gives_no_foreign_firm(
    login: Login, foreign: Callable[[str], set[str]], who: str, table: str
) -> None:
    assert shown(by_chart(login(who), metric([table])), foreign(who)) == []


@pytest.mark.parametrize(
    ("who", "way", "shape"),
    [
        pytest.param(w, way, shape, marks=pytest.mark.person(w), id=f"{w}-{way}-{shape.__name__}")
        for w in PEOPLE
        for way in WAYS
        for shape in (metric, column)
    ],
)
def test_a_union_over_all_tables_gives_no_foreign_firm_by_any_way(
    login: Login,
    foreign: Callable[[str], set[str]],
    who: str,
    way: str,
    shape: Callable[[list[str]], dict[str, Any]],
) -> None:
    assert shown(WAYS[way](login(who), shape(TABLES)), foreign(who)) == []


@pytest.mark.parametrize(
    ("who", "table"),
    [
        pytest.param(w, t, marks=pytest.mark.person(w), id=f"{w}-{t}")
        for w in PEOPLE
        for t in (FIRM_TABLES if w == CITY else FIRM_TABLES[:1])
    ],
)
def test_explore_json_gives_no_foreign_firm(
    browse: Callable[[str], httpx.Client], foreign: Callable[[str], set[str]], who: str, table: str
) -> None:
    assert shown(by_explore_json(browse(who), [table]), foreign(who)) == []


@pytest.mark.control(ADMIN)
def test_explore_json_shows_the_firms_to_the_administrator(
    browse: Callable[[str], httpx.Client], foreign: Callable[[str], set[str]]
) -> None:
    answer = by_explore_json(browse(ADMIN), ["enterprise_statement"])
    assert shown(answer, foreign(CITY))


@pytest.mark.parametrize("way", [pytest.param(w, marks=pytest.mark.control(ADMIN)) for w in WAYS])
@pytest.mark.parametrize("shape", [metric, column])
def test_the_same_request_shows_the_firms_to_the_administrator(
    login: Login, foreign: Callable[[str], set[str]], way: str, shape: Callable[[list[str]], dict[str, Any]]
) -> None:
    answer = WAYS[way](login(ADMIN), shape(["enterprise_statement"]))
    assert shown(answer, foreign(CITY))


@pytest.mark.control(ANALYST)
def test_the_same_union_shows_the_firms_to_an_analyst(
    login: Login, foreign: Callable[[str], set[str]]
) -> None:
    answer = login(ANALYST).sql(f"SELECT 'a' {rest(['enterprise_statement'])}")
    assert answer.status_code == 200, answer.text[:300]
    assert shown(answer, foreign(CITY))


@pytest.mark.control(PROVINCE)
def test_the_province_reads_the_firms_of_both_cities_in_the_list(
    login: Login, foreign: Callable[[str], set[str]]
) -> None:
    client = login(PROVINCE)
    answer = client.ask(client.page_request(FIRMS))
    assert shown(answer, foreign(CITY)) and shown(answer, foreign(OTHER_CITY))
