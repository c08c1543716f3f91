"""What is for analysts alone: data sets of every served table, saved queries, and that no other reader's page uses them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.superset import access, bundle, specs
from infra.superset.belonging import ADMIN_ROLE, ANALYST_ROLE
from infra.superset.parts import SpecError, asset_uuid
from infra.superset.specs import SCHEMAS, SPEC_ROOT
from infra.superset.tables import unwritten
from jobs.serve.classes import table_classes

LOADED = specs.load()
PAGE = {"title": "试", "question": "能看到吗？", "for": ["officials"], "order": 99}
QUERY = {"title": "试问", "explain": "试一试。", "sql": "SELECT 1 AS 一"}
Edit = Callable[[dict[str, Any]], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the specs to change."""
    return Path(shutil.copytree(SPEC_ROOT, tmp_path / "specs"))


def write(folder: Path, name: str, content: dict[str, Any]) -> None:
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def test_every_served_table_has_a_data_set() -> None:
    assert set(table_classes()) - set(LOADED.datasets) == set()


def test_columns_of_a_data_set_that_nobody_wrote_are_called_as_in_the_contract() -> None:
    coverage = LOADED.datasets["coverage"]
    assert (coverage["title"], coverage["for"]) == ("报表覆盖", ["analysts"])
    assert {name: column["label"] for name, column in coverage["columns"].items()} == {
        "release": "发布批次", "programme": "方案", "period": "期间", "feed": "数据源", "region_code": "地区代码",
        "region_name": "地区", "tier": "梯度", "expected": "应报户数", "reported": "已报户数", "coverage": "覆盖率",
        "reference_period": "参考期", "is_latest": "最新期间", "publication_id": "发布号",
    }  # fmt: skip


def test_of_a_folded_table_the_folded_columns_are_one() -> None:
    columns = unwritten(SCHEMAS, ())["criteria_condition"]["columns"]
    assert {"conditions": {"label": "各梯度的认定条件"}} in columns
    assert "condition_text" not in columns


def test_a_data_set_that_is_written_stays_as_it_is() -> None:
    assert "coverage" not in unwritten(SCHEMAS, ["coverage"])


def chart(dataset: str) -> dict[str, Any]:
    """A table of one column."""
    column = next(iter(LOADED.datasets[dataset]["columns"]))
    told = {"title": "试", "explain": "试。", "source": "试", "dataset": dataset, "viz": "table"}
    return told | {"params": {"all_columns": [column]}}


@pytest.mark.parametrize("dataset", LOADED.closed)
def test_a_page_of_officials_cannot_use_what_is_for_analysts(folder: Path, dataset: str) -> None:
    write(folder, "charts/trial", chart(dataset))
    write(folder, "pages/trial", PAGE | {"rows": [[{"chart": "trial", "width": 12, "height": 40}]]})
    with pytest.raises(SpecError, match=f"页面 trial 不只给分析员，不能用只给分析员的数据集：{dataset}"):
        specs.load(folder)


@pytest.mark.parametrize("readers", [["officials", "analysts"], ["operators"], ["enterprises"]])
def test_nor_can_a_page_that_others_open_as_well(folder: Path, readers: list[str]) -> None:
    write(folder, "charts/trial", chart("kpi_region"))
    page = PAGE | {"for": readers, "rows": [[{"chart": "trial", "width": 12, "height": 40}]]}
    write(folder, "pages/trial", page)
    with pytest.raises(SpecError, match="不只给分析员"):
        specs.load(folder)


def test_nor_can_its_filter(folder: Path) -> None:
    told = {
        "id": "kind",
        "name": "类别",
        "dataset": "code_label",
        "column": "kind_name",
        "charts": ["dictionary_list"],
    }
    rows = [[{"chart": "dictionary_list", "width": 12, "height": 40}]]
    write(folder, "pages/trial", PAGE | {"filters": [told], "rows": rows})
    with pytest.raises(SpecError, match="不能用只给分析员的数据集：code_label"):
        specs.load(folder)


def test_what_is_made_by_a_statement_is_for_analysts(folder: Path) -> None:
    write(
        folder,
        "datasets/joined",
        {"title": "拼成", "sql": "SELECT 1 AS a", "columns": [{"a": {"label": "甲"}}]},
    )
    with pytest.raises(SpecError, match="由语句得出，只能给分析员"):
        specs.load(folder)


def test_nobody_but_analysts_and_administrators_gets_a_row() -> None:
    rules = access.load().row_rules(LOADED.closed)
    (rule,) = [rule for rule in rules if rule.name == "只给分析员"]
    assert (rule.kind, rule.clause, set(rule.roles)) == ("Base", "1 = 0", {ADMIN_ROLE, ANALYST_ROLE})
    assert set(rule.datasets) == set(LOADED.closed)


def test_a_data_set_for_analysts_needs_no_other_rule_and_takes_none() -> None:
    loaded = access.load()
    columns = {name: set(dataset["columns"]) for name, dataset in LOADED.datasets.items()}
    access.check_rules(loaded, columns, LOADED.closed)
    with pytest.raises(SpecError, match="enterprise_statement 只给分析员"):
        access.check_rules(loaded, columns, [*LOADED.closed, "enterprise_statement"])
    with pytest.raises(SpecError, match="既没有行规则"):
        access.check_rules(loaded, columns)


def test_a_saved_query_says_what_it_answers_and_has_an_address_of_its_own(folder: Path) -> None:
    write(folder, "queries/trial", QUERY)
    files = bundle.build(specs.load(folder), "/served/zjtx.duckdb")
    told = yaml.safe_load(files["queries/served/trial.yaml"])
    assert told["label"] == "试问"
    assert told["sql"] == "-- 试问\n-- 试一试。\nSELECT 1 AS 一\n"
    assert told["uuid"] == asset_uuid("query", "trial")
    assert told["database_uuid"] == asset_uuid("database", "served")


@pytest.mark.parametrize(("key", "text"), [("explain", "没有写：explain"), ("title", "没有写：title")])
def test_a_saved_query_that_does_not_say_it_is_refused(folder: Path, key: str, text: str) -> None:
    write(folder, "queries/trial", {k: v for k, v in QUERY.items() if k != key})
    with pytest.raises(SpecError, match=text):
        specs.load(folder)


def test_a_filter_may_begin_with_some_values_chosen() -> None:
    files = bundle.build(LOADED, "/served/zjtx.duckdb")
    filters = yaml.safe_load(files["dashboards/query.yaml"])["metadata"]["native_filter_configuration"]
    begins = {item["name"]: item["defaultDataMask"] for item in filters}
    assert begins["层级"]["filterState"]["value"] == ["省", "市（州）"]
    assert begins["层级"]["extraFormData"] == {
        "filters": [{"col": "level_name", "op": "IN", "val": ["省", "市（州）"]}]
    }
    assert begins["地区"]["extraFormData"] == {}
