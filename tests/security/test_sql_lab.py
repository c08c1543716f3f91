"""The analyst's SQL Lab: every table to read, nothing to write, no file of the server."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.support.superset_users import ANALYST, Login

pytestmark = pytest.mark.e2e


def test_analyst_reads_every_table(login: Login, served_file: Path) -> None:
    with duckdb.connect(str(served_file), read_only=True) as connection:
        tables = [row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        counts = {table: len(connection.table(table)) for table in tables}
    assert len(counts) > 10
    for table, count in counts.items():
        answer = login(ANALYST).sql(f'SELECT count(*) AS n FROM "{table}"')
        assert answer.status_code == 200, answer.text[:300]
        assert answer.json()["data"][0]["n"] == count, table


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO publication SELECT * FROM publication",
        "UPDATE publication SET status = 'complete'",
        "DELETE FROM publication",
        "CREATE TABLE mine AS SELECT 1",
        "DROP TABLE publication",
        "COPY (SELECT 1) TO '/tmp/zjtx-escape.csv'",
        "COPY publication TO '/tmp/zjtx-escape.parquet'",
        "EXPORT DATABASE '/tmp/zjtx-escape'",
        "ATTACH '/tmp/zjtx-escape.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET memory_limit",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM '/tmp/x.parquet'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM duckdb_settings()",
        "SELECT current_setting('secret_directory')",
        "SELECT getenv('HOME')",
        "SELECT * FROM sys",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/zjtx-escape.csv'",
        "SELECT 1; DROP TABLE publication",
    ],
)
def test_analyst_cannot_write_or_read_files(login: Login, statement: str) -> None:
    answer = login(ANALYST).sql(statement)
    assert 400 <= answer.status_code < 500, answer.text[:500]
    assert not list(Path("/tmp").glob("zjtx-escape*"))
