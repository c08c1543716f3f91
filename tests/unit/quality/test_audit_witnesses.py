"""Great Expectations judges witnesses, not millions: what any row of a table breaks, one of its witnesses breaks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from great_expectations import expectations as gxe
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.definitions.checks import SILVER
from jobs.definitions.contract import feed_ids, load_feed, load_table, table_names
from jobs.lake.tables import gold_columns, silver_columns
from jobs.quality.auditor import Auditor, context
from jobs.quality.suites import read_suite
from jobs.quality.witness import rows_of, witnesses

SUITES = [*table_names(), *(SILVER + feed for feed in feed_ids())]
KEPT_APART = {
    "kpi_region": "indicator",
    "certificate_expiry": "uscc",
    "silver_dept_patent": "uscc",
    "silver_stat_rd": "uscc",
    "silver_ticket": "ticket_no",
}
"""Suites in which every kind of expectation stands -> the column that tells their rows apart here."""
Says = dict[str, Any]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture(scope="module")
def one_for_all() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for hundreds of small tables; :func:`put` replaces the one before."""
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture(scope="module")
def auditor(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    return Auditor(context(tmp_path_factory.mktemp("quality")))


def put(con: duckdb.DuckDBPyConnection, columns: dict[str, str], rows: Sequence[dict[str, Any]]) -> None:
    """Make the relation ``t`` as the audit has it: typed rows that lie in two files."""
    typed = {c: kind.replace("<", "(").replace(">", ")") for c, kind in columns.items()}
    listed = ", ".join(f'"{c}" {kind}' for c, kind in typed.items())
    con.execute(f"CREATE OR REPLACE TABLE t (file_index BIGINT, file_row_number BIGINT, {listed})")
    values = [v for at, row in enumerate(rows) for v in (at // 7, at % 7, *(row[c] for c in typed))]
    if rows:
        places = ", ".join(["(" + ", ".join("?" * (2 + len(typed))) + ")"] * len(rows))
        con.execute(f"INSERT INTO t VALUES {places}", values)


def columns_of(suite: str) -> dict[str, str]:
    """Return the columns that a suite asks for, with their types."""
    feed = suite.removeprefix(SILVER)
    silver = suite.startswith(SILVER)
    types = silver_columns(load_feed(feed)) if silver else gold_columns(load_table(suite))
    (asked,) = (e for e in read_suite(suite).expectations if "column_set" in e.configuration.kwargs)
    return {c: types.get(c, "STRING") for c in sorted(asked.column_set)}


def sound_value(kind: str, asked: dict[str, Says]) -> Any:
    """Return a value that the expectations of a column allow."""
    if "expect_column_values_to_be_null" in asked:
        return None
    if says := asked.get("expect_column_values_to_be_in_set"):
        return says["value_set"][0]
    if says := asked.get("expect_column_values_to_match_regex"):
        forms = ["2025Q1", "202503", "91220101MA0000000A", "万元", "C36"]
        return next(f for f in forms if re.match(says["regex"], f))
    if says := asked.get("expect_column_values_to_be_between"):
        return says.get("min_value", says.get("max_value"))
    plain = {
        "STRING": "甲",
        "DATE": "2025-03-31",
        "TIMESTAMP": "2025-03-31",
        "MAP": {"key": ["a"], "value": [1]},
    }
    return plain.get(re.split(r"[<(]", kind)[0], 1)


def sound_row(suite: str) -> dict[str, Any]:
    """Return a row that breaks nothing of a suite."""
    asked: dict[str, dict[str, Says]] = {}
    for e in read_suite(suite).expectations:
        if "column" in e.configuration.kwargs:
            asked.setdefault(e.column, {})[e.expectation_type] = e.configuration.kwargs
    return {c: sound_value(kind, asked.get(c, {})) for c, kind in columns_of(suite).items()}


def forbidden(e: Any, kind: str) -> Any:
    """Return a value that an expectation forbids."""
    if e.expectation_type == "expect_column_values_to_not_be_null":
        return None
    if e.expectation_type == "expect_column_values_to_be_between":
        return e.max_value + 1 if e.min_value is None else e.min_value - 1
    return "不行" if kind == "STRING" else -999


def judged(auditor: Auditor, con: duckdb.DuckDBPyConnection, suite: str, by: list[str]) -> list[Says]:
    return auditor.judge(con, "t", suite, by, witnesses(con, "t", read_suite(suite).expectations))


def test_the_suites_broken_below_have_every_kind_of_expectation_of_all_suites() -> None:
    def found(names: Sequence[str]) -> set[str]:
        return {e.expectation_type for name in names for e in read_suite(name).expectations}

    assert found(list(KEPT_APART)) == found(SUITES)


@pytest.mark.parametrize("suite", SUITES)
def test_one_row_stands_for_rows_that_differ_in_nothing(con: duckdb.DuckDBPyConnection, suite: str) -> None:
    put(con, columns_of(suite), [sound_row(suite)] * 9)
    asked = [e for e in read_suite(suite).expectations if not e.expectation_type.endswith("_unique")]
    assert len(witnesses(con, "t", asked)) == 1


@pytest.mark.parametrize("suite", KEPT_APART)
def test_each_expectation_that_a_row_breaks_fails_as_if_all_rows_were_judged(
    con: duckdb.DuckDBPyConnection, auditor: Auditor, suite: str
) -> None:
    columns, apart = columns_of(suite), KEPT_APART[suite]
    asked = read_suite(suite).expectations
    wrong = [
        e for e in asked if "column" in e.configuration.kwargs and not e.expectation_type.endswith("_unique")
    ]
    rows = [sound_row(suite) | {apart: f"91220101MA{n:07d}A"} for n in range(60 + len(wrong))]
    for row, e in zip(rows[30:], wrong, strict=False):
        row[e.column] = forbidden(e, columns[e.column])
    put(con, columns, [*rows, rows[5], rows[17], rows[5]])

    by = ["file_name", "sheet", "row_no"] if suite.startswith(SILVER) else load_table(suite).key[2:]
    told = judged(auditor, con, suite, by)
    assert told == auditor.validate(suite, rows_of(con, "t", by), by)
    broken = {(f["expectation"], str(f["kwargs"])) for f in told}
    every = {(e.expectation_type, str(e.configuration.kwargs)) for e in asked}
    assert {kind for kind, _ in every - broken} == {"expect_table_columns_to_match_set"}
    assert all(f["unexpected"] and f["rows"] for f in told)
    (twice,) = (f for f in told if f["expectation"].endswith("_unique"))
    assert twice["unexpected"] == 5


def test_a_column_that_is_missing_or_not_asked_for_fails_as_if_all_rows_were_judged(
    con: duckdb.DuckDBPyConnection, auditor: Auditor
) -> None:
    columns = columns_of("coverage") | {"more": "STRING"}
    del columns["expected"]
    put(con, columns, [sound_row("coverage") | {"more": "", "region_code": str(n)} for n in range(20)])
    told = judged(auditor, con, "coverage", ["period", "feed"])
    assert told == auditor.validate("coverage", rows_of(con, "t", ["period", "feed"]), ["period", "feed"])
    assert {f["kwargs"].get("column", "all") for f in told} == {"all", "expected"}


def test_the_data_docs_show_what_was_judged_and_all_rows_that_break_it(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    own = Auditor(context(tmp_path))
    rows = [sound_row("coverage") | {"region_code": f"2201{n:02d}"} for n in range(20)]
    put(con, columns_of("coverage"), [*rows, rows[0] | {"region_code": "220199", "coverage": 777.0}])
    (told,) = judged(own, con, "coverage", ["region_code"])
    assert (told["unexpected"], told["rows"]) == (1, [{"region_code": "220199"}])
    own.publish()
    site = tmp_path / "gx" / "uncommitted" / "data_docs" / "local_site"
    pages = {p.relative_to(site).parts[1]: p for p in site.rglob("validations/**/*.html")}
    assert set(pages) == {"coverage", "coverage_broken"}
    assert "777" in pages["coverage_broken"].read_text(encoding="utf-8")
    index = (site / "index.html").read_text(encoding="utf-8")
    assert all(str(p.relative_to(site)) in index for p in pages.values())


def missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


OF_NUMBERS: dict[str, tuple[Any, Callable[[float | None], bool]]] = {
    "missing": (gxe.ExpectColumnValuesToNotBeNull(column="x"), missing),
    "too small": (gxe.ExpectColumnValuesToBeBetween(column="x", min_value=-1), lambda x: not missing(x) and x < -1),
    "too large": (gxe.ExpectColumnValuesToBeBetween(column="x", max_value=1), lambda x: not missing(x) and x > 1),
    "not a code": (gxe.ExpectColumnValuesToBeInSet(column="x", value_set=[0, 1]), lambda x: not missing(x) and x not in (0, 1)),
    "not empty": (gxe.ExpectColumnValuesToBeNull(column="x"), lambda x: not missing(x)),
}  # fmt: skip
NUMBERS = st.lists(st.sampled_from([None, math.nan, -math.inf, -2.0, 0.0, 1.0, 2.0, math.inf]), max_size=12)


@pytest.mark.parametrize("name", OF_NUMBERS)
@settings(max_examples=40, deadline=None)
@given(numbers=NUMBERS)
def test_a_witness_breaks_what_any_row_breaks(
    one_for_all: duckdb.DuckDBPyConnection, name: str, numbers: list[float | None]
) -> None:
    expectation, broken = OF_NUMBERS[name]
    put(one_for_all, {"x": "DOUBLE"}, [{"x": x} for x in numbers])
    found = one_for_all.from_df(witnesses(one_for_all, "t", [expectation])).fetchall() if numbers else []
    assert any(map(broken, numbers)) == any(broken(x) for (x,) in found)


@pytest.mark.parametrize("columns", [["a"], ["a", "b"]])
def test_all_rows_of_a_key_that_stands_twice_are_witnesses(
    con: duckdb.DuckDBPyConnection, columns: list[str]
) -> None:
    keys = [("x", "1"), ("x", None), ("y", "1"), ("z", "1"), ("x", None), ("w", "2")]
    put(con, {"a": "STRING", "b": "STRING"}, [{"a": a, "b": b} for a, b in keys])
    unique = (
        gxe.ExpectColumnValuesToBeUnique(column="a")
        if len(columns) == 1
        else gxe.ExpectCompoundColumnsToBeUnique(column_list=columns)
    )
    found = witnesses(con, "t", [unique])
    assert len(found[found["a"] == "x"]) == (3 if len(columns) == 1 else 2 + 1), (
        "with the first row of the table"
    )
    assert not set(found["a"]) - {"x"}


@pytest.mark.parametrize(
    "expectation",
    [
        gxe.ExpectColumnValuesToBeInSet(column="a", value_set=["x"], mostly=0.9),
        gxe.ExpectColumnValuesToNotBeNull(column="a", row_condition='a=="x"', condition_parser="pandas"),
        gxe.ExpectColumnUniqueValueCountToBeBetween(column="a", max_value=1),
        gxe.ExpectTableRowCountToBeBetween(min_value=3),
    ],
    ids=lambda e: e.expectation_type,
)
def test_what_one_row_cannot_decide_is_judged_on_all_rows(
    con: duckdb.DuckDBPyConnection, expectation: Any
) -> None:
    put(con, {"a": "STRING"}, [{"a": "x"}] * 9)
    assert len(witnesses(con, "t", [expectation])) == 9
