"""The child process of typed statements: what it returns, and what ends it while its caller lives on."""

from __future__ import annotations

import dataclasses
import datetime
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infra.superset.confined import LIMITS, Limits, run

CONFIG = {"access_mode": "read_only", "enable_external_access": "false", "temp_directory": ""}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("confined") / "zjtx.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT 1.50::DECIMAL(5,2) AS a, DATE '2026-06-30' AS b, '甲' AS c"
        )
    return str(path)


def ask(file: str, statement: str, limits: Limits = LIMITS) -> list[tuple[object, ...]]:
    return run(file, statement, CONFIG, ("SET lock_configuration = true",), limits).rows


def test_values_keep_their_types(file: str) -> None:
    answer = run(file, "SELECT a, b, c, [1, NULL] AS d FROM t", CONFIG, ())
    assert answer.rows == [(Decimal("1.50"), datetime.date(2026, 6, 30), "甲", [1, None])]
    assert [column[:2] for column in answer.description] == [
        ("a", "DECIMAL(5,2)"),
        ("b", "DATE"),
        ("c", "VARCHAR"),
        ("d", "INTEGER[]"),
    ]


def test_error_of_the_statement_comes_back_as_raised(file: str) -> None:
    with pytest.raises(duckdb.BinderException, match="nope"):
        ask(file, "SELECT nope FROM t")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT repeat('x', 2000000000)",
        "SELECT length(repeat('x', 2000000000))",
        "SELECT list_resize([1], 2000000000)",
        "SELECT list(range) FROM range(1000000000)",
    ],
)
def test_memory_bound_of_the_operating_system_holds(file: str, statement: str) -> None:
    with pytest.raises(duckdb.OutOfMemoryException, match="内存超过"):
        ask(file, statement)
    assert ask(file, "SELECT c FROM t") == [("甲",)]


def test_function_that_notices_no_interrupt_is_killed(file: str) -> None:
    with pytest.raises(duckdb.InterruptException, match="已中止"):
        ask(file, "SELECT lpad('', 500000000, 'x')", dataclasses.replace(LIMITS, seconds=2.0))
    assert ask(file, "SELECT c FROM t") == [("甲",)]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [("SELECT * FROM range(101)", "100 行"), ("SELECT repeat('x', 2000000) FROM range(3)", "2 MB")],
    ids=["rows", "bytes"],
)
def test_answer_has_a_size_limit(file: str, statement: str, reason: str) -> None:
    with pytest.raises(duckdb.PermissionException, match=reason):
        ask(file, statement, dataclasses.replace(LIMITS, rows=100, answer_bytes=2_000_000))


def test_child_knows_no_setting_of_the_server(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZJTX_PROBE", "secret")
    started: list[dict[str, str]] = []
    run = subprocess.run

    def seen(*command: Any, **options: Any) -> Any:
        started.append(options["env"])
        return run(*command, **options)

    monkeypatch.setattr(subprocess, "run", seen)
    assert ask(file, "SELECT c FROM t") == [("甲",)]
    assert started == [{}]


def test_sort_that_outgrows_the_memory_says_so(file: str) -> None:
    tight = dataclasses.replace(LIMITS, memory="50MB")
    with pytest.raises(duckdb.OutOfMemoryException, match="内存超过 50MB"):
        ask(
            file,
            "SELECT md5(i::VARCHAR) AS x, i FROM range(3000000) r(i) ORDER BY x LIMIT 2 OFFSET 2999990",
            tight,
        )


def test_child_writes_no_file(file: str, tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error):
        ask(file, f"COPY (SELECT 1) TO '{tmp_path / 'x.csv'}'")
    assert not list(tmp_path.glob("x.csv"))
