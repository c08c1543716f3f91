"""Models: one SELECT a file, ordered by what they read, run in one DuckDB connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).parent
_SETTINGS = (
    "SET TimeZone = 'Asia/Shanghai'",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    # Division by nothing is unknown, not infinite.
    "SET ieee_floating_point_ops = false",
)


@lru_cache(maxsize=4)
def files(stage: str) -> dict[str, str]:
    """Return the models of a stage (``slice``, ``merge``) by name."""
    return {p.stem: p.read_text(encoding="utf-8") for p in sorted((HERE / "models" / stage).glob("*.sql"))}


def connection(threads: int | None = None, memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """Open an engine of its own, in memory, with the macros that models share."""
    con = duckdb.connect(config={"threads": threads} if threads else {})
    for setting in (*_SETTINGS, *([f"SET memory_limit = '{memory}'"] if memory else [])):
        con.execute(setting)
    con.execute((HERE / "macros.sql").read_text(encoding="utf-8"))
    return con


def reads(con: duckdb.DuckDBPyConnection, model: str) -> set[str]:
    """Return the tables that a model reads.

    Raises
    ------
    ValueError
        If it is not one SELECT.
    """
    row = con.execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [model]).fetchone()
    tree = json.loads(row[0]) if row else {"error": True}
    if tree["error"] or len(tree["statements"]) != 1:
        raise ValueError(f"模型应为一条 SELECT / one SELECT: {tree.get('error_message', '')}\n{model[:400]}")
    used: set[str] = set()
    own: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                used.add(node["table_name"])
            if "cte_map" in node:
                own.update(e["key"] for e in node["cte_map"]["map"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(tree)
    return used - own


def order(con: duckdb.DuckDBPyConnection, models: Mapping[str, str]) -> list[str]:
    """Return the names of models, each after those it reads."""
    graph = {name: sorted(reads(con, sql) & models.keys()) for name, sql in models.items()}
    return list(TopologicalSorter(graph).static_order())


def run(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, str], told: Callable[[str], None] = lambda _: None
) -> None:
    """Run models in their order, each into a table of its name."""
    for name in order(con, models):
        con.execute(f'CREATE TABLE "{name}" AS {models[name]}')
        told(name)
