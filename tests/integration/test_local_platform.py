"""PostgreSQL and Spark as real processes: start, crash, restart, and an end that leaves nothing behind."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from infra.local.services import Platform, Ports

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    # pytest's own directories are closed to the account PostgreSQL runs as under root.
    home = Path(tempfile.mkdtemp(prefix="zjtx-test-"))
    home.chmod(0o755)
    platform = Platform(home, Ports.free())
    try:
        platform.start(["postgres", "spark"])
        yield platform
    finally:
        platform.stop()
        shutil.rmtree(home)


def url(platform: Platform, name: str) -> str:
    return platform.env()[name].replace("+psycopg2", "").replace("+psycopg", "")


def test_each_role_reaches_its_own_database_only(platform: Platform) -> None:
    ledger = url(platform, "ZJTX_LEDGER_URL")
    with psycopg.connect(ledger) as con:
        assert con.execute("select current_user, current_database()").fetchone() == ("ledger", "ledger")
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(ledger, dbname="airflow")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(ledger, password="guess")


def test_starting_twice_changes_nothing(platform: Platform) -> None:
    before = platform.supervisor.pids()
    platform.start(["postgres", "spark"])
    assert platform.supervisor.pids() == before


def test_a_killed_server_comes_back(platform: Platform) -> None:
    first = platform.supervisor.pids()["spark"]
    os.kill(first, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], timeout=5)
    deadline = time.monotonic() + 30
    while platform.supervisor.pids().get("spark") in (None, first):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    platform.wait_healthy("spark")
    assert platform.memory("spark") > 0


def test_nothing_is_left_when_stopped(platform: Platform) -> None:
    family = platform.processes()
    names = {process.name() for process in family}
    assert {"java", "postgres"} <= names
    platform.stop()
    assert [process for process in family if process.is_running()] == []
    assert platform.processes() == []
    assert set(platform.supervisor.states().values()) == {"STOPPED"}
    platform.start(["postgres"])
    assert platform.health("postgres") is None


def test_nothing_is_left_when_the_process_manager_is_killed(platform: Platform) -> None:
    platform.start(["postgres"])
    family = platform.processes()
    manager = platform.supervisor.process()
    assert manager is not None
    manager.kill()
    manager.wait(5)
    platform.stop()
    assert [process for process in family if process.is_running()] == []
