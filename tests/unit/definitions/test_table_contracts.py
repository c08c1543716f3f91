"""Contracts of the gold tables: Chinese names, keys, units, and types that Spark knows."""

import re
from typing import Any

import pyarrow as pa
import pytest

from jobs.definitions.contract import load_table, table_names
from jobs.definitions.policy import load_all
from jobs.lake.content import period_hashes

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


def test_content_is_the_same_whatever_ids_batches_have():
    contract = load_table("criteria_condition")
    blank: dict[str, Any] = dict.fromkeys([c.name for c in contract.columns])
    blank |= {"period": "2025Q4", "uscc": "A"}

    def content(batch: str, value: str) -> str:
        evidence = f'[{{"fact":"revenue_y1","value":"{value}","batch_id":"{batch}","row_no":3}}]'
        names = [c.name for c in contract.columns]
        kinds = {"INT": pa.int32(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(), "BOOLEAN": pa.bool_()}
        fields = [pa.field(c.name, kinds.get(c.type, pa.string())) for c in contract.columns]
        row = blank | {"evidence": evidence, "release": batch}
        table = pa.Table.from_pylist([{n: row[n] for n in names}], schema=pa.schema(fields))
        return period_hashes({contract.id: table}, ["2025Q4"])["2025Q4"][contract.id]

    assert content("stat-one-00001", "5") == content("stat-two-00007", "5")
    assert content("stat-one-00001", "5") != content("stat-one-00001", "6")
