"""Statements on the served file: what an analyst's text and an official's chart may contain, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from infra.superset.statement import NOTHING, WHOLE_FILE, Bounds, check

CHART = Bounds(tables=frozenset({"enterprise_statement"}), free=False)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A file with two tables, opened as the served one."""
    path = tmp_path_factory.mktemp("statement") / "zjtx.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE enterprise_statement (region_code VARCHAR, name VARCHAR, revenue DECIMAL(18,2))"
        )
        connection.execute("CREATE TABLE region_ranking (region_code VARCHAR, score DOUBLE)")
        connection.execute("INSERT INTO enterprise_statement VALUES ('220100', '甲', 1), ('220200', '乙', 2)")
    with duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"}) as connection:
        yield connection


def refused(connection: duckdb.DuckDBPyConnection, statement: str, bounds: Bounds) -> str | None:
    try:
        check(connection, statement, bounds)
    except duckdb.PermissionException as refusal:
        return str(refusal)
    return None


BOTH = [
    "SELECT name FROM enterprise_statement",
    "SELECT name AS n, count(*) FROM main.enterprise_statement WHERE region_code IN ('220100') GROUP BY name "
    "HAVING sum(revenue) > 1 ORDER BY count(*) DESC LIMIT 5",
    "select NAME from ENTERPRISE_STATEMENT",
    'SELECT "name" FROM "zjtx"."main"."enterprise_statement"',
    "FROM enterprise_statement",
    "TABLE enterprise_statement",
    "FROM enterprise_statement SELECT name",
    "/* a */ SELECT name -- b\nFROM enterprise_statement;",
    "SELECT CASE WHEN revenue > 1 THEN left(name, 1) || '等' ELSE strftime(now(), '%Y') END FROM enterprise_statement",
    "SELECT COLUMNS('re.*') FROM enterprise_statement",
    "SELECT * EXCLUDE (revenue) REPLACE (upper(name) AS name) FROM enterprise_statement",
    "SELECT 1",
    "VALUES (1)",
    "SELECT *, rank() OVER (PARTITION BY region_code ORDER BY revenue) FROM enterprise_statement QUALIFY rank() OVER () = 1",
    "SELECT unnest([1, 2]), list_transform([1], lambda x: x + 1)",
    "SELECT quantile_cont(revenue, 0.5), string_agg(name, '、' ORDER BY name) FROM enterprise_statement",
    "SELECT * FROM enterprise_statement USING SAMPLE 10%",
]
COUNTED = [
    "SELECT COUNT(*) AS rowcount FROM (SELECT name FROM enterprise_statement WHERE region_code = '1' ORDER BY name LIMIT 9) AS rowcount_qry",
]
NOT_COUNTED = [
    "SELECT max(name) FROM (SELECT name FROM enterprise_statement) AS q",
    "SELECT COUNT(*), max(name) FROM (SELECT name FROM enterprise_statement) AS q",
    "SELECT COUNT(*) FILTER (WHERE name < 'x') FROM (SELECT name FROM enterprise_statement) AS q",
    "SELECT COUNT(*) FROM (SELECT name FROM enterprise_statement) AS q WHERE name < 'x'",
    "SELECT COUNT(*) FROM (SELECT name FROM enterprise_statement) AS q GROUP BY name",
    "SELECT COUNT(*) FROM (SELECT name FROM enterprise_statement) AS q HAVING max(name) < 'x'",
    "SELECT COUNT(*) FROM (SELECT name FROM enterprise_statement UNION ALL SELECT 'x') AS q",
    "SELECT COUNT(*) FROM (SELECT name FROM (SELECT name FROM enterprise_statement) AS p) AS q",
    "SELECT COUNT(*) FROM (SELECT score FROM region_ranking) AS q",
    "SELECT COUNT(*) FROM (SELECT name FROM enterprise_statement) AS q, (SELECT 1) AS p",
]
ANALYST = [
    "SELECT region_code FROM enterprise_statement UNION ALL SELECT region_code FROM region_ranking",
    "WITH a AS (SELECT * FROM region_ranking), b AS (SELECT * FROM a) SELECT * FROM b",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
    "SELECT * FROM enterprise_statement e JOIN region_ranking r USING (region_code)",
    "SELECT (SELECT max(score) FROM region_ranking)",
    "SELECT * FROM enterprise_statement, LATERAL (SELECT score FROM region_ranking LIMIT 1)",
    "PIVOT enterprise_statement ON region_code IN ('220100') USING sum(revenue)",
    "UNPIVOT region_ranking ON score INTO NAME n VALUE v",
    "SUMMARIZE enterprise_statement",
    "DESCRIBE enterprise_statement",
    "SELECT * FROM range(10) JOIN generate_series(1, 3) ON true, unnest([1]) AS u(x)",
]
CATALOGUE = [
    "SELECT * FROM pg_settings",
    "SELECT * FROM pg_catalog.pg_settings",
    'SELECT * FROM "PG_Catalog" . "pg_SETTINGS"',
    "SELECT * FROM /**/pg_catalog/**/./**/pg_settings",
    "SELECT * FROM zjtx.pg_catalog.pg_settings",
    "SELECT * FROM system.pg_catalog.pg_settings",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM duckdb_settings",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM main.duckdb_settings()",
    "SELECT * FROM system.main.duckdb_tables",
    "FROM duckdb_databases()",
    "TABLE duckdb_secrets",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_show('enterprise_statement')",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "SHOW DATABASES",
    "DESCRIBE pg_catalog.pg_settings",
    "SUMMARIZE (SELECT * FROM duckdb_settings())",
    "SELECT * FROM (SHOW TABLES)",
    "SELECT 1 UNION SELECT name FROM duckdb_settings()",
    "WITH pg_settings AS (SELECT * FROM pg_settings) SELECT * FROM pg_settings",
    "SELECT * FROM (WITH pg_settings AS (SELECT 1) SELECT * FROM pg_settings), pg_settings",
    "WITH a AS (SELECT * FROM pg_settings), pg_settings AS (SELECT 1) SELECT * FROM a",
    "WITH RECURSIVE pg_settings AS (SELECT name FROM pg_settings UNION ALL SELECT name FROM pg_settings) SELECT 1",
    "SELECT (SELECT max(name) FROM duckdb_settings())",
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM pg_settings)",
    "SELECT * FROM enterprise_statement ORDER BY (SELECT max(name) FROM pg_settings)",
    "SELECT * FROM enterprise_statement LIMIT (SELECT count(*) FROM pg_settings)",
    "SELECT sum(revenue) FILTER (WHERE name IN (SELECT name FROM pg_settings)) FROM enterprise_statement",
    "SELECT rank() OVER (ORDER BY (SELECT max(name) FROM pg_settings)) FROM enterprise_statement",
    "SELECT * FROM enterprise_statement, LATERAL (SELECT * FROM pg_settings)",
    "SELECT * FROM (PIVOT pg_settings ON name IN ('a') USING count(*))",
    "SELECT list_transform([1], lambda x: (SELECT max(name) FROM pg_settings))",
]
FILES = [
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd.csv"',
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM READ_TEXT('/etc/passwd')",
    "SELECT * FROM read_blob(['/etc/passwd'])",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM query('SELECT * FROM duckdb_settings()')",
    "SELECT * FROM query_table('enterprise_statement')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT json_serialize_sql('SELECT 1')",
    "SELECT current_setting('secret_directory')",
    "SELECT main.current_setting('secret_directory')",
    "SELECT (('secret_directory')).current_setting()",
    "SELECT list_transform(['secret_directory'], lambda x: current_setting(x))",
    "SELECT getenv('HOME')",
    "SELECT getvariable('x')",
    "SELECT which_secret('a', 'b')",
    "SELECT pg_catalog.pg_get_viewdef(1)",
    "SELECT version()",
    "SELECT current_query()",
    "SELECT sleep_ms(1000)",
    "SELECT write_log('a')",
    "SELECT nextval('s')",
    "SELECT no_such_function(1)",
    "SELECT count(*) FROM repeat_row(1, num_rows = 10)",
    "SELECT * FROM test_all_types()",
]
NO_SELECT = [
    "INSERT INTO region_ranking SELECT * FROM region_ranking",
    "UPDATE region_ranking SET score = 1",
    "DELETE FROM region_ranking",
    "CREATE TABLE mine AS SELECT 1",
    "CREATE MACRO m(x) AS x + 1",
    "DROP TABLE region_ranking",
    "COPY (SELECT 1) TO '/tmp/zjtx-escape.csv'",
    "EXPORT DATABASE '/tmp/zjtx-escape'",
    "ATTACH '/tmp/zjtx-escape.duckdb'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET VARIABLE x = 1",
    "RESET memory_limit",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "CHECKPOINT",
    "BEGIN TRANSACTION",
    "SELECT ?",
    "SELECT $1",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE region_ranking",
    "SELECT 1;;SELECT name FROM duckdb_settings()",
    "WITH x AS (INSERT INTO region_ranking VALUES ('a', 1) RETURNING *) SELECT * FROM x",
    "SELECT U&'\\0041'",
    "SELECT FROM WHERE",
    "",
    "-- nothing",
]
CHARTS_ONLY = [
    *ANALYST,
    "SELECT 'a' UNION ALL SELECT region_code || '|' || name FROM enterprise_statement UNION ALL SELECT max('z') "
    "FROM enterprise_statement WHERE region_code = '220100'",
    "SELECT name FROM enterprise_statement INTERSECT SELECT name FROM enterprise_statement",
    "SELECT name FROM enterprise_statement EXCEPT SELECT 'x'",
    "(SELECT name FROM enterprise_statement) UNION (SELECT name FROM enterprise_statement)",
    "SELECT score FROM region_ranking",
    "SELECT * FROM enterprise_statement, region_ranking",
    "SELECT name FROM (SELECT * FROM enterprise_statement)",
    "SELECT name FROM enterprise_statement WHERE revenue = (SELECT max(revenue) FROM enterprise_statement)",
    "WITH enterprise_statement AS (SELECT 1) SELECT * FROM enterprise_statement",
    "SELECT * FROM range(3)",
]


@pytest.mark.parametrize("statement", BOTH)
@pytest.mark.parametrize("bounds", [WHOLE_FILE, CHART], ids=["analyst", "official"])
def test_plain_select_on_the_own_table_is_allowed(
    file: duckdb.DuckDBPyConnection, statement: str, bounds: Bounds
) -> None:
    assert refused(file, statement, bounds) is None


@pytest.mark.parametrize("statement", ANALYST)
def test_analyst_may_combine_tables_of_the_file(file: duckdb.DuckDBPyConnection, statement: str) -> None:
    assert refused(file, statement, WHOLE_FILE) is None
    file.execute(statement).fetchall()


@pytest.mark.parametrize("statement", CHARTS_ONLY)
def test_a_chart_is_one_select_on_its_own_table(file: duckdb.DuckDBPyConnection, statement: str) -> None:
    assert "已拒绝" in (refused(file, statement, CHART) or "")


@pytest.mark.parametrize("statement", [*CATALOGUE, *FILES, *NO_SELECT])
@pytest.mark.parametrize("bounds", [WHOLE_FILE, CHART], ids=["analyst", "official"])
def test_server_files_and_writing_are_refused(
    file: duckdb.DuckDBPyConnection, statement: str, bounds: Bounds
) -> None:
    assert "已拒绝" in (refused(file, statement, bounds) or "")


@pytest.mark.parametrize("statement", [item for item in BOTH if "enterprise" in item.lower()])
def test_who_passed_no_check_reads_no_table(file: duckdb.DuckDBPyConnection, statement: str) -> None:
    assert "不能读取" in (refused(file, statement, NOTHING) or "")


def test_table_of_that_name_outside_the_file_is_not_read(file: duckdb.DuckDBPyConnection) -> None:
    own = duckdb.connect()
    own.execute("CREATE TABLE pg_settings (a INTEGER)")
    # a table of the file that is called like one of the catalogue cannot open the catalogue's
    assert refused(own, "SELECT * FROM pg_catalog.pg_settings", WHOLE_FILE)


def test_refusal_names_what_was_asked(file: duckdb.DuckDBPyConnection) -> None:
    assert "pg_catalog.pg_settings" in (
        refused(file, "SELECT * FROM pg_catalog.pg_settings", WHOLE_FILE) or ""
    )
    assert "UNION" in (refused(file, "SELECT 1 UNION SELECT 2", CHART) or "")
    assert "current_setting" in (refused(file, "SELECT current_setting('a')", WHOLE_FILE) or "")


def test_empty_file_has_no_table_to_read(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as empty:
        assert refused(empty, "SELECT 1", WHOLE_FILE) is None
        assert refused(empty, "SELECT * FROM enterprise_statement", WHOLE_FILE)


@pytest.mark.parametrize("statement", COUNTED)
def test_rows_of_a_chart_may_be_counted(file: duckdb.DuckDBPyConnection, statement: str) -> None:
    assert refused(file, statement, CHART) is None


@pytest.mark.parametrize("statement", NOT_COUNTED)
def test_nothing_but_the_rows_is_counted(file: duckdb.DuckDBPyConnection, statement: str) -> None:
    assert refused(file, statement, CHART)
