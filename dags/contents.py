"""核对来源内容：每晚把未结期间的文件再读一遍，与已接收的比对；大小和时间未变而内容变了的，按更正接收。

Per source system that sends files one task that reads and holds nobody up, one that takes in what differs, and one that
fails where a feed could not be read while others were. A look by size and time cannot see such a change. A run that died
is simply repeated.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, AssetAlias, Connection, CronTriggerTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException, AirflowSkipException
from common import DEFAULTS, LATER, POOL, RUN_TYPES, START, ZONE, feed_asset, idle, run_name, tell

from jobs.definitions.readable import called, readable

SOURCES = sorted({c.feed.connection for c in readable() if not c.feed.request})

with DAG(
    dag_id="contents",
    dag_display_name="核对来源内容",
    description="每天 2:10：核对未结期间的文件，大小和时间未变而内容被替换的，按更正接收并通知",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("10 2 * * *", timezone=ZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    allowed_run_types=RUN_TYPES,
    tags=["接收"],
):
    for _source in SOURCES:

        @task(
            task_id=f"compare_{_source}",
            execution_timeout=timedelta(hours=6),
            task_display_name=f"核对 {_source}",
        )
        def compare(source: str) -> dict[str, Any]:
            """逐个数据源读未结期间的文件，比对内容散列，什么也不写；返回哪些文件换了内容，哪些数据源读不到。"""
            from jobs.operate.contents import compare_all, file_feeds, told

            try:
                uri = Connection.get(source).get_uri()
            except AirflowNotFoundException:
                idle(f"连接 {source} 未配置")
            done, failures = compare_all(file_feeds(source), uri=uri)
            if failures and not any(c.changed for c in done):
                raise RuntimeError("；".join(f"{feed}：{error}" for feed, error in failures.items()))
            if not any(c.changed for c in done):
                idle(told(done))
            unread = [f"读不到：{called(feed)}（{error}）" for feed, error in failures.items()]
            tell(told(done), *unread)
            return {"changed": {c.feed: list(c.changed) for c in done if c.changed}, "unread": unread}

        @task(
            task_id=f"take_in_{_source}",
            outlets=[AssetAlias(f"replaced_{_source}")],
            pool=POOL,
            priority_weight=LATER,
            task_display_name=f"接收 {_source} 换了内容的",
        )
        def take_in(source: str, differences: dict[str, Any], *, outlet_events: Any = None) -> list[str]:
            """接收换了内容的文件，写台账，发通知和数据源事件；返回每个数据源接收了什么。"""
            from jobs.feeds.account import account
            from jobs.operate.contents import take_changed

            uri, run = Connection.get(source).get_uri(), run_name(get_current_context())
            changed: dict[str, list[str]] = differences["changed"]
            results = [take_changed(feed, paths, uri, run) for feed, paths in changed.items()]
            for result in results:
                # A retry tells of every feed again: the first try may have died between the ledger and this line.
                extra = {"periods": result.periods, "refused": [f.path for f in result.refused]}
                outlet_events[AssetAlias(f"replaced_{source}")].add(feed_asset(result.feed), extra=extra)
            lines = account(run, results).lines()
            tell(*(path for paths in changed.values() for path in paths), *lines)
            return lines

        @task(task_id=f"unread_{_source}", task_display_name=f"{_source} 有读不到的")
        def unread(differences: dict[str, Any]) -> None:
            """有数据源读不到、没有核对时变红，写明是哪个和原因；不妨碍接收换了内容的，不重试。"""
            if not differences["unread"]:
                raise AirflowSkipException("都读到了")
            raise AirflowFailException("\n".join(differences["unread"]))

        _differences = compare(_source)
        take_in(_source, _differences)
        unread(_differences)
