"""What the charts of places and domains make of the rows of the reader's own file: comparisons, ranks, blanks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pytest

from infra.superset.parts import sql_of
from infra.superset.specs import load
from infra.superset.statement import Bounds, check

SPECS = load()
CHARTS = [
    "region_standing", "region_figures", "region_counties", "region_domains", "county_figures", "domain_places",
    "domain_figures",
]  # fmt: skip

Row = tuple[int, float | None]
"""Whose figure (1 own, 2 others', 3 the province's) and the figure; nobody's where it is not for the reader."""


def told(
    dataset: str, metrics: Sequence[str], rows: Sequence[Row], unit: str = "%", amount: bool = False
) -> tuple[Any, ...]:
    """What metrics say of one figure."""
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE t (place_order INTEGER, value DOUBLE, value_text VARCHAR, unit VARCHAR, amount BOOLEAN, "
            "peer_name VARCHAR, figure_order INTEGER, page_order INTEGER)"
        )
        for number, (place, value) in enumerate(rows):
            said = None if value is None else f"{value}{unit}"
            con.execute(
                "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, 1, 1)",
                [place, value, said, unit, amount, f"第{number}"],
            )
        asked = ", ".join(SPECS.datasets[dataset]["metrics"][m]["sql"] for m in metrics)
        (answer,) = con.execute(f"SELECT {asked} FROM t").fetchall()
        return answer


@pytest.mark.parametrize(
    ("own", "province", "unit", "amount", "said"),
    [
        pytest.param(7.5, 5.0, "%", False, "高 2.50 个百分点", id="a rate above"),
        pytest.param(-2.25, 5.0, "%", False, "低 7.25 个百分点", id="a rate below"),
        pytest.param(5.0, 5.0, "%", False, "持平", id="equal"),
        pytest.param(5.001, 5.0, "%", False, "高 不足 0.01 个百分点", id="rounding does not make it equal"),
        pytest.param(254.83, 298.27, "万元/人", False, "低 43.44 万元/人", id="a rate in another unit"),
        pytest.param(1.0, 8.0, "户", True, "占 12.5%", id="a count is a part"),
        pytest.param(0.0, 8.0, "户", True, "占 0.0%", id="none of them"),
        pytest.param(1.0, 3604.0, "户", True, "占 不足 0.1%", id="one is not none"),
        pytest.param(3603.0, 3604.0, "户", True, "占 99.9%", id="all but one are not all"),
        pytest.param(8.0, 8.0, "户", True, "占 100.0%", id="all"),
        pytest.param(0.0, 0.0, "户", True, "—", id="no part of nothing"),
        pytest.param(-5.0, 8.0, "元", True, "—", id="a loss is no part of a profit"),
        pytest.param(None, 8.0, "户", True, None, id="the own count is missing"),
        pytest.param(5.0, None, "户", True, None, id="the province's count is not for this reader"),
        pytest.param(None, 5.0, "%", False, None, id="the own figure is missing"),
        pytest.param(7.5, None, "%", False, None, id="the province's is not for this reader"),
    ],
)
def test_a_figure_is_set_against_the_provinces(
    own: float | None, province: float | None, unit: str, amount: bool, said: str | None
) -> None:
    rows = [(1, own), (3, province)]
    assert told("region_profile", ["beside"], rows, unit, amount) == (said,)
    if not amount:
        assert told("region_peer", ["beside"], rows, unit) == (said,)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param([(1, 5.0), (2, 7.0), (2, 3.0), (3, 9.0)], "2（3 个可比）", id="the province is no peer"),
        pytest.param([(1, 7.0), (2, 7.0), (2, 8.0)], "2（3 个可比）", id="equals share the better rank"),
        pytest.param([(1, 5.0), (2, None), (2, 7.0)], "2（2 个可比）", id="a blank one is not compared"),
        pytest.param([(1, -3.0), (2, -4.0)], "1（2 个可比）", id="less of a fall is higher"),
        pytest.param([(1, None), (2, 7.0)], None, id="without a figure no rank"),
        pytest.param([(2, 7.0), (3, 5.0)], None, id="no own row"),
    ],
)
def test_a_unit_has_a_rank_among_those_that_the_reader_may_compare(rows: list[Row], said: str | None) -> None:
    assert told("region_peer", ["place_among"], rows) == (said,)


def test_highest_middle_and_lowest_are_of_the_units_that_have_a_figure() -> None:
    rows = [(1, 5.0), (2, 7.0), (2, None), (2, 3.0), (3, 90.0)]
    assert told("region_peer", ["highest", "middle", "lowest"], rows) == ("第1 7.0%", "5.00%", "第3 3.0%")


@pytest.mark.parametrize("chart", CHARTS)
def test_an_officials_statement_of_the_chart_is_one_plain_select(chart: str) -> None:
    spec = SPECS.charts[chart]
    dataset, params = SPECS.datasets[spec["dataset"]], spec["params"]
    chosen = [sql_of(dataset, c) for c in params["groupby"]]
    metrics = [dataset["metrics"][m]["sql"] for m in params["metrics"]]
    groups = ", ".join(str(number) for number in range(1, len(chosen) + 1))
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE {spec['dataset']} (n BIGINT)")
        asked = f"SELECT {', '.join([*chosen, *metrics])} FROM {spec['dataset']} GROUP BY {groups}"
        check(con, asked, Bounds(tables=frozenset({spec["dataset"]}), free=False))


@pytest.mark.parametrize("chart", CHARTS)
def test_figures_of_two_periods_or_pages_never_become_one_row(chart: str) -> None:
    page = {"region_peer": "region_name", "region_profile": "region_name", "county_profile": "region_name"}
    groups = set(SPECS.charts[chart]["params"]["groupby"])
    assert "period_label" in groups
    assert groups & {
        page.get(SPECS.charts[chart]["dataset"], "domain_name"),
        "county_name",
        "region_name",
        "domain_name",
    }
