"""Reading the served file for the terminal: targets and rankings as people read them."""

from __future__ import annotations

from typing import Any

import duckdb

from jobs.serve.publish import current

TARGET_COLUMNS = {
    "target_id": "编号",
    "name_zh": "目标",
    "shown": "实际",
    "wanted": "目标值",
    "state": "状态",
    "frozen": "结账值",
    "reference_period": "口径期",
    "clause": "条款",
}
RANKING_COLUMNS = {
    "rank": "名次",
    "region_name": "地区",
    "score": "得分",
    "interval": "位次区间",
    "status": "状态",
    "reason": "说明",
}


def _query(sql: str, *values: Any) -> list[dict[str, Any]]:
    with duckdb.connect(str(current()), read_only=True) as con:
        found = con.execute(sql, list(values))
        names = [d[0] for d in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def targets(programme: str, period: str | None) -> list[dict[str, Any]]:
    """Return the headline reading of each target, newest period by default."""
    return _query(
        """SELECT target_id, name_zh, format('{:,.2f}', value) || ' ' || unit AS shown,
                  operator || ' ' || format('{:,g}', target_value) || ' ' || unit AS wanted, state,
                  CASE WHEN frozen_state IS NULL THEN NULL
                       ELSE format('{:,.2f}', frozen_value) || ' ' || frozen_state END AS frozen,
                  reference_period, clause, period, value, target_value, unit, n, numerator, denominator, note
           FROM target_progress
           WHERE programme = ? AND headline AND period = coalesce(?, period) AND (? IS NOT NULL OR is_latest)
           ORDER BY target_id""",
        programme,
        period,
        period,
    )


def ranking(programme: str, period: str | None) -> list[dict[str, Any]]:
    """Return the ranking, best first, units without a rank last."""
    return _query(
        """SELECT rank, region_name, format('{:.2f}', score) AS score,
                  format('{:g}–{:g}', rank_p5, rank_p95) AS interval, status || CASE WHEN provisional
                  THEN '（暂定）' ELSE '' END AS status, reason, period
           FROM region_ranking
           WHERE programme = ? AND period = coalesce(?, period) AND (? IS NOT NULL OR is_latest)
           ORDER BY rank NULLS LAST, region_code""",
        programme,
        period,
        period,
    )
