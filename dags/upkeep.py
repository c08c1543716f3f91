"""湖仓维护：每周合并小文件、删去无人批准的候选、清理早已被替换的文件；不改变任何已发布或可重算的数。

Small and repeatable: killed anywhere, the next run goes on. It waits in the pool like every writer.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronTriggerTimetable, task
from common import DEFAULTS, LATER, POOL, RUN_TYPES, START, ZONE, tell

with DAG(
    dag_id="upkeep",
    dag_display_name="湖仓维护",
    description="每周日 3:30：合并小文件、删去无人批准的候选、清理过期文件；任何数都不变",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("30 3 * * 0", timezone=ZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    allowed_run_types=RUN_TYPES,
    tags=["维护"],
):

    @task(pool=POOL, priority_weight=LATER, task_display_name="维护湖仓")
    def tend() -> list[str]:
        """合并、删去、清理，返回每张表做了什么。"""
        from jobs.lake.upkeep import upkeep

        lines = upkeep().lines()
        tell(*lines or ["没有要合并、删去或清理的"])
        return lines

    tend()
