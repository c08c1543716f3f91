"""The query that is stored beside a chart equals what the page sends; requests are compared with it field by field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from infra.superset.asked import refusal
from infra.superset.queries import query_context
from infra.superset.parts import SpecError

# as a browser sent them for these three kinds of chart (Superset 6.1), with a filter of the page on the first
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


def stored(spec: dict[str, Any]) -> dict[str, Any]:
    context = query_context("x", spec)
    assert context is not None
    return dict(context["queries"][0])


@pytest.mark.parametrize(("spec", "sent"), [(TABLE, TABLE_SENT), (BAR, BAR_SENT)], ids=["table", "bar"])
def test_stored_query_is_the_one_the_page_sends(spec: dict[str, Any], sent: dict[str, Any]) -> None:
    assert stored(spec) == sent


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


def test_number_of_queries_is_the_charts() -> None:
    assert refusal([], [stored(TABLE)], frozenset())
