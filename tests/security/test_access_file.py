"""The access file and the asset specs: what is refused, and what one more line gives."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
import yaml

from infra.superset import access, belonging, bundle, specs
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
    edit(path, officials=[*officials, {"username": "newcity", "region": "229900"}])
    after = access.load(path)
    (account,) = set(after.accounts) - set(before.accounts)
    assert account.roles == (belonging.OFFICIAL_ROLE, belonging.region_role("229900"))
    new = [rule for rule in after.row_rules() if rule.name not in {old.name for old in before.row_rules()}]
    assert [(rule.clause, rule.kind) for rule in new] == [("region_code = '229900'", "Regular")]
    assert {"enterprise_statement", "kpi_enterprise"} < set(new[0].datasets) == set(before.rules)


def test_official_without_region_falls_under_the_base_rule(folder: Path) -> None:
    path = folder / "access.yaml"
    edit(path, officials=[{"username": "guest"}, {"username": "city", "region": "220100"}])
    loaded = access.load(path)
    base = next(rule for rule in loaded.row_rules() if rule.kind == "Base")
    assert base.clause == "1 = 0"
    assert loaded.accounts[0].roles == (belonging.OFFICIAL_ROLE,)
    assert belonging.OFFICIAL_ROLE not in base.roles


@pytest.mark.parametrize(
    ("kind", "code", "column", "expected"),
    [
        ("region", "220000", "region_code", "region_code LIKE '22%'"),
        ("region", "22CBS", "region_code", "region_code = '22CBS'"),
        ("county", "220182", "county_code", "county_code = '220182'"),
        ("domain", "industry", "domain", "domain = 'industry'"),
        ("domain", "industry", access.FILE, "1 = 1"),
        ("enterprise", "91220182263655623L 220182", "uscc", "uscc = '91220182263655623L'"),
    ],
)
def test_every_kind_has_a_literal_clause(kind: str, code: str, column: str, expected: str) -> None:
    assert access.clause(column, belonging.Belonging(kind, code)) == expected


def test_each_belonging_has_one_rule_for_every_data_set_with_rules_and_no_other() -> None:
    loaded = access.load()
    for one in loaded.belongings:
        own = [rule for rule in loaded.row_rules() if rule.kind == "Regular" and one.role in rule.roles]
        assert sorted(name for rule in own for name in rule.datasets) == sorted(loaded.rules), one.role
        assert all(rule.roles == (one.role,) for rule in own)


def test_only_a_domain_leaves_a_table_to_its_file() -> None:
    open_rules = [rule for rule in access.load().row_rules() if rule.clause == "1 = 1"]
    assert {(rule.datasets, rule.roles[0].split()[0]) for rule in open_rules} == {
        (("criteria_condition", "kpi_enterprise"), "专班")
    }


def test_operators_and_enterprises_have_accounts_and_operators_no_firms_rows() -> None:
    loaded = access.load()
    roles = {account.username: account.roles for account in loaded.accounts}
    assert roles["operator"] == (belonging.OPERATOR_ROLE,)
    assert roles["qiye"] == (belonging.ENTERPRISE_ROLE, "企业 91220182263655623L 220182")
    base = next(rule for rule in loaded.row_rules() if rule.kind == "Base")
    assert not {belonging.OPERATOR_ROLE, belonging.ENTERPRISE_ROLE} & set(base.roles)


@pytest.mark.parametrize(
    "person",
    [
        {"region": "2201"},
        {"region": "220100' OR '1'='1"},
        {"region": "长春市"},
        {"county": "../../secrets"},
        {"domain": "INDUSTRY"},
        {"domain": "a' OR '1'='1"},
    ],
)
def test_a_code_has_to_be_one(folder: Path, person: dict[str, str]) -> None:
    edit(folder / "access.yaml", officials=[{"username": "x", **person}])
    with pytest.raises(SpecError, match="格式不对"):
        access.load(folder / "access.yaml")


@pytest.mark.parametrize(
    "person",
    [
        {"uscc": "91220182263655623L"},
        {"uscc": "91220182263655623L", "region": "220000"},
        {"uscc": "9122' OR 1=1 --", "county": "220182"},
    ],
)
def test_an_enterprise_needs_its_code_and_its_place(folder: Path, person: dict[str, str]) -> None:
    edit(folder / "access.yaml", enterprises=[{"username": "x", **person}])
    with pytest.raises(SpecError, match="格式不对"):
        access.load(folder / "access.yaml")


def test_an_official_of_two_kinds_is_refused(folder: Path) -> None:
    edit(folder / "access.yaml", officials=[{"username": "x", "county": "220182", "domain": "industry"}])
    with pytest.raises(SpecError, match="只能写"):
        access.load(folder / "access.yaml")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"domain": "no_such"}, "no_such 不存在"),
        ({"enterprise": "file"}, "应写出它的列"),
        ({"county": "file"}, "应写出它的列"),
        ({"column": "file"}, "应写出它的列"),
        ({}, "domain 不存在"),
    ],
)
def test_a_rule_names_a_column_of_each_kind(folder: Path, rule: dict[str, str], reason: str) -> None:
    bare = {"dataset": "kpi_enterprise", "column": "region_code"}
    path = folder / "access.yaml"
    others = [
        one
        for one in yaml.safe_load(path.read_text(encoding="utf-8"))["row_rules"]
        if one["dataset"] != bare["dataset"]
    ]
    edit(path, row_rules=[*others, bare | {"domain": "file"} | rule if rule else bare])
    with pytest.raises(SpecError, match=reason):
        check(specs.load(folder), access.load(path), {})


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
        "all_columns: [name_link,", "all_columns: [no_such_column, name_link,"
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
