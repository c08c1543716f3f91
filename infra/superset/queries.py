"""The query that Superset's page sends for a chart, written beside the chart: what officials ask is compared with it."""

from __future__ import annotations

from typing import Any

from infra.superset.parts import where_filters
from infra.superset.specs import Spec, SpecError

_SERIES = ("echarts_timeseries_bar", "echarts_timeseries_line")
# drawn by Superset's older interface, which sends the parameters themselves
LEGACY = ("deck_geojson",)


def query_context(name: str, chart: Spec) -> Spec | None:
    """The stored query of a chart; None where the parameters are the query.

    Parameters
    ----------
    name
        File name of the spec, for the refusal.
    chart
        The spec.
    """
    if chart["viz"] in LEGACY:
        return None
    if chart["viz"] == "table" and chart["params"].get("query_mode") == "raw":
        query = _table(chart)
    elif chart["viz"] in _SERIES:
        query = _series(chart)
    else:
        raise SpecError(f"图表 {name} 的类型 {chart['viz']} 没有写明查询，官员无法打开")
    return {
        "datasource": {"id": None, "type": "table"},
        "force": False,
        "queries": [_common(chart) | query],
        "result_format": "json",
        "result_type": "full",
    }


def simple_filter(condition: Spec) -> Spec:
    """A stored simple condition as a query's filter; conditions without a value carry none."""
    clause = {"col": condition["subject"], "op": condition["operator"]}
    if condition["operator"] not in ("IS NULL", "IS NOT NULL"):
        clause["val"] = condition["comparator"]
    return clause


def _common(chart: Spec) -> Spec:
    return {
        "filters": [simple_filter(condition) for condition in where_filters(chart.get("where", {}))],
        "extras": {"having": "", "where": ""},
        "applied_time_extras": {},
        "annotation_layers": [],
        "row_limit": chart["params"]["row_limit"],
        "series_limit": 0,
        "group_others_when_limit_reached": False,
        "order_desc": True,
        "time_offsets": [],
    }


def _table(chart: Spec) -> Spec:
    return {
        "columns": chart["params"]["all_columns"],
        "orderby": [list(order) for order in chart.get("order", [])],
        "post_processing": [],
    }


def _series(chart: Spec) -> Spec:
    params = chart["params"]
    axis, series, metrics = params["x_axis"], params["groupby"], params["metrics"]
    base_axis = {
        "columnType": "BASE_AXIS",
        "sqlExpression": axis,
        "label": axis,
        "expressionType": "SQL",
        "isColumnReference": True,
    }
    return {
        "columns": [base_axis, *series],
        "metrics": metrics,
        "orderby": [[metrics[0], False]],
        "series_columns": series,
        "post_processing": _post_processing(axis, series, metrics, params),
    }


def _post_processing(axis: str, series: list[str], metrics: list[str], params: Spec) -> list[Spec]:
    pivot: dict[str, Any] = {
        "index": [axis],
        "columns": series,
        "aggregates": {metric: {"operator": "mean"} for metric in metrics},
        "drop_missing_columns": False,
    }
    steps = [{"operation": "pivot", "options": pivot}]
    if series and len(metrics) == 1:
        rename = {"columns": {metrics[0]: None}, "level": 0, "inplace": True}
        steps.append({"operation": "rename", "options": rename})
    elif not series:
        ascending = params["x_axis_sort_asc"]
        by = {"is_sort_index": True} if params["x_axis_sort"] == axis else {"by": params["x_axis_sort"]}
        steps.append({"operation": "sort", "options": by | {"ascending": ascending}})
    return [*steps, {"operation": "flatten"}]
