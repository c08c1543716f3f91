"""One stop of the demo: trigger the feeds, then wait until Airflow has nothing left to do."""

from __future__ import annotations

import os
import time
from concurrent.futures import Future
from dataclasses import dataclass

from infra.airflow.server import client
from infra.demo.progress import Tell
from infra.local.airflow_api import FINAL, AirflowClient
from infra.local.services import Platform
from infra.sandbox.delivery.news import news

TIMEOUT = 900
PAUSE = 0.5
"""Seconds between two looks at Airflow's runs."""
FLOWS = ("deadlines", "kpi", "publish")


class DemoFailed(RuntimeError):
    """A run of Airflow failed, or nothing came of it in time."""


def _flows(platform: Platform, since: str | None, until: str) -> dict[str, list[str]]:
    """Return flow -> feeds to look at: whose sandbox source has something new; local collections only once."""
    from jobs.definitions.contract import feed_ids, load_feed
    from jobs.feeds.source import connection_uri

    new = news(platform.site.home / "sandbox" / "truth", since, until)
    flows: dict[str, list[str]] = {}
    for feed in feed_ids():
        connection = load_feed(feed).feed.connection
        uri = connection_uri(connection)
        local = uri is not None and uri.startswith("file:")
        if uri and (feed in new or (local and since is None)):
            flows.setdefault(f"ingest_{connection}", []).append(feed)
    return flows


@dataclass(frozen=True)
class Runs:
    """Runs of Airflow at one moment."""

    states: dict[tuple[str, str], str]

    @classmethod
    def now(cls, airflow: AirflowClient) -> Runs:
        """Ask Airflow for its newest runs."""
        return cls({(r["dag_id"], r["dag_run_id"]): r["state"] for r in airflow.runs()})

    def open(self) -> list[str]:
        """Return the DAGs with a run that has not ended."""
        return sorted({dag for (dag, _), state in self.states.items() if state not in FINAL})

    def failed(self, since: Runs) -> list[str]:
        """Return runs that failed since then."""
        return [
            f"{d} {r}" for (d, r), s in self.states.items() if s == "failed" and (d, r) not in since.states
        ]


def _unfinished() -> str | None:
    """Say what the ledger still waits for, None when all that can be published is published."""
    from jobs.ledger import releases
    from jobs.release.gate import decide_all

    if decisions := decide_all():
        return f"待计算 {[(d.programme, *d.periods) for d in decisions]}"
    if computed := releases.unaudited():
        return f"待审核 {computed}"
    if waiting := releases.waiting():
        return f"待审批 {waiting}"
    approved = {k: r.release_id for k, r in releases.approved().items()}
    served = releases.publications()
    held = {
        (p, k): r
        for p, periods in (served[-1].releases if served else {}).items()
        for k, r in periods.items()
    }
    return None if held == approved else "待发布"


def stop(platform: Platform, tell: Tell, since: str | None, until: str, spark: Future[None]) -> None:
    """Play one stop of the business clock.

    Parameters
    ----------
    platform : Platform
    tell : callable
        Told what goes on.
    since, until : str
        The business time of the stop before (none before the first), and of this one.
    spark : Future
        Spark's start, waited for once the sources were read; a computation that wakes before it is tried again.

    Raises
    ------
    ServiceError
        If Spark did not start.
    DemoFailed
        If a run fails or the stop takes longer than :data:`TIMEOUT` seconds.
    """
    os.environ.update(platform.env())
    flows = _flows(platform, since, until)
    with client(platform.site) as airflow:
        airflow.wait_dags([*flows, *FLOWS])
        for dag in [*flows, *FLOWS]:
            airflow.unpause(dag)
        before = Runs.now(airflow)
        _wait(
            airflow,
            before,
            {dag: airflow.trigger(dag, {"feeds": feeds}) for dag, feeds in flows.items()},
            tell,
            whole=False,
        )
        spark.result()
        # Who is late can be said only after what has arrived was read.
        _wait(airflow, before, {"deadlines": airflow.trigger("deadlines")}, tell, whole=True)


def _wait(airflow: AirflowClient, before: Runs, started: dict[str, str], tell: Tell, whole: bool) -> None:
    """Wait for the started runs; for the ``whole``, until Airflow is idle and the ledger waits for nothing."""
    deadline = time.monotonic() + TIMEOUT
    quiet = 0
    while True:
        runs = Runs.now(airflow)
        if failed := runs.failed(before):
            raise DemoFailed(f"Airflow 运行失败 / failed runs: {failed}")
        ended = sum(runs.states.get((d, r), "") in FINAL for d, r in started.items())
        if not whole and ended == len(started):
            return
        busy = runs.open()
        tell(f"已完成 {ended}/{len(started)} · 运行中 {'、'.join(busy) or '无'}")
        left = None if busy else _unfinished()
        # An event may be on its way between two runs: idle counts when it lasts.
        quiet = 0 if busy or left else quiet + 1
        if quiet >= 2:
            return
        if left and not busy:
            tell(left)
        if time.monotonic() > deadline:
            raise DemoFailed(f"超过 {TIMEOUT} 秒 / took too long: {busy or left}")
        time.sleep(PAUSE)
