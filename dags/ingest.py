"""接收数据源：每个来源系统（连接）一个 DAG，按各数据源合同的时间表醒来，接收该来源全部数据源的待收文件。

One DAG per source system: its feeds are read by one process, one after the other, each in a poll of its own, and the next
one's files are fetched meanwhile; a feed that fails does not keep the others from being read. A poll that finds nothing writes
nothing and wakes nobody. A refused file is shown by a red task of its own beside the green one; as a teardown it neither fails
the run nor holds anybody up.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import (
    DAG,
    AssetAlias,
    Connection,
    MultipleCronTriggerTimetable,
    Param,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowFailException, DownstreamTasksSkipped
from common import DEFAULTS, FIRST, POOL, RUN_TYPES, ZONE, feed_asset, idle, run_name, tell

from jobs.definitions.contract import Contract
from jobs.definitions.readable import called, readable


def make(connection: str, contracts: list[Contract]) -> DAG:
    """Return the DAG of one source system."""
    feeds = [c.id for c in contracts]
    news = AssetAlias(f"news_{connection}")
    with DAG(
        dag_id=f"ingest_{connection}",
        dag_display_name=f"接收 {connection}（{len(feeds)} 个数据源）",
        description="、".join(c.title for c in contracts),
        doc_md=__doc__,
        schedule=MultipleCronTriggerTimetable(*sorted({c.feed.schedule for c in contracts}), timezone=ZONE),
        # No start date: switched on, a source is looked at when its time comes or when somebody asks.
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        allowed_run_types=RUN_TYPES,
        params={"feeds": Param(feeds, type="array", items={"enum": feeds}, title="数据源")},
        tags=["接收"],
    ) as dag:

        @task(outlets=[news], pool=POOL, priority_weight=FIRST, task_display_name="接收文件")
        def take_in(*, outlet_events: Any = None, params: Any = None, ti: Any = None) -> list[str]:
            """逐个接收数据源的全部待收文件，写台账，发出数据源事件；返回拒收了哪些文件和原因。"""
            from jobs.feeds.account import account
            from jobs.feeds.ingest import poll_all

            uri, run = Connection.get(connection).get_uri(), run_name(get_current_context())
            polls = poll_all(params["feeds"], uri=uri, run_id=run)
            taken = account(run, polls.results)
            if polls.failures:
                unread = "、".join(map(called, polls.failures))
                tell(f"读不到：{unread}（原因见任务日志）", *taken.lines())
                failures = "；".join(f"{feed}：{error}" for feed, error in polls.failures.items())
                raise AirflowFailException(failures) if polls.hopeless else RuntimeError(failures)
            # A retry tells of every feed again: the first try may have died between the ledger and this line.
            new = [r for r in polls.results if r.accepted or ti.try_number > 1]
            if taken.nothing and not new:
                idle("没有新文件")
            for result in new:
                extra = {"periods": result.periods, "refused": [f.path for f in result.refused]}
                outlet_events[news].add(feed_asset(result.feed), extra=extra)
            tell(*taken.lines())
            if not taken.refused:
                raise DownstreamTasksSkipped(tasks=["refused"])
            return taken.refusals()

        @task(priority_weight=FIRST, task_display_name="有拒收")
        def refused(lines: list[str]) -> None:
            """本次有文件被整个拒收时变红，写明文件和原因；不影响已接收的文件，不重试。"""
            raise AirflowFailException("\n".join(lines))

        lines = take_in()
        refused(lines).as_teardown(setups=lines)
    return dag


_by_source: dict[str, list[Contract]] = {}
# One that cannot be read takes no other's flow away; zjtx status and every flow that computes say so.
for _contract in readable():
    _by_source.setdefault(_contract.feed.connection, []).append(_contract)
for _connection, _contracts in _by_source.items():
    globals()[f"ingest_{_connection}"] = make(_connection, _contracts)
