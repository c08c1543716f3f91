"""Ways to the data beside the chart interface: the older one, data sets, downloads, stored states, SQL Lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import httpx
import pytest

from tests.support.superset_users import ADMIN, ANALYST, CITY, FIRMS, PROVINCE, Client, Login, Page

pytestmark = pytest.mark.e2e

FIRM_ROWS = "SELECT * FROM enterprise_statement"
MAP_CHANGES: Mapping[str, dict[str, Any]] = {
    "other column": {"geojson": "region_code"},
    "typed column": {"geojson": {"expressionType": "SQL", "label": "x", "sqlExpression": "1 UNION SELECT 2"}},
    "one column more": {"js_columns": ["value"]},
    "typed filter": {"adhoc_filters": [{"clause": "WHERE", "expressionType": "SQL", "sqlExpression": "1=1"}]},
    "stored filters left out": {"adhoc_filters": []},
    "more rows": {"row_limit": 50000},
    "grain of time": {"granularity_sqla": "period", "time_grain_sqla": "P1Y"},
    "no dashboard": {"dashboardId": None},
    "other chart": {"slice_id": 99999},
    "filter on a column without a filter": {
        "extra_form_data": {"filters": [{"col": "region_code", "op": "IN", "val": ["220200"]}]}
    },
    "where by the page's filters": {
        "extra_form_data": {
            "adhoc_filters": [{"clause": "WHERE", "expressionType": "SQL", "sqlExpression": "1=1) OR (1=1"}]
        }
    },
}


@pytest.fixture(scope="module")
def page_of(superset_url: str, passwords: Mapping[str, str]) -> Callable[[str], Page]:
    """People logged in through the page, each once."""
    return cache(lambda who: Page(superset_url, who, passwords[who]))


@pytest.fixture
def page(page_of: Callable[[str], Page]) -> Page:
    """The city's official."""
    return page_of(CITY)


@pytest.mark.control(CITY)
def test_map_of_the_page_is_drawn(page: Page) -> None:
    answer = page.ask_map(page.map_request())
    assert answer.status_code == 200
    assert answer.json()["data"]["features"]


@pytest.mark.parametrize(
    "change",
    [pytest.param(value, id=name, marks=pytest.mark.person(CITY)) for name, value in MAP_CHANGES.items()],
)
def test_map_that_departs_from_the_stored_one_is_refused(page: Page, change: dict[str, Any]) -> None:
    answer = page.ask_map({**page.map_request(), **change})
    assert answer.status_code in (400, 403), answer.text[:300]
    assert "features" not in answer.text


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.person(CITY))
        for kind in ("samples", "query", "results", "csv", "xlsx")
    ],
)
def test_map_gives_no_other_kind_of_answer(page: Page, kind: str) -> None:
    assert page.ask_map(page.map_request(), **{kind: "true"}).status_code == 403


@pytest.mark.person(CITY)
def test_firms_are_not_in_the_older_interface(page: Page) -> None:
    chart = page.chart(FIRMS)
    form = {**page.map_request(), "datasource": chart["datasource"], "slice_id": chart["slice_id"]}
    assert page.ask_map({**form, "geojson": "name"}).status_code == 403


@pytest.mark.person(CITY)
def test_answers_that_are_cached_for_all_are_closed(page: Page) -> None:
    for address in (
        "/superset/explore_json/",
        "/superset/explore_json/table/1/",
        "/superset/explore_json/data/x",
    ):
        assert page.http.get(address, params={"form_data": "{}"}).status_code == 405


def doors(client: Client, dataset: int) -> Mapping[str, Callable[[], httpx.Response]]:
    """Requests for data, or for what tells about it, that no page of an official makes."""
    get, post = client.http.get, client.http.post
    chart = client.chart(FIRMS)["slice_id"]
    state = {"datasource_id": dataset, "datasource_type": "table", "chart_id": chart, "form_data": "{}"}
    permalink = {"formData": {"datasource": f"{dataset}__table", "slice_id": chart}, "urlParams": []}
    where = {"datasource_type": "table", "datasource_id": dataset}
    return {
        "data of a chart by GET": lambda: get(f"/api/v1/chart/{chart}/data/"),
        "data of a chart as CSV": lambda: get(f"/api/v1/chart/{chart}/data/?format=csv"),
        "data from the cache": lambda: get("/api/v1/chart/data/qc-0"),
        "values of a column": lambda: get(f"/api/v1/datasource/table/{dataset}/column/region_code/values/"),
        "samples": lambda: post("/datasource/samples", params=where, json={"columns": []}),
        "data set": lambda: get(f"/api/v1/dataset/{dataset}"),
        "data set, drill": lambda: get(f"/api/v1/dataset/{dataset}/drill_info/"),
        "data set, metadata": lambda: get(f"/datasource/get/table/{dataset}/"),
        "data set, columns of the file": lambda: get(f"/datasource/external_metadata/table/{dataset}/"),
        "data set by name": lambda: get(
            "/datasource/external_metadata_by_name/",
            params={
                "q": "(datasource_type:table,database_name:x,schema_name:main,table_name:kpi_enterprise)"
            },
        ),
        "explore": lambda: get("/api/v1/explore/", params={"slice_id": chart}),
        "state of explore": lambda: post("/api/v1/explore/form_data", json=state),
        "permalink of explore": lambda: post("/api/v1/explore/permalink", json=permalink),
        "query by the old interface": lambda: post("/api/v1/query/", data={"query_context": "{}"}),
        "chart of one's own": lambda: post(
            "/api/v1/chart/", json={"slice_name": "x", "datasource_id": dataset, "datasource_type": "table"}
        ),
        "stored chart rewritten": lambda: client.http.put(
            f"/api/v1/chart/{chart}", json={"query_context": "{}"}
        ),
        "warming the cache": lambda: client.http.put("/api/v1/chart/warm_up_cache", json={"chart_id": chart}),
        "tables of the database": lambda: get("/api/v1/database/1/tables/?q=(schema_name:main)"),
        "table of the database": lambda: get("/api/v1/database/1/table_metadata/?name=kpi_enterprise"),
        "SELECT of a table": lambda: get("/api/v1/database/1/select_star/kpi_enterprise/"),
        "SQL Lab": lambda: client.sql(FIRM_ROWS),
        "SQL Lab, cost": lambda: post("/api/v1/sqllab/estimate/", json={"database_id": 1, "sql": FIRM_ROWS}),
        "SQL Lab, results": lambda: get("/api/v1/sqllab/results/?q=(key:x)"),
        "SQL Lab, start": lambda: get("/api/v1/sqllab/"),
        "SQL Lab, export": lambda: get("/api/v1/sqllab/export/x/"),
        "saved queries": lambda: get("/api/v1/saved_query/"),
        "history of queries": lambda: get("/api/v1/query/"),
        "embedding": lambda: post("/api/v1/dashboard/overview/embedded", json={"allowed_domains": []}),
        "guest token": lambda: post(
            "/api/v1/security/guest_token/", json={"user": {}, "resources": [], "rls": []}
        ),
        "export of a dashboard": lambda: get("/api/v1/dashboard/export/?q=!(1)"),
        "export of a data set": lambda: get(f"/api/v1/dataset/export/?q=!({dataset})"),
    }


NAMES = (
    "data of a chart by GET", "data of a chart as CSV", "data from the cache", "values of a column", "samples",
    "data set", "data set, drill", "data set, metadata", "data set, columns of the file", "data set by name",
    "explore", "state of explore", "permalink of explore", "query by the old interface", "chart of one's own",
    "stored chart rewritten", "warming the cache", "tables of the database", "table of the database",
    "SELECT of a table", "SQL Lab", "SQL Lab, cost", "SQL Lab, results", "SQL Lab, start", "SQL Lab, export",
    "saved queries", "history of queries", "embedding", "guest token", "export of a dashboard",
    "export of a data set",
)  # fmt: skip


@pytest.fixture(scope="module")
def dataset(login: Login) -> int:
    """Number of the data set of firms."""
    found = login(ADMIN).http.get("/api/v1/dataset/?q=(page_size:100)").raise_for_status().json()["result"]
    return int(next(item["id"] for item in found if item["table_name"] == "enterprise_statement"))


@pytest.mark.parametrize(
    ("who", "name"),
    [
        pytest.param(who, name, id=f"{who}-{name}", marks=pytest.mark.person(who))
        for who in (CITY, PROVINCE)
        for name in NAMES
    ],
)
def test_other_door_is_closed_to_officials(
    page_of: Callable[[str], Page], dataset: int, who: str, name: str
) -> None:
    answer = doors(page_of(who), dataset)[name]()
    empty = answer.status_code == 200 and answer.json().get("result") == []
    assert 400 <= answer.status_code < 500 or empty, f"{answer.status_code} {answer.text[:300]}"
    assert "uscc" not in answer.text


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.control(ANALYST)) for name in ("explore", "data set", "SQL Lab")],
)
def test_same_door_is_open_to_an_analyst(page_of: Callable[[str], Page], dataset: int, name: str) -> None:
    answer = doors(page_of(ANALYST), dataset)[name]()
    assert answer.status_code == 200, answer.text[:300]
    assert "region_code" in answer.text


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        pytest.param(*case, id=case[0][:50], marks=pytest.mark.person(ANALYST))
        for case in (
            ("SELECT * FROM pg_catalog.pg_settings", "不能读取 pg_catalog.pg_settings"),
            ("SELECT name FROM duckdb_settings() UNION SELECT 'x'", "不允许使用表函数 duckdb_settings"),
            ("SELECT * FROM information_schema.tables", "不能读取 information_schema.tables"),
            ("SELECT current_setting('secret_directory')", "不允许使用函数 current_setting"),
            ("SELECT * FROM read_text('/etc/passwd')", "不允许使用表函数 read_text"),
            ("DROP TABLE publication", "只允许查询语句"),
            ("SELECT repeat('x', 2000000000)", "内存超过"),
            ("SELECT repeat('x', 10000000) FROM range(20)", "50 MB"),
        )
    ],
)
def test_refused_statement_says_why(login: Login, statement: str, reason: str) -> None:
    answer = login(ANALYST).sql(statement)
    assert 400 <= answer.status_code < 500
    assert reason in answer.json()["errors"][0]["message"]


@pytest.mark.control(ANALYST)
def test_next_query_is_answered_after_a_greedy_one(login: Login) -> None:
    assert login(ANALYST).sql("SELECT length(repeat('x', 2000000000))").status_code == 400
    assert login(ANALYST).sql("SELECT count(*) AS n FROM publication").json()["data"][0]["n"] > 0
