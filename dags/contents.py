"""核对来源内容：每晚把未结期间的文件再取一次，与已接收的比对；大小和时间未变而内容变了的，按更正接收。

One task per source system that sends files. A look by size and time cannot see such a change. Only files of open
periods are fetched; a run that died is simply repeated.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, AssetAlias, Connection, CronTriggerTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException
from common import DEFAULTS, LATER, POOL, RUN_TYPES, START, ZONE, feed_asset, idle, run_name, tell

from jobs.contract import feed_ids, load_feed

SOURCES = sorted({c.connection for feed in feed_ids() if not (c := load_feed(feed).feed).request})

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
            task_id=_source,
            outlets=[AssetAlias(f"replaced_{_source}")],
            pool=POOL,
            priority_weight=LATER,
            task_display_name=f"核对 {_source}",
        )
        def compare(source: str, *, outlet_events: Any = None, ti: Any = None) -> list[str]:
            """逐个数据源核对未结期间的文件，接收内容被替换的，发出数据源事件；返回换了哪些文件。"""
            from jobs.feeds.account import account
            from jobs.operate.contents import check_all, file_feeds, told

            try:
                uri, run = Connection.get(source).get_uri(), run_name(get_current_context())
            except AirflowNotFoundException:
                idle(f"连接 {source} 未配置")
            done, polls = check_all(file_feeds(source), uri=uri, run_id=run)
            changed = [path for c in done for path in c.replaced]
            taken = account(run, polls.results)
            if polls.failures:
                whole = "；".join(f"{feed}：{error}" for feed, error in polls.failures.items())
                tell(told(done), *changed)
                raise AirflowFailException(whole) if polls.hopeless else RuntimeError(whole)
            # A retry tells of every feed again: the first try may have died between the ledger and this line.
            for result in polls.results:
                if result.accepted or ti.try_number > 1:
                    extra = {"periods": result.periods, "refused": [f.path for f in result.refused]}
                    outlet_events[AssetAlias(f"replaced_{source}")].add(feed_asset(result.feed), extra=extra)
            if not changed and taken.nothing:
                idle(told(done))
            tell(told(done), *changed, *taken.lines())
            return changed

        compare(_source)
