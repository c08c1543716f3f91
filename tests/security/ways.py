"""Ways to get at what is not for somebody: each takes who could ask honestly, who tries, and what it is tried on."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from infra.superset.parts import placed
from tests.support.superset_users import PAGE_OF, STORED, Client

UNCONDITIONAL = "without the stored conditions"
Way = Callable[[Client, Client, str], httpx.Response]
EVERY_FIRM = "SELECT CAST(t AS VARCHAR) FROM enterprise_statement AS t"
UNION = {
    "expressionType": "SQL",
    "label": "x",
    "sqlExpression": f"'a' UNION ALL {EVERY_FIRM} UNION ALL SELECT 'z'",
}


def first_table(page: str) -> str:
    """The first table of a page below its header, else the header: what is tried on a page is tried on it."""
    tables = [c for c in placed(STORED.pages[page]) if STORED.charts[c]["viz"] == "table"]
    return tables[min(1, len(tables) - 1)]


def open_page(author: Client, client: Client, page: str) -> httpx.Response:
    return client.http.get(f"/superset/dashboard/{page}/")


def page_itself(author: Client, client: Client, page: str) -> httpx.Response:
    return client.http.get(f"/api/v1/dashboard/{page}")


def charts_of_page(author: Client, client: Client, page: str) -> httpx.Response:
    return client.http.get(f"/api/v1/dashboard/{page}/charts")


def data_sets_of_page(author: Client, client: Client, page: str) -> httpx.Response:
    return client.http.get(f"/api/v1/dashboard/{page}/datasets")


def export_of_page(author: Client, client: Client, page: str) -> httpx.Response:
    return client.http.get(f"/api/v1/dashboard/export/?q=!({author.number(page)})")


def honest(author: Client, client: Client, page: str) -> httpx.Response:
    return client.ask(author.page_request(first_table(page), page=page))


def filter_values(author: Client, client: Client, page: str) -> httpx.Response:
    return client.ask(author.filter_request("period", page))


def from_another_page(author: Client, client: Client, page: str) -> httpx.Response:
    """The chart of a page under the number of another one."""
    chart = first_table(page)
    body = author.page_request(chart, page=page)
    other = next(name for name, spec in STORED.pages.items() if chart not in placed(spec))
    body["form_data"]["dashboardId"] = author.number(other)
    return client.ask(body)


def stored_chart_by_get(author: Client, client: Client, page: str) -> httpx.Response:
    return client.http.get(
        f"/api/v1/chart/{author.chart(first_table(page), page)['slice_id']}/data/?format=csv"
    )


def state_of_another(author: Client, client: Client, page: str) -> httpx.Response:
    """What somebody else has chosen in the filters of a page, by its key."""
    address = f"/api/v1/dashboard/{author.number(page)}/filter_state"
    made = author.http.post(address, json={"value": json.dumps({"chosen": "x"})})
    return client.http.get(f"{address}/{made.raise_for_status().json()['key']}")


def kept_answer(author: Client, client: Client, page: str) -> httpx.Response:
    """The answer to somebody else's request, by the key under which it may be kept."""
    answer = author.ask(author.page_request(first_table(page), page=page)).raise_for_status().json()
    return client.http.get(f"/api/v1/chart/data/{answer['result'][0].get('cache_key') or 'none'}")


def departing(change: Callable[[dict[str, Any]], None]) -> Way:
    """A request for the first table of a page that departs from the stored one."""

    def way(author: Client, client: Client, page: str) -> httpx.Response:
        body = copy.deepcopy(author.page_request(first_table(page), page=page))
        change(body)
        return client.ask(body)

    return way


def top(**fields: Any) -> Way:
    return departing(lambda body: body.update(fields))


def query(**fields: Any) -> Way:
    return departing(lambda body: body["queries"][0].update(fields))


def table(author: Client, client: Client, name: str) -> httpx.Response:
    return client.sql(f'SELECT * FROM "{name}"')


def data_set(author: Client, client: Client, name: str) -> httpx.Response:
    """All rows of a data set, asked as a chart that is stored nowhere."""
    chart = next(c for c, spec in STORED.charts.items() if spec["dataset"] == name and c in PAGE_OF)
    number = int(author.chart(chart)["datasource"].split("__")[0])
    asked = {"columns": sorted(STORED.datasets[name]["columns"]), "row_limit": 50}
    return client.ask(
        {"datasource": {"id": number, "type": "table"}, "queries": [asked], "result_type": "full"}
    )


CLOSED_PAGE: Mapping[str, Way] = {
    "open the page": open_page,
    "the page by its address in the interface": page_itself,
    "its charts": charts_of_page,
    "its data sets": data_sets_of_page,
    "export": export_of_page,
    "its table, asked as the page does": honest,
    "values of its filter": filter_values,
    "its table as CSV by GET": stored_chart_by_get,
    "its table under the number of another page": from_another_page,
    "the state of its filters by a key": state_of_another,
    "a kept answer by its key": kept_answer,
}
"""On a page that is not for somebody."""
GLUED: Mapping[str, Way] = {
    "every firm glued to a metric": query(metrics=[UNION], columns=[], orderby=[]),
    "download as CSV": top(result_format="csv"),
}
"""On a page that is for somebody: tried as everybody."""
DEPARTING: Mapping[str, Way] = {
    "every firm glued to a column": query(columns=[UNION], orderby=[]),
    "a column that the table lacks": query(columns=["uscc"], orderby=[]),
    UNCONDITIONAL: query(filters=[]),
    "more rows than the table has": query(row_limit=50_000),
    "download as a workbook": top(result_format="xlsx"),
    "samples of the data set": top(result_type="samples"),
    "rows behind a figure": top(result_type="drill_detail"),
    "the text of the statement": top(result_type="query"),
    "its table as CSV by GET": stored_chart_by_get,
    "a kept answer by its key": kept_answer,
}
"""On a page that is for somebody: tried as one official, the rule looks at no name."""
PLAIN = (
    "open the page",
    "the page by its address in the interface",
    "its table, asked as the page does",
    "values of its filter",
)
"""Of those on a closed page, the ones that everybody tries."""
WAYS = {**CLOSED_PAGE, **GLUED, **DEPARTING, "a table in SQL Lab": table, "all rows of a data set": data_set}
