"""Whether a contract has the parts it must have, and values of their kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import ValidationError

from jobs.contractcheck.keys import feeds, items_of
from jobs.contractcheck.source import At, Fault, Source, meant
from jobs.definitions.contract import SEVERITIES
from jobs.definitions.feedspec import FeedSpec
from jobs.refusals import shown

CHINESE = re.compile("[\u4e00-\u9fff]")
NAME = re.compile(r"[a-z][a-z0-9_]*")
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_STANDARD = re.compile(r"v3\.\d+\.\d+")
_KINDS = {
    "int": "整数", "float": "数字", "bool": "true 或 false", "string": "文字", "list": "列表（每行以“- ”开头）",
    "dict": "“键: 值”", "model": "“键: 值”", "date": "日期",
}  # fmt: skip


def wanted(error: Mapping[str, Any], like: str = "照 schemas/feeds 里已有的合同写") -> tuple[str, str]:
    """Return what a value is not, and what to write, from a library's own finding.

    Parameters
    ----------
    error : mapping
        One error of pydantic's.
    like : str
        What to write where the finding does not tell.
    """
    kind, given = str(error["type"]), shown(str(error["input"]))
    if kind == "missing":
        return "没有写", "补上"
    if kind == "literal_error":
        choices = [c.strip(" '") for c in re.split(r",| or ", str(error["ctx"]["expected"]))]
        return f"没有“{given}”这个值", meant(error["input"], choices)
    right = next((text for word, text in _KINDS.items() if kind.startswith(word)), "")
    return f"值“{given}”不合格式", f"应为{right}" if right else like


def _of_library(source: Source, base: At, error: ValidationError) -> Iterator[Fault]:
    for told in error.errors():
        # Unknown keys are told with what was meant (jobs.contractcheck.keys).
        if told["type"] == "extra_forbidden":
            continue
        at = tuple(p for p in told["loc"] if not (isinstance(p, str) and p.startswith("function-")))
        yield source.fault((*base, *at), *wanted(told))


def kinds(source: Source) -> Iterator[Fault]:
    """Give every value that is not of its kind, and what is missing of the feed's own part."""
    try:
        OpenDataContractStandard.model_validate(source.data)
    except ValidationError as error:
        yield from _of_library(source, (), error)
    for at, feed in feeds(source):
        try:
            FeedSpec.model_validate(feed)
        except ValidationError as error:
            yield from _of_library(source, at, error)


def fits(feed: Mapping[str, Any]) -> bool:
    """Return whether the feed's own part can be read at all, unknown keys in any depth counted."""
    try:
        FeedSpec.model_validate(feed)
    except ValidationError:
        return False
    return True


def head(source: Source) -> Iterator[Fault]:
    """Check what names the contract, and that it has one table with columns."""
    data = source.data
    if not _STANDARD.fullmatch(str(data.get("apiVersion"))):
        yield source.fault(("apiVersion",), "不是开放数据合同标准的第 3 版", "写 apiVersion: v3.1.0")
    if data.get("kind") != "DataContract":
        yield source.fault(("kind",), f"“{shown(str(data.get('kind')))}”不是合同", "写 kind: DataContract")
    if not NAME.fullmatch(str(data.get("id"))):
        yield source.fault(("id",), "没有编号，或编号不是小写英文", "写小写字母、数字、下划线，字母开头")
    elif source.path.name != f"{data['id']}.yaml":
        yield source.fault(
            ("id",), f"编号与文件名 {shown(source.path.name)} 不同", f"文件名应为 {data['id']}.yaml"
        )
    if not _VERSION.fullmatch(str(data.get("version"))):
        yield source.fault(("version",), "没有版本号，或不是三段数字", "写如 1.0.0；每次修改都要加大")
    if not CHINESE.search(str(data.get("name") or "")):
        yield source.fault(("name",), "没有中文名称", "写数据源的中文名称，拒收理由里用它")
    tables = items_of(data.get("schema"))
    if len(tables) != 1:
        yield source.fault(
            ("schema",), f"应有一张表，实有 {len(tables)} 张，其余不会被读到", "一份合同一张表"
        )
    if tables and not items_of(tables[0].get("properties")):
        yield source.fault(("schema", 0, "properties"), "没有列", "写出至少一列")


def rules(source: Source) -> Iterator[Fault]:
    """Check that rules stand on columns and are whole; those of the table as a whole are carried out by nobody."""
    for n, table in enumerate(items_of(source.data.get("schema"))):
        seen: set[str] = set()
        for k, column in enumerate(items_of(table.get("properties"))):
            for m, rule in enumerate(items_of(column.get("quality"))):
                yield from _rule(source, ("schema", n, "properties", k, "quality", m), rule, seen)


def _rule(source: Source, at: At, rule: Mapping[str, Any], seen: set[str]) -> Iterator[Fault]:
    name = str(rule.get("name") or "")
    if not NAME.fullmatch(name):
        yield source.fault((*at, "name"), "规则没有名称，或名称不是小写英文", "写小写字母、数字、下划线")
    elif name in seen:
        yield source.fault((*at, "name"), f"规则“{name}”在本合同里有两条", "换一个名称")
    seen.add(name)
    if rule.get("type") != "sql":
        yield source.fault((*at, "type"), "只执行 SQL 条件", "写 type: sql，条件写在 query")
    if not rule.get("query"):
        yield source.fault((*at, "query"), "规则没有条件", "写成立时应满足的 SQL 条件，如 a <= b")
    if not CHINESE.search(str(rule.get("description") or "")):
        yield source.fault(
            (*at, "description"), "规则没有中文说明", "写清什么算违反：隔离理由和审批摘要里用它"
        )
    if rule.get("severity") not in SEVERITIES:
        given = str(rule.get("severity"))
        yield source.fault((*at, "severity"), f"没有“{shown(given)}”这一级", meant(given, SEVERITIES))
