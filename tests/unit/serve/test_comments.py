"""Comments of the served file: every table and every column has one in Chinese, in the whole file and in those of scopes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from jobs.serve import renewal
from tests.support.served_frames import served

CHINESE = re.compile(r"[\u4e00-\u9fff]")
_BARE = """
SELECT table_name, NULL AS column_name, comment FROM duckdb_tables() WHERE database_name = current_database()
UNION ALL
SELECT table_name, column_name, comment FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = served(tmp_path_factory.mktemp("served") / "zjtx.duckdb")
    with duckdb.connect(str(path)) as con:
        yield con


def bare(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str | None]]:
    """Tables and columns without a comment, or with one that holds no Chinese."""
    return [
        (table, column)
        for table, column, said in con.execute(_BARE).fetchall()
        if not CHINESE.search(said or "")
    ]


def comment(con: duckdb.DuckDBPyConnection, table: str, column: str) -> str:
    found = con.execute(
        "SELECT comment FROM duckdb_columns() WHERE table_name = ? AND column_name = ? "
        "AND database_name = current_database()", [table, column]
    )  # fmt: skip
    return str((found.fetchone() or ("",))[0])


def test_no_table_and_no_column_is_without(file: duckdb.DuckDBPyConnection) -> None:
    assert bare(file) == []


@pytest.mark.parametrize(
    ("table", "column", "said"),
    [
        ("kpi_region", "coverage", "覆盖率：n 与 n_scope 之比"),
        (
            "kpi_region",
            "tier",
            "梯度：空 = 任一级有效证书（不含种子企业）（代码见 code_label，kind = 'tier'）",
        ),
        ("kpi_region", "is_latest", "最新期间：本方案最新一期的行"),
        ("region", "unit_code", "所属排名单位代码"),
        ("overview_trend", "reading", "口径（代码见 code_label，kind = 'reading'）"),
        ("enterprise_statement", "tier_names", "全部有效梯度的名称，由高到低"),
        ("warning", "publication_id", "发布号"),
    ],
)
def test_a_column_is_called(file: duckdb.DuckDBPyConnection, table: str, column: str, said: str) -> None:
    assert comment(file, table, column) == said


def test_a_scope_has_the_comments_too_after_it_is_signed_anew(
    file: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file.execute(f"ATTACH '{tmp_path / 'scope.duckdb'}' AS scoped")
    whole = file.execute("SELECT current_database()").fetchone()
    assert whole
    file.execute(f"COPY FROM DATABASE {whole[0]} TO scoped (SCHEMA)")
    renewal.sign(file, 'scoped."warning"', "P00002")
    file.execute("USE scoped")
    try:
        assert bare(file) == []
    finally:
        file.execute(f"USE {whole[0]}")
        file.execute("DETACH scoped")
