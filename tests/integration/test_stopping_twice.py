"""Whoever stops or starts services while the process manager is stopping them waits for its end, and is not refused."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.local.service import Program, Service
from infra.local.site import Site
from infra.local.supervision import Supervisor

SLOW = ["sh", "-c", "trap 'sleep 2; exit' TERM; while true; do sleep 0.1; done"]
"""Takes two seconds to end."""


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    home = Path(tempfile.mkdtemp(prefix="zjtx-"))
    site = Site(home, separate=False)
    site.make_directories()
    made = Supervisor(site, [Service("slow", [Program("slow", SLOW, signal_group=False)], lambda: None)])
    made.ensure()
    made.start("slow")
    until = time.monotonic() + 20
    while made.states()["slow"] != "RUNNING" and time.monotonic() < until:
        time.sleep(0.1)
    yield made
    made.shutdown()
    shutil.rmtree(home)


def test_two_may_stop_at_a_time(supervisor: Supervisor) -> None:
    with ThreadPoolExecutor(2) as both:
        for stop in [both.submit(supervisor.shutdown) for _ in range(2)]:
            stop.result()
    assert supervisor.process() is None


def test_who_starts_meanwhile_gets_a_new_process_manager(supervisor: Supervisor) -> None:
    before = supervisor.process()
    supervisor._rpc.shutdown()
    supervisor.ensure()
    after = supervisor.process()
    assert before is not None
    assert after is not None
    assert after.pid != before.pid
    assert not before.is_running()
