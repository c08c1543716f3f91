"""What analysts share in a running Superset: saved queries and data sets that nobody else reaches, names on every column."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.superset_users import (
    ADMIN,
    ANALYST,
    CITY,
    ENTERPRISE,
    OPERATOR,
    PROVINCE,
    STORED,
    Client,
    Login,
)

pytestmark = pytest.mark.e2e

OTHERS = [PROVINCE, CITY, OPERATOR, ENTERPRISE["username"]]
_ALL = "q=(page_size:100)"


def saved(client: Client) -> dict[str, int]:
    """Numbers of the saved queries that somebody is shown, by title."""
    found = client.http.get(f"/api/v1/saved_query/?{_ALL}").raise_for_status().json()["result"]
    return {item["label"]: item["id"] for item in found}


def number(client: Client, dataset: str) -> int:
    """Number of a data set, as an analyst is told it."""
    found = client.http.get(f"/api/v1/dataset/?{_ALL}").raise_for_status().json()["result"]
    return int(next(item["id"] for item in found if item["table_name"] == dataset))


def free_request(client: Client, dataset: str, **ids: Any) -> dict[str, Any]:
    """A request for the rows of a data set, of the asker's own making."""
    column = next(iter(STORED.datasets[dataset]["columns"]))
    query = {"columns": [column], "metrics": [], "filters": [], "row_limit": 5}
    source = {"id": number(client, dataset), "type": "table"}
    return {
        "datasource": source,
        "queries": [query],
        "form_data": ids,
        "result_format": "json",
        "result_type": "full",
    }


def test_an_analyst_is_shown_all_saved_queries_of_the_specs(login: Login) -> None:
    assert {query["title"] for query in STORED.queries.values()} <= set(saved(login(ANALYST)))


@pytest.mark.parametrize("name", STORED.queries)
def test_a_saved_query_opens_and_runs(login: Login, name: str) -> None:
    analyst, title = login(ANALYST), STORED.queries[name]["title"]
    stored = (
        analyst.http.get(f"/api/v1/saved_query/{saved(analyst)[title]}").raise_for_status().json()["result"]
    )
    answer = analyst.sql(stored["sql"])
    assert answer.status_code == 200, answer.text[:500]


def test_an_analyst_cannot_change_or_delete_a_shared_query(login: Login) -> None:
    analyst = login(ANALYST)
    before = saved(analyst)
    shared = before[next(iter(STORED.queries.values()))["title"]]
    assert analyst.http.put(f"/api/v1/saved_query/{shared}", json={"label": "改"}).status_code == 404
    assert analyst.http.delete(f"/api/v1/saved_query/{shared}").status_code == 404
    assert analyst.http.delete(f"/api/v1/saved_query/?q=!({shared})").status_code == 404
    assert saved(analyst) == before


@pytest.mark.parametrize("username", OTHERS)
def test_nobody_else_is_shown_a_saved_query(login: Login, username: str) -> None:
    shared = next(iter(saved(login(ADMIN)).values()))
    for address in ("/api/v1/saved_query/", f"/api/v1/saved_query/{shared}"):
        assert login(username).http.get(address).status_code in (401, 403), address


@pytest.mark.parametrize("username", OTHERS)
@pytest.mark.parametrize("dataset", STORED.closed)
def test_nobody_else_reaches_a_data_set_for_analysts(login: Login, dataset: str, username: str) -> None:
    asker = login(username)
    for page in ("overview", "status"):
        if page in STORED.pages and username != OPERATOR:
            body = free_request(login(ANALYST), dataset, dashboardId=login(ADMIN).number(page))
            assert asker.ask(body).status_code in (401, 403), page
    assert asker.ask(free_request(login(ANALYST), dataset)).status_code in (401, 403)


@pytest.mark.parametrize("dataset", STORED.closed)
def test_an_analyst_reads_it(login: Login, dataset: str) -> None:
    answer = login(ANALYST).ask(free_request(login(ANALYST), dataset))
    assert answer.status_code == 200, answer.text[:500]


def test_tables_and_columns_have_their_chinese_names_in_sql_lab(login: Login) -> None:
    analyst = login(ANALYST)
    base = analyst.served_database
    told = (
        analyst.http.get(
            f"/api/v1/database/{base}/table_metadata/", params={"name": "kpi_region", "schema": "main"}
        )
        .raise_for_status()
        .json()
    )
    assert told["comment"].startswith("地区指标：")
    names = {column["name"]: column["comment"] for column in told["columns"]}
    assert names["coverage"] == "覆盖率：n 与 n_scope 之比"
    assert all(names.values())
