"""Row rules of a running Superset, tried as each kind of user through its API."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from tests.superset_users import (
    ADMIN,
    CITY,
    DASHBOARD,
    OTHER_CITY,
    PROVINCE,
    REGION_OF,
    Client,
    Login,
    login_once,
    rows,
)

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def login(superset_url: str, passwords: Mapping[str, str]) -> Login:
    """Clients by user name."""
    return login_once(superset_url, passwords)


def truth(served_file: Path, region: str) -> int:
    """Enterprise rows of a region in the served file."""
    pattern = f"{region[:2]}%" if region.endswith("0000") else region
    with duckdb.connect(str(served_file), read_only=True) as connection:
        found = connection.execute(
            "SELECT count(*) FROM enterprise_statement WHERE region_code LIKE ?", [pattern]
        ).fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("username", list(REGION_OF))
def test_official_sees_enterprises_of_the_own_region_only(
    login: Login, served_file: Path, username: str
) -> None:
    client = login(username)
    seen = rows(client.data(client.chart("企业名单"), columns=["region_code"], metrics=["firms"]))
    expected = truth(served_file, REGION_OF[username])
    assert sum(row["firms"] for row in seen) == expected > 0
    if username != PROVINCE:
        assert {row["region_code"] for row in seen} == {REGION_OF[username]}


@pytest.fixture
def official_without_region(login: Login, superset_url: str) -> Iterator[Client]:
    """A user with the role of officials and no region, made for the test."""
    admin, password = login(ADMIN), "Tmp-" + secrets.token_urlsafe(16)
    roles = admin.http.get("/api/v1/security/roles/?q=(page_size:100)").raise_for_status().json()["result"]
    role = next(item["id"] for item in roles if item["name"] == "官员")
    name = f"guest{secrets.token_hex(4)}"
    user = {
        "username": name,
        "first_name": name,
        "last_name": name,
        "email": f"{name}@localhost.invalid",
        "active": True,
    }
    made = admin.http.post("/api/v1/security/users/", json={**user, "roles": [role], "password": password})
    assert made.status_code == 201, made.text
    yield Client(superset_url, name, password)
    admin.http.delete(f"/api/v1/security/users/{made.json()['id']}").raise_for_status()


def test_official_without_region_sees_no_figure_and_which_publication_it_is(
    official_without_region: Client,
) -> None:
    client = official_without_region
    assert rows(client.data(client.chart("企业名单"), columns=["region_code"])) == []
    assert rows(client.data(client.chart("各市（州）位次"), columns=["region_code"])) == []
    assert rows(client.data(client.chart("发布信息"), columns=["period"]))


def test_two_cities_see_different_firms(login: Login) -> None:
    names = []
    for username in (CITY, OTHER_CITY):
        client = login(username)
        names.append({row["uscc"] for row in rows(client.data(client.chart("企业名单"), columns=["uscc"]))})
    assert names[0] and names[1] and not names[0] & names[1]


@pytest.mark.parametrize(
    "query",
    [
        {"filters": [{"col": "region_code", "op": "==", "val": REGION_OF[OTHER_CITY]}]},
        {"filters": [{"col": "region_code", "op": "!=", "val": REGION_OF[CITY]}]},
        {"extras": {"where": f"region_code = '{REGION_OF[OTHER_CITY]}'"}},
        {"extras": {"where": f"1=1) OR (region_code = '{REGION_OF[OTHER_CITY]}'"}},
        {"extras": {"where": f"1=1 OR region_code = '{REGION_OF[OTHER_CITY]}'"}},
        {"extras": {"where": "1=1 OR 1=1 -- "}},
        {"extras": {"having": "exists (select 1 from enterprise_statement)"}},
        {
            "columns": [
                {
                    "expressionType": "SQL",
                    "label": "region_code",
                    "sqlExpression": "region_code from enterprise_statement --",
                }
            ]
        },
        {
            "columns": [
                {
                    "expressionType": "SQL",
                    "label": "x",
                    "sqlExpression": "(select max(name) from enterprise_statement)",
                }
            ]
        },
        {
            "metrics": [
                {
                    "expressionType": "SQL",
                    "label": "x",
                    "sqlExpression": "(select count(*) from enterprise_statement)",
                }
            ]
        },
        {
            "metrics": [
                {
                    "expressionType": "SQL",
                    "label": "x",
                    "sqlExpression": "max(current_setting('allowed_directories'))",
                }
            ]
        },
        {
            "metrics": [
                {
                    "expressionType": "SQL",
                    "label": "x",
                    "sqlExpression": "(select content from read_text('/etc/passwd'))",
                }
            ]
        },
    ],
    ids=lambda query: str(query)[:60],
)
def test_tricks_give_nothing_of_other_regions(login: Login, query: dict[str, Any]) -> None:
    client = login(CITY)
    answer = client.data(client.chart("企业名单"), **{"columns": ["region_code"], **query})
    if answer.status_code == 200:
        assert {row["region_code"] for row in rows(answer)} <= {REGION_OF[CITY]}
    else:
        assert answer.status_code in (400, 403, 422), answer.text[:300]


@pytest.mark.parametrize("result_type", ["samples", "drill_detail", "results"])
def test_other_result_types_keep_the_rule(login: Login, result_type: str) -> None:
    client = login(CITY)
    form = client.chart("企业名单")
    dashboard = client.http.get(f"/api/v1/dashboard/{DASHBOARD}").json()["result"]["id"]
    body = {
        "datasource": {"id": int(form["datasource"].split("__")[0]), "type": "table"},
        "queries": [{"columns": ["region_code"], "metrics": [], "row_limit": 50000}],
        "form_data": {"slice_id": form["slice_id"], "dashboardId": dashboard},
        "result_type": result_type,
    }
    answer = client.http.post("/api/v1/chart/data", json=body)
    if answer.status_code == 200:
        assert {row["region_code"] for row in answer.json()["result"][0]["data"]} == {REGION_OF[CITY]}
    else:
        assert answer.status_code in (400, 403, 422)


def test_data_set_outside_the_dashboard_is_closed(login: Login) -> None:
    official, admin = login(CITY), login(ADMIN)
    found = admin.http.get("/api/v1/dataset/?q=(page_size:100)").json()["result"]
    dataset = next(item["id"] for item in found if item["table_name"] == "kpi_enterprise")
    form = official.chart("企业名单")
    assert official.data(form, in_dashboard=False, columns=["name"]).status_code == 403
    assert official.data({**form, "datasource": f"{dataset}__table"}, columns=["name"]).status_code == 403


def test_regional_figures_are_open_to_every_official(login: Login, served_file: Path) -> None:
    with duckdb.connect(str(served_file), read_only=True) as connection:
        expected = {
            row[0] for row in connection.execute("SELECT DISTINCT region_code FROM region_ranking").fetchall()
        }
    client = login(CITY)
    assert {
        row["region_code"]
        for row in rows(client.data(client.chart("各市（州）位次"), columns=["region_code"]))
    } == expected


@pytest.mark.parametrize("username", [PROVINCE, CITY])
def test_official_has_no_sql_lab_and_no_administration(login: Login, username: str) -> None:
    client = login(username)
    assert client.sql("SELECT 1").status_code == 403
    for address in (
        "/api/v1/database/",
        "/api/v1/rowlevelsecurity/",
        "/api/v1/security/users/",
        "/api/v1/dataset/",
        "/sqllab/",
    ):
        answer = client.http.get(address, follow_redirects=False)
        visible = answer.json().get("result") if answer.status_code == 200 else None
        assert answer.status_code in (302, 401, 403, 404) or visible == [], f"{address}: {answer.text[:200]}"


def test_public_sees_nothing(superset_url: str) -> None:
    answer = httpx.get(f"{superset_url}/api/v1/dashboard/{DASHBOARD}")
    assert answer.status_code in (401, 403, 404)
    assert (
        httpx.get(f"{superset_url}/superset/dashboard/{DASHBOARD}/", follow_redirects=False).status_code
        == 302
    )
