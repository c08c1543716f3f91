"""Users, roles and row rules from ``access.yaml``: the model and its checks, without Superset."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.superset.belonging import (
    ADMIN_ROLE,
    ANALYST_ROLE,
    ENTERPRISE_ROLE,
    OFFICIAL_ROLE,
    OPERATOR_ROLE,
    Belonging,
)
from infra.superset.parts import SpecError
from infra.superset.specs import SPEC_ROOT

_PROVINCE_SUFFIX = "0000"
_COLUMNS = {"region": "column", "county": "county", "domain": "domain", "enterprise": "enterprise"}
"""Where a row rule names the column of each kind."""
_USUAL = {"county": "county_code", "domain": "domain", "enterprise": "uscc"}
"""Columns where a rule names none."""
FILE = "file"
"""Instead of a column: the table has none, and the file of the scope alone says whose rows it holds."""


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
    belongings: tuple[Belonging, ...]
    rules: dict[str, dict[str, str]]
    exemptions: dict[str, str]
    region_columns: frozenset[str]
    home: dict[str, str]

    def row_rules(self, closed: Sequence[str] = ()) -> list[RowRule]:
        """Nothing by default, and one literal clause per belonging and column.

        Parameters
        ----------
        closed
            Data sets that analysts alone may read: nobody else gets a row of them, wherever the person belongs.
        """
        exempt = (ADMIN_ROLE, ANALYST_ROLE, *(one.role for one in self.belongings))
        rules = [RowRule("无归属者不见企业行", "Base", "1 = 0", None, tuple(sorted(self.rules)), exempt)]
        if closed:
            both = (ADMIN_ROLE, ANALYST_ROLE)
            rules.append(RowRule("只给分析员", "Base", "1 = 0", None, tuple(sorted(closed)), both))
        for one in self.belongings:
            column_of = {name: columns[one.kind] for name, columns in sorted(self.rules.items())}
            for column in sorted(set(column_of.values())):
                tables = tuple(name for name, own in column_of.items() if own == column)
                rules.append(
                    RowRule(
                        f"{one.role}：{column}", "Regular", clause(column, one), column, tables, (one.role,)
                    )
                )
        return rules


def clause(column: str, belonging: Belonging) -> str:
    """Literal condition for the own rows; a province takes in every unit whose code begins like its own."""
    if column == FILE:
        return "1 = 1"
    if belonging.kind == "region" and belonging.code.endswith(_PROVINCE_SUFFIX):
        return f"{column} LIKE '{belonging.code[:2]}%'"
    return f"{column} = '{belonging.key}'"


def load(path: Path = SPEC_ROOT / "access.yaml") -> Access:
    """Read and check ``access.yaml``."""
    raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    people = [*raw["officials"], *raw.get("enterprises", ())]
    belongings = {one for person in people if (one := _belonging(person))}
    if wrong := sorted(one.code for one in belongings if not one.is_valid):
        raise SpecError(f"access.yaml：代码 {'、'.join(wrong)} 格式不对")
    access = Access(
        accounts=tuple(_accounts(raw)),
        belongings=tuple(sorted(belongings)),
        rules={
            rule["dataset"]: {k: rule.get(name, _USUAL.get(k)) for k, name in _COLUMNS.items()}
            for rule in raw["row_rules"]
        },
        exemptions={item["dataset"]: item["reason"] for item in raw["exemptions"]},
        region_columns=frozenset(raw["region_columns"]),
        home=dict(raw.get("home") or {}),
    )
    names = [account.username for account in access.accounts]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SpecError(f"access.yaml：用户名重复：{'、'.join(sorted(twice))}")
    return access


def _belonging(person: dict[str, str]) -> Belonging | None:
    """What an entry of the access file says that its person belongs to."""
    named = [kind for kind in ("region", "county", "domain") if person.get(kind)]
    if len(named) > 1:
        raise SpecError(f"access.yaml：{person['username']} 只能写 {'、'.join(named)} 中的一个")
    if "uscc" in person:
        place = person.get("county") or person.get("region") or ""
        return Belonging("enterprise", f"{person['uscc']} {place}")
    return Belonging(named[0], str(person[named[0]])) if named else None


_LISTS = {
    "officials": OFFICIAL_ROLE,
    "enterprises": ENTERPRISE_ROLE,
    "analysts": ANALYST_ROLE,
    "operators": OPERATOR_ROLE,
    "administrators": ADMIN_ROLE,
}
"""Role of each list of people."""


def _accounts(raw: dict[str, Any]) -> list[Account]:
    def account(user: dict[str, str], role: str) -> Account:
        own = _belonging(user)
        return Account(
            user["username"], user.get("name", user["username"]), (role, *([own.role] if own else []))
        )

    return [account(user, role) for kind, role in _LISTS.items() for user in raw.get(kind, ())]


def check_rules(access: Access, columns: dict[str, set[str]], closed: Container[str] = ()) -> None:
    """Refuse data sets with a region column and neither a row rule nor a written exemption.

    Parameters
    ----------
    access
        The checked access file.
    columns
        Column names of every data set.
    closed
        Data sets that analysts alone may read: their rule is that nobody else sees a row.
    """
    for name, own in sorted(columns.items()):
        if name in closed and (name in access.rules or name in access.exemptions):
            raise SpecError(f"数据集 {name} 只给分析员，access.yaml 中不能再有行规则或豁免")
        regional = own & access.region_columns
        if (
            regional
            and name not in closed
            and name not in access.rules
            and not access.exemptions.get(name, "").strip()
        ):
            raise SpecError(
                f"数据集 {name} 有地区列（{'、'.join(sorted(regional))}），但 access.yaml 中既没有行规则，也没有写明理由的豁免"
            )
    for name, rule in access.rules.items():
        if name in access.exemptions:
            raise SpecError(f"数据集 {name} 同时有行规则和豁免，只能取其一")
        for kind, column in rule.items():
            _check_column(name, kind, column, columns.get(name, set()))


def _check_column(name: str, kind: str, column: str, known: set[str]) -> None:
    """Refuse a rule without its column, and one that leaves to the file what a column could say."""
    if column == FILE:
        if kind not in ("county", "domain") or _USUAL[kind] in known:
            raise SpecError(f"行规则 {name} 不能写 {_COLUMNS[kind]}: {FILE}：应写出它的列")
    elif column not in known:
        raise SpecError(
            f"行规则引用的 {name}.{column} 不存在；没有这一列时写 {_COLUMNS[kind]}: 列名"
            + (f" 或 {FILE}（只靠各自的文件）" if kind in ("county", "domain") else "")
        )
