"""An enterprise sees itself alone: what a statement in its name may read, decided on the tree of DuckDB's own parser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

Node = dict[str, Any]
_CLASSES = Path(__file__).parents[2] / "schemas" / "served.yaml"
FIRM_COLUMN = "uscc"
"""Column that names a row's firm in every table of firms."""


@dataclass(frozen=True)
class Alone:
    """An enterprise that reads rows of its own, in a file that holds those of its county.

    Parameters
    ----------
    uscc
        Its code; without one it reads no firm's rows.
    lists
        Tables that tell nothing about firms. Figures of regions are closed to it: less its own part, they would tell
        of the others what officials of the county may read.
    """

    uscc: str
    lists: frozenset[str]


@lru_cache(maxsize=1)
def lists() -> frozenset[str]:
    """Tables that tell nothing about firms: names, texts, dates."""
    classes = yaml.safe_load(_CLASSES.read_text(encoding="utf-8"))
    return frozenset(name for name, entry in classes.items() if entry["holds"] == "lists")


def refusal(connection: duckdb.DuckDBPyConnection, query: Node, alone: Alone) -> str | None:
    """Why a plain query is refused that reads other rows than those of lists and the enterprise's own."""
    source = query.get("from_table") or {}
    if source.get("type") in ("EMPTY", "EXPRESSION_LIST"):
        return None
    # columns that are given other names could pass one off as the code
    if source.get("type") != "BASE_TABLE" or source.get("column_name_alias"):
        return "企业的图表只能读取一张表"
    own = any(_is_code(part, alone.uscc) for part in _conjuncts(query.get("where_clause")))
    table = str(source["table_name"]).casefold()
    # without the column, its name in a condition is that of whatever the query calls so
    if table in alone.lists or (alone.uscc and own and table in _of_firms(connection)):
        return None
    return "企业只能读取本企业的行"


def _of_firms(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Tables that name the firm of each row."""
    rows = connection.execute(
        "SELECT table_name FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = 'main' AND column_name = ?",
        [FIRM_COLUMN],
    ).fetchall()
    return {name.casefold() for (name,) in rows}


def _conjuncts(condition: Node | None) -> Iterator[Node]:
    """The conditions that all have to hold."""
    if condition and condition.get("type") == "CONJUNCTION_AND":
        for part in condition["children"]:
            yield from _conjuncts(part)
    elif condition:
        yield condition


def _is_code(condition: Node, uscc: str) -> bool:
    """Whether a condition says that the table's own column of codes is one code."""
    left, right = condition.get("left") or {}, condition.get("right") or {}
    return (
        condition.get("type") == "COMPARE_EQUAL"
        and (left.get("class"), left.get("column_names")) == ("COLUMN_REF", [FIRM_COLUMN])
        and (right.get("class"), (right.get("value") or {}).get("value")) == ("CONSTANT", uscc)
    )
