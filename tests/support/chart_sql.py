"""What a chart has to show, by a statement written from its spec alone: not from the query that is stored beside it."""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from infra.superset.kinds import PAGE_ROWS
from infra.superset.parts import NOT_NULL
from tests.support.superset_users import STORED

Row = tuple[Any, ...]
Chosen = Mapping[str, Sequence[Any]]
"""Column -> values that a filter of the page lets through."""
SERIES = ("echarts_timeseries_bar", "echarts_timeseries_line")
_SEPARATOR = ", "


def dimensions(chart: str) -> list[str]:
    """Columns by which the rows of a chart differ, in the order in which it names them."""
    spec = STORED.charts[chart]
    params = spec["params"]
    if spec["viz"] == "table" and params.get("query_mode") != "aggregate":
        return list(params["all_columns"])
    if spec["viz"] == "deck_geojson":
        return [params["geojson"]]
    named = [params.get(key, []) for key in ("x_axis", "groupbyRows", "groupbyColumns", "groupby")]
    return [c for part in named for c in ([part] if isinstance(part, str) else part)]


def metrics(chart: str) -> list[str]:
    """Metrics of a chart."""
    params = STORED.charts[chart]["params"]
    return [params["metric"]] if params.get("metric") else list(params.get("metrics", []))


def expression(dataset: str, name: str) -> str:
    """A column, calculated column or metric of a data set as SQL."""
    spec = STORED.datasets[dataset]
    known = spec["calculated"] | spec.get("metrics", {})
    return f"({known[name]['sql'].strip()})" if name in known else f'"{name}"'


def source(dataset: str) -> str:
    """Where the rows of a data set come from: its table, or the statement that an analysts' data set may be."""
    sql = STORED.datasets[dataset].get("sql")
    return f'({sql.strip().rstrip(";")}) AS "{dataset}"' if sql else f'"{dataset}"'


def _literal(value: Any) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def _condition(sql: str, value: Any) -> str:
    if value is None:
        return f"{sql} IS NULL"
    if value == NOT_NULL:
        return f"{sql} IS NOT NULL"
    values = value if isinstance(value, list | tuple) else [value]
    return f"{sql} IN ({', '.join(map(_literal, values))})"


def conditions(chart: str, chosen: Chosen | None = None) -> list[str]:
    """What the rows of a chart have to fulfil, under what the filters of the page let through."""
    spec = STORED.charts[chart]
    wanted = (*spec.get("where", {}).items(), *(chosen or {}).items())
    return [_condition(expression(spec["dataset"], column), value) for column, value in wanted]


def statement(chart: str, chosen: Chosen, own: str) -> str:
    """All rows of a chart as one statement, in its own order; other columns decide between equal ones.

    Parameters
    ----------
    chart
        Name of the spec.
    chosen
        What the filters of the page let through.
    own
        Condition on the rows of the table that are the reader's.
    """
    spec = STORED.charts[chart]
    dataset = spec["dataset"]
    by, figures = dimensions(chart), metrics(chart)
    wanted = [f'{expression(dataset, name)} AS "{name}"' for name in (*by, *figures)]
    held = conditions(chart, chosen)
    grouped = bool(figures) and bool(by)
    order = spec.get("order", []) if not figures else [[figures[0], False]]
    first = [f"{expression(dataset, c)} {'ASC' if up else 'DESC'}" for c, up in order]
    ties = [expression(dataset, c) for c in by if c not in {c for c, _ in order}]
    return (
        f"SELECT {', '.join(wanted)} FROM {source(dataset)} WHERE {' AND '.join([f'({own})', *held])}"
        + (f" GROUP BY {', '.join(str(n + 1) for n in range(len(by)))}" if grouped else "")
        + (f" ORDER BY {', '.join([*first, *ties])}" if first or ties else "")
    )


def values_of(item: Mapping[str, Any], own: str) -> str:
    """The values that a filter offers, as one statement."""
    dataset, column = item["dataset"], item["column"]
    held = [_condition(expression(dataset, c), v) for c, v in item.get("where", {}).items()]
    wanted = expression(dataset, column)
    return f"SELECT DISTINCT {wanted} FROM {source(dataset)} WHERE {' AND '.join([f'({own})', *held])}"


def ask(con: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    """Rows of a statement, as they compare with an answer's."""
    return [tuple(plain(value) for value in row) for row in con.execute(sql).fetchall()]


def plain(value: Any) -> Any:
    """A value as an answer of Superset and a row of DuckDB have it in common."""
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=value.tzinfo or datetime.UTC).timestamp() * 1000
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.UTC).timestamp() * 1000
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return None if math.isnan(value) else float(f"{value:.10g}")
    return value


def difference(chart: str, answer: Sequence[Mapping[str, Any]], expected: Sequence[Row]) -> str | None:
    """How an answer differs from the rows that the chart has to show; None where it does not."""
    spec = STORED.charts[chart]
    if spec["viz"] in SERIES:
        return _compared(Counter(_unpivoted(chart, answer)), Counter(_points(chart, expected)))
    seen = [tuple(plain(row[name]) for name in (*dimensions(chart), *metrics(chart))) for row in answer]
    if spec["params"].get("server_pagination"):
        length = spec["params"].get("server_page_length", PAGE_ROWS)
        first = list(expected[:length])
        return None if seen == first else f"first page {seen[:2]} instead of {first[:2]}"
    limit = spec["params"].get("row_limit", 50)
    if len(expected) <= limit:
        return _compared(Counter(seen), Counter(expected))
    strangers = Counter(seen) - Counter(expected)
    return _compared(strangers, Counter()) if strangers or len(seen) == limit else f"{len(seen)} rows"


def _compared(seen: Counter[Row], expected: Counter[Row]) -> str | None:
    if seen == expected:
        return None
    return f"shown besides {list(seen - expected)[:2]}, missing {list(expected - seen)[:2]}"


def _points(chart: str, rows: Sequence[Row]) -> list[Row]:
    """Points of a chart along an axis: (axis, series, figure), those without a figure left out."""
    names, count = metrics(chart), len(dimensions(chart))
    points = []
    for row in rows:
        for name, value in zip(names, row[count:], strict=True):
            series = [str(part) for part in row[1:count]]
            label = [*([] if series and len(names) == 1 else [name]), *series]
            points += [(row[0], _SEPARATOR.join(label), value)] if value is not None else []
    return points


def _unpivoted(chart: str, answer: Sequence[Mapping[str, Any]]) -> list[Row]:
    axis = dimensions(chart)[0]
    return [
        (plain(row[axis]), label, plain(value))
        for row in answer
        for label, value in row.items()
        if label != axis and value is not None
    ]
