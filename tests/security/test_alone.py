"""What a statement may read in an enterprise's name, in a file that holds the rows of its county."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from infra.superset.alone import Alone, lists
from infra.superset.belonging import ENTERPRISE_ROLE, Belonging, firm_of
from infra.superset.statement import Bounds, check
from jobs.serve.classes import table_classes

OWN, OTHER = "91220182263655623L", "91220182213934181Y"
TABLES = frozenset({"enterprise_statement", "kpi_enterprise", "kpi_region", "target_progress", "policy"})
ALONE = Bounds(TABLES, free=False, alone=Alone(OWN, lists()))
LOST = Bounds(TABLES, free=False, alone=Alone("", lists()))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A county's file with two firms."""
    path = tmp_path_factory.mktemp("alone") / "zjtx.duckdb"
    with duckdb.connect(str(path)) as connection:
        for table in ("enterprise_statement", "kpi_enterprise"):
            connection.execute(
                f"CREATE TABLE {table} (county_code VARCHAR, uscc VARCHAR, name VARCHAR, value DOUBLE)"
            )
            connection.execute(
                f"INSERT INTO {table} VALUES ('220182', '{OWN}', '甲', 1), ('220182', '{OTHER}', '乙', 2)"
            )
        connection.execute("CREATE TABLE kpi_region (region_code VARCHAR, n BIGINT, value DOUBLE)")
        connection.execute("CREATE TABLE target_progress (region_code VARCHAR, n BIGINT, value DOUBLE)")
        connection.execute("CREATE TABLE policy (id VARCHAR, title VARCHAR)")
    with duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"}) as connection:
        yield connection


def refused(connection: duckdb.DuckDBPyConnection, statement: str, bounds: Bounds = ALONE) -> bool:
    try:
        check(connection, statement, bounds)
    except duckdb.PermissionException:
        return True
    return False


OPEN = [
    f"SELECT name, value FROM enterprise_statement WHERE uscc = '{OWN}'",
    f"SELECT name FROM main.enterprise_statement WHERE (uscc = '{OWN}') AND (value > 1 OR name = '乙') ORDER BY name LIMIT 5",
    f"SELECT count(*) AS n FROM kpi_enterprise WHERE name = '甲' AND ((uscc = '{OWN}') AND value > 0) GROUP BY name",
    f"SELECT COUNT(*) AS rowcount FROM (SELECT name FROM enterprise_statement WHERE uscc = '{OWN}') AS q",
    "SELECT title FROM policy",
    "SELECT 1",
]
CLOSED = {
    "no filter": "SELECT name FROM enterprise_statement",
    "another firm": f"SELECT name FROM enterprise_statement WHERE uscc = '{OTHER}'",
    "or": f"SELECT name FROM enterprise_statement WHERE uscc = '{OWN}' OR 1 = 1",
    "or inside": f"SELECT name FROM enterprise_statement WHERE (uscc = '{OWN}' OR value > 0) AND value > 0",
    "not": f"SELECT name FROM enterprise_statement WHERE NOT (uscc = '{OWN}')",
    "unequal": f"SELECT name FROM enterprise_statement WHERE uscc <> '{OWN}'",
    "in": f"SELECT name FROM enterprise_statement WHERE uscc IN ('{OWN}', '{OTHER}')",
    "constant on the left": f"SELECT name FROM enterprise_statement WHERE '{OWN}' = '{OWN}'",
    "another column": f"SELECT name FROM enterprise_statement WHERE name = '{OWN}'",
    "renamed columns": f"SELECT uscc FROM enterprise_statement AS t(a, b, uscc, c) WHERE uscc = '{OWN}'",
    "a column of a struct": f"SELECT name FROM enterprise_statement WHERE evidence.uscc = '{OWN}'",
    "only the groups": f"SELECT uscc, sum(value) FROM enterprise_statement GROUP BY uscc HAVING uscc = '{OWN}'",
    "only the ranks": f"SELECT name FROM enterprise_statement QUALIFY uscc = '{OWN}'",
    "only the sum": f"SELECT sum(value) FILTER (WHERE uscc = '{OWN}'), sum(value) FROM enterprise_statement",
    "union": f"SELECT name FROM enterprise_statement WHERE uscc = '{OWN}' UNION ALL SELECT name FROM enterprise_statement",
    "join": f"SELECT b.name FROM enterprise_statement a JOIN kpi_enterprise b ON true WHERE uscc = '{OWN}'",
    "two tables": f"SELECT * FROM enterprise_statement, kpi_enterprise WHERE uscc = '{OWN}'",
    "sub-query": f"SELECT (SELECT max(name) FROM kpi_enterprise) FROM enterprise_statement WHERE uscc = '{OWN}'",
    "filtered outside": f"SELECT count(*) FROM (SELECT * FROM enterprise_statement) AS q WHERE uscc = '{OWN}'",
    "counted without a filter": "SELECT COUNT(*) AS rowcount FROM (SELECT name FROM enterprise_statement) AS q",
    "with": f"WITH policy AS (SELECT * FROM enterprise_statement) SELECT * FROM policy WHERE id = '{OWN}'",
    "a comment": f"SELECT name FROM enterprise_statement -- WHERE uscc = '{OWN}'",
    "cells of the county": "SELECT value FROM kpi_region",
    "cells with a code": f"SELECT value FROM kpi_region WHERE uscc = '{OWN}' AND n < 3",
    "cells under the name of the code": f"SELECT '{OWN}' AS uscc, value FROM kpi_region WHERE uscc = '{OWN}'",
    "declared figures": "SELECT value FROM target_progress",
}  # fmt: skip


@pytest.mark.control("own rows and lists")
@pytest.mark.parametrize("statement", OPEN)
def test_own_rows_and_lists_are_open(file: duckdb.DuckDBPyConnection, statement: str) -> None:
    assert not refused(file, statement)
    file.execute(statement)


@pytest.mark.person("enterprise")
@pytest.mark.parametrize("statement", CLOSED.values(), ids=CLOSED)
def test_other_rows_and_figures_of_regions_are_closed(
    file: duckdb.DuckDBPyConnection, statement: str
) -> None:
    assert refused(file, statement)


@pytest.mark.control("official of the county")
def test_the_county_s_official_reads_what_the_enterprise_may_not(file: duckdb.DuckDBPyConnection) -> None:
    county = Bounds(TABLES, free=False)
    assert not refused(file, CLOSED["no filter"], county)
    assert not refused(file, CLOSED["cells of the county"], county)


@pytest.mark.person("enterprise without a code")
@pytest.mark.parametrize("statement", [*OPEN[:4], "SELECT name FROM enterprise_statement WHERE uscc = ''"])
def test_an_enterprise_whose_role_was_lost_reads_no_row(
    file: duckdb.DuckDBPyConnection, statement: str
) -> None:
    assert refused(file, statement, LOST)


def test_the_enterprise_follows_from_the_roles() -> None:
    role = Belonging("enterprise", f"{OWN} 220182").role
    assert firm_of([ENTERPRISE_ROLE, role]) == OWN
    assert firm_of([role]) == OWN
    assert firm_of([ENTERPRISE_ROLE]) == ""
    assert firm_of([ENTERPRISE_ROLE, role, "县区 220182"]) == ""
    assert firm_of(["官员", "县区 220182"]) is None


def test_tables_that_are_open_to_everybody_are_the_lists() -> None:
    assert lists() == {name for name, entry in table_classes().items() if entry.holds == "lists"}
