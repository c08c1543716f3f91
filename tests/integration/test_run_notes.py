"""The list of a flow's runs: a note on each, and no heap of wake-ups that found nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.airflow_site import Site, inside

pytestmark = pytest.mark.e2e

SCENE = """
import json
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.xcom import XComModel
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.utils.session import create_session
from airflow.utils.sqlalchemy import prohibit_commit
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from airflow._shared.timezones import timezone

dag_id, runs = json.loads(SCENARIO)
with create_session() as session:
    dag = SerializedDagModel.get_dag(dag_id, session=session)
    session.query(DagModel).filter_by(dag_id=dag_id).update({"is_paused": False})
    scheduler = SchedulerJobRunner(job=Job())
    for run_id, kind, tasks in runs:
        run = dag.create_dagrun(
            run_id=run_id, run_after=timezone.utcnow(), run_type=DagRunType(kind), state="running",
            triggered_by=DagRunTriggeredByType.TEST, session=session,
        )
        session.flush()
        for ti in run.get_task_instances(session=session):
            state, told = tasks[ti.task_id]
            ti.state, ti.end_date = state, timezone.utcnow()
            if told:
                XComModel.set(
                    key="told", value=told, dag_id=dag_id, task_id=ti.task_id, run_id=run_id, session=session
                )
        session.commit()
        # The step of the scheduler that ends runs, within a transaction that nobody but itself may end.
        with prohibit_commit(session) as guard:
            open_runs = list(DagRun.get_running_dag_runs_to_examine(session=session))
            scheduler._schedule_all_dag_runs(guard, open_runs, session)
    session.query(DagModel).filter_by(dag_id=dag_id).update({"is_paused": True})
    left = session.query(DagRun).filter_by(dag_id=dag_id).order_by(DagRun.id)
    print(json.dumps([(r.run_id, r.state, r.note) for r in left if r.run_id not in ("real", "spare")]))
"""

IDLE = {"take_in": ("skipped", "没有新文件"), "refused": ("skipped", None)}
TOOK = {"take_in": ("success", "接收 2 个文件，采用 30 行"), "refused": ("skipped", None)}
REFUSED = {
    "take_in": ("success", "接收 1 个文件，拒收 1 个文件\n拒收 财务 a.csv：缺少必需列"),
    "refused": ("failed", None),
}
BROKEN = {"take_in": ("failed", None), "refused": ("upstream_failed", None)}
Runs = list[tuple[str, str, dict[str, tuple[str, str | None]]]]


def played(site: Site, dag_id: str, runs: Runs) -> list[list[Any]]:
    """Let runs end with these states of their tasks; returns what is left in the list."""
    scenario = f"SCENARIO = {json.dumps((dag_id, runs))!r}\n"
    return list(json.loads(inside(site.env, scenario + SCENE)))


def test_a_list_of_runs_tells_what_was_taken_refused_or_failed_and_shows_only_the_last_idle_wake_up(
    airflow_site: Site,
) -> None:
    logs = Path(airflow_site.env["AIRFLOW__LOGGING__BASE_LOG_FOLDER"]) / "dag_id=ingest_stat_sftp"
    for run_id in ("s1", "s3"):
        (logs / f"run_id={run_id}").mkdir(parents=True)
    left = played(
        airflow_site,
        "ingest_stat_sftp",
        [
            ("s1", "scheduled", IDLE),
            ("m1", "manual", IDLE),
            ("s2", "scheduled", TOOK),
            ("s3", "scheduled", IDLE),
            ("s4", "scheduled", REFUSED),
            ("s5", "scheduled", BROKEN),
            ("s6", "scheduled", IDLE),
        ],
    )
    assert left == [
        ["m1", "success", "没有新文件"],
        ["s2", "success", "接收 2 个文件，采用 30 行"],
        ["s4", "success", "接收 1 个文件，拒收 1 个文件\n拒收 财务 a.csv：缺少必需列"],
        ["s5", "failed", "失败：接收文件"],
        ["s6", "success", "没有新文件"],
    ]
    assert not list(logs.iterdir()), "the logs of what is no longer listed"


def test_a_publication_that_was_made_without_an_approval_in_the_same_run_is_no_idle_run(
    airflow_site: Site,
) -> None:
    quiet = dict.fromkeys(("approve", "record"), ("skipped", None))
    nothing = {
        "pick": ("skipped", "没有待审批的候选发布"),
        "publish": ("skipped", "没有已批准而未上线的发布"),
    }
    late = {"pick": ("skipped", "没有待审批的候选发布"), "publish": ("success", "已上线 P00007")}
    left = played(
        airflow_site,
        "publish",
        [("a1", "scheduled", quiet | late), ("a2", "asset_triggered", quiet | nothing), ("a3", "scheduled", quiet | nothing)],
    )  # fmt: skip
    assert left == [
        ["a1", "success", "已上线 P00007"],
        ["a3", "success", "没有待审批的候选发布\n没有已批准而未上线的发布"],
    ]
