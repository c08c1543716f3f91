"""kill -9 in the middle of an ingest: of its process, and of the Spark server under it.

Running the same command again ends where an undisturbed one ends: the same rows, nothing twice. These two run
always; every other step, boundary and server is killed by ``make faults``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from deltalake import DeltaTable

from infra.local.services import Platform
from jobs.settings import REPO
from tests.support.house import STOPS, Builder, House, ledger_rows

pytestmark = pytest.mark.spark

FEED = "stat_finance"


def zjtx(house: House, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a command of the house in a process of its own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ZJTX_", "AIRFLOW_"))} | house.env
    out = (house.home / "zjtx.log").open("ab")
    return subprocess.Popen(
        [str(REPO / ".venv" / "bin" / "zjtx"), *arguments],
        env=env,
        cwd=REPO,
        stdout=out,
        stderr=subprocess.STDOUT,
    )


def run(house: House, *arguments: str) -> None:
    """Run a command to its end."""
    code = zjtx(house, *arguments).wait(timeout=600)
    assert code == 0, (house.home / "zjtx.log").read_text(encoding="utf-8")[-3000:]


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes], limit: float = 300.0) -> bool:
    """Wait for a condition while a process runs; tell whether it came true first."""
    deadline = time.monotonic() + limit
    while process.poll() is None:
        assert time.monotonic() < deadline
        if condition():
            return True
        time.sleep(0.02)
    return False


def committed(house: House, table: str) -> bool:
    """Whether a table has a commit besides its creation."""
    return (house.home / "lake" / table / "_delta_log" / f"{1:020d}.json").exists()


def loaded_rows(house: House) -> dict[str, Any]:
    """Return what the feed left in lake and ledger, but for ids of polls."""
    lake = house.env["ZJTX_LAKE"]

    def lines(table: str) -> list[tuple[Any, ...]]:
        rows = DeltaTable(f"{lake}/{table}").to_pyarrow_table(columns=["file_name", "row_no"]).to_pylist()
        return sorted(tuple(r.values()) for r in rows)

    return {
        "bronze": lines(f"bronze/{FEED}"),
        "silver": lines(f"silver/{FEED}"),
        "quarantine": lines("quarantine/rows"),
        "batches": ledger_rows(
            house,
            "select seq, scope, landed, silver, quarantined, duplicates, withdrawn from batch order by seq",
        ),
        "files": ledger_rows(house, "select path, ordinal, verdict from file order by ordinal"),
        "open": ledger_rows(house, "select count(*) from poll where done_at is null"),
    }


def stocked(house: House, sandbox: Path) -> House:
    """Give a house the sandbox's files as they are at the first stop."""
    shutil.copytree(sandbox.parent / "sftp", house.source, dirs_exist_ok=True)
    house.at(STOPS[0])
    house.hide_after(STOPS[0])
    return house


@pytest.fixture
def stocked_house(houses: Builder, sandbox: Path) -> Iterator[House]:
    house = stocked(houses.new(), sandbox)
    yield house
    houses.drop(house)


@pytest.fixture(scope="module")
def undisturbed(houses: Builder, sandbox: Path) -> Iterator[dict[str, Any]]:
    """What the feed leaves when nothing happens."""
    house = stocked(houses.new(), sandbox)
    run(house, "ingest", FEED)
    found = loaded_rows(house)
    assert len(found["batches"]) == 20 and len(found["silver"]) > 2000
    yield found
    houses.drop(house)


def kill_spark(platform: Platform) -> None:
    server = psutil.Process(platform.supervisor.pids()["spark"])
    server.kill()
    server.wait(10)


def spark_back(platform: Platform, before: int) -> None:
    """Wait until the supervisor has put a new server in place."""
    deadline = time.monotonic() + 60
    while platform.supervisor.pids().get("spark") in (None, before):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    platform.wait_healthy("spark")


def test_a_killed_ingest_process_is_followed_by_one_that_finishes_its_work(
    stocked_house: House, undisturbed: dict[str, Any]
) -> None:
    process = zjtx(stocked_house, "ingest", FEED)
    assert wait_until(lambda: committed(stocked_house, f"bronze/{FEED}"), process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # The rows lie in the lake, and nothing counts.
    assert ledger_rows(stocked_house, "select count(*) from batch") == [(0,)]
    assert ledger_rows(stocked_house, "select count(*) from poll where done_at is null") == [(1,)]
    run(stocked_house, "ingest", FEED)
    assert loaded_rows(stocked_house) == undisturbed


def test_a_killed_spark_server_costs_one_more_run(
    own: Builder, sandbox: Path, undisturbed: dict[str, Any]
) -> None:
    house = stocked(own.new(), sandbox)
    process = zjtx(house, "ingest", FEED)
    assert wait_until(lambda: committed(house, f"bronze/{FEED}"), process)
    before = own.platform.supervisor.pids()["spark"]
    since = time.monotonic()
    kill_spark(own.platform)
    # The writer notices within its deadline, and fails or goes on with the server that came back.
    code = process.wait(timeout=120)
    assert time.monotonic() - since < 60
    spark_back(own.platform, before)
    if code:
        assert ledger_rows(house, "select count(*) from batch") == [(0,)]
    run(house, "ingest", FEED)
    assert loaded_rows(house) == undisturbed
