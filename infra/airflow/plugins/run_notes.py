"""The list of a flow's runs: each run carries a note of what it did; wake-ups that found nothing do not pile up.

A listener in the scheduler. What the tasks tell (XCom ``told``) becomes the run's note when the run ends. Of the scheduled
runs all of whose tasks were skipped only the newest stays, as the sign that the flow is looking.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy.orm import Session

log = structlog.get_logger(__name__)

TOLD = "told"
"""Key of what a task tells; see dags/common.py."""
LONGEST = 1000
"""Characters that a note holds."""


def _messages(session: Session, run: DagRun) -> dict[str, str]:
    """Return task -> what it told in a run."""
    from airflow.models.xcom import XComModel

    rows: Any = session.scalars(XComModel.get_many(run_id=run.run_id, dag_ids=run.dag_id, key=TOLD))
    return {row.task_id: str(XComModel.deserialize_value(row)) for row in rows}


def _note(run: DagRun, tasks: list[TaskInstance], messages: dict[str, str], idle: bool) -> str:
    """Return the text for a run: what its tasks did, in their order; of an idle run why there was nothing to do."""
    done = sorted((t for t in tasks if idle or t.state != "skipped"), key=lambda t: str(t.end_date))
    lines = [messages[t.task_id] for t in done if t.task_id in messages]
    if run.state == "failed":
        lines += [f"失败：{t.task_display_name}" for t in done if t.state == "failed"]
    text = "\n".join(lines)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _forget_idle(dag_id: str, before: int) -> None:
    """Delete a flow's earlier wake-ups that found nothing, with their logs; what a person started stays."""
    from airflow.configuration import conf
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import exists, select

    did_something = exists().where(
        TaskInstance.dag_id == DagRun.dag_id,
        TaskInstance.run_id == DagRun.run_id,
        TaskInstance.state.is_distinct_from("skipped"),
    )
    idle = select(DagRun).where(
        DagRun.dag_id == dag_id,
        DagRun.id < before,
        DagRun.state == "success",
        DagRun.run_type.in_(("scheduled", "asset_triggered")),
        ~did_something,
    )
    logs = Path(conf.get("logging", "base_log_folder"))
    # A transaction of its own, not the thread's: nothing that goes wrong here touches the scheduler's.
    with create_session(scoped=False) as session:
        for run in session.scalars(idle):
            session.delete(run)
            shutil.rmtree(logs / f"dag_id={dag_id}" / f"run_id={run.run_id}", ignore_errors=True)


def conclude(run: DagRun) -> None:
    """Write the note of a run that has just ended, within the transaction that ends it.

    That transaction holds the run's row, so nobody can write a note of it at the same time.
    """
    from sqlalchemy.orm import object_session

    session = object_session(run)
    if session is None:
        return
    tasks = run.get_task_instances(session=session)
    idle = all(t.state == "skipped" for t in tasks)
    text = _note(run, tasks, _messages(session, run), idle)
    # What a person has written stays.
    if text and not run.note:
        run.note = text
    if idle:
        _forget_idle(run.dag_id, run.id)


class Listener:
    """Is told by the scheduler of every run that ends."""

    @hookimpl
    def on_dag_run_success(self, dag_run: DagRun, msg: str) -> None:
        """Conclude a run without a failure."""
        self._conclude(dag_run)

    @hookimpl
    def on_dag_run_failed(self, dag_run: DagRun, msg: str) -> None:
        """Conclude a run with one."""
        self._conclude(dag_run)

    def _conclude(self, run: DagRun) -> None:
        try:
            conclude(run)
        except Exception:
            log.exception("no note on a run", dag=run.dag_id, run=run.run_id)


class RunNotes(AirflowPlugin):
    """Brings the listener to Airflow."""

    name = "run_notes"
    listeners: list[Any] = [Listener()]
