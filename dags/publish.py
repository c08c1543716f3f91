"""审批与发布：候选发布经人批准后，重建服务文件并切换上线；被替代的候选拒绝发布。

In the demo (``ZJTX_AUTO_APPROVE=1``) the approval gives itself after five seconds.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, get_current_context, task
from common import CANDIDATE, DEFAULTS, LATER, POOL, START, run_name

YES, NO = "批准", "退回"
AUTOMATIC = os.environ.get("ZJTX_AUTO_APPROVE") == "1"

with DAG(
    dag_id="publish",
    dag_display_name="审批与发布",
    doc_md=__doc__,
    schedule=CANDIDATE,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["发布"],
):

    @task
    def pick() -> str:
        """取出最新的待批候选；更早的已被它替代。"""
        from airflow.sdk.exceptions import AirflowSkipException

        from jobs.ledger import releases

        waiting = releases.waiting()
        if not waiting:
            raise AirflowSkipException("没有待审批的候选发布")
        return waiting[-1]

    picked = pick()
    approve = HITLOperator(
        task_id="approve",
        subject="是否批准发布 {{ ti.xcom_pull(task_ids='pick') }}？",
        body="审核已通过。批准后将重建服务文件并切换上线；退回则线上内容不变。",
        options=[YES, NO],
        defaults=[YES] if AUTOMATIC else None,
        response_timeout=timedelta(seconds=5) if AUTOMATIC else None,
        execution_timeout=timedelta(days=7),
    )

    @task(pool=POOL, priority_weight=LATER)
    def publish(release: str, *, ti: Any = None) -> str | None:
        """记下审批意见；批准则重建服务文件并切换，退回则候选作废。"""
        from airflow.sdk.exceptions import AirflowFailException

        from jobs.serve import publish as serve

        answer = ti.xcom_pull(task_ids="approve")
        by = str((answer.get("responded_by_user") or {}).get("name") or "自动批准")
        if answer["chosen_options"] != [YES]:
            serve.reject(release, by)
            return None
        try:
            serve.approve(release, by)
        except serve.Superseded as refusal:
            raise AirflowFailException(str(refusal)) from refusal
        made = serve.publish(run_name(get_current_context()))
        return made.publication_id if made else None

    done = publish(picked)
    picked >> approve >> done
