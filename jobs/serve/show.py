"""Reading the served file for the terminal: targets and rankings as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from jobs import lake
from jobs.contract import load_table
from jobs.lake.content import connection, served_columns
from jobs.release.standing import Unknown, standing
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


@contextmanager
def _as_of(table: str, programme: str, known_by: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the served file; for an earlier state of knowledge, a table as it was served then."""
    if known_by is None:
        with duckdb.connect(str(current()), read_only=True) as con:
            yield con
        return
    held = {period: r.release_id for (p, period), r in standing(known_by).items() if p == programme}
    if not held:
        raise Unknown(f"截至“{known_by}”方案 {programme} 没有已批准的发布")
    parts = [lake.gold_arrow(table, release, programme) for release in sorted(set(held.values()))]
    with connection() as con:
        con.register("gold_rows", pa.concat_tables(parts))
        con.execute("CREATE TABLE held AS SELECT unnest(?) AS period, unnest(?) AS release",
                    [list(held), list(held.values())])  # fmt: skip
        con.execute(
            f"CREATE TABLE {table} AS SELECT *, period = (SELECT max(period) FROM held) AS is_latest FROM "
            f"(SELECT {served_columns(load_table(table))} FROM gold_rows) SEMI JOIN held USING (period, release)"
        )
        yield con


def _query(table: str, programme: str, known_by: str | None, sql: str, *values: Any) -> list[dict[str, Any]]:
    with _as_of(table, programme, known_by) as con:
        found = con.execute(sql, list(values))
        names = [d[0] for d in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def targets(programme: str, period: str | None, known_by: str | None = None) -> list[dict[str, Any]]:
    """Return the headline reading of each target, newest period by default, as published at a state of knowledge."""
    return _query(
        "target_progress",
        programme,
        known_by,
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


def ranking(programme: str, period: str | None, known_by: str | None = None) -> list[dict[str, Any]]:
    """Return the ranking, best first, units without a rank last, as published at a state of knowledge."""
    return _query(
        "region_ranking",
        programme,
        known_by,
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
