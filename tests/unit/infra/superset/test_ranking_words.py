"""What the page of the ranking says of each unit, by the very SQL of its data sets: never more than the reader may know."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import pandas as pd
import pytest

from infra.superset.queries import query_context
from infra.superset.specs import load

SPECS = load()
DATASETS = SPECS.datasets
NAMES = ("甲市", "乙市", "丙市", "丁市")


def ranked(**changes: list[Any]) -> pd.DataFrame:
    """Four units: the first two cannot be told apart, the third stands alone, the fourth takes no part."""
    columns: dict[str, list[Any]] = {
        "region_name": list(NAMES), "region_code": list("1234"), "rank": [1, 2, 3, None], "score": [60.0, 59.99, 20.0, None],
        "status": ["排名", "排名", "排名", "不参评"], "reason": [None, None, None, "缺营业收入增长率（无数据）"],
        "rank_p5": [1.0, 1.0, 3.0, None], "rank_p95": [2.0, 2.0, 3.0, None], "rank_median": [1.0, 2.0, 3.0, None],
        "top3_share": [1.0, 0.9995, 0.004, None], "tie_group": [1, 1, 2, None], "rank_change": [1, -1, None, None],
        "score_change": [1.5, -2.0, None, None], "score_change_own": [2.0, None, None, None],
        "score_change_scale": [-0.5, None, None, None], "provisional": [False] * 4, "caution": [None] * 4,
    }  # fmt: skip
    same = {"programme": "JL", "period": "2026Q1", "scheme_id": "R", "publication_id": "P1"}
    return pd.DataFrame(columns | changes).assign(**same)


WITHHELD = ("score", "rank_p5", "rank_p95", "rank_median", "top3_share", "tie_group", "rank_change", "caution",
            "score_change", "score_change_own", "score_change_scale")  # fmt: skip


def without_second() -> pd.DataFrame:
    """As a reader gets it to whom the second unit's figures are withheld: its place and that it is ranked stay."""
    frame = ranked()
    frame.loc[1, list(WITHHELD)] = None
    frame.loc[1, "reason"] = "有指标涉及的企业不足三户或一户占比过高，该指标不公开"
    return frame


def said(dataset: str, column: str, frame: pd.DataFrame) -> list[str]:
    """Return the texts of a calculated column or of a metric over all rows, without the markup."""
    spec = DATASETS[dataset]
    casts = ", ".join(f'CAST("{n}" AS {spec["columns"][n].get("type", "VARCHAR")}) AS "{n}"' for n in frame)
    sql = (spec["calculated"] | spec["metrics"])[column]["sql"]
    with duckdb.connect() as con:
        con.register("rows", frame)
        con.execute(f"CREATE TABLE shown AS SELECT {casts} FROM rows")
        order = "ORDER BY region_code" if column in spec["calculated"] else ""
        rows = con.execute(f"SELECT {sql} FROM shown {order}").fetchall()
    return [re.sub(r"<[^>]*>", " ", str(text)).strip() for (text,) in rows]


@pytest.mark.parametrize(
    ("column", "frame", "expected"),
    [
        pytest.param("group_text", ranked(), ["与乙市", "与甲市", "分得开", "—"], id="who cannot be told from whom"),
        pytest.param("group_text", without_second(), ["与公开的都分得开", "不公开", "与公开的都分得开", "—"],
                     id="a withheld unit may belong to any group"),
        pytest.param("group_text", without_second().replace({"tie_group": {2: 1}}),
                     ["与丙市（有不公开的，可能不全）", "不公开", "与甲市（有不公开的，可能不全）", "—"],
                     id="and then the list may lack it"),
        pytest.param("rank_range", ranked(), ["1—2", "1—2", "3", "—"], id="intervals"),
        pytest.param("rank_range", without_second(), ["1—2", "不公开", "3", "—"], id="a withheld interval"),
        pytest.param("change_text", ranked(), ["+1.50（+2.00，-0.50）", "-2.00", "—", "—"],
                     id="what moved, where it can be split"),
        pytest.param("top3_text", ranked(), ["100%", "99% 以上", "不到 1%", "—"],
                     id="nearly always is not always, hardly ever is not never"),
        pytest.param("score_text", ranked(), ["60.00", "59.99", "20.00", "None"], id="scores that differ are told apart"),
        pytest.param("remark_own", ranked(provisional=[True, False, False, False]),
                     ["暂定", "", "", "不参评：缺营业收入增长率（无数据）"], id="pending, and why one takes no part"),
        pytest.param("remark_own", without_second(),
                     ["", "有指标涉及的企业不足三户或一户占比过高，该指标不公开", "", "不参评：缺营业收入增长率（无数据）"],
                     id="why figures are withheld"),
    ],
)  # fmt: skip
def test_order_and_how_sure_it_is(column: str, frame: pd.DataFrame, expected: list[str]) -> None:
    assert said("region_ranking", column, frame) == expected


def test_the_range_lies_where_its_figures_say() -> None:
    """Three units are ranked: each place takes a third of the bar, whose mark is in the middle of the unit's place."""
    sql = DATASETS["region_ranking"]["calculated"]["rank_range"]["sql"]
    with duckdb.connect() as con:
        con.register("rows", ranked())
        first = con.execute(f"SELECT {sql} FROM rows ORDER BY region_code").fetchone()
    assert first is not None
    assert re.findall(r"(?:left|width):([\d.]+)%", first[0]) == ["0.0", "66.7", "16.7"]


def test_a_card_says_what_moved_and_nothing_where_it_is_withheld() -> None:
    first, second, third, _ = (re.split(r"\s{2,}", text) for text in said("region_ranking", "card", ranked()))
    assert first[:5] == ["第 1 名", "比上期 ↑ 1", "甲市", "60.00", "分"]
    assert "+1.50（自身 +2.00，标尺 -0.50）" in first and "1—2，中位第 1" in first
    assert second[1] == "比上期 ↓ 1" and "-2.00" in second
    assert third[1] == "上期没有位次"
    hidden = said("region_ranking", "card", without_second())[1]
    assert re.split(r"\s{2,}", hidden) == [
        "第 2 名", "不公开", "乙市", "—", "分", "有指标涉及的企业不足三户或一户占比过高，该指标不公开",
    ]  # fmt: skip


def parts(values: list[float | None], scaled: list[float | None], n: list[int | None]) -> pd.DataFrame:
    """One criterion of three units."""
    return pd.DataFrame({
        "region_name": NAMES[:3], "region_code": list("123"), "value": values, "normalised": scaled, "n": n,
        "unit": "%", "status": [None if k is None else "FEW" if v is None else "OK" for v, k in zip(values, n, strict=True)],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "low", "high"),
    [
        pytest.param(parts([1.0, 2.0, 3.0], [0, 50, 100], [9, 9, 9]), "甲市 1.00 %", "丙市 3.00 %", id="two ends"),
        pytest.param(parts([1.0, 1.0, 3.0], [0, 0, 100], [9, 9, 9]), "甲市 1.00 %、乙市 1.00 %", "丙市 3.00 %",
                     id="two units at one end"),
        pytest.param(parts([1.0, 2.0, None], [0, 50, None], [9, 9, None]), "甲市 1.00 %", "不公开",
                     id="the highest is withheld, and no other one stands for it"),
        pytest.param(parts([2.0, 2.0, 2.0], [50, 50, 50], [9, 9, 9]), "各市（州）相同", "各市（州）相同", id="no spread"),
        pytest.param(parts([None] * 3, [None] * 3, [3, 2, 1]), "没有数值", "没有数值", id="too few firms everywhere"),
        pytest.param(parts([None] * 3, [None] * 3, [None] * 3), "不公开", "不公开", id="all withheld"),
    ],
)  # fmt: skip
def test_the_ends_of_a_scale_are_named_unless_they_are_withheld(
    frame: pd.DataFrame, low: str, high: str
) -> None:
    assert said("ranking_component", "scale_low", frame) == [low]
    assert said("ranking_component", "scale_high", frame) == [high]


def test_a_criterion_without_a_figure_says_why() -> None:
    frame = parts([1.0, None, None], [0, None, None], [9, 4, None])
    assert said("ranking_component", "why", frame) == ["", "户数不足", "不公开"]
    assert said("ranking_component", "value_text", frame) == ["1.00 %", "—", "—"]


def test_stacked_bars_are_sorted_by_their_sum_where_they_are_drawn_and_not_by_the_query() -> None:
    chart = SPECS.charts["ranking_parts"]
    assert chart["params"]["x_axis_sort"] == "sum"
    query = query_context("ranking_parts", chart)
    assert query is not None
    assert [step["operation"] for step in query["queries"][0]["post_processing"]] == [
        "pivot",
        "rename",
        "flatten",
    ]
