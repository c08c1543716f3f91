"""截止日：经常醒来，读业务时钟，把台账里还没有的已过截止日记下来并唤醒计算。

It also wakes the computation when something computable was left over, so a lost event heals itself.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, task
from common import DEADLINE, DEFAULTS, RUN_TYPES, START, ZONE, idle, tell

with DAG(
    dag_id="deadlines",
    dag_display_name="截止日",
    description="每十分钟看一次业务时钟：有新过的截止日，或有可算而未算的，就唤醒“计算指标”",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("*/10 * * * *", timezone=ZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    allowed_run_types=RUN_TYPES,
    tags=["计算"],
):

    @task(outlets=[DEADLINE], task_display_name="检查截止日")
    def tick(*, outlet_events: Any = None) -> list[str]:
        """记下新过的截止日。"""
        from jobs.ledger import releases
        from jobs.release.deadlines import announce_passed
        from jobs.release.gate import decide_all

        passed = [f"{feed} {period}" for feed, period in announce_passed()]
        if not passed and not decide_all() and not releases.unaudited():
            idle("没有新过的截止日")
        tell("新过的截止日：" + "、".join(passed) if passed else "有可算而未算的，再次唤醒计算")
        outlet_events[DEADLINE].extra = {"passed": passed}
        return passed

    @task(task_display_name="刷新数据状态")
    def refresh() -> None:
        """把到报、拒收、隔离、待审批的现状写给“数据状态”页；没有人要看结果，不留在列表里。"""
        from jobs.operate import state_file

        state_file.refresh()
        idle("数据状态已刷新")

    tick()
    refresh()
