"""Users, roles and row rules from ``access.yaml``: the model and its checks, without Superset."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.superset.parts import AUDIENCES, SpecError
from infra.superset.specs import SPEC_ROOT

ADMIN_ROLE = "Admin"
ANALYST_ROLE, OFFICIAL_ROLE, OPERATOR_ROLE = (
    AUDIENCES[who] for who in ("analysts", "officials", "operators")
)
REGION_ROLE_PREFIX = "地区 "
WHOLE = "whole"
"""Scope of who reads the whole served file."""
NO_SCOPE = "none"
"""Scope of who belongs to no region; the folder of its file."""
_REGION_CODE = re.compile(r"\d{2}[0-9A-Z]{3,4}")
_PROVINCE_SUFFIX = "0000"


@dataclass(frozen=True)
class Account:
    """One user of Superset."""

    username: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class RowRule:
    """One row-level security rule as Superset keeps it."""

    name: str
    kind: str
    clause: str
    group_key: str | None
    datasets: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Access:
    """The whole of ``access.yaml``."""

    accounts: tuple[Account, ...]
    regions: tuple[str, ...]
    rule_columns: dict[str, str]
    exemptions: dict[str, str]
    region_columns: frozenset[str]

    def row_rules(self) -> list[RowRule]:
        """Nothing by default, and one literal clause per region and column."""
        datasets = tuple(sorted(self.rule_columns))
        exempt = (ADMIN_ROLE, ANALYST_ROLE, *map(region_role, self.regions))
        rules = [RowRule("无地区者不见企业行", "Base", "1 = 0", None, datasets, exempt)]
        for region in self.regions:
            for column in sorted(set(self.rule_columns.values())):
                tables = tuple(name for name in datasets if self.rule_columns[name] == column)
                name = f"{region_role(region)}：{column}"
                rules.append(
                    RowRule(name, "Regular", clause(column, region), column, tables, (region_role(region),))
                )
        return rules


def region_role(region: str) -> str:
    """Name of the role that ties its holders to a region."""
    return f"{REGION_ROLE_PREFIX}{region}"


def scope_of(roles: Iterable[str]) -> str:
    """Scope of a person by the names of the roles: the whole file, one region's, or none.

    Several regions are as good as none: no file holds the firms of two, and neither is the right one.
    """
    held = set(roles)
    if held & {ADMIN_ROLE, ANALYST_ROLE}:
        return WHOLE
    regions = {role.removeprefix(REGION_ROLE_PREFIX) for role in held if role.startswith(REGION_ROLE_PREFIX)}
    if len(regions) != 1 or not _REGION_CODE.fullmatch(region := regions.pop()):
        return NO_SCOPE
    return region


def clause(column: str, region: str) -> str:
    """Literal condition for the rows of a region; a province takes in every unit whose code begins like its own."""
    if region.endswith(_PROVINCE_SUFFIX):
        return f"{column} LIKE '{region[:2]}%'"
    return f"{column} = '{region}'"


def load(path: Path = SPEC_ROOT / "access.yaml") -> Access:
    """Read and check ``access.yaml``."""
    raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    regions = tuple(
        sorted({str(official["region"]) for official in raw["officials"] if official.get("region")})
    )
    for region in regions:
        if not _REGION_CODE.fullmatch(region):
            raise SpecError(f"access.yaml：地区代码 {region} 格式不对")
    access = Access(
        accounts=tuple(_accounts(raw)),
        regions=regions,
        rule_columns={rule["dataset"]: rule["column"] for rule in raw["row_rules"]},
        exemptions={item["dataset"]: item["reason"] for item in raw["exemptions"]},
        region_columns=frozenset(raw["region_columns"]),
    )
    names = [account.username for account in access.accounts]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SpecError(f"access.yaml：用户名重复：{'、'.join(sorted(twice))}")
    return access


def _accounts(raw: dict[str, Any]) -> list[Account]:
    def account(user: dict[str, str], *roles: str) -> Account:
        return Account(user["username"], user.get("name", user["username"]), roles)

    officials = [
        account(user, OFFICIAL_ROLE, *([region_role(user["region"])] if user.get("region") else []))
        for user in raw["officials"]
    ]
    analysts = [account(user, ANALYST_ROLE) for user in raw["analysts"]]
    return officials + analysts + [account(user, ADMIN_ROLE) for user in raw["administrators"]]


def check_rules(access: Access, columns: dict[str, set[str]]) -> None:
    """Refuse data sets with a region column and neither a row rule nor a written exemption.

    Parameters
    ----------
    access
        The checked access file.
    columns
        Column names of every data set.
    """
    for name, own in sorted(columns.items()):
        regional = own & access.region_columns
        if regional and name not in access.rule_columns and not access.exemptions.get(name, "").strip():
            raise SpecError(
                f"数据集 {name} 有地区列（{'、'.join(sorted(regional))}），但 access.yaml 中既没有行规则，也没有写明理由的豁免"
            )
    for name, column in access.rule_columns.items():
        if name in access.exemptions:
            raise SpecError(f"数据集 {name} 同时有行规则和豁免，只能取其一")
        if column not in columns.get(name, set()):
            raise SpecError(f"行规则引用的 {name}.{column} 不存在")
