"""One statement glued to another by a set operation, on every table, by every way that Superset has to a chart's data."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from jobs.serve.classes import table_classes
from tests.superset_users import (
    ADMIN,
    ANALYST,
    CITIES,
    CITY,
    DASHBOARD,
    OTHER_CITY,
    PROVINCE,
    REGION_OF,
    Client,
    Login,
    login_once,
)

pytestmark = pytest.mark.e2e

WITHOUT, TWO = "official_without_region", "official_with_two_regions"
PEOPLE = (*CITIES, WITHOUT, TWO)
REFUSED = (400, 403, 404, 422)
TABLES = list(table_classes())


@pytest.fixture(scope="module")
def known(superset_url: str, passwords: Mapping[str, str]) -> Login:
    """Clients of the accounts that the access file names."""
    return login_once(superset_url, passwords)


@pytest.fixture(scope="module")
def made(known: Login, superset_url: str) -> Iterator[dict[str, Client]]:
    """An official without a region and one with two, made for the tests."""
    admin = known(ADMIN)
    answer = admin.http.get("/api/v1/security/roles/?q=(page_size:100)").raise_for_status()
    role = {item["name"]: item["id"] for item in answer.json()["result"]}
    regions = [role[f"地区 {REGION_OF[city]}"] for city in CITIES]
    clients, ids = {}, []
    for who, roles in ((WITHOUT, []), (TWO, regions)):
        name, password = f"t{secrets.token_hex(4)}", "Tmp-" + secrets.token_urlsafe(16)
        user = {"username": name, "first_name": name, "last_name": name, "email": f"{name}@localhost.invalid"}
        body = {**user, "active": True, "roles": [role["官员"], *roles], "password": password}
        answer = admin.http.post("/api/v1/security/users/", json=body)
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
        clients[who] = Client(superset_url, name, password)
    yield clients
    for number in ids:
        admin.http.delete(f"/api/v1/security/users/{number}").raise_for_status()


@pytest.fixture(scope="module")
def login(known: Login, made: dict[str, Client]) -> Login:
    """Clients by person."""
    return lambda who: made[who] if who in made else known(who)


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


def by_chart(client: Client, query: dict[str, Any]) -> httpx.Response:
    """Ask as a chart of the dashboard."""
    return client.data(client.chart("企业名单"), **query)


def by_filter(client: Client, query: dict[str, Any]) -> httpx.Response:
    """Ask as a native filter of the dashboard."""
    board = client.http.get(f"/api/v1/dashboard/{DASHBOARD}").raise_for_status().json()["result"]
    filters = json.loads(board["json_metadata"])["native_filter_configuration"]
    chosen = filters[0]
    body = {
        "datasource": {"id": chosen["targets"][0]["datasetId"], "type": "table"},
        "queries": [{"row_limit": 50000, "filters": [], **query}],
        "form_data": {"type": "NATIVE_FILTER", "native_filter_id": chosen["id"], "dashboardId": board["id"]},
        "result_format": "json",
        "result_type": "full",
    }
    return client.http.post("/api/v1/chart/data", json=body)


def by_explore_json(client: Client, query: dict[str, Any]) -> httpx.Response:
    """Ask the older way to a chart's data."""
    form = client.chart("企业名单")
    board = client.http.get(f"/api/v1/dashboard/{DASHBOARD}").raise_for_status().json()["result"]["id"]
    asked = {
        "datasource": form["datasource"], "slice_id": form["slice_id"], "dashboardId": board, "viz_type": "dist_bar",
        "metrics": query["metrics"] or ["firms"], "groupby": query["columns"], "row_limit": 50000,
    }  # fmt: skip
    return client.http.post("/superset/explore_json/", data={"form_data": json.dumps(asked)})


WAYS = {"chart": by_chart, "filter": by_filter, "explore_json": by_explore_json}


def shown(answer: httpx.Response, words: set[str]) -> list[str]:
    """Words that stand in an answer that is not a refusal."""
    assert answer.status_code == 200 or answer.status_code in REFUSED, answer.text[:300]
    text = json.dumps(answer.json(), ensure_ascii=False) if answer.status_code == 200 else ""
    return sorted(word for word in words if word in text)[:3]


@pytest.mark.parametrize(
    ("who", "table"),
    [pytest.param(w, t, marks=pytest.mark.person(w), id=f"{w}-{t}") for w in PEOPLE for t in TABLES],
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
    answer = client.data(client.chart("企业名单"), columns=["uscc"], metrics=[])
    if answer.status_code in REFUSED:
        answer = client.data(client.chart("企业名单"))
    assert shown(answer, foreign(CITY)) and shown(answer, foreign(OTHER_CITY))
