"""The comparison of a chart's answer with a statement notices what differs: else every page would be proved by nothing."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support import chart_sql
from tests.support.chart_sql import difference, plain
from tests.support.superset_users import STORED

TABLE = {"viz": "table", "dataset": "d", "params": {"all_columns": ["name", "value"], "row_limit": 3}}
PAGED = {
    "viz": "table",
    "dataset": "d",
    "params": {**TABLE["params"], "server_pagination": True, "server_page_length": 2},
}
LINE = {
    "viz": "echarts_timeseries_line",
    "dataset": "d",
    "params": {"x_axis": "period", "metrics": ["m"], "groupby": ["tier"]},
}
A, B, C = ({"name": n, "value": v} for n, v in (("甲", 1.0), ("乙", None), ("丙", 3.5)))
ROWS = [("甲", 1.0), ("乙", None), ("丙", 3.5)]
POINTS = [("2025", "种子", 2.0), ("2026", "种子", 3.0), ("2026", "省级", None)]
PIVOTED = [{"period": "2025", "种子": 2.0, "省级": None}, {"period": "2026", "种子": 3.0, "省级": None}]


@pytest.fixture(autouse=True)
def specs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three charts instead of the shipped ones."""
    charts = {"table": TABLE, "paged": PAGED, "line": LINE}
    monkeypatch.setattr(chart_sql, "STORED", STORED.__class__({}, {}, charts, {}))


@pytest.mark.parametrize(
    ("chart", "answer", "rows"),
    [
        ("table", [C, A, B], ROWS),
        ("table", [C, A, B], [*ROWS, ("丁", 4.0)]),
        ("paged", [A, B], ROWS),
        ("line", PIVOTED, POINTS),
    ],
    ids=["another order", "as many rows as the chart has", "the first page", "series side by side"],
)
def test_the_same_is_the_same(chart: str, answer: list[dict[str, Any]], rows: list[Any]) -> None:
    assert difference(chart, answer, rows) is None


@pytest.mark.parametrize(
    ("chart", "answer", "rows"),
    [
        ("table", [A, B], ROWS),
        ("table", [A, B, C, C], ROWS),
        ("table", [A, B, {**C, "value": 3.6}], ROWS),
        ("table", [A, {**B, "value": 0.0}, C], ROWS),
        ("table", [A, B, {"name": "戊", "value": 3.5}], [*ROWS, ("丁", 4.0)]),
        ("table", [], ROWS),
        ("paged", [B, A], ROWS),
        ("paged", [A, B, C], ROWS),
        ("line", PIVOTED[:1], POINTS),
        ("line", [PIVOTED[0], {**PIVOTED[1], "省级": 1.0}], POINTS),
    ],
    ids=[
        "a row less", "a row twice", "another figure", "zero for none", "a stranger among many", "nothing",
        "another order of a page", "more than a page", "a point less", "a point for none",
    ],
)  # fmt: skip
def test_what_differs_is_told(chart: str, answer: list[dict[str, Any]], rows: list[Any]) -> None:
    assert difference(chart, answer, rows)


def test_values_compare_across_the_interface() -> None:
    assert plain(Decimal("1.10")) == plain(1.1)
    assert plain(datetime.date(2026, 1, 2)) == plain(datetime.datetime(2026, 1, 2)) == 1767312000000
    assert plain(float("nan")) is None and plain(True) is True and plain("甲") == "甲"
