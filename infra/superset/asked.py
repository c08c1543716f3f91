"""Whether a request for data asks only what is stored: a chart's own query, narrowed by the page's filters.

A table that is shown by pages may be asked for any of its pages, by any of its own columns, and for the rows in which
one of its own columns contains a text: all of it is what its reader could page through as well. So may a filter with
more values than it offers at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Query = Mapping[str, Any]
# what the page's filters send; NOT IN, LIKE and comparisons would let a reader probe
FILTER_OPERATORS = ("==", "IN")
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_FILTERS, _LIMIT, _OFFSET, _ORDER = "filter", "row_limit", "row_offset", "orderby"
SEARCH = "ILIKE"
_LONGEST_SEARCH = 100


def refusal(
    asked: Sequence[Query],
    stored: Sequence[Query],
    filter_columns: frozenset[str],
    single: frozenset[str] = frozenset(),
    searched: frozenset[str] = frozenset(),
) -> str | None:
    """Why a request is refused; None when it asks only what is stored.

    Parameters
    ----------
    asked, stored
        Queries of the request and of the chart, made by the same constructor, in the same order.
    filter_columns
        Columns that the dashboard's filters set.
    single
        Those of them of which one value may be chosen: an answer for two would be of neither.
    searched
        Columns in which a text may be looked for, beside those of a table shown by pages.
    """
    if len(asked) != len(stored):
        return "请求的查询个数与保存的图表不同"
    rows = _rows(stored)
    for one, chart in zip(asked, stored, strict=True):
        own = searched | frozenset(_own(chart) if rows is not None else ())
        if reason := _one(one, chart, rows) or _added(one, chart, filter_columns, single, own):
            return reason
    return None


def _rows(stored: Sequence[Query]) -> int | None:
    """How many rows all pages of a table have at most; None where it is not shown by pages."""
    counts = [query.get(_LIMIT) for query in stored if query.get("is_rowcount")]
    return counts[0] if counts else None


def _one(asked: Query, stored: Query, rows: int | None) -> str | None:
    free = {_FILTERS, _LIMIT} | ({_OFFSET, _ORDER} if rows is not None else set())
    for field in sorted(asked.keys() | stored.keys()):
        if field not in free and _plain(asked.get(field)) != _plain(stored.get(field)):
            return f"请求的 {field} 与保存的图表不同"
    limit = asked.get(_LIMIT)
    if not _is_count(limit) or not 0 < limit <= (stored.get(_LIMIT) or 0):
        return "请求的行数超过保存的图表"
    return None if rows is None else _page(asked, stored, limit, rows)


def _page(asked: Query, stored: Query, limit: int, rows: int) -> str | None:
    """Why a page of a table is refused: it lies outside the table, or is sorted by something that the table lacks."""
    offset = asked.get(_OFFSET) or 0
    if not _is_count(offset) or offset < 0 or offset + limit > rows:
        return "请求的页不在保存的图表之内"
    order = asked.get(_ORDER)
    if _plain(order) == _plain(stored.get(_ORDER)) or _is_order(order, _own(stored)):
        return None
    return "请求的排序不是按图表自己的一列"


def _is_order(order: Any, own: Sequence[str]) -> bool:
    """Whether rows are sorted by one column of the table, as a click on its head does."""
    if not isinstance(order, list | tuple) or len(order) != 1:
        return False
    (first,) = order
    if not isinstance(first, list | tuple) or len(first) != 2:
        return False
    return isinstance(first[0], str) and first[0] in own and isinstance(first[1], bool)


def _own(stored: Query) -> list[str]:
    """Columns that a table shows."""
    shown = [*(stored.get("columns") or ()), *(stored.get("metrics") or ())]
    return [column for column in shown if isinstance(column, str)]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_search(condition: tuple[Any, Any, Any], own: frozenset[str]) -> bool:
    column, operator, value = condition
    return (
        operator == SEARCH
        and isinstance(column, str)
        and column in own
        and isinstance(value, str)
        and len(value) <= _LONGEST_SEARCH
    )


def _added(
    asked: Query, stored: Query, columns: frozenset[str], single: frozenset[str], own: frozenset[str]
) -> str | None:
    left = [_condition(condition) for condition in asked.get(_FILTERS) or []]
    for condition in stored.get(_FILTERS) or []:
        if _condition(condition) not in left:
            return "请求去掉了保存的图表的筛选条件"
        left.remove(_condition(condition))
    searches = [condition for condition in left if _is_search(condition, own)]
    for column, operator, value in left:
        if len(searches) == 1 and (column, operator, value) == searches[0]:
            continue
        if not isinstance(column, str) or column not in columns or operator not in FILTER_OPERATORS:
            return "请求的筛选条件不在看板的筛选器之内"
        values = value if isinstance(value, list) else [value]
        if not all(item is None or isinstance(item, str | int | float) for item in values):
            return "请求的筛选值不是简单的值"
        if column in single and len(values) > 1:
            return "单选的筛选器只能有一个值"
    return None


def _condition(condition: Query) -> tuple[Any, Any, Any]:
    return condition.get("col"), condition.get("op"), condition.get("val")


def _plain(value: Any) -> str:
    """Comparable text; what is empty and what is absent are the same."""
    if isinstance(value, Mapping):
        value = {key: part for key, part in value.items() if part not in _EMPTY}
    return "" if value in _EMPTY else json.dumps(value, sort_keys=True, default=str)
