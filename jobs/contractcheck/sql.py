"""Whether rules between columns and patterns of texts can be asked: DuckDB reads them without any data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import duckdb

from jobs.contractcheck.source import At, Fault, Source, meant
from jobs.definitions.contract import Column, Contract, CrossRule
from jobs.refusals import shown

_LACKS = re.compile(r'column "([^"]+)" not found', re.IGNORECASE)
_NO_FUNCTION = re.compile(r"Function with name (\S+) does not exist")


def _told(error: duckdb.Error, columns: list[str]) -> tuple[str, str]:
    """Return what is wrong with a condition, and the cure, from the database's own finding."""
    text = str(error)
    if lacking := _LACKS.search(text):
        return f"合同没有列“{shown(lacking[1])}”", meant(lacking[1], columns)
    if unknown := _NO_FUNCTION.search(text):
        return f"没有函数“{shown(unknown[1])}”", "只用两种数据库都有的函数，如 coalesce、abs"
    if isinstance(error, duckdb.ParserException):
        return "读不通", "检查括号、引号和比较符号"
    return "与各列的类型不合", "比较同类的列：数字与数字，文字加单引号"


def _result(con: duckdb.DuckDBPyConnection, condition: str) -> str:
    """Return the type of a condition."""
    described = con.execute(f"DESCRIBE SELECT ({condition}) AS held FROM row_of_form").fetchall()
    return str(described[0][1])


@lru_cache(maxsize=1)
def _database() -> duckdb.DuckDBPyConnection:
    """Return an empty database that reaches nothing outside; each contract is asked in a session of its own."""
    con = duckdb.connect()
    con.execute("SET enable_external_access = false")
    return con


def conditions(source: Source, contract: Contract) -> Iterator[Fault]:
    """Give the rules whose condition no database could answer, and the patterns that it cannot read."""
    if not any(c.rules or "pattern" in c.options for c in contract.columns):
        return
    fields = ", ".join(f'"{c.name}" {c.type}' for c in contract.columns)
    names = [c.name for c in contract.columns]
    with _database().cursor() as con:
        con.execute(f"CREATE TEMP TABLE row_of_form ({fields})")
        for n, column in enumerate(contract.columns):
            yield from _pattern(
                con, source, ("schema", 0, "properties", n, "logicalTypeOptions", "pattern"), column
            )
            for m, rule in enumerate(column.rules):
                at: At = ("schema", 0, "properties", n, "quality", m, "query")
                yield from _condition(con, source, at, rule, names)


def _pattern(con: duckdb.DuckDBPyConnection, source: Source, at: At, column: Column) -> Iterator[Fault]:
    """Give the fault of a pattern that is one elsewhere, but not where rows are judged."""
    pattern = str(column.options.get("pattern", ""))
    try:
        re.compile(pattern)
        con.execute("SELECT regexp_matches('', $pattern)", {"pattern": pattern})
    except re.error:
        # Told with the place in the pattern, beside the column's limits.
        return
    except duckdb.Error:
        what = f"格式“{shown(pattern)}”用了判行时不认的写法"
        yield source.fault(at, what, "不用环视（(?=、(?!）和反向引用")


def _condition(
    con: duckdb.DuckDBPyConnection, source: Source, at: At, rule: CrossRule, names: list[str]
) -> Iterator[Fault]:
    said = f"规则“{rule.name}”的条件“{shown(rule.condition)}”"
    try:
        kind = _result(con, rule.condition)
    except duckdb.Error as error:
        what, cure = _told(error, names)
        yield source.fault(at, f"{said}{what}", cure)
        return
    if kind != "BOOLEAN":
        yield source.fault(at, f"{said}得不出是或否", "写成比较，如 a <= b")
