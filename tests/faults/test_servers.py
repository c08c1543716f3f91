"""kill -9 of the servers under a step: Spark, PostgreSQL; and of Airflow's scheduler and tasks on the way."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import pytest
from deltalake import DeltaTable

from infra.local.services import Platform
from tests.faults.dying import READY
from tests.faults.stages import FEED, Stages, finish, step, wait_for
from tests.support.installation import Installation

pytestmark = [pytest.mark.spark, pytest.mark.faults]


def kill(platform: Platform, server: str) -> int:
    """Kill a server's process and return its number."""
    process = psutil.Process(platform.supervisor.pids()[server])
    process.kill()
    process.wait(10)
    return process.pid


def back(platform: Platform, server: str, before: int) -> None:
    """Wait until the supervisor has put a new server in place."""
    deadline = time.monotonic() + 90
    while platform.supervisor.pids().get(server) in (None, before):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    platform.wait_healthy(server)


def written(table: str) -> Callable[[Installation, int], bool]:
    """Return a condition: a table of the installation has a commit more."""
    return lambda installation, version: (
        DeltaTable(f"{installation.env['ZJTX_LAKE']}/{table}").version() > version
    )


MOMENTS: dict[tuple[str, str], str] = {
    ("spark", "ingest"): f"bronze/{FEED}",
    ("spark", "compute"): "gold/kpi_region",
    ("postgres", "ingest"): f"bronze/{FEED}",
    ("postgres", "compute"): "gold/kpi_region",
    ("postgres", "audit"): "",
    ("postgres", "publish"): "",
}
"""Server and step -> table whose commit is waited for; without one the moment is a second after the start."""


@pytest.mark.parametrize(("server", "name"), MOMENTS, ids=["-".join(m) for m in MOMENTS])
def test_a_killed_server_costs_one_more_run(
    stages: Stages, told: Callable[..., object], server: str, name: str
) -> None:
    platform, table = stages.builder.platform, MOMENTS[server, name]
    moment = f"{name}, {table} written" if table else f"{name}, 1 s after its start"
    with told(server, moment), stages.at(name) as installation:
        version = DeltaTable(f"{installation.env['ZJTX_LAKE']}/{table}").version() if table else 0
        process = step(installation, name)
        assert wait_for((installation.home / READY).exists, process)
        if table:
            assert wait_for(lambda: written(table)(installation, version), process)
        else:
            time.sleep(1)
        before = kill(platform, server)
        # It notices within its deadline, and fails or goes on with the server that came back.
        process.wait(timeout=120)
        back(platform, server, before)
        finish(installation)
        stages.is_at_the_end(installation)
