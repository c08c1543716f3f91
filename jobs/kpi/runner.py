"""Models: one SELECT a file, ordered by what they read, run in one DuckDB connection."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    # Files are opened for their columns first, for their rows then: what they say of themselves is read once.
    "SET parquet_metadata_cache = true",
    # The system keeps local files in memory anyway.
    "SET enable_external_file_cache = false",
    # Division by nothing is unknown, not infinite.
    "SET ieee_floating_point_ops = false",
)


@lru_cache(maxsize=4)
def files(stage: str) -> dict[str, str]:
    """Return the models of a stage (``slice``, ``merge``) by name."""
    return {p.stem: p.read_text(encoding="utf-8") for p in sorted((HERE / "models" / stage).glob("*.sql"))}


@contextmanager
def connection(
    threads: int | None = None, memory: int | None = None, disk: str | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine of its own, in memory, with the macros that models share; what it laid down on disk goes with it.

    Parameters
    ----------
    threads : int, optional
        Default: one per core.
    memory : int, optional
        MiB; beyond them rows are laid down on disk; default: four fifths of the machine's.
    disk : str, optional
        Folder for that; default: the system's for temporary files.
    """
    with tempfile.TemporaryDirectory(prefix="engine-", dir=disk) as spilled:
        config: dict[str, Any] = {"temp_directory": spilled}
        config |= {"threads": threads} if threads else {}
        config |= {"memory_limit": f"{memory}MiB"} if memory else {}
        with duckdb.connect(config=config) as con:
            for setting in _SETTINGS:
                con.execute(setting)
            con.execute((HERE / "macros.sql").read_text(encoding="utf-8"))
            yield con


_READS: dict[str, frozenset[str]] = {}
"""Text of a model -> the tables it reads: each slice asks again."""


def reads(con: duckdb.DuckDBPyConnection, model: str) -> frozenset[str]:
    """Return the tables that a model reads.

    Raises
    ------
    ValueError
        If it is not one SELECT.
    """
    if model not in _READS:
        _READS[model] = frozenset(_tables_in(_parsed(con, model)))
    return _READS[model]


def _parsed(con: duckdb.DuckDBPyConnection, model: str) -> dict[str, Any]:
    row = con.execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [model]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if tree["error"] or len(tree["statements"]) != 1:
        raise ValueError(f"模型应为一条 SELECT / one SELECT: {tree.get('error_message', '')}\n{model[:400]}")
    return tree


def _tables_in(tree: dict[str, Any]) -> set[str]:
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


def _graph(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, str], wanted: Iterable[str] | None
) -> dict[str, list[str]]:
    """Return which models each of the wanted ones, and of those they read, reads."""
    graph: dict[str, list[str]] = {}
    asked = list(models if wanted is None else wanted)
    while asked:
        if (name := asked.pop()) not in graph:
            graph[name] = sorted(reads(con, models[name]) & models.keys())
            asked += graph[name]
    return dict(sorted(graph.items()))


def order(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, str], wanted: Iterable[str] | None = None
) -> list[str]:
    """Return the names of models, each after those it reads.

    Parameters
    ----------
    con : DuckDBPyConnection
    models : mapping
        Name -> SQL.
    wanted : iterable of str, optional
        Only these and what they read, near and far; default: all.
    """
    return list(TopologicalSorter(_graph(con, models, wanted)).static_order())


def run(
    con: duckdb.DuckDBPyConnection,
    models: Mapping[str, str],
    wanted: Iterable[str] | None = None,
    views: Collection[str] = (),
) -> None:
    """Run models in their order (:func:`order`), each into a table of its name; what is there already stays.

    Parameters
    ----------
    con, models, wanted
        As :func:`order` takes them.
    views : collection of str
        Worked out by whoever reads them.
    """
    there = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    for name in order(con, models, wanted):
        if name not in there:
            _make(con, name, models[name], views)


def _make(con: duckdb.DuckDBPyConnection, name: str, model: str, views: Collection[str] = ()) -> None:
    con.execute(f'CREATE {"VIEW" if name in views else "TABLE"} "{name}" AS {model}')


def each(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, str], wanted: Iterable[str], views: Collection[str]
) -> Iterator[str]:
    """Run models as :func:`run` does and yield the wanted ones when they are there; a table that nothing reads any more goes.

    So an engine never holds more than what is still to be read.

    Parameters
    ----------
    con, models, wanted
        As :func:`order` takes them.
    views : collection of str
        Worked out by whoever reads them.
    """
    asked = set(wanted)
    graph = _graph(con, models, asked)
    steps = _deep(graph)
    for name, done in zip(steps, _last_uses(graph, steps, views), strict=True):
        _make(con, name, models[name], views)
        if name in asked:
            yield name
        for table in done:
            con.execute(f'DROP TABLE "{table}"')


def _deep(graph: Mapping[str, Sequence[str]]) -> list[str]:
    """Return an order in which each follows what it reads as closely as can be."""
    tuple(TopologicalSorter(graph).static_order())  # refuses a circle
    ordered: dict[str, None] = {}

    def add(name: str) -> None:
        if name not in ordered:
            for below in graph[name]:
                add(below)
            ordered[name] = None

    for name in graph:
        add(name)
    return list(ordered)


def _last_uses(
    graph: Mapping[str, Sequence[str]], steps: Sequence[str], views: Collection[str]
) -> list[list[str]]:
    """Return per step the tables that no later one reads, be it through a view."""
    last: dict[str, int] = {}
    for number, name in enumerate(steps):
        read = [name]
        while read:
            own = read.pop()
            last[own] = number
            read += graph[own] if own == name or own in views else []
    done_after: list[list[str]] = [[] for _ in steps]
    for name, number in last.items():
        if name not in views:
            done_after[number].append(name)
    return done_after
