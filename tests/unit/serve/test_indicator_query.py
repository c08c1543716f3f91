"""The figures that analysts look up: every cell once, with names instead of codes."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from infra.superset.specs import load
from infra.superset.statement import WHOLE_FILE, check
from tests.support.analyst_frames import analysts_file

SPEC = load().datasets["indicator_query"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = analysts_file(tmp_path_factory.mktemp("served") / "zjtx.duckdb")
    with duckdb.connect(str(path)) as con:
        for cut in (
            "domain = 'industry'",
            "size_class = 'small'",
            "industry = 'C35', n_excluded = '{\"NO_REPORT\":2,\"NEW\":1}'",
        ):
            con.execute(
                "CREATE OR REPLACE TEMP TABLE cell AS SELECT * FROM kpi_region WHERE region_level = 'province' LIMIT 1"
            )
            con.execute(f"UPDATE cell SET {cut}")
            con.execute("INSERT INTO kpi_region SELECT * FROM cell")
        yield con


def test_every_cell_is_there_once(file: duckdb.DuckDBPyConnection) -> None:
    check(file, SPEC["sql"], WHOLE_FILE)
    shown = file.execute(f"SELECT count(*) FROM ({SPEC['sql']})").fetchone()
    assert shown == file.execute("SELECT count(*) FROM kpi_region").fetchone()


def test_a_data_set_names_the_columns_of_its_statement(file: duckdb.DuckDBPyConnection) -> None:
    columns = [column[0] for column in file.execute(SPEC["sql"]).description or []]
    assert columns == list(SPEC["columns"])


@pytest.mark.parametrize(
    ("where", "columns", "expected"),
    [
        (
            "place = '长春市' AND figure = '营业收入增长率：同口径增长'",
            "region_name, level_name, tier, domain_name, size_name, industry_name, series",
            ("长春市", "市（州）", "全部（任一级证书）", "全部", "全部", "全部", "长春市"),
        ),
        (
            "domain_name = '工业'",
            "place, tier, series, value, numerator, denominator, n, n_scope, excluded, status_name",
            (
                "吉林省",
                "全部（任一级证书）",
                "吉林省，工业",
                5.0,
                210.0,
                200.0,
                2,
                3,
                "新增（无基数） 1",
                "户数不足",
            ),
        ),
        ("size_name = '小型'", "series, marks", ("吉林省，小型", "")),
        (
            "industry_name = 'C35 专用设备制造业'",
            "series, excluded",
            ("吉林省，C35 专用设备制造业", "未报 2、新增（无基数） 1"),
        ),
        ("figure LIKE '%：中位数'", "value, marks, method", (3.0, "暂定", "第3节 比率与覆盖率")),
    ],
)
def test_a_cell_is_told_in_words(
    file: duckdb.DuckDBPyConnection, where: str, columns: str, expected: tuple[object, ...]
) -> None:
    assert file.execute(f"SELECT {columns} FROM ({SPEC['sql']}) WHERE {where}").fetchall() == [expected]
