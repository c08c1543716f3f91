"""接收数据源：每个数据源合同一个 DAG，按合同的时间表查看来源，接收全部待收文件。

One DAG per feed contract. A poll that finds nothing writes nothing and wakes nobody.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Connection, CronTriggerTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from common import DEFAULTS, FIRST, POOL, ZONE, feed_asset, run_name

from jobs.contract import feed_ids, load_feed


def make(feed: str) -> DAG:
    """Return the DAG of one feed."""
    contract = load_feed(feed)
    asset = feed_asset(feed)
    with DAG(
        dag_id=f"ingest_{feed}",
        dag_display_name=f"接收 {contract.title}",
        description=contract.title,
        doc_md=__doc__,
        schedule=CronTriggerTimetable(contract.feed.schedule, timezone=ZONE),
        # No start date: switched on, a feed is looked at when its time comes or when somebody asks.
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        tags=["接收", contract.feed.frequency],
    ) as dag:

        @task(outlets=[asset], pool=POOL, priority_weight=FIRST)
        def take_in(*, outlet_events: Any = None, ti: Any = None) -> list[str]:
            """接收全部待收文件，写台账，发出数据源事件。"""
            from jobs.feeds.ingest import poll, summary
            from jobs.feeds.source import SourceRefused

            connection = Connection.get(contract.feed.connection)
            try:
                result = poll(feed, uri=connection.get_uri(), run_id=run_name(get_current_context()))
            except SourceRefused as refusal:
                raise AirflowFailException(str(refusal)) from refusal
            print(summary(result))
            # A retry tells again: the first try may have died between the ledger and this line.
            if not result.accepted and ti.try_number == 1:
                raise AirflowSkipException("没有新文件被接收")
            outlet_events[asset].extra = {
                "periods": result.periods,
                "refused": [f.path for f in result.refused],
            }
            return result.periods

        take_in()
    return dag


for _feed in feed_ids():
    globals()[f"ingest_{_feed}"] = make(_feed)
