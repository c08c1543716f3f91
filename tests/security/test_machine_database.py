"""PostgreSQL before somebody who has no password, and before each role that goes for more than its own."""

from __future__ import annotations

import psycopg
import pytest

from infra.local import postgres
from infra.local.credentials import secret
from infra.local.services import Platform

pytestmark = pytest.mark.spark
OWN = {
    "ledger": "ledger",
    "airflow": "airflow",
    "superset": "superset",
    "finance": "finance",
    "finance_reader": "finance",
}
DATABASES = ("ledger", "airflow", "superset", "finance", "postgres", "template1")
DENIED = r"permission denied|[Mm]ust be|[Oo]nly roles|is not available"
BEYOND = [(role, name) for role, own in OWN.items() for name in DATABASES if name != own]


def reach(platform: Platform, role: str, database: str, password: str | None = None) -> psycopg.Connection:
    given = secret(platform.site, f"db_{role}") if password is None else password
    return psycopg.connect(
        host="127.0.0.1", port=platform.site.ports.postgres, user=role, password=given, dbname=database,
        autocommit=True, connect_timeout=5,
    )  # fmt: skip


@pytest.mark.person("数据库角色")
@pytest.mark.parametrize(("role", "database"), BEYOND, ids=[f"{r}-{d}" for r, d in BEYOND])
def test_a_role_connects_to_no_other_database(platform: Platform, role: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        reach(platform, role, database)


@pytest.mark.person("数据库角色")
@pytest.mark.parametrize(("role", "database"), BEYOND, ids=[f"{r}-{d}" for r, d in BEYOND])
def test_a_role_has_no_right_to_connect_even_where_the_server_would_let_it(
    platform: Platform, role: str, database: str
) -> None:
    query = "select has_database_privilege(%s, %s, 'connect')"
    with postgres.connect(platform.site) as con:
        assert con.execute(query, [role, database]).fetchone() == (False,)


@pytest.mark.control("数据库角色")
@pytest.mark.parametrize("role", OWN)
def test_a_role_connects_to_its_own(platform: Platform, role: str) -> None:
    with reach(platform, role, OWN[role]) as con:
        assert con.execute("select current_user").fetchone() == (role,)


@pytest.mark.person("另一账户")
@pytest.mark.parametrize("password", ["", "postgres", "zjtx"])
@pytest.mark.parametrize("role", ["postgres", *OWN])
def test_nobody_connects_with_a_guess(platform: Platform, role: str, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"no password supplied|authentication failed"):
        reach(platform, role, OWN.get(role, "postgres"), password)


@pytest.mark.person("数据库角色")
@pytest.mark.parametrize(
    "statement",
    [
        "create role more superuser",
        "create database more",
        "alter role ledger superuser",
        "set role postgres",
        "select pg_read_file('pg_hba.conf')",
        "select lo_import('/etc/passwd')",
        "copy (select 1) to program 'id'",
        "copy (select 1) to '/tmp/zjtx-escape'",
        "select rolpassword from pg_authid",
        "select pg_reload_conf()",
        "alter system set listen_addresses = '*'",
        "create extension dblink",
    ],
)
def test_the_ledgers_role_does_not_become_more(platform: Platform, statement: str) -> None:
    with (
        reach(platform, "ledger", "ledger") as con,
        pytest.raises(psycopg.Error, match=DENIED),
    ):
        con.execute(statement)


@pytest.mark.person("数据库角色")
@pytest.mark.parametrize(
    "statement", ["create table mine (n int)", "create temporary table mine (n int)", "create schema mine"]
)
def test_the_reader_of_finance_writes_nothing(platform: Platform, statement: str) -> None:
    with reach(platform, "finance_reader", "finance") as con:
        con.execute("set default_transaction_read_only = off")
        with pytest.raises(psycopg.Error, match="permission denied"):
            con.execute(statement)


def test_an_older_installation_is_corrected_at_its_next_start(platform: Platform) -> None:
    with postgres.connect(platform.site) as con:
        con.execute("grant connect on database airflow to public")
    platform.start(["postgres"])
    query = "select has_database_privilege('ledger', 'airflow', 'connect')"
    with postgres.connect(platform.site) as con:
        assert con.execute(query).fetchone() == (False,)
