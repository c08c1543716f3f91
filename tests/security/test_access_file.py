"""The access file and the asset specs: what is refused, and what one more line gives."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
import yaml

from infra.superset import access, bundle, specs
from infra.superset.apply import check
from infra.superset.parts import SpecError
from infra.superset.specs import SPEC_ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the specs to break."""
    return Path(shutil.copytree(SPEC_ROOT, tmp_path / "specs"))


def edit(path: Path, **entries: object) -> None:
    """Replace top-level entries of a YAML file."""
    path.write_text(
        yaml.safe_dump(yaml.safe_load(path.read_text(encoding="utf-8")) | entries, allow_unicode=True),
        encoding="utf-8",
    )


def test_shipped_specs_are_accepted() -> None:
    check(specs.load(), access.load(), {})


def test_one_line_adds_a_city(folder: Path) -> None:
    path = folder / "access.yaml"
    before = access.load(path)
    officials = yaml.safe_load(path.read_text(encoding="utf-8"))["officials"]
    edit(path, officials=[*officials, {"username": "newcity", "region": "220500"}])
    after = access.load(path)
    (account,) = set(after.accounts) - set(before.accounts)
    assert account.roles == (access.OFFICIAL_ROLE, access.region_role("220500"))
    new = [rule for rule in after.row_rules() if rule.name not in {old.name for old in before.row_rules()}]
    assert [(rule.clause, rule.kind) for rule in new] == [("region_code = '220500'", "Regular")]
    assert set(new[0].datasets) == {"enterprise_statement", "kpi_enterprise"}


def test_official_without_region_falls_under_the_base_rule(folder: Path) -> None:
    path = folder / "access.yaml"
    edit(path, officials=[{"username": "guest"}, {"username": "city", "region": "220100"}])
    loaded = access.load(path)
    base = next(rule for rule in loaded.row_rules() if rule.kind == "Base")
    assert base.clause == "1 = 0"
    assert loaded.accounts[0].roles == (access.OFFICIAL_ROLE,)
    assert access.OFFICIAL_ROLE not in base.roles


def test_province_takes_in_its_units() -> None:
    assert access.clause("region_code", "220000") == "region_code LIKE '22%'"
    assert access.clause("region_code", "22CBS") == "region_code = '22CBS'"


@pytest.mark.parametrize("region", ["2201", "220100' OR '1'='1", "长春市"])
def test_region_code_has_to_be_a_code(folder: Path, region: str) -> None:
    edit(folder / "access.yaml", officials=[{"username": "x", "region": region}])
    with pytest.raises(SpecError, match="格式不对"):
        access.load(folder / "access.yaml")


def test_data_set_without_rule_or_exemption_is_refused() -> None:
    loaded = access.load()
    bare = dataclasses.replace(loaded, exemptions={})
    with pytest.raises(SpecError, match="行规则"):
        check(specs.load(), bare, {})


def test_region_column_that_only_the_served_file_has_counts() -> None:
    loaded = specs.load()
    served = {name: set(dataset["columns"]) for name, dataset in loaded.datasets.items()}
    served["publication"] |= {"region_code"}
    with pytest.raises(SpecError, match="publication"):
        check(loaded, access.load(), served)


def test_column_that_the_served_file_lacks_is_refused() -> None:
    loaded = specs.load()
    served = {name: set(dataset["columns"]) for name, dataset in loaded.datasets.items()}
    served["publication"] -= {"data_as_of"}
    with pytest.raises(SpecError, match="data_as_of"):
        check(loaded, access.load(), served)


def test_chart_with_an_unknown_column_is_refused(folder: Path) -> None:
    path = folder / "charts" / "enterprises.yaml"
    text = path.read_text(encoding="utf-8").replace(
        "all_columns: [name,", "all_columns: [no_such_column, name,"
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match="no_such_column"):
        specs.load(folder)


def test_bundle_is_stable_and_labels_are_chinese() -> None:
    first, second = (bundle.build(specs.load(), "/srv/zjtx.duckdb") for _ in range(2))
    assert first == second
    for name, text in first.items():
        content = yaml.safe_load(text)
        for column in content.get("columns", []):
            assert any("\u4e00" <= letter <= "\u9fff" for letter in column["verbose_name"]), (
                f"{name}: {column['column_name']}"
            )
