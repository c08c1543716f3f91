"""Whether a request for data asks only what is stored: a chart's own query, narrowed by the dashboard's filters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Query = Mapping[str, Any]
# what the page's filters send; NOT IN, LIKE and comparisons would let a reader probe
FILTER_OPERATORS = ("==", "IN")
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_FILTERS, _LIMIT = "filter", "row_limit"


def refusal(asked: Sequence[Query], stored: Sequence[Query], filter_columns: frozenset[str]) -> str | None:
    """Why a request is refused; None when it asks only what is stored.

    Parameters
    ----------
    asked, stored
        Queries of the request and of the chart, made by the same constructor, in the same order.
    filter_columns
        Columns that the dashboard's filters set.
    """
    if len(asked) != len(stored):
        return "请求的查询个数与保存的图表不同"
    for one, chart in zip(asked, stored, strict=True):
        if reason := _one(one, chart, filter_columns):
            return reason
    return None


def _one(asked: Query, stored: Query, filter_columns: frozenset[str]) -> str | None:
    for field in sorted(asked.keys() | stored.keys()):
        if field not in (_FILTERS, _LIMIT) and _plain(asked.get(field)) != _plain(stored.get(field)):
            return f"请求的 {field} 与保存的图表不同"
    if not 0 < (asked.get(_LIMIT) or 0) <= (stored.get(_LIMIT) or 0):
        return "请求的行数超过保存的图表"
    return _added(asked.get(_FILTERS) or [], stored.get(_FILTERS) or [], filter_columns)


def _added(asked: Sequence[Query], stored: Sequence[Query], columns: frozenset[str]) -> str | None:
    left = [_condition(condition) for condition in asked]
    for condition in stored:
        if _condition(condition) not in left:
            return "请求去掉了保存的图表的筛选条件"
        left.remove(_condition(condition))
    for column, operator, value in left:
        if not isinstance(column, str) or column not in columns or operator not in FILTER_OPERATORS:
            return "请求的筛选条件不在看板的筛选器之内"
        values = value if isinstance(value, list) else [value]
        if not all(item is None or isinstance(item, str | int | float) for item in values):
            return "请求的筛选值不是简单的值"
    return None


def _condition(condition: Query) -> tuple[Any, Any, Any]:
    return condition.get("col"), condition.get("op"), condition.get("val")


def _plain(value: Any) -> str:
    """Comparable text; what is empty and what is absent are the same."""
    if isinstance(value, Mapping):
        value = {key: part for key, part in value.items() if part not in _EMPTY}
    return "" if value in _EMPTY else json.dumps(value, sort_keys=True, default=str)
