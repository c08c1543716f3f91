"""The query that is stored beside a chart equals what the page sends; requests are compared with it field by field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from infra.superset.asked import refusal
from infra.superset.parts import SpecError
from infra.superset.queries import query_context

# as a browser sent them for these kinds of chart (Superset 6.1), with a filter of the page on the first
PERIOD = {"col": "period_label", "op": "IN", "val": ["2025年4季度"]}
TABLE = {
    "viz": "table",
    "where": {"programme": "JL", "certificate_valid_to": "not null"},
    "order": [["revenue", False], ["uscc", True]],
    "params": {"query_mode": "raw", "all_columns": ["name", "region_name"], "row_limit": 10000},
}
TABLE_SENT = {
    "filters": [
        {"col": "programme", "op": "==", "val": "JL"},
        {"col": "certificate_valid_to", "op": "IS NOT NULL"},
    ],
    "extras": {"having": "", "where": ""},
    "applied_time_extras": {},
    "columns": ["name", "region_name"],
    "orderby": [["revenue", False], ["uscc", True]],
    "annotation_layers": [],
    "row_limit": 10000,
    "series_limit": 0,
    "group_others_when_limit_reached": False,
    "order_desc": True,
    "post_processing": [],
    "time_offsets": [],
}
BAR = {
    "viz": "echarts_timeseries_bar",
    "where": {"programme": "JL"},
    "params": {
        "x_axis": "region_name",
        "x_axis_sort": "score",
        "x_axis_sort_asc": True,
        "metrics": ["score"],
        "groupby": [],
        "row_limit": 50,
    },
}
BAR_SENT = {
    "filters": [{"col": "programme", "op": "==", "val": "JL"}],
    "extras": {"having": "", "where": ""},
    "applied_time_extras": {},
    "columns": [
        {
            "columnType": "BASE_AXIS",
            "sqlExpression": "region_name",
            "label": "region_name",
            "expressionType": "SQL",
            "isColumnReference": True,
        }
    ],
    "metrics": ["score"],
    "orderby": [["score", False]],
    "annotation_layers": [],
    "row_limit": 50,
    "series_columns": [],
    "series_limit": 0,
    "group_others_when_limit_reached": False,
    "order_desc": True,
    "time_offsets": [],
    "post_processing": [
        {
            "operation": "pivot",
            "options": {
                "index": ["region_name"],
                "columns": [],
                "aggregates": {"score": {"operator": "mean"}},
                "drop_missing_columns": False,
            },
        },
        {"operation": "sort", "options": {"by": "score", "ascending": True}},
        {"operation": "flatten"},
    ],
}
LINE = {
    "viz": "echarts_timeseries_line",
    "where": {"target_id": ["JL-T03", "JL-T04"]},
    "params": {
        "x_axis": "period_label",
        "x_axis_sort": "period_label",
        "x_axis_sort_asc": True,
        "metrics": ["value"],
        "groupby": ["tier_label"],
        "row_limit": 1000,
    },
}
LINE_STEPS = [
    {
        "operation": "pivot",
        "options": {
            "index": ["period_label"],
            "columns": ["tier_label"],
            "aggregates": {"value": {"operator": "mean"}},
            "drop_missing_columns": False,
        },
    },
    {"operation": "rename", "options": {"columns": {"value": None}, "level": 0, "inplace": True}},
    {"operation": "flatten"},
]


COMMON_SENT = {
    "filters": [{"col": "programme", "op": "==", "val": "JL"}],
    "extras": {"having": "", "where": ""},
    "applied_time_extras": {},
    "annotation_layers": [],
    "series_limit": 0,
    "group_others_when_limit_reached": False,
    "order_desc": True,
}
AXIS_SENT = {
    "columnType": "BASE_AXIS",
    "sqlExpression": "name_zh",
    "label": "name_zh",
    "expressionType": "SQL",
    "isColumnReference": True,
}
# viz, parameters, and what the page sent besides the common fields
OTHERS_SENT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "table": (
        {"query_mode": "aggregate", "groupby": ["state"], "metrics": ["targets"]},
        {"columns": ["state"], "metrics": ["targets"], "orderby": [["targets", False]], "row_limit": 50,
         "post_processing": [], "time_offsets": []},
    ),
    "pie": (
        {"groupby": ["state"], "metric": "targets"},
        {"columns": ["state"], "metrics": ["targets"], "orderby": [["targets", False]], "row_limit": 20,
         "post_processing": [{"operation": "contribution",
                              "options": {"columns": ["targets"], "rename_columns": ["targets__contribution"]}}]},
    ),
    "big_number_total": ({"metric": "targets"}, {"columns": [], "metrics": ["targets"]}),
    "pivot_table_v2": (
        {"groupbyRows": ["chapter"], "groupbyColumns": ["state"], "metrics": ["targets"]},
        {"columns": ["state", "chapter"], "metrics": ["targets"], "orderby": [["targets", False]], "row_limit": 1000},
    ),
    "heatmap_v2": (
        {"x_axis": "name_zh", "groupby": "region_name", "metric": "share"},
        {"columns": [AXIS_SENT, "region_name"], "metrics": ["share"], "orderby": [["name_zh", True], ["region_name", True]],
         "row_limit": 1000, "post_processing": [{"operation": "rank", "options": {"metric": "share"}}]},
    ),
}  # fmt: skip


def stored(spec: dict[str, Any]) -> dict[str, Any]:
    context = query_context("x", spec)
    assert context is not None
    return dict(context["queries"][0])


@pytest.mark.parametrize(("spec", "sent"), [(TABLE, TABLE_SENT), (BAR, BAR_SENT)], ids=["table", "bar"])
def test_stored_query_is_the_one_the_page_sends(spec: dict[str, Any], sent: dict[str, Any]) -> None:
    assert stored(spec) == sent


@pytest.mark.parametrize("viz", OTHERS_SENT)
def test_stored_query_of_the_other_kinds_is_the_one_the_page_sends(viz: str) -> None:
    params, sent = OTHERS_SENT[viz]
    assert stored({"viz": viz, "where": {"programme": "JL"}, "params": params}) == COMMON_SENT | sent


def test_line_with_series_is_renamed_and_not_sorted() -> None:
    assert stored(LINE)["post_processing"] == LINE_STEPS
    assert stored(LINE)["series_columns"] == ["tier_label"]


def test_map_is_asked_by_its_parameters() -> None:
    assert query_context("map", {"viz": "deck_geojson", "params": {}}) is None


def test_chart_of_a_kind_without_a_written_query_is_refused() -> None:
    with pytest.raises(SpecError, match="没有写明查询"):
        query_context("sunburst", {"viz": "sunburst_v2", "params": {}})


def ask(**changes: Any) -> str | None:
    kept = stored(TABLE)
    kept["filter"] = kept.pop("filters")
    return refusal([{**copy.deepcopy(kept), **changes}], [kept], frozenset({"period_label", "region_name"}))


STORED_FILTERS = TABLE_SENT["filters"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"filter": [PERIOD, *STORED_FILTERS]},
        {"filter": [*STORED_FILTERS, {"col": "region_name", "op": "==", "val": None}]},
        {"row_limit": 10},
        {"extras": {}},
        {"annotation_layers": None},
    ],
    ids=[
        "as stored",
        "filter of the page",
        "filter for the empty value",
        "fewer rows",
        "empty extras",
        "absent",
    ],
)
def test_honest_requests_pass(changes: dict[str, Any]) -> None:
    assert ask(**changes) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": ["name", "region_name", "uscc"]},
        {"columns": ["name"]},
        {"metrics": ["firms"]},
        {"orderby": []},
        {"extras": {"where": "1=1"}},
        {"extras": {"time_grain_sqla": "P1Y"}},
        {"filter": STORED_FILTERS[:1]},
        {"filter": [PERIOD]},
        {"filter": [*STORED_FILTERS, {"col": "uscc", "op": "==", "val": "x"}]},
        {"filter": [*STORED_FILTERS, {"col": "region_name", "op": "LIKE", "val": "%"}]},
        {"filter": [*STORED_FILTERS, {"col": {"label": "a"}, "op": "==", "val": "x"}]},
        {"filter": [*STORED_FILTERS, {"col": "region_name", "op": "IN", "val": [["x"]]}]},
        {"filter": [*STORED_FILTERS, {"col": "region_name", "op": "==", "val": {"a": 1}}]},
        {"row_limit": 10001},
        {"row_limit": 0},
        {"row_limit": None},
        {"row_offset": 5},
        {"something_new": 1},
    ],
    ids=lambda changes: str(changes)[:70],
)
def test_departures_are_refused(changes: dict[str, Any]) -> None:
    assert ask(**changes)


PAGED = TABLE | {"params": TABLE["params"] | {"row_limit": 100, "server_pagination": True}}


def ask_page(count: dict[str, Any] | None = None, **changes: Any) -> str | None:
    """Why the first page and the number of rows are refused, with changes to the one and the other."""
    context = query_context("x", PAGED)
    assert context is not None
    kept = context["queries"]
    for query in kept:
        query["filter"] = query.pop("filters")
    asked = copy.deepcopy(kept)
    asked[0] |= changes
    asked[1] |= count or {}
    return refusal(asked, kept, frozenset({"period_label"}))


def search(column: Any, operator: str = "ILIKE", value: Any = "长春%") -> dict[str, Any]:
    return {"filter": [*STORED_FILTERS, {"col": column, "op": operator, "val": value}]}


def test_a_table_by_pages_asks_one_page_and_how_many_rows_there_are() -> None:
    context = query_context("x", PAGED)
    assert context is not None
    page, count = context["queries"]
    assert (page["row_limit"], page["row_offset"]) == (20, 0)
    assert count == page | {"row_limit": 100, "is_rowcount": True}


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, {}),
        ({"row_offset": 20}, {}),
        ({"row_offset": 80}, {}),
        ({"orderby": [["region_name", False]]}, {"orderby": [["region_name", False]]}),
        (search("name"), search("name")),
        (search("region_name") | {"orderby": [("name", True)]}, search("region_name")),
    ],
)
def test_pages_order_and_search_of_a_table_pass(changes: dict[str, Any], count: dict[str, Any]) -> None:
    assert ask_page(count, **changes) is None


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"row_offset": -20}, {}),
        ({"row_offset": 100}, {}),
        ({"row_offset": 81}, {}),
        ({"row_offset": "20"}, {}),
        ({"row_offset": True}, {}),
        ({"row_offset": 20.5}, {}),
        ({"row_limit": 21}, {}),
        ({"row_limit": True}, {}),
        ({"row_limit": 0}, {}),
        ({"is_rowcount": True}, {}),
        ({"columns": ["name", "uscc"]}, {}),
        ({"orderby": []}, {}),
        ({"orderby": [["uscc", True]]}, {}),
        ({"orderby": [["revenue", True]]}, {}),
        ({"orderby": [["name", True], ["region_name", True]]}, {}),
        ({"orderby": [["name", "ASC, (SELECT 1)"]]}, {}),
        ({"orderby": [[{"sqlExpression": "1", "label": "name", "expressionType": "SQL"}, True]]}, {}),
        ({"orderby": [["name"]]}, {}),
        ({"orderby": "name"}, {}),
        (search("uscc"), {}),
        (search("name", "LIKE"), {}),
        (search("name", "NOT ILIKE"), {}),
        (search("name", value=["长春%"]), {}),
        (search("name", value="长" * 101), {}),
        (search({"label": "name", "sqlExpression": "uscc"}), {}),
        ({"filter": search("name")["filter"] + search("region_name")["filter"][2:]}, {}),
        ({"filter": search("name")["filter"][1:]}, {}),
        ({}, {"is_rowcount": False}),
        ({}, {"row_limit": 101}),
        ({}, {"row_offset": 1}),
        ({}, {"columns": ["uscc"]}),
        ({}, search("uscc")),
    ],
    ids=str,
)
def test_everything_else_of_a_table_by_pages_is_refused(
    changes: dict[str, Any], count: dict[str, Any]
) -> None:
    assert ask_page(count, **changes)


def test_a_table_without_pages_has_neither_other_order_nor_search() -> None:
    assert ask(orderby=[["name", True]])
    assert ask(**search("name"))


def test_number_of_queries_is_the_charts() -> None:
    assert refusal([], [stored(TABLE)], frozenset())
