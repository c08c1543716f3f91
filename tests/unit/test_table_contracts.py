"""Contracts of the gold tables: Chinese names, keys, units, and types that Spark knows."""

import re

import pytest

from jobs.contract import load_table, table_names
from jobs.policy import load_all

NAMES = table_names()
TYPE = re.compile(
    r"STRING|BIGINT|INT|DOUBLE|BOOLEAN|DATE|TIMESTAMP|DECIMAL\(\d+,\d\)|MAP<STRING,(BIGINT|STRING)>"
)


def test_all_tables_of_the_pipeline_have_a_contract():
    asked = {
        "kpi_region", "kpi_enterprise", "enterprise_statement", "target_progress", "region_ranking",
        "ranking_component", "coverage", "data_status",
    }  # fmt: skip
    assert asked <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_table_is_partitioned_by_release_and_keyed(name):
    contract = load_table(name)
    assert [c.name for c in contract.columns[:3]] == ["release", "programme", "period"]
    assert contract.key[:3] == ["release", "programme", "period"]
    assert contract.columns[0].prop.partitioned


@pytest.mark.parametrize("name", NAMES)
def test_every_column_has_a_chinese_name_and_a_type_of_the_lake(name):
    for column in load_table(name).columns:
        assert re.search("[\u4e00-\u9fff]", column.label), column.name
        assert TYPE.fullmatch(column.type), column.name


def test_labels_of_one_table_are_unique():
    for name in NAMES:
        labels = [c.label for c in load_table(name).columns]
        assert len(labels) == len(set(labels)), name


@pytest.mark.parametrize(
    "name", ["kpi_region", "enterprise_statement", "coverage", "breakthrough", "target_progress"]
)
def test_tables_of_every_programme_know_the_tiers_of_every_programme(name):
    (column,) = [c for c in load_table(name).columns if c.name in ("tier", "highest_tier")]
    assert {t.code for p in load_all().values() for t in p.tiers} == {e.value for e in column.prop.enum}
