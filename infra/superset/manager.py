"""Superset's security manager with one more question: whoever is neither analyst nor administrator asks stored charts only."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Sequence
from typing import Any

from flask import request
from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
from superset.exceptions import SupersetSecurityException
from superset.security import SupersetSecurityManager

from infra.superset import reader
from infra.superset.asked import SEARCH, Query, refusal
from infra.superset.queries import simple_filter

# the page adds the first two; anything else selects another kind of answer (samples, the SQL text, a download)
_PAGE_ARGUMENTS = {"form_data", "dashboard_id", "force"}
_FILTER_ROWS = 1000
# fields of a query that its own dictionary leaves out
_FURTHER_FIELDS = ("annotation_layers", "applied_time_extras", "time_offsets", "time_range")


class GuardedSecurityManager(SupersetSecurityManager):
    """Checks every request for data against the stored chart or filter that it names."""

    def raise_for_access(self, *args: Any, **kwargs: Any) -> None:
        """Superset's own check, and before it whether the request is a stored one."""
        asked = kwargs.get("query_context") or kwargs.get("viz")
        if asked is None or reader.reads_whole_file():
            super().raise_for_access(*args, **kwargs)
            settle_pages(kwargs.get("query_context"))
            return
        reason = _of_context(asked) if kwargs.get("query_context") else _of_viz(asked)
        if reason:
            raise SupersetSecurityException(
                SupersetError(
                    message=f"已拒绝：{reason}。官员只能查看看板上保存的图表",
                    error_type=SupersetErrorType.DATASOURCE_SECURITY_ACCESS_ERROR,
                    level=ErrorLevel.WARNING,
                )
            )
        super().raise_for_access(*args, **kwargs)
        reader.allow_table(asked.datasource.table_name)
        settle_pages(kwargs.get("query_context"))


def settle_pages(context: Any) -> None:
    """Make the pages of a table add up to it, and its search box find a text wherever it stands.

    The page sorts by the one column that was clicked on: rows that are equal there would come on any page, or on none.
    All other columns decide between them. Its search box finds what begins with the text only, which in names of firms
    is the province. Called once the request was found good, before its answer is looked up or computed.
    """
    queries = context.queries if context is not None else []
    if not any(query.is_rowcount for query in queries):
        return
    for query in queries:
        sorted_by = {str(column) for column, _ in query.orderby}
        ties = [c for c in query.columns if isinstance(c, str) and c not in sorted_by]
        query.orderby = [*query.orderby, *((column, True) for column in ties)]
        for condition in query.filter:
            value = condition.get("val")
            if condition.get("op") == SEARCH and isinstance(value, str) and not value.startswith("%"):
                condition["val"] = f"%{value}"


def _of_context(asked: Any) -> str | None:
    """Why a request of the chart data interface is refused."""
    from superset.common.chart_data import ChartDataResultFormat, ChartDataResultType

    form = asked.form_data or {}
    dashboard = _dashboard(form)
    if dashboard is None:
        return "请求没有指明看板"
    kinds = {asked.result_type, *(query.result_type for query in asked.queries)}
    if kinds != {ChartDataResultType.FULL} or asked.result_format != ChartDataResultFormat.JSON:
        return "只提供图表本身的数据"
    if any(
        query.datasource is None or query.datasource.uid != asked.datasource.uid for query in asked.queries
    ):
        return "请求的数据集与保存的图表不同"
    filters = json.loads(dashboard.json_metadata or "{}").get("native_filter_configuration", [])
    if form.get("type") == "NATIVE_FILTER":
        return _of_filter(asked, [item for item in filters if item.get("id") == form.get("native_filter_id")])
    chart = _chart(dashboard, form, asked.datasource)
    stored = chart.get_query_context() if chart else None
    if stored is None:
        return "请求的不是看板上保存的图表"
    return refusal(_fields(asked), _fields(stored), _columns(filters), _columns(filter(_is_single, filters)))


def _of_filter(asked: Any, named: Sequence[Query]) -> str | None:
    """Why a filter's request for its values is refused."""
    from superset.common.query_context_factory import QueryContextFactory

    if len(named) != 1 or len(named[0].get("targets", ())) != 1:
        return "请求的不是看板上保存的筛选器"
    stored, target = named[0], named[0]["targets"][0]
    if target.get("datasetId") != asked.datasource.id:
        return "请求的数据集与保存的筛选器不同"
    column, sort = target["column"]["name"], stored.get("sortMetric")
    ascending = stored.get("controlValues", {}).get("sortAscending")
    query = {
        "columns": [column],
        "metrics": [sort] if sort else [],
        "orderby": [] if ascending is None else [(sort or column, ascending)],
        "filters": [simple_filter(condition) for condition in stored.get("adhoc_filters", [])],
        "extras": {},
        "row_limit": _FILTER_ROWS,
    }
    source = {"id": asked.datasource.id, "type": asked.datasource.type}
    saved = QueryContextFactory().create(datasource=source, queries=[query])
    searched = frozenset([column] if stored.get("controlValues", {}).get("searchAllOptions") else [])
    return refusal(_fields(asked), _fields(saved), frozenset(), searched=searched)


def _of_viz(asked: Any) -> str | None:
    """Why a request of the older interface is refused; the map is drawn through it."""
    form = asked.form_data
    dashboard = _dashboard(form)
    if dashboard is None:
        return "请求没有指明看板"
    if set(request.args) - _PAGE_ARGUMENTS:
        return "只提供图表本身的数据"
    chart = _chart(dashboard, form, asked.datasource)
    if chart is None or chart.query_context or chart.viz_type != asked.viz_type:
        return "请求的不是看板上保存的图表"
    filters = json.loads(dashboard.json_metadata or "{}").get("native_filter_configuration", [])
    # making a query changes the form it is made of
    queries = [
        dict(type(asked)(asked.datasource, copy.deepcopy(one)).query_obj()) for one in (form, chart.form_data)
    ]
    for query in queries:
        # the second in which the query was made: without a column of time it limits nothing
        if not query.get("granularity"):
            query.pop("to_dttm", None)
    single = _columns(filter(_is_single, filters))
    return refusal(queries[:1], queries[1:], _columns(filters), single)


def _dashboard(form: Query) -> Any:
    from superset import db
    from superset.models.dashboard import Dashboard

    number = form.get("dashboardId")
    return db.session.get(Dashboard, number) if isinstance(number, int) else None


def _chart(dashboard: Any, form: Query, datasource: Any) -> Any:
    """The chart that a request names, when it is on the dashboard and reads the same table."""
    if form.get("parent_slice_id") is not None or datasource.type != "table" or datasource.sql:
        return None
    named = [chart for chart in dashboard.slices if chart.id == form.get("slice_id")]
    return named[0] if named and named[0].datasource == datasource else None


def _is_single(item: Query) -> bool:
    return not item.get("controlValues", {}).get("multiSelect", True)


def _columns(filters: Iterable[Query]) -> frozenset[str]:
    return frozenset(target["column"]["name"] for item in filters for target in item.get("targets", ()))


def _fields(context: Any) -> list[Query]:
    return [
        query.to_dict() | {name: getattr(query, name) for name in _FURTHER_FIELDS}
        for query in context.queries
    ]
