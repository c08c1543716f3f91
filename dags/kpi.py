"""计算指标：任一方案所用的数据源有新批次或截止日已过即唤醒；闸门只看台账，决定完整、部分还是等待。

Whatever woke it, a run works from the ledger, so a lost event costs nothing.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, AssetAny, get_current_context, task
from common import (
    CANDIDATE,
    DEADLINE,
    DEFAULTS,
    LATER,
    POOL,
    RUN_TYPES,
    START,
    feed_asset,
    idle,
    run_name,
    tell,
)

from jobs.definitions.policy.model import feeds_read

with DAG(
    dag_id="kpi",
    dag_display_name="计算指标",
    description="看台账决定算哪些期间，计算候选发布，逐表审核；通过的交“审批与发布”",
    doc_md=__doc__,
    schedule=AssetAny(DEADLINE, *[feed_asset(f) for f in feeds_read()]),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    allowed_run_types=RUN_TYPES,
    tags=["计算"],
):

    @task(pool=POOL, priority_weight=LATER, task_display_name="决定算哪些期间")
    def gate() -> None:
        """有没有现在可以且必须计算的期间。"""
        from jobs.definitions.policy.model import load_all
        from jobs.ledger import releases
        from jobs.release.gate import decide

        made = [decide(p) for p in load_all().values()]
        for d in made:
            print(f"{d.programme} 状态号 {d.seq} 计算 {d.periods} 等待 {d.waiting}")
        if not any(d.periods for d in made) and not releases.unaudited():
            idle("没有现在可以且必须计算的期间")
        will = [f"{d.programme} 计算 {'、'.join(d.periods)}" for d in made if d.periods]
        tell(*will or ["审核以前算好的发布"])

    @task(pool=POOL, priority_weight=LATER, task_display_name="计算候选发布")
    def compute() -> str | None:
        """由台账重新决定并计算候选发布。"""
        from jobs.release.candidate import compute_candidate
        from jobs.release.gate import decide_all

        return compute_candidate(decide_all(), run_name(get_current_context()))

    @task(outlets=[CANDIDATE], pool=POOL, priority_weight=LATER, retries=1, task_display_name="审核")
    def audit(*, outlet_events: Any = None) -> None:
        """审核所有已计算未审核的发布；有严重问题即拒绝，原发布继续有效。"""
        from airflow.sdk.exceptions import AirflowFailException

        from jobs.quality.audit import audit_computed

        verdicts = audit_computed(run_name(get_current_context()))
        for v in verdicts:
            print(v.release, v.second.words() if v.second else "检查未通过，没有重算")
        if refused := {v.release: v.critical for v in verdicts if not v.passed}:
            tell(*(f"审核未通过 {release}：{'、'.join(tables)}" for release, tables in refused.items()))
            raise AirflowFailException(f"审核未通过：{refused}")
        if not verdicts:
            idle("没有待审核的发布")
        tell(f"审核通过 {'、'.join(v.release for v in verdicts)}")
        outlet_events[CANDIDATE].extra = {"releases": [v.release for v in verdicts]}

    gate() >> compute() >> audit()
