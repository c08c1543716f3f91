"""kill -9 of a task of Airflow, of its scheduler and of the database under all of it, in one stop of the clock."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy.exc import SQLAlchemyError

from infra.airflow.server import client
from infra.local.airflow_api import FINAL, AirflowClient
from infra.local.hooks import HOOKS
from infra.local.services import Platform
from tests.faults.stages import Stages
from tests.support.installation import STOPS, environment, wanted

pytestmark = [pytest.mark.e2e, pytest.mark.faults]

TASK = re.compile(r"^airflow worker -- [0-9a-f-]{36}$")
"""Title of the process that runs a task."""
FLOWS = ("deadlines", "kpi", "publish")
INGEST = "ingest_stat_sftp"
"""The flow of the source whose files the stages hold."""


@pytest.fixture(scope="module")
def airflow_platform(stages: Stages, files: Path) -> Iterator[Platform]:
    """The servers with Airflow on them, and the files of the first stop."""
    platform = stages.builder.platform
    home = platform.site.home
    for _, _, work in HOOKS:
        work(platform.site)
    shutil.copytree(files, home / "sandbox" / "sftp", dirs_exist_ok=True)
    (home / "clock").write_text(STOPS[0])
    platform.start(["sftp", "airflow"])
    yield platform
    platform.stop(["airflow", "sftp"])


def kill_tasks(platform: Platform) -> bool:
    """Kill every task that runs; tell whether there was one."""
    killed = False
    for process in platform.processes():
        with suppress(psutil.Error):
            if TASK.match(" ".join(process.cmdline()).strip()):
                process.kill()
                killed = True
    return killed


def kill_program(platform: Platform, name: str) -> bool:
    """Kill a program that the supervisor keeps."""
    psutil.Process(platform.supervisor.pids()[name]).kill()
    return True


PLAN: tuple[tuple[str, str, str, Callable[[Platform], bool]], ...] = (
    ("task", INGEST, "take_in", kill_tasks),
    ("scheduler", INGEST, "take_in", lambda p: kill_program(p, "airflow-scheduler")),
    ("postgres", "kpi", "compute", lambda p: kill_program(p, "postgres")),
    ("task", "kpi", "audit", kill_tasks),
)
"""Victim, the flow and task during which it is killed, how."""


def running(airflow: AirflowClient, dag: str, task: str) -> bool:
    """Tell whether a task of a flow runs now."""
    open_runs = [r["dag_run_id"] for r in airflow.runs(dag) if r["state"] not in FINAL]
    return any(airflow.tasks(dag, r).get(task) == "running" for r in open_runs)


def go_on(airflow: AirflowClient, flows: list[str]) -> bool:
    """Start what failed once more, as an operator would; tell whether nothing is under way."""
    newest: dict[str, str] = {}
    for run in airflow.runs():
        newest.setdefault(run["dag_id"], run["state"])
    never_run = [dag for dag in flows if dag not in newest]
    for dag in [*never_run, *(dag for dag in (*flows, *FLOWS) if newest.get(dag) == "failed")]:
        airflow.trigger(dag)
        newest[dag] = "queued"
    return all(state in FINAL for state in newest.values())


@pytest.mark.timeout(1200)
def test_a_stop_with_killed_tasks_scheduler_and_database_ends_like_an_undisturbed_one(
    airflow_platform: Platform, stages: Stages, told: Callable[..., object]
) -> None:
    flows = [INGEST]
    left = list(PLAN)
    with environment(wanted(airflow_platform.env())), client(airflow_platform.site) as airflow:
        from jobs.ledger import batches, releases

        airflow.wait_dags([*flows, *FLOWS])
        for dag in [*flows, *FLOWS]:
            airflow.unpause(dag)
        deadline = time.monotonic() + 900
        with told("airflow", " · ".join(f"{victim} in {dag}.{task}" for victim, dag, task, _ in PLAN)):
            while True:
                assert time.monotonic() < deadline, f"not done; not killed: {[p[:3] for p in left]}"
                # Between a death and the supervisor's new process nobody answers.
                with suppress(httpx.HTTPError, SQLAlchemyError):
                    if left and running(airflow, left[0][1], left[0][2]):
                        time.sleep(1.5)
                        if left[0][3](airflow_platform):
                            left.pop(0)
                    if go_on(airflow, flows) and not left and releases.publications():
                        break
                time.sleep(0.5)
            assert [p.content_hash for p in releases.publications()] == [stages.content[0]]
            accepted = batches.accepted()
            assert [b.seq for b in accepted] == list(range(1, len(accepted) + 1)), "no gap"
            assert all(b.run_id for b in accepted), "every batch came through an Airflow run"
