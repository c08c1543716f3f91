"""审批与发布：候选发布经人批准后，重建服务文件并切换上线；被替代的候选拒绝发布。

A candidate wakes it; the clock wakes it too, so that a lost event, or a publish that died after the approval,
heals itself. In the demo (``ZJTX_AUTO_APPROVE=1``) the approval gives itself.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, get_current_context, task
from common import CANDIDATE, DEFAULTS, LATER, POOL, RUN_TYPES, START, ZONE, idle, run_name, tell

YES, NO = "批准", "退回"
AUTOMATIC = os.environ.get("ZJTX_AUTO_APPROVE") == "1"

with DAG(
    dag_id="publish",
    dag_display_name="审批与发布",
    description="取出待审批的候选，由人批准或退回，批准后切换上线",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("5/10 * * * *", timezone=ZONE), assets=[CANDIDATE]
    ),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    allowed_run_types=RUN_TYPES,
    tags=["发布"],
):

    @task(task_display_name="取出待审批的候选")
    def pick() -> dict[str, str]:
        """取出等待最久的候选发布，连同审批人要看的说明。"""
        from jobs.ledger import releases
        from jobs.operate.summary import summary

        waiting = releases.waiting()
        if not waiting:
            idle("没有待审批的候选发布")
        return {"release": waiting[0], "text": summary(waiting[0])}

    # By itself not at once: a task that is woken before its worker is seen to have ended counts as failed, and that takes up
    # to one round (min_heartbeat_interval).
    approve = HITLOperator(
        task_id="approve",
        task_display_name="审批",
        doc_md="由人批准或退回候选发布；签名记入台账。演示中几秒后自动批准。",
        subject="是否批准发布 {{ ti.xcom_pull(task_ids='pick')['release'] }}？",
        body="{{ ti.xcom_pull(task_ids='pick')['text'] }}",
        options=[YES, NO],
        defaults=[YES] if AUTOMATIC else None,
        response_timeout=timedelta(seconds=3) if AUTOMATIC else None,
        execution_timeout=timedelta(days=7),
    )

    @task(task_display_name="记下审批意见")
    def record(picked: dict[str, str], *, ti: Any = None) -> None:
        """记下审批意见；退回的候选作废，线上内容不变。"""
        from airflow.sdk.exceptions import AirflowFailException

        from jobs.refusals import Refusal
        from jobs.serve import publish as serve

        answer = ti.xcom_pull(task_ids="approve")
        by = (answer.get("responded_by_user") or {}).get("name") or ("自动批准" if AUTOMATIC else None)
        if by is None:
            raise AirflowFailException("审批没有署名，不予发布")
        word, settle = (YES, serve.approve) if answer["chosen_options"] == [YES] else (NO, serve.reject)
        try:
            settle(picked["release"], by)
            tell(f"{by} {word} {picked['release']}")
        except Refusal as refusal:
            tell(str(refusal))
            raise AirflowFailException(str(refusal)) from refusal

    @task(pool=POOL, priority_weight=LATER, trigger_rule="none_failed", task_display_name="切换上线")
    def publish() -> str:
        """把已批准而未上线的发布切换上线；没有则不动。数据状态随之刷新。"""
        from jobs.operate import state_file
        from jobs.serve import publish as serve

        run = run_name(get_current_context())
        made = serve.publish(run)
        state_file.refresh()
        if made is None or made.run_id != run:
            idle("没有已批准而未上线的发布")
        tell(f"已上线 {made.publication_id}")
        return made.publication_id

    picked = pick()
    picked >> approve >> record(picked) >> publish()
