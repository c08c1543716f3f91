"""A run through Airflow with real processes: schedule, pull, compute, audit, approve, publish; and faults."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from infra.airflow.server import client
from infra.demo import run
from infra.local import finance
from infra.local.hooks import HOOKS
from infra.local.services import Platform, Ports
from tests.support.installation import STOPS, Installation, clear_caches, environment

pytestmark = [pytest.mark.e2e, pytest.mark.faults]


@pytest.fixture(scope="module")
def airflow_platform(sandbox: Path) -> Iterator[Platform]:
    """An installation of its own with Airflow, on the files of the small sandbox; approvals give themselves."""
    home = Path(tempfile.mkdtemp(prefix="zjtx-airflow-"))
    home.chmod(0o755)
    with environment({}):
        platform = Platform(
            home, Ports.free(), extra={"ZJTX_AUTO_APPROVE": "1"}, given={"ZJTX_REAL_DATA": str(home / "none")}
        )
        try:
            platform.start(["postgres", "spark"])
            for _, _, work in HOOKS:
                work(platform.site)
            shutil.copytree(sandbox.parent, platform.site.home / "sandbox", dirs_exist_ok=True)
            (home / "clock").write_text(STOPS[0])
            finance.fill(platform.site)
            platform.start(["sftp", "tax", "airflow"])
            yield platform
        finally:
            platform.stop()
            shutil.rmtree(home, ignore_errors=True)


TASK = re.compile(r"^airflow worker -- [0-9a-f-]{36}$")
"""Title of the process that runs a task."""


def _tasks(airflow_platform: Platform) -> list[psutil.Process]:
    found = []
    for process in airflow_platform.processes():
        with suppress(psutil.Error):
            if TASK.match(" ".join(process.cmdline()).strip()):
                found.append(process)
    return found


def _disturb(airflow_platform: Platform, killed: list[str]) -> None:
    """Kill -9 a task while it ingests, later the Spark server while another feed is ingested."""
    from jobs.ledger import batches

    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and len(killed) < 2:
        if not killed and batches.open_poll("certificate_notice") and (tasks := _tasks(airflow_platform)):
            time.sleep(2)
            for process in tasks:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            killed.append("task")
        elif killed and batches.open_poll("stat_finance"):
            time.sleep(2)
            psutil.Process(airflow_platform.supervisor.pids()["spark"]).kill()
            killed.append("spark")
        time.sleep(0.3)


def _every_run_tells_what_it_took_and_refused(airflow_platform: Platform) -> None:
    from jobs.ledger import batches

    with client(airflow_platform.site) as airflow:
        for made in (r for r in airflow.runs() if r["dag_id"].startswith("ingest_")):
            dag, run_id, note = made["dag_id"], made["dag_run_id"], made["note"] or ""
            accepted, listed = batches.of_run(f"{dag}/{run_id}")
            refused = [f.path for f in listed if f.verdict == "refused"]
            assert made["state"] == "success", (run_id, note)
            assert airflow.tasks(dag, run_id)["refused"] == ("failed" if refused else "skipped"), run_id
            assert all(path in note for path in refused) or note.endswith("…"), note
            assert ("接收" in note) == bool(accepted), note


@pytest.mark.timeout(3000)  # the loaded installation counts as well, if this test is the first to ask for it
def test_a_run_with_a_killed_task_and_a_killed_spark_server_ends_like_an_undisturbed_one(
    airflow_platform: Platform, loaded_installation: Installation
) -> None:
    values = {k: v for k, v in airflow_platform.env().items() if k.startswith(("ZJTX_", "AIRFLOW_CONN_"))}
    with environment(values):
        clear_caches()
        from jobs.ledger import batches, releases

        killed: list[str] = []
        fault = threading.Thread(target=_disturb, args=(airflow_platform, killed), daemon=True)
        fault.start()
        run.stop(airflow_platform, lambda _: None, since=None, until=STOPS[0])
        fault.join()
        assert killed == ["task", "spark"]
        first = releases.publications()[-1]
        assert first.releases["JL"].keys() == {"2025Q1", "2025Q2", "2025Q3", "2025Q4"}

        (airflow_platform.site.home / "clock").write_text(STOPS[1])
        run.stop(airflow_platform, lambda _: None, since=STOPS[0], until=STOPS[1])
        second = releases.publications()[-1]

        assert all(b.run_id for b in batches.accepted()), "every batch came through an Airflow run"
        assert [b.seq for b in batches.accepted()] == list(range(1, batches.last_seq() + 1)), "no gap"
        _every_run_tells_what_it_took_and_refused(airflow_platform)
        mine = [first.table_hashes, second.table_hashes]
    with loaded_installation.active():
        undisturbed = [p.table_hashes for p in releases.publications()[:2]]
    differing = [
        {t for t in own.keys() | theirs.keys() if own.get(t) != theirs.get(t)}
        for own, theirs in zip(mine, undisturbed, strict=True)
    ]
    assert differing == [set(), set()]
