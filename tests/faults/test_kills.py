"""kill -9 in the middle of an ingest: of its process, and of the Spark server under it.

Running the same command again ends where an undisturbed one ends: the same rows, nothing twice. These two run
always; every other step, boundary and server is killed by ``make faults``.
"""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from deltalake import DeltaTable

from infra.local.services import Platform
from tests.faults.stages import log_of, wait_for, zjtx
from tests.support.builder import Builder
from tests.support.installation import STOPS, Installation, ledger_rows

pytestmark = pytest.mark.spark

FEED = "stat_finance"


def run(installation: Installation, *arguments: str) -> None:
    """Run a command to its end."""
    code = zjtx(installation, *arguments).wait(timeout=600)
    assert code == 0, log_of(installation)


def committed(installation: Installation, table: str) -> bool:
    """Whether a table has a commit besides its creation."""
    return (installation.home / "lake" / table / "_delta_log" / f"{1:020d}.json").exists()


def loaded_rows(installation: Installation) -> dict[str, Any]:
    """Return what the feed left in lake and ledger, but for ids of polls."""
    lake = installation.env["ZJTX_LAKE"]

    def lines(table: str) -> list[tuple[Any, ...]]:
        rows = DeltaTable(f"{lake}/{table}").to_pyarrow_table(columns=["file_name", "row_no"]).to_pylist()
        return sorted(tuple(r.values()) for r in rows)

    return {
        "bronze": lines(f"bronze/{FEED}"),
        "silver": lines(f"silver/{FEED}"),
        "quarantine": lines("quarantine/rows"),
        "batches": ledger_rows(
            installation,
            "select seq, scope, landed, silver, quarantined, duplicates, withdrawn from batch order by seq",
        ),
        "files": ledger_rows(installation, "select path, ordinal, verdict from file order by ordinal"),
        "open": ledger_rows(installation, "select count(*) from poll where done_at is null"),
    }


def stocked(installation: Installation, sandbox: Path) -> Installation:
    """Give an installation the sandbox's files as they are at the first stop."""
    shutil.copytree(sandbox.parent / "sftp", installation.source, dirs_exist_ok=True)
    installation.at(STOPS[0])
    installation.hide_after(STOPS[0])
    return installation


@pytest.fixture
def stocked_installation(installations: Builder, sandbox: Path) -> Iterator[Installation]:
    installation = stocked(installations.new(), sandbox)
    yield installation
    installations.drop(installation)


@pytest.fixture(scope="module")
def undisturbed(installations: Builder, sandbox: Path) -> Iterator[dict[str, Any]]:
    """What the feed leaves when nothing happens."""
    installation = stocked(installations.new(), sandbox)
    run(installation, "ingest", FEED)
    found = loaded_rows(installation)
    assert len(found["batches"]) == 20 and len(found["silver"]) > 2000
    yield found
    installations.drop(installation)


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
    stocked_installation: Installation, undisturbed: dict[str, Any]
) -> None:
    process = zjtx(stocked_installation, "ingest", FEED)
    assert wait_for(lambda: committed(stocked_installation, f"bronze/{FEED}"), process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # The rows lie in the lake, and nothing counts.
    assert ledger_rows(stocked_installation, "select count(*) from batch") == [(0,)]
    assert ledger_rows(stocked_installation, "select count(*) from poll where done_at is null") == [(1,)]
    run(stocked_installation, "ingest", FEED)
    assert loaded_rows(stocked_installation) == undisturbed


def test_a_killed_spark_server_costs_one_more_run(
    own: Builder, sandbox: Path, undisturbed: dict[str, Any]
) -> None:
    installation = stocked(own.new(), sandbox)
    process = zjtx(installation, "ingest", FEED)
    assert wait_for(lambda: committed(installation, f"bronze/{FEED}"), process)
    before = own.platform.supervisor.pids()["spark"]
    since = time.monotonic()
    kill_spark(own.platform)
    # The writer notices within its deadline, and fails or goes on with the server that came back.
    code = process.wait(timeout=120)
    assert time.monotonic() - since < 60
    spark_back(own.platform, before)
    if code:
        assert ledger_rows(installation, "select count(*) from batch") == [(0,)]
    run(installation, "ingest", FEED)
    assert loaded_rows(installation) == undisturbed
