"""What a statement on the served file may contain, decided on the tree of DuckDB's own parser.

Everything is an allow-list: kinds of nodes, tables, functions. What the parser cannot give as a tree is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from infra.superset.alone import Alone, refusal
from infra.superset.functions import SCALAR_FUNCTIONS, TABLE_FUNCTIONS

Node = dict[str, Any]
_NO_CTE: frozenset[str] = frozenset()
# fmt: off
_EXPRESSIONS = frozenset({
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT",
    "FUNCTION", "LAMBDA", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "WINDOW",
})
_PLAIN = frozenset({
    "SELECT_NODE", "EMPTY", "EXPRESSION_LIST", "JOIN", "BASE_TABLE", "SUBQUERY", "ORDER_MODIFIER",
    "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER", "ORDER_DEFAULT", "ASCENDING",
    "DESCENDING", "ARRAY_TYPE_INFO", "DECIMAL_TYPE_INFO", "ENUM_TYPE_INFO", "LIST_TYPE_INFO",
    "STRUCT_TYPE_INFO", "UNBOUND_TYPE_INFO",
})
_FREE = _PLAIN | {"SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE", "TABLE_FUNCTION", "PIVOT", "SHOW_REF"}
# fmt: on
_NAMES = {
    "SET_OPERATION_NODE": "集合运算（UNION、INTERSECT、EXCEPT）",
    "SHOW_REF": "SHOW、DESCRIBE、SUMMARIZE",
    "RECURSIVE_CTE_NODE": "递归查询",
    "TABLE_FUNCTION": "表函数",
    "PARAMETER": "参数占位符",
}


@dataclass(frozen=True)
class Bounds:
    """How far a reader's statements may go.

    Parameters
    ----------
    tables
        Names of the tables; None means every table of the file.
    free
        Set operations, sub-queries and table functions too; else one plain SELECT.
    alone
        The enterprise to whose own rows each table of firms has to be filtered.
    """

    tables: frozenset[str] | None
    free: bool
    alone: Alone | None = None


WHOLE_FILE = Bounds(tables=None, free=True)
NOTHING = Bounds(tables=frozenset(), free=False)


def refuse(reason: str) -> duckdb.PermissionException:
    """The exception for a refused statement."""
    return duckdb.PermissionException(f"已拒绝：{reason}")


def check(connection: duckdb.DuckDBPyConnection, statement: str, bounds: Bounds) -> None:
    """Raise when a statement goes beyond its bounds.

    Parameters
    ----------
    connection
        Connection that would run it: its parser reads the statement, its file names the tables.
    statement
        Text as it would be run.
    bounds
        What the reader may ask.
    """
    try:
        _check(connection, statement, bounds)
    except RecursionError:
        raise refuse("语句嵌套太深") from None


def _check(connection: duckdb.DuckDBPyConnection, statement: str, bounds: Bounds) -> None:
    root = _tree(connection, statement)
    database, tables = _own_tables(connection)
    if bounds.tables is not None:
        tables &= bounds.tables
    _Walk(bounds.free, database, tables).visit(root, _NO_CTE)
    if not bounds.free and not _is_plain(_counted(root["node"])):
        raise refuse("图表只能是一条不含子查询的 SELECT")
    if bounds.alone and (reason := refusal(connection, _counted(root["node"]), bounds.alone)):
        raise refuse(reason)


def _is_plain(query: Node) -> bool:
    return sum(node.get("type") == "SELECT_NODE" for node in _nodes(query)) == 1


def _counted(query: Node) -> Node:
    """The query whose rows a query does nothing but count, as a table shown by pages asks; else the query itself."""
    source = query.get("from_table") or {}
    chosen = query.get("select_list") or []
    counts = (
        len(chosen) == 1 and chosen[0].get("function_name") == "count_star" and not chosen[0].get("filter")
    )
    extras = ("where_clause", "having", "qualify", "sample", "group_expressions", "modifiers")
    if source.get("type") != "SUBQUERY" or not counts or any(query.get(key) for key in extras):
        return query
    return source["subquery"]["node"]


def _tree(connection: duckdb.DuckDBPyConnection, statement: str) -> Node:
    answer = connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchone()
    parsed = json.loads(answer[0]) if answer else {"error": True}
    if parsed["error"]:
        if parsed.get("error_type") == "parser":
            raise refuse(f"语句有语法错误：{parsed['error_message']}")
        raise refuse("只允许查询语句（SELECT）")
    if len(parsed["statements"]) != 1:
        raise refuse("一次只能运行一条语句")
    return parsed["statements"][0]


def _own_tables(connection: duckdb.DuckDBPyConnection) -> tuple[str, frozenset[str]]:
    rows = connection.execute(
        "SELECT current_database(), table_name FROM duckdb_tables() "
        "WHERE NOT internal AND database_name = current_database() AND schema_name = 'main'"
    ).fetchall()
    return (rows[0][0].casefold() if rows else ""), frozenset(name.casefold() for _, name in rows)


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _nodes(part)


@dataclass(frozen=True)
class _Walk:
    """Visits every node with the names of the common table expressions that it sees."""

    free: bool
    database: str
    tables: frozenset[str]

    def visit(self, value: Any, ctes: frozenset[str]) -> None:
        if isinstance(value, list):
            for part in value:
                self.visit(part, ctes)
        if not isinstance(value, dict):
            return
        self._kind(value)
        if "function_name" in value:
            self._function(value)
        if value.get("type") == "BASE_TABLE":
            self._table(value, ctes)
        elif value.get("type") == "TABLE_FUNCTION":
            self._table_function(value)
        elif value.get("type") == "SHOW_REF" and value.get("query") is None:
            raise refuse("服务器的目录和设置不对外开放")
        ctes = self._with(value, ctes)
        for key, part in value.items():
            sees_itself = value.get("type") == "RECURSIVE_CTE_NODE" and key == "right"
            own = {value["cte_name"].casefold()} if sees_itself else _NO_CTE
            if key != "cte_map":
                self.visit(part, ctes | own)

    def _kind(self, node: Node) -> None:
        kind, allowed = node.get("class"), _EXPRESSIONS
        if kind is None:
            kind, allowed = node.get("type"), _FREE if self.free else _PLAIN
        # the type of a value is a node of its own
        if isinstance(kind, str) and kind not in allowed:
            raise refuse(f"不允许使用{_NAMES.get(kind, kind)}")

    def _with(self, node: Node, ctes: frozenset[str]) -> frozenset[str]:
        """Visit the common table expressions of a query: each sees those before it."""
        for entry in (node.get("cte_map") or {}).get("map", ()):
            if not self.free:
                raise refuse("图表不允许使用 WITH")
            self.visit(entry["value"], ctes)
            ctes |= {entry["key"].casefold()}
        return ctes

    def _table(self, node: Node, ctes: frozenset[str]) -> None:
        catalog, schema, name = (
            str(node.get(key) or "").casefold() for key in ("catalog_name", "schema_name", "table_name")
        )
        if not catalog and not schema and name in ctes:
            return
        # with one name before the dot the parser cannot tell a schema from a database
        own = (not catalog or catalog == self.database) and schema in ("", "main", self.database)
        if not own or name not in self.tables:
            raise refuse(f"不能读取 {'.'.join(part for part in (catalog, schema, name) if part)}")

    def _function(self, node: Node) -> None:
        name = str(node["function_name"]).casefold()
        own_schema = not node.get("catalog") and str(node.get("schema") or "main").casefold() == "main"
        if not own_schema or name not in SCALAR_FUNCTIONS:
            raise refuse(f"不允许使用函数 {name}")

    def _table_function(self, node: Node) -> None:
        function = node.get("function") or {}
        name = str(function.get("function_name") or "").casefold()
        if name not in TABLE_FUNCTIONS:
            raise refuse(f"不允许使用表函数 {name}")
