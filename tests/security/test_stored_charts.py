"""Officials ask the stored charts and filters, nothing else: each attempt departs from an honest request in one place."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from tests.support.superset_users import (
    ANALYST,
    CITY,
    FIRMS,
    OTHER_CITY,
    PAGE_OF,
    PROVINCE,
    REGION_OF,
    STORED,
    Client,
    Login,
    rows,
    shown_as,
    texts,
)

pytestmark = pytest.mark.e2e

REGIONLESS = "无地区"
CHART = FIRMS
NAME = shown_as(CHART, "name")
REGION_FILTER = next(
    (page, item["id"])
    for page, spec in STORED.pages.items()
    for item in spec["filters"]
    if "officials" in spec["for"] and item["dataset"] == "region_ranking" and item["column"] == "region_name"
)
"""A page, and a filter on it that lists regions."""
OTHER = REGION_OF[OTHER_CITY]
UNION = (
    "'a' UNION ALL SELECT region_code||'|'||uscc||'|'||name FROM enterprise_statement "
    "WHERE region_code <> '{own}' UNION ALL SELECT max('z')"
)
Change = Callable[[dict[str, Any]], None]


def typed(expression: str, kind: str = "metric") -> dict[str, Any]:
    """A column or metric typed as SQL."""
    return {"expressionType": "SQL", "label": kind, "sqlExpression": expression}


def query(**fields: Any) -> Change:
    """Set fields of the request's query."""
    return lambda body: body["queries"][0].update(copy.deepcopy(fields))


def form(**fields: Any) -> Change:
    """Set fields of the request's form."""
    return lambda body: body["form_data"].update(fields)


def top(**fields: Any) -> Change:
    """Set fields of the request itself."""
    return lambda body: body.update(fields)


def condition(**fields: Any) -> Change:
    """Add a filter."""
    return lambda body: body["queries"][0]["filters"].append(fields)


def without_filters(body: dict[str, Any]) -> None:
    body["queries"][0]["filters"] = []


def second_query(body: dict[str, Any]) -> None:
    body["queries"].append(copy.deepcopy(body["queries"][0]))


INJECTIONS: Mapping[str, Change] = {
    "typed metric with a union": query(columns=[], metrics=[typed(UNION.format(own="220100"))], orderby=[]),
    "typed column with a union": query(columns=[typed(UNION.format(own="220100"), "column")], orderby=[]),
    "typed column that names the table": query(
        columns=[typed("region_code from enterprise_statement --", "region_code")], orderby=[]
    ),
    "typed column with a sub-query": query(
        columns=[typed("(select max(name) from enterprise_statement)", "x")], orderby=[]
    ),
    "typed order": query(orderby=[[typed("(select max(name) from enterprise_statement)"), True]]),
    "where of another region": query(extras={"where": f"region_code = '{OTHER}'", "having": ""}),
    "where that closes the bracket": query(
        extras={"where": f"1=1) OR (region_code = '{OTHER}'", "having": ""}
    ),
    "having with a sub-query": query(
        extras={"where": "", "having": "exists (select 1 from enterprise_statement)"}
    ),
}
CHANGES: Mapping[str, Change] = {
    "typed metric that reads a setting": query(metrics=[typed("max(current_setting('secret_directory'))")]),
    "typed metric that reads a file": query(
        metrics=[typed("(select content from read_text('/etc/passwd'))")]
    ),
    "metric that the chart lacks": query(metrics=["firms"]),
    "simple metric": query(
        metrics=[
            {
                "expressionType": "SIMPLE",
                "aggregate": "MAX",
                "column": {"column_name": "revenue"},
                "label": "m",
            }
        ]
    ),
    "column that the chart lacks": query(columns=["uscc"]),
    "one column more": query(columns=[*STORED.charts[CHART]["params"]["all_columns"], "uscc"]),
    "one column less": query(columns=STORED.charts[CHART]["params"]["all_columns"][1:]),
    "groupby of the old name": query(groupby=["uscc"]),
    "order that the chart lacks": query(orderby=[["region_code", True]]),
    "no order": query(orderby=[]),
    "where of the old name": query(where="1=1"),
    "having of the old name": query(having="1=1"),
    "where that ends in a comment": query(extras={"where": "1=1 -- ", "having": ""}),
    "grain of time": query(granularity="certificate_valid_to", extras={"time_grain_sqla": "P1Y"}),
    "range of time": query(granularity="certificate_valid_to", time_range="2020-01-01 : 2030-01-01"),
    "shift of time": query(time_offsets=["1 year ago"]),
    "filter on a column without a filter": condition(col="region_code", op="==", val=OTHER),
    "filter of the wrong kind": condition(col="region_name", op="NOT IN", val=["长春市"]),
    "filter by pattern": condition(col="region_name", op="LIKE", val="%"),
    "filter by comparison": condition(col="period_label", op=">", val="2"),
    "filter on a typed column": condition(col=typed("1=1) or (1", "c"), op="==", val=1),
    "filter with a nested value": condition(col="region_name", op="IN", val=[["长春市"]]),
    "stored filter left out": without_filters,
    "more rows": query(row_limit=50000),
    "rows before the first": query(row_offset=-20),
    "rows behind the last": query(row_offset=49_990),
    "rows from a text": query(row_offset="0 UNION ALL SELECT 1"),
    "larger page": query(row_limit=21),
    "sorted by a column that is not shown": query(orderby=[["uscc", False]]),
    "sorted by two columns": query(orderby=[[NAME, True], ["revenue_wan", True]]),
    "sorted by a typed expression": query(orderby=[["name), (SELECT 1", True]]),
    "search in a column that is not shown": condition(col="uscc", op="ILIKE", val="91%"),
    "search by something else than a text": condition(col=NAME, op="ILIKE", val=["%"]),
    "search by a pattern of another kind": condition(col=NAME, op="NOT LIKE", val="%"),
    "series limit": query(series_columns=["name"], series_limit=1, series_limit_metric=typed("max(name)")),
    "series limit of the old name": query(timeseries_limit=1, timeseries_limit_metric=typed("max(name)")),
    "post processing": query(post_processing=[{"operation": "cum", "options": {"operator": "sum"}}]),
    "number of rows": query(is_rowcount=True),
    "annotation": query(
        annotation_layers=[
            {"annotationType": "EVENT", "sourceType": "table", "name": "a", "value": 1, "show": True}
        ]
    ),
    "samples": top(result_type="samples"),
    "drill to detail": top(result_type="drill_detail"),
    "text of the query": top(result_type="query"),
    "columns of the data set": top(result_type="columns"),
    "grains of the data set": top(result_type="timegrains"),
    "bare results": top(result_type="results"),
    "post-processed": top(result_type="post_processed"),
    "samples by the query": query(result_type="samples"),
    "download as CSV": top(result_format="csv"),
    "download as workbook": top(result_format="xlsx"),
    "two queries": second_query,
    "no query": top(queries=[]),
    "no form": top(form_data=None),
    "no dashboard": form(dashboardId=None),
    "no chart": form(slice_id=None),
    "chart that is not there": form(slice_id=99999),
    "child of another chart": form(parent_slice_id=1),
    "column in the tooltip": form(tooltip_contents=["uscc"]),
    "request of a filter": form(type="NATIVE_FILTER", native_filter_id="NATIVE_FILTER-region"),
}
FILTER_CHANGES: Mapping[str, Change] = {
    "other column": query(columns=["region_code"], orderby=[["region_code", True]]),
    "one column more": query(columns=["region_name", "score"]),
    "typed column with a union": query(columns=[typed(UNION.format(own="220100"), "c")], orderby=[]),
    "typed metric with a union": query(metrics=[typed(UNION.format(own="220100"))]),
    "metric": query(metrics=["score"]),
    "typed order": query(orderby=[[typed("(select max(name) from enterprise_statement)"), True]]),
    "where": query(extras={"where": "1=1", "having": ""}),
    "further filter": condition(col="region_name", op="==", val="长春市"),
    "stored filter left out": without_filters,
    "more rows": query(row_limit=50000),
    "samples": top(result_type="samples"),
    "filter that is not there": form(native_filter_id="NATIVE_FILTER-nothing"),
    "other filter": form(native_filter_id="NATIVE_FILTER-period"),
    "no dashboard": form(dashboardId=None),
}


def held(answer: httpx.Response) -> None:
    """Refused as a wrong request, without any data."""
    assert 400 <= answer.status_code < 500, answer.text[:500]
    assert '"data"' not in answer.text


@pytest.fixture
def person(login: Login, official_without_region: Client) -> Callable[[str], Client]:
    """Clients by name, the official without region too."""
    return lambda who: official_without_region if who == REGIONLESS else login(who)


def attempts(changes: Mapping[str, Change], people: tuple[str, ...]) -> list[Any]:
    return [
        pytest.param(who, change, id=f"{who}-{name}", marks=pytest.mark.person(who))
        for who in people
        for name, change in changes.items()
    ]


@pytest.mark.parametrize(
    ("who", "change"),
    [
        *attempts(INJECTIONS, (CITY, OTHER_CITY, PROVINCE, REGIONLESS)),
        *attempts(CHANGES, (CITY,)),
    ],
)
def test_request_that_departs_from_the_stored_chart_is_refused(
    person: Callable[[str], Client], who: str, change: Change
) -> None:
    client = person(who)
    body = client.page_request(CHART)
    change(body)
    held(client.ask(body))


@pytest.mark.parametrize(("who", "change"), attempts(FILTER_CHANGES, (CITY,)))
def test_request_that_departs_from_the_stored_filter_is_refused(
    person: Callable[[str], Client], who: str, change: Change
) -> None:
    client = person(who)
    page, name = REGION_FILTER
    body = client.filter_request(name, page)
    change(body)
    held(client.ask(body))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change, id=name, marks=pytest.mark.control(ANALYST))
        for name, change in {
            "typed column": query(columns=[typed("region_code", "region_code")], orderby=[]),
            "plain column": query(columns=["region_code"], orderby=[], row_limit=5000),
            "where": query(columns=["region_code"], orderby=[], extras={"where": f"region_code = '{OTHER}'"}),
        }.items()
    ],
)
def test_the_same_probe_shows_an_analyst_the_other_region(login: Login, change: Change) -> None:
    client = login(ANALYST)
    body = client.page_request(CHART)
    change(body)
    assert OTHER in {row["region_code"] for row in rows(client.ask(body))}


@pytest.mark.control(ANALYST)
def test_even_an_analyst_cannot_reach_the_server_by_a_chart(login: Login) -> None:
    client = login(ANALYST)
    body = client.page_request(CHART)
    query(columns=[], metrics=[typed("max(current_setting('secret_directory'))")], orderby=[])(body)
    answer = client.ask(body)
    assert 400 <= answer.status_code < 500
    assert "已拒绝" in answer.json()["message"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change, id=name)
        for name, change in {
            "next page": query(row_offset=20),
            "sorted by an own column": query(orderby=[["revenue_wan", False]]),
            "search in an own column": condition(col=NAME, op="ILIKE", val="公司%"),
        }.items()
    ],
)
def test_pages_order_and_search_of_a_table_are_answered(login: Login, change: Change) -> None:
    client = login(CITY)
    body = client.page_request(CHART)
    change(body)
    assert 0 < len(rows(client.ask(body))) <= 20


def test_pages_sorted_by_a_column_with_equal_values_add_up_to_the_table(login: Login) -> None:
    client = login(CITY)
    newest = rows(client.ask(client.filter_request("period", PAGE_OF[CHART])))[0]["period_label"]
    body = client.page_request(CHART, {"col": "period_label", "op": "IN", "val": [newest]})
    query(orderby=[["highest_tier_name", True]])(body)
    seen = []
    for offset in range(0, 100, 20):
        body["queries"][0]["row_offset"] = offset
        seen += texts(rows(client.ask(body)), CHART, "name")
    assert len(seen) == len(set(seen))
