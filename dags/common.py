"""What all flows share: owner, retries, time limits, assets. Imports nothing heavy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn

import pendulum
from airflow.sdk import Asset, get_current_context
from airflow.sdk.exceptions import AirflowSkipException

START = pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai")
ZONE = "Asia/Shanghai"

POOL = "spark"
"""One slot: the lake has one writer at a time."""
FIRST, LATER = 10, 1
"""Priorities in the pool: everything that waits at the sources is read before anything is computed."""

DEFAULTS: dict[str, Any] = {
    "owner": "统计局",
    "retries": 3,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=5),
    "execution_timeout": timedelta(minutes=30),
    "weight_rule": "absolute",
}


RUN_TYPES = ("scheduled", "asset_triggered", "manual")
"""No backfill: a flow works from the ledger and the clock, so runs of past days would find nothing to do."""

TOLD = "told"
"""Key of what a task tells: infra/airflow/plugins makes it the note of the run."""


def tell(*lines: str) -> None:
    """Say in the run's note, and in the log, what a task did."""
    print(*lines, sep="\n")
    get_current_context()["ti"].xcom_push(key=TOLD, value="\n".join(lines))


def idle(why: str) -> NoReturn:
    """End a task that found nothing to do: a run of such tasks alone does not stay in the list."""
    tell(why)
    raise AirflowSkipException(why)


def feed_asset(feed: str) -> Asset:
    """Return the asset that says that a feed has newly accepted batches."""
    return Asset(name=f"feed_{feed}", uri=f"zjtx://feed/{feed}")


DEADLINE = Asset(name="deadline", uri="zjtx://deadline")
"""A deadline has passed, or something computable was left over."""
CANDIDATE = Asset(name="candidate", uri="zjtx://candidate")
"""A release passed its audit and waits for approval."""


def run_name(context: Any) -> str:
    """Return ``dag/run``, which the ledger keeps with what a task wrote."""
    run = context["dag_run"]
    return f"{run.dag_id}/{run.run_id}"
