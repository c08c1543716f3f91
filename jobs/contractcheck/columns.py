"""Whether the columns of a contract say what the rest of the platform can carry out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from jobs.contractcheck.shape import CHINESE, NAME
from jobs.contractcheck.source import At, Fault, Source, meant
from jobs.definitions.contract import HEADER_REQUIRED, Column, Contract
from jobs.definitions.lineage import LINEAGE, SILVER_TAIL
from jobs.refusals import shown

DECIMAL = re.compile(r"DECIMAL\((\d{1,2}),(\d{1,2})\)")
MOST_DIGITS = 38
FEED_TYPES = ("STRING", "DATE", "INT", "BIGINT", "DECIMAL(20,2)")
TABLE_TYPES = (*FEED_TYPES, "DOUBLE", "BOOLEAN", "TIMESTAMP", "MAP<STRING,STRING>", "MAP<STRING,BIGINT>")
LOGICAL = {
    "STRING": "string", "DATE": "date", "INT": "integer", "BIGINT": "integer", "DECIMAL": "number", "DOUBLE": "number",
    "BOOLEAN": "boolean", "TIMESTAMP": "timestamp", "MAP": "map",
}  # fmt: skip
"""Kind of a physical type -> the logical type that goes with it."""
SEMANTICS = {
    "uscc": "STRING", "region": "STRING", "month": "STRING", "quarter": "STRING", "year": "INT", "money": "DECIMAL(20,2)",
    "report_item": "STRING", "report_unit": "STRING",
}  # fmt: skip
"""Meaning of a column -> its type; the platform reads each by rules of its own."""
SOURCES = ("cell", "path", "preamble")


def _kind(physical: str) -> str:
    return re.split(r"[(<]", physical)[0]


def _types(source: Source, at: At, column: Column, feed: bool) -> Iterator[Fault]:
    prop, known = column.prop, FEED_TYPES if feed else TABLE_TYPES
    if not prop.physicalType:
        yield source.fault((*at, "physicalType"), "没有写类型，会被当作文字", f"写 {'、'.join(known)} 之一")
        return
    decimal = DECIMAL.fullmatch(column.type)
    if decimal and not int(decimal[2]) <= int(decimal[1]) <= MOST_DIGITS:
        text = f"“{column.type}”放不下数"
        yield source.fault((*at, "physicalType"), text, f"位数不超过 {MOST_DIGITS}，小数位不超过位数")
    elif not decimal and column.type not in known:
        text = f"没有“{shown(column.type)}”这种类型"
        yield source.fault((*at, "physicalType"), text, meant(column.type, known))
    elif prop.logicalType != (wanted := LOGICAL[_kind(column.type)]):
        text = f"逻辑类型“{prop.logicalType}”与类型 {column.type} 不符"
        yield source.fault((*at, "logicalType"), text, f"写 logicalType: {wanted}，或改 physicalType")


def _semantic(source: Source, at: At, column: Column, feed: bool) -> Iterator[Fault]:
    if column.semantic is None:
        return
    place = (*at, "semanticType")
    if column.semantic not in SEMANTICS:
        yield source.fault(
            place, f"没有“{shown(column.semantic)}”这种含义", meant(column.semantic, SEMANTICS)
        )
    elif column.type != SEMANTICS[column.semantic]:
        wanted = SEMANTICS[column.semantic]
        yield source.fault(place, f"{column.semantic} 列的类型是 {column.type}", f"写 physicalType: {wanted}")
    elif feed and column.codes:
        yield source.fault(place, "同时写了代码表 enum，代码表不会执行", "semanticType 和 enum 只留一个")


def _codes(source: Source, at: At, column: Column) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for n, entry in enumerate(column.prop.enum or []):
        if entry.value is None:
            yield source.fault((*at, "enum", n), "代码没有取值", "写 value")
            continue
        for text in {entry.label or str(entry.value), str(entry.value)}:
            if seen.setdefault(text, str(entry.value)) != str(entry.value):
                what = f"“{text}”既是 {seen[text]} 又是 {entry.value}"
                yield source.fault((*at, "enum", n), what, "一个写法只对应一个代码")


def _limits(source: Source, at: At, column: Column) -> Iterator[Fault]:
    given, place = column.options, (*at, "logicalTypeOptions")
    for name in ("minimum", "maximum"):
        limit = given.get(name)
        if limit is None:
            continue
        if not column.is_figure:
            yield source.fault((*place, name), "只有数字列才有上下限", "去掉，或改 physicalType")
        elif isinstance(limit, bool) or not isinstance(limit, int | float):
            yield source.fault((*place, name), f"“{shown(str(limit))}”不是数字", "写数字，不加引号")
    low, high = given.get("minimum"), given.get("maximum")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        yield source.fault(place, f"下限 {low} 大于上限 {high}", "对调")
    if (pattern := given.get("pattern")) is not None:
        if column.type != "STRING":
            yield source.fault((*place, "pattern"), "只有文字列才有格式", "去掉")
        yield from bad_pattern(source, (*place, "pattern"), pattern)


def bad_pattern(source: Source, at: At, pattern: object) -> Iterator[Fault]:
    """Give the fault of a regular expression that is none."""
    try:
        re.compile(str(pattern))
    except re.error as error:
        where = f"第 {error.pos + 1} 个字符起" if error.pos is not None else ""
        yield source.fault(
            at, f"“{shown(str(pattern))}”不是正则表达式（{where}有误）", "检查括号、反斜杠和命名组"
        )


def _named(source: Source, at: At, column: Column, feed: bool) -> Iterator[Fault]:
    if not NAME.fullmatch(column.name):
        yield source.fault(
            (*at, "name"), f"列名“{shown(column.name)}”不能作表的列名", "写小写字母、数字、下划线，字母开头"
        )
    elif feed and column.name in LINEAGE | SILVER_TAIL:
        yield source.fault((*at, "name"), f"“{column.name}”是平台自己的列", "换一个名称")
    if not CHINESE.search(column.prop.businessName or ""):
        yield source.fault((*at, "businessName"), "没有中文名", "写表头上的中文列名")


def _given(source: Source, at: At, column: Column) -> Iterator[Fault]:
    """Check where the values come from, and what is said of the header."""
    place = (*at, "customProperties")
    if column.money and column.unit is not None:
        what = f"金额列写了单位“{shown(str(column.unit))}”，不会执行：单位看文件，文件没写时看 feed.unit"
        yield source.fault((*place, "unit"), what, "去掉；缺省单位写在 feed.unit")
    if column.source not in SOURCES:
        what = f"没有“{shown(str(column.source))}”这种来处"
        yield source.fault((*place, "source"), what, meant(column.source, SOURCES))
    if column.header not in (None, HEADER_REQUIRED):
        what = f"header 没有“{shown(str(column.header))}”这个值"
        yield source.fault(
            (*place, "header"), what, f"写 {HEADER_REQUIRED}（表头必须有、单元格可以空），或去掉"
        )
    elif column.header and column.source != "cell":
        yield source.fault((*place, "header"), "本列不在表内，没有表头", "去掉")
    for n, synonym in enumerate(column.prop.synonyms or []):
        if not (synonym.synonym or "").strip():
            yield source.fault((*at, "synonyms", n), "别名是空的", "写上，或去掉")


def _key(source: Source, base: At, contract: Contract) -> Iterator[Fault]:
    keyed = [c for c in contract.columns if c.key]
    if not keyed:
        yield source.fault(
            base, "没有主键，分不清哪一行更正哪一行", "在主键各列写 primaryKey: true 和 primaryKeyPosition"
        )
        return
    positions = [c.prop.primaryKeyPosition for c in keyed]
    if sorted(p for p in positions if p) != list(range(1, len(keyed) + 1)):
        names = "、".join(f"{c.name}={c.prop.primaryKeyPosition}" for c in keyed)
        yield source.fault(
            base, f"主键的次序 primaryKeyPosition 不是 1 到 {len(keyed)}（{names}）", "从 1 起不重不漏"
        )


def columns(source: Source, contract: Contract, feed: bool) -> Iterator[Fault]:
    """Give what is wrong with single columns, and with the key they make."""
    base: At = ("schema", 0, "properties")
    times = Counter(c.name for c in contract.columns)
    each: tuple[Callable[[Source, At, Column], Iterator[Fault]], ...] = (_codes, _limits, _given)
    for n, column in enumerate(contract.columns):
        at = (*base, n)
        if times[column.name] > 1 and column is next(c for c in contract.columns if c.name == column.name):
            yield source.fault(at, f"列名“{column.name}”有 {times[column.name]} 列", "每列一个名称")
        yield from _named(source, at, column, feed)
        wrong = list(_types(source, at, column, feed))
        yield from wrong or _semantic(source, at, column, feed)
        for check in each if feed else each[:2]:
            yield from check(source, at, column)
    yield from _key(source, base, contract)
