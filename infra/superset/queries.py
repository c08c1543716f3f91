"""The query that Superset's page sends for a chart, written beside the chart: what officials ask is compared with it."""

from __future__ import annotations

from typing import Any

from infra.superset.kinds import LEGACY, params_of
from infra.superset.parts import Spec, SpecError, where_filters


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
    if chart["viz"] not in _QUERIES:
        raise SpecError(f"图表 {name} 的类型 {chart['viz']} 没有写明查询，官员无法打开")
    params = params_of(chart)
    query = _common(chart, params) | _QUERIES[chart["viz"]](chart, params)
    return {
        "datasource": {"id": None, "type": "table"},
        "force": False,
        "queries": [query, _row_count(query, params)] if params.get("server_pagination") else [query],
        "result_format": "json",
        "result_type": "full",
    }


def simple_filter(condition: Spec) -> Spec:
    """A stored simple condition as a query's filter; conditions without a value carry none."""
    clause = {"col": condition["subject"], "op": condition["operator"]}
    if condition["operator"] not in ("IS NULL", "IS NOT NULL"):
        clause["val"] = condition["comparator"]
    return clause


def _common(chart: Spec, params: Spec) -> Spec:
    common = {
        "filters": [simple_filter(condition) for condition in where_filters(chart.get("where", {}))],
        "extras": {"having": "", "where": ""},
        "applied_time_extras": {},
        "annotation_layers": [],
        "series_limit": 0,
        "group_others_when_limit_reached": False,
        "order_desc": True,
    }
    return common | ({"row_limit": params["row_limit"]} if "row_limit" in params else {})


def _table(chart: Spec, params: Spec) -> Spec:
    own = {"post_processing": [], "time_offsets": []}
    if params["query_mode"] == "aggregate":
        metrics = params["metrics"]
        own |= {"columns": params["groupby"], "metrics": metrics, "orderby": [[metrics[0], False]]}
    else:
        own |= {
            "columns": params["all_columns"],
            "orderby": [list(order) for order in chart.get("order", [])],
        }
    if params.get("server_pagination"):
        own |= {"row_limit": params["server_page_length"], "row_offset": 0}
    return own


def _row_count(query: Spec, params: Spec) -> Spec:
    """The second question of a table that is shown by pages: how many rows there are."""
    return query | {"row_limit": params["row_limit"], "row_offset": 0, "is_rowcount": True}


def _series(chart: Spec, params: Spec) -> Spec:
    axis, series, metrics = params["x_axis"], params["groupby"], params["metrics"]
    return {
        "columns": [_axis(axis), *series],
        "metrics": metrics,
        "orderby": [[metrics[0], False]],
        "series_columns": series,
        "time_offsets": [],
        "post_processing": _post_processing(axis, series, metrics, params),
    }


def _axis(column: str) -> Spec:
    return {
        "columnType": "BASE_AXIS",
        "sqlExpression": column,
        "label": column,
        "expressionType": "SQL",
        "isColumnReference": True,
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


def _pie(chart: Spec, params: Spec) -> Spec:
    metric = params["metric"]
    orderby = {"orderby": [[metric, False]]} if params["sort_by_metric"] else {}
    share = {"columns": [metric], "rename_columns": [f"{metric}__contribution"]}
    steps = [{"operation": "contribution", "options": share}]
    return {"columns": params["groupby"], "metrics": [metric], "post_processing": steps, **orderby}


def _number(chart: Spec, params: Spec) -> Spec:
    return {"columns": [], "metrics": [params["metric"]]}


def _pivot(chart: Spec, params: Spec) -> Spec:
    metrics = params["metrics"]
    return {
        "columns": [*params["groupbyColumns"], *params["groupbyRows"]],
        "metrics": metrics,
        "orderby": [[metrics[0], False]],
    }


def _heatmap(chart: Spec, params: Spec) -> Spec:
    axis, rows, metric = params["x_axis"], params["groupby"], params["metric"]
    return {
        "columns": [_axis(axis), rows],
        "metrics": [metric],
        "orderby": [[axis, True], [rows, True]],
        "post_processing": [{"operation": "rank", "options": {"metric": metric}}],
    }


_QUERIES = {
    "table": _table,
    "echarts_timeseries_bar": _series,
    "echarts_timeseries_line": _series,
    "pie": _pie,
    "big_number_total": _number,
    "pivot_table_v2": _pivot,
    "heatmap_v2": _heatmap,
}
