"""DuckDB reads gold where it lies: the rows of one release and programme, in the shape of the table as it is now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from jobs.lake import gold_view, tables

ROWS = [("R1", "JL", "a", 1), ("R1", "JL", "b", 2), ("R1", "SD", "c", 3), ("R2", "JL", "d", 4)]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Path of a table in a folder whose name has to be quoted."""
    path = str(tmp_path / "it's a 湖" / "gold" / "coverage")
    # The package has a function of the module's name.
    for module in (import_module("jobs.lake.arrow"), tables):
        monkeypatch.setattr(module, "path_of", lambda *_: path)
    for release in ("R1", "R2"):
        rows = [r for r in ROWS if r[0] == release]
        columns = dict(
            zip(("release", "programme", "feed", "expected"), zip(*rows, strict=True), strict=True)
        )
        write_deltalake(
            path, pa.table({n: list(v) for n, v in columns.items()}), partition_by=["release"], mode="append"
        )
    return path


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.mark.usefixtures("table")
def test_the_rows_of_one_release_and_programme_each_with_its_place(con: duckdb.DuckDBPyConnection) -> None:
    assert gold_view(con, "coverage", "R1", "JL")
    assert con.sql(
        "SELECT * EXCLUDE (file_index, file_row_number) FROM coverage ORDER BY feed"
    ).fetchall() == [row for row in ROWS if row[:2] == ("R1", "JL")]
    assert con.sql("SELECT count(DISTINCT (file_index, file_row_number)) FROM coverage").fetchall() == [(2,)]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("release", "programme"), [("R3", "JL"), ("R2", "SD"), ("R1' OR '", "JL")])
def test_without_a_row_there_is_no_view(con: duckdb.DuckDBPyConnection, release: str, programme: str) -> None:
    assert not gold_view(con, "coverage", release, programme)
    with pytest.raises(duckdb.CatalogException):
        con.execute("SELECT * FROM coverage")


def test_a_column_that_came_later_is_empty_in_what_was_written_before(
    table: str, con: duckdb.DuckDBPyConnection
) -> None:
    later = pa.table(
        {"release": ["R3"], "programme": ["JL"], "feed": ["e"], "expected": [5], "reported": [4]}
    )
    write_deltalake(table, later, mode="append", schema_mode="merge")
    assert gold_view(con, "coverage", "R2", "JL")
    assert con.sql("SELECT feed, reported FROM coverage").fetchall() == [("d", None)]
    assert gold_view(con, "coverage", "R3", "JL")
    assert con.sql("SELECT feed, reported FROM coverage").fetchall() == [("e", 4)]


def test_what_was_overwritten_is_not_read(table: str, con: duckdb.DuckDBPyConnection) -> None:
    again = pa.table({"release": ["R2"], "programme": ["JL"], "feed": ["x"], "expected": [9]})
    write_deltalake(table, again, mode="overwrite", predicate="release = 'R2'")
    assert gold_view(con, "coverage", "R2", "JL")
    assert con.sql("SELECT feed, expected FROM coverage").fetchall() == [("x", 9)]


def test_a_moment_that_spark_wrote_without_its_zone_is_the_same_moment(
    table: str, con: duckdb.DuckDBPyConnection
) -> None:
    moment = datetime(2026, 1, 20, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    rows = pa.table(
        {"release": ["R4"], "programme": ["JL"], "due_at": pa.array([moment], pa.timestamp("us", "UTC"))}
    )
    write_deltalake(table, rows, mode="append", schema_mode="merge")
    (file,) = (Path(table) / "release=R4").glob("*.parquet")
    pq.write_table(rows.drop_columns("release"), file, use_deprecated_int96_timestamps=True)
    con.execute("SET TimeZone = 'Asia/Shanghai'")
    assert gold_view(con, "coverage", "R4", "JL", "named")
    assert con.sql("SELECT due_at = TIMESTAMPTZ '2026-01-20 09:00:00+08' FROM named").fetchall() == [(True,)]
