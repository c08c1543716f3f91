"""Rows that stand for a whole table: what any row breaks of its suite, one of them breaks.

Great Expectations judges these instead of the millions they stand for. Which row may stand for others follows
from what an expectation asks: about the value alone, then each value once; about limits, then the smallest and
the largest; about absence, then one row without; about a key, then every row whose key stands more than once.
An expectation that is not listed here, or says more than is listed (a share of rows that may break it, a filter),
is judged on all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pandas as pd

PLACE = ["file_index", "file_row_number"]
"""Columns that say where a row of an audited relation stands; they are no part of it."""
_FILE = 10**12
_AT = f"CAST(file_index AS BIGINT) * {_FILE} + file_row_number"
"""Place of a row as one number: what a query gives of each witness."""
_ABOUT_THE_VALUE = {
    "expect_column_values_to_be_in_set": {"column", "value_set"},
    "expect_column_values_to_match_regex": {"column", "regex"},
    "expect_column_values_to_be_null": {"column"},
}
_ABOUT_THE_KEY = {
    "expect_column_values_to_be_unique": {"column"},
    "expect_compound_columns_to_be_unique": {"column_list"},
}


@contextmanager
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB that works within a bound of memory and cleans up what it spilled."""
    bounds: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "1GB", "threads": 2}
    with TemporaryDirectory() as spilled, duckdb.connect(config=bounds | {"temp_directory": spilled}) as con:
        con.execute("SET parquet_metadata_cache = true")
        yield con


def _quoted(names: Iterable[str]) -> str:
    """Return column names as SQL."""
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


def _kinds(con: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Return name -> type of an audited relation's columns."""
    described = con.execute(f"DESCRIBE {relation}").fetchall()
    return {name: kind for name, kind, *_ in described if name not in PLACE}


def rows_of(
    con: duckdb.DuckDBPyConnection, relation: str, rows_by: list[str], columns: set[str] | None = None
) -> pd.DataFrame:
    """Return all rows of a relation in the order of the columns that name them: whoever asks again reads the same first.

    Parameters
    ----------
    con : DuckDBPyConnection
    relation : str
        Table or view with the columns :data:`PLACE`.
    rows_by : list of str
        By which a row is named.
    columns : set of str, optional
        Those of them that the relation has are returned; default: all.
    """
    there = _kinds(con, relation)
    asked = [c for c in there if columns is None or c in columns]
    order = [*(c for c in rows_by if c in there), *PLACE]
    return con.execute(f"SELECT {_quoted(asked)} FROM {relation} ORDER BY {_quoted(order)}").df()


def witnesses(con: duckdb.DuckDBPyConnection, relation: str, asked: Iterable[Any]) -> pd.DataFrame:
    """Return rows of a relation that break an expectation if any row does.

    Parameters
    ----------
    con : DuckDBPyConnection
    relation : str
        Table or view with the columns :data:`PLACE`.
    asked : iterable of Expectation

    Returns
    -------
    DataFrame
        Whole rows, at least one if the relation has any.
    """
    columns = _kinds(con, relation)
    ends = [f"min({_AT})"]
    parts: list[str] = []
    for expectation in asked:
        says = expectation.configuration
        named = says.kwargs.get("column_list") or [c for c in [says.kwargs.get("column")] if c]
        if all(c in columns for c in named):  # of a column that is not there no row can tell
            more_ends, more_parts = _places(relation, says.type, says.kwargs, columns)
            ends, parts = ends + more_ends, parts + more_parts
    told = dict.fromkeys(
        [f"SELECT unnest([{', '.join(dict.fromkeys(ends))}]) AS place FROM {relation}", *parts]
    )
    places = f"SELECT DISTINCT place // {_FILE} AS file_index, place % {_FILE} AS file_row_number FROM ({' UNION ALL '.join(told)})"
    return con.execute(
        f"SELECT {_quoted(columns)} FROM {relation} SEMI JOIN ({places}) USING ({_quoted(PLACE)}) ORDER BY {_quoted(PLACE)}"
    ).df()


def _places(
    relation: str, kind: str, says: dict[str, Any], columns: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Return, of one expectation, aggregates and queries that give the places of its witnesses."""
    value = _value(says["column"], columns) if "column" in says else ""
    if kind == "expect_column_values_to_not_be_null" and says.keys() <= {"column"}:
        return [f"min({_AT}) FILTER ({value} IS NULL)"], []
    if kind == "expect_column_values_to_be_between" and says.keys() <= {"column", "min_value", "max_value"}:
        return [f"arg_min({_AT}, {value})", f"arg_max({_AT}, {value})"], []
    if kind in _ABOUT_THE_VALUE and says.keys() <= _ABOUT_THE_VALUE[kind]:
        return [], [f"SELECT min({_AT}) FROM {relation} GROUP BY {value}"]
    if kind in _ABOUT_THE_KEY and says.keys() <= _ABOUT_THE_KEY[kind]:
        key = f"hash({_quoted(says.get('column_list') or [says['column']])})"
        twice = f"SELECT {key} FROM {relation} GROUP BY 1 HAVING count(*) > 1"
        return [], [f"SELECT {_AT} FROM {relation} WHERE {key} IN ({twice})"]
    if kind == "expect_table_columns_to_match_set":
        return [], []  # any row has the columns
    return [], [f"SELECT {_AT} FROM {relation}"]


def _value(column: str, columns: dict[str, str]) -> str:
    """Return a column as SQL; what is no number is missing, as it is to Great Expectations."""
    name = _quoted([column])
    return f"nullif({name}, 'nan')" if columns[column] in ("FLOAT", "DOUBLE") else name
