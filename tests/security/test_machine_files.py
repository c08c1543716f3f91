"""Another account of the machine before the files and processes of an installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.services import Platform
from tests.support.strangers import STRANGER, as_account, assert_shut, look

pytestmark = pytest.mark.spark
OTHER = "另一账户"

CLOSED = (
    "settings.env", "secrets", "secrets/db_postgres", "secrets/db_ledger", "secrets/spark_token",
    "secrets/sftp_client_key", "secrets/sftp_host_key", "log", "log/spark.log", "log/postgres.log",
    "log/supervisord.log", "log/airflow", "run", "run/supervisord.conf", "run/cwd/spark", "lake", "landing", "served",
    "quality", "sandbox", "sandbox/sftp", "airflow", "superset", "pg", "pg/PG_VERSION", "pg/pg_hba.conf",
)  # fmt: skip
"""Of a home: what is secret, what names single enterprises, what steers the services."""


@pytest.mark.person(OTHER)
@pytest.mark.parametrize("path", CLOSED)
def test_another_account_reads_nothing(platform: Platform, path: str) -> None:
    assert_shut(platform.site.home / path)


@pytest.mark.control("所有者")
@pytest.mark.parametrize("path", CLOSED)
def test_the_owner_reads_it(platform: Platform, path: str) -> None:
    assert look(platform.site.home / path, "root").returncode == 0


@pytest.mark.control(OTHER)
def test_the_probe_shows_what_is_open() -> None:
    assert "root:" in look(Path("/etc/passwd")).stdout


@pytest.mark.person(OTHER)
@pytest.mark.parametrize(
    "folder", ["", "run", "run/cwd", "log", "secrets", "lake", "served", "sandbox/sftp", "pg"]
)
def test_another_account_plants_nothing(platform: Platform, folder: str) -> None:
    planted = platform.site.home / folder / "planted"
    tried = as_account(STRANGER, "touch", planted)
    assert (tried.returncode, planted.exists()) == (1, False)


@pytest.mark.person(OTHER)
@pytest.mark.parametrize("program", ["spark", "postgres"])
def test_another_account_sees_no_environment_of_a_service(platform: Platform, program: str) -> None:
    assert_shut(Path(f"/proc/{platform.supervisor.pids()[program]}/environ"))


@pytest.mark.control("所有者")
def test_the_owner_sees_the_token_in_the_environment_of_spark(platform: Platform) -> None:
    environ = Path(f"/proc/{platform.supervisor.pids()['spark']}/environ").read_text()
    assert (platform.site.secrets / "spark_token").read_text().strip() in environ


@pytest.mark.person(OTHER)
@pytest.mark.parametrize("program", ["spark", "postgres"])
def test_another_account_ends_no_service(platform: Platform, program: str) -> None:
    pid = platform.supervisor.pids()[program]
    assert "not permitted" in as_account(STRANGER, "bash", "-c", f"kill -KILL {pid}").stderr.lower()
    assert platform.supervisor.pids()[program] == pid


@pytest.mark.person(OTHER)
def test_another_account_does_not_reach_the_process_manager(platform: Platform) -> None:
    assert platform.site.socket.is_socket()
    assert as_account(STRANGER, "test", "-w", platform.site.socket).returncode == 1


@pytest.mark.control("所有者")
def test_the_owner_reaches_the_process_manager(platform: Platform) -> None:
    assert as_account("root", "test", "-w", platform.site.socket).returncode == 0
