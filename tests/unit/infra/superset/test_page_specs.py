"""Pages as text: what every page gets by itself, what is refused, and where a link leads."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pytest
import yaml

from infra.superset import bundle, specs
from infra.superset.layout import one_column
from infra.superset.parts import SpecError, placed
from infra.superset.specs import SPEC_ROOT

PAGE = {
    "title": "试页",
    "question": "各县区怎么样？",
    "for": ["officials"],
    "order": 30,
    "rows": [[{"chart": "ranking_table", "width": 12, "height": 40}]],
}
Edit = Callable[[dict[str, Any]], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the specs to change."""
    return Path(shutil.copytree(SPEC_ROOT, tmp_path / "specs"))


def write(folder: Path, name: str, content: dict[str, Any]) -> None:
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def edit(folder: Path, name: str, change: Edit) -> None:
    content = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    change(content)
    write(folder, name, content)


def test_a_page_that_says_nothing_of_it_has_strip_period_ways_and_style(folder: Path) -> None:
    write(folder, "pages/plain", PAGE)
    loaded = specs.load(folder)
    page = loaded.pages["plain"]
    assert placed(page)[0] == "header_plain"
    assert page["filters"][0]["id"] == "period"
    assert set(page["filters"][0]["charts"]) == {"header_plain", "ranking_table"}
    strip = loaded.datasets["publication"]["calculated"]["header_plain"]["sql"]
    assert all(f"/superset/dashboard/{name}/" in strip for name in loaded.pages)
    assert PAGE["question"] in strip
    assert "@media print" in page["css"] and "max-width: 699px" in page["css"]


def test_every_page_of_the_bundle_begins_with_the_strip() -> None:
    for name, text in bundle.build(specs.load(), "/srv/zjtx.duckdb").items():
        if name.startswith("dashboards/"):
            position = yaml.safe_load(text)["position"]
            first = position[position["GRID_ID"]["children"][0]]
            assert first["children"] == ["CHART-markup-header"], name


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("pages/overview", lambda page: page.pop("question"), "没有写：question"),
        ("pages/overview", lambda page: page.update({"for": []}), "没有写：for"),
        ("pages/overview", lambda page: page.update({"for": ["officials", "everybody"]}), "读者只能是"),
        ("pages/overview", lambda page: page.update({"header": False}), "不认识的项：header"),
        ("pages/overview", lambda page: page["rows"][0][0].update(chart="none"), "不存在的图表"),
        ("pages/overview", lambda page: page["rows"][0][0].update(width=13), "最多 12"),
        ("pages/overview", lambda page: page["rows"].append([{"text": "see below", "width": 1, "height": 1}]), "below"),
        ("pages/targets", lambda page: page["filters"][0].update(column="none"), "不存在的列"),
        ("pages/targets", lambda page: page["filters"][0].update(name="Policy"), "Policy"),
        ("pages/targets", lambda page: page.update({"for": ["analysts"]}), "打不开它：officials"),
        ("charts/ranking_bar", lambda chart: chart.pop("explain"), "没有写：explain"),
        ("charts/ranking_bar", lambda chart: chart.update(source=""), "没有写：source"),
        ("charts/ranking_bar", lambda chart: chart.update(title="Ranking"), "Ranking"),
        ("charts/ranking_bar", lambda chart: chart.update(viz="sunburst_v2"), "没有写明查询"),
        ("charts/ranking_bar", lambda chart: chart["params"].update(metrics=["none"]), "没有的列：none"),
        ("charts/ranking_bar", lambda chart: chart["params"].pop("x_axis"), "params 没有写：x_axis"),
        ("charts/enterprises", lambda chart: chart["params"].update(row_limit=50), "不是每页行数"),
        ("datasets/region_ranking", lambda data: data["columns"].append("nothing"), "没有中文名"),
        ("datasets/region_ranking", lambda data: data["metrics"].update(rank={"label": "位次", "sql": "min(rank)"}), "同名"),
        ("datasets/target_progress", lambda data: data["links"]["state_link"].update(page="none"), "不存在的页面"),
        ("datasets/target_progress", lambda data: data["links"]["state_link"]["set"].update(city="state"), "没有的筛选器：city"),
        ("datasets/target_progress", lambda data: data["links"]["state_link"]["set"].pop("period"), "没有带上期间"),
        ("datasets/target_progress", lambda data: data["links"]["state_link"].update(text="none"), "没有的列：none"),
        ("datasets/target_progress", lambda data: data["calculated"]["goal"].update(sql="'at least ' || value"), "at、least"),
    ],
)  # fmt: skip
def test_a_spec_that_does_not_fit_is_refused_with_the_reason(
    folder: Path, name: str, change: Edit, reason: str
) -> None:
    edit(folder, name, change)
    with pytest.raises(SpecError, match=reason):
        specs.load(folder)


NAME = "O'Brien & 长白山<保护>区! “甲”"


@pytest.fixture
def anchor(folder: Path) -> str:
    """The cell of a link for a row with a name that needs care."""
    link = {
        "label": "状态",
        "text": "state",
        "page": "targets",
        "set": {"chapter": "state", "period": "period_label"},
    }
    edit(folder, "datasets/target_progress", lambda data: data["links"].update(state_link=link))
    sql = specs.load(folder).datasets["target_progress"]["calculated"]["state_link"]["sql"]
    ((cell,),) = duckdb.execute(
        f"SELECT {sql} FROM (SELECT ? AS state, '2026Q2' AS period)", [NAME]
    ).fetchall()
    return str(cell)


def test_a_link_carries_the_values_of_its_row_whatever_letters_they_have(anchor: str) -> None:
    address = re.search(r'href="([^"]*)"', anchor)
    assert (
        address is not None and re.fullmatch(r"[!-~]+", address[1]) and not re.search(r"[<>&' ]", address[1])
    )
    page, query = unquote(address[1]).split("?native_filters=")
    assert page == "/superset/dashboard/targets/"
    quoted = "'" + NAME.replace("!", "!!").replace("'", "!'") + "'"
    assert f"filters:!((col:chapter,op:IN,val:!({quoted})))" in query
    assert f"value:!({quoted}))" in query and "val:!('2026年2季度')" in query


def test_a_link_shows_its_text_as_text(anchor: str) -> None:
    assert anchor.endswith(">O'Brien &amp; 长白山&lt;保护&gt;区! “甲”</a>")


def test_a_row_without_a_value_to_filter_by_shows_its_text_alone() -> None:
    sql = specs.load().datasets["target_progress"]["calculated"]["clause_link"]["sql"]
    row = "SELECT '一' AS clause, NULL AS period, 'JL' AS policy"
    assert duckdb.execute(f"SELECT {sql} FROM ({row})").fetchall() == [("一",)]


def test_narrow_screens_get_one_column_with_everything_in_it() -> None:
    page = bundle.build(specs.load(), "/srv/zjtx.duckdb")["dashboards/overview.yaml"]
    wide = yaml.safe_load(page)["position"]
    narrow = json.loads(one_column(json.dumps(wide)))
    cells = [cell for row in narrow["GRID_ID"]["children"] for cell in narrow[row]["children"]]
    assert sorted(cells) == sorted(
        cell for row in wide["GRID_ID"]["children"] for cell in wide[row]["children"]
    )
    assert all(len(narrow[row]["children"]) == 1 for row in narrow["GRID_ID"]["children"])
    assert {narrow[cell]["meta"]["width"] for cell in cells} == {12}


@pytest.mark.parametrize(
    "positions",
    [
        {"ROOT_ID": {"children": ["TABS-1"]}, "GRID_ID": {"children": []}},
        {"GRID_ID": {"children": ["TABS-1"]}, "TABS-1": {"children": ["TAB-1"]}, "TAB-1": {"children": []}},
        {
            "GRID_ID": {"children": ["ROW-1"]},
            "ROW-1": {"children": ["CHART-1"]},
            "CHART-1": {"meta": {"width": 4}},
        },
    ],
)
def test_a_page_made_by_hand_keeps_its_positions(positions: dict[str, Any]) -> None:
    assert json.loads(one_column(json.dumps(positions))) == positions
