"""Row rules of a running Superset, tried as each kind of user through its API."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import duckdb
import httpx
import pytest

from tests.support.superset_users import (
    ADMIN,
    CITY,
    COUNTY_OF,
    DASHBOARD,
    DOMAIN_OF,
    ENTERPRISE,
    FIRMS,
    OPERATOR,
    OTHER_CITY,
    PROGRAMME,
    PROVINCE,
    REGION_OF,
    STORED,
    Client,
    Login,
    rows,
    texts,
)

pytestmark = pytest.mark.e2e


def listed(served_file: Path, region: str, column: str = "region_code") -> list[str]:
    """Names of a region's (or county's, domain's) firms that the chart lists, from the served file."""
    where = STORED.charts[FIRMS]["where"]
    assert where == {"programme": PROGRAMME, "certificate_valid_to": "not null"}
    pattern = f"{region[:2]}%" if region.endswith("0000") else region
    with duckdb.connect(str(served_file), read_only=True) as connection:
        found = connection.execute(
            "SELECT name FROM enterprise_statement "
            f"WHERE programme = ? AND certificate_valid_to IS NOT NULL AND {column} LIKE ? ORDER BY name",
            [PROGRAMME, pattern],
        ).fetchall()
    return sorted(str(row[0]) for row in found)


@pytest.fixture(scope="module")
def names(login: Login) -> Callable[[str], list[str]]:
    """Names of the firms that the list shows somebody, all its pages of all periods, asked once per person."""
    return cache(lambda who: sorted(texts(login(who).all_rows(FIRMS), FIRMS, "name")))


@pytest.mark.parametrize("username", list(REGION_OF))
def test_official_sees_enterprises_of_the_own_region_only(
    names: Callable[[str], list[str]], served_file: Path, username: str
) -> None:
    expected = listed(served_file, REGION_OF[username])
    assert names(username) == expected
    assert expected


SMALLER = [
    *[(who, "county_code", code) for who, code in list(COUNTY_OF.items())[:2]],
    *[(who, "domain", code) for who, code in list(DOMAIN_OF.items())[:2]],
]


@pytest.mark.parametrize(
    ("who", "column", "code"), [pytest.param(*one, marks=pytest.mark.person(one[0])) for one in SMALLER]
)
def test_counties_and_domains_see_their_own_enterprises_only(
    names: Callable[[str], list[str]], served_file: Path, who: str, column: str, code: str
) -> None:
    assert names(who) == listed(served_file, code, column)


@pytest.mark.parametrize("chart", [FIRMS, "ranking_table"])
@pytest.mark.parametrize(
    "who", [pytest.param(w, marks=pytest.mark.person(w)) for w in (ENTERPRISE["username"], OPERATOR)]
)
def test_enterprises_and_operators_open_no_officials_page(login: Login, who: str, chart: str) -> None:
    official = login(CITY)
    assert rows(official.ask(official.page_request(chart)))
    assert login(who).ask(official.page_request(chart)).status_code == 403


@pytest.mark.control(PROVINCE)
def test_province_sees_the_firms_that_a_city_does_not(names: Callable[[str], list[str]]) -> None:
    assert set(names(CITY)) < set(names(PROVINCE))


@pytest.mark.person("无地区")
def test_official_without_region_sees_no_figure_and_which_publication_it_is(
    official_without_region: Client,
) -> None:
    client = official_without_region
    for chart in (FIRMS, "ranking_table"):
        assert rows(client.ask(client.page_request(chart))) == []
    assert rows(client.ask(client.page_request(f"header_{DASHBOARD}")))


def test_two_cities_see_different_firms(names: Callable[[str], list[str]]) -> None:
    here, there = set(names(CITY)), set(names(OTHER_CITY))
    assert here and there and not here & there


@pytest.mark.person(CITY)
def test_filter_of_the_page_opens_no_other_region(login: Login, served_file: Path) -> None:
    client, province = login(CITY), login(PROVINCE)
    with duckdb.connect(str(served_file), read_only=True) as connection:
        found = connection.execute(
            "SELECT DISTINCT region_name FROM enterprise_statement "
            "WHERE programme = ? AND certificate_valid_to IS NOT NULL AND region_code <> ?",
            [PROGRAMME, REGION_OF[CITY]],
        ).fetchall()
    others = {name for (name,) in found}
    narrow = {"col": "region_name", "op": "IN", "val": sorted(others)}
    assert others
    assert rows(province.ask(province.page_request(FIRMS, narrow)))
    assert rows(client.ask(client.page_request(FIRMS, narrow))) == []


def test_data_set_outside_the_dashboard_is_closed(login: Login) -> None:
    official, admin = login(CITY), login(ADMIN)
    found = admin.http.get("/api/v1/dataset/?q=(page_size:100)").json()["result"]
    dataset = next(item["id"] for item in found if item["table_name"] == "kpi_enterprise")
    body = official.page_request(FIRMS)
    assert rows(official.ask(body))
    body["datasource"]["id"] = dataset
    assert official.ask(body).status_code == 403


def test_regional_figures_are_open_to_every_official(login: Login) -> None:
    city, province = login(CITY), login(PROVINCE)
    seen = [rows(client.ask(client.page_request("ranking_table"))) for client in (city, province)]
    # Figures of few firms are blank to a city; places and names never are.
    places = [
        list(zip(*(texts(own, "ranking_table", c) for c in ("rank", "region_name")), strict=True))
        for own in seen
    ]
    assert places[0] == places[1] and len(places[0]) > 1
    figures = [(own["score"], whole["score"]) for own, whole in zip(*seen, strict=True)]
    assert all(own in (None, whole) for own, whole in figures)


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
