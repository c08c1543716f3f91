"""Reading the served file for the terminal: targets and rankings as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import duckdb

from jobs import lake
from jobs.definitions.contract import load_table
from jobs.definitions.period import parse
from jobs.definitions.policy.model import load, load_all, policy
from jobs.lake.content import connection, served_columns
from jobs.refusals import NotThere, instead
from jobs.release.standing import Unknown, standing
from jobs.serve.publish import current
from jobs.shown import as_decided

TARGET_COLUMNS = {
    "target_id": "编号",
    "name_zh": "目标",
    "reading": "口径",
    "value": "数值",
    "target_value": "目标值",
    "gap": "差距",
    "expected": "应达值",
    "state": "状态",
    "numerator": "分子",
    "denominator": "分母",
    "n": "户数",
    "reference_period": "数据所属期",
    "source": "数据来源",
    "clause": "条款",
    "frozen": "结账",
    "today": "现值",
}
RANKING_COLUMNS = {
    "rank": "名次",
    "region_name": "地区",
    "score": "得分",
    "moved": "名次变动",
    "interval": "位次区间",
    "median": "中位名次",
    "top3": "进前三",
    "status": "状态",
    "reason": "说明",
}


@contextmanager
def _as_of(table: str, programme: str, known_by: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the served file; for an earlier state of knowledge, a table as it was served then."""
    if known_by is None:
        if not current().exists():
            raise Unknown("还没有发布过任何数字：先运行 zjtx compute、approve、publish")
        with duckdb.connect(str(current()), read_only=True) as con:
            yield con
        return
    held = {period: r.release_id for (p, period), r in standing(known_by).items() if p == programme}
    if not held:
        raise Unknown(f"截至“{known_by}”方案 {programme} 没有已批准的发布")
    import pyarrow as pa

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
        answer = con.execute(sql, list(values))
        names = [d[0] for d in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def targets(
    policy_id: str, period: str | None, known_by: str | None = None, all_readings: bool = False
) -> list[dict[str, Any]]:
    """Return the progress of a document's targets as published at a state of knowledge.

    Parameters
    ----------
    policy_id : str
        Document.
    period : str or None
        None: the newest one published.
    known_by : str, optional
        Default: as served now.
    all_readings : bool
        Also the readings beside the headline.

    Returns
    -------
    list of dict
        Rows of ``target_progress``; none where nothing is published of that period.

    Raises
    ------
    LookupError
        If there is no such document.
    """
    programme, _ = policy(policy_id)
    if known_by is None and not current().exists():
        return []
    columns = ", ".join(f'"{c.name}"' for c in load_table("target_progress").columns)
    return _query(
        "target_progress",
        programme.id,
        known_by,
        f"""SELECT {columns} FROM target_progress
            WHERE programme = ? AND policy = ? AND (headline OR ?)
              AND period = coalesce(?, period) AND (? IS NOT NULL OR is_latest)
            ORDER BY target_id, headline DESC, indicator, reading, tier""",
        programme.id,
        policy_id,
        all_readings,
        period,
        period,
    )


def _number(value: float | Decimal | None) -> str | None:
    return None if value is None else f"{value:,.2f}".removesuffix(".00")


def _judged(row: dict[str, Any], name: str) -> str | None:
    """Return a figure that stands beside the target, with the digits that decide."""
    return None if row[name] is None else as_decided(row[name], row["target_value"])


def _closing(row: dict[str, Any]) -> str | None:
    """Return the frozen verdict and what came after it, else what it waits for."""
    if row["frozen_state"] is None:
        return row["waits"] and f"待{row['waits']}"
    year = "" if row["deadline"] else f"{row['frozen_period'][:4]}年度 "
    said = f"{row['frozen_on']} {year}{_judged(row, 'frozen_value')} {row['frozen_state']}"
    return f"{said}；期限后达到（{row['reached_period']}）" if row["reached_period"] else said


def spoken_targets(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of ``target_progress`` with figures as people read them; rounded for display only."""

    def one(row: dict[str, Any]) -> dict[str, Any]:
        value, now = _judged(row, "value"), _judged(row, "today_value")
        goal = _number(row["target_value"])
        today = " ".join(filter(None, (row["today_period"], now, row["today_state"])))
        return row | {
            "value": value and f"{value} {row['unit']}",
            "target_value": goal and f"{row['operator']} {goal} {row['unit']}",
            **{name: _number(row[name]) for name in ("gap", "expected", "numerator", "denominator")},
            "frozen": _closing(row),
            "today": today if row["today_period"] != row["reference_period"] else None,
            "source": row["source"] if value else row["state_reason"],
        }

    return [one(r) for r in rows]


def ranking(programme: str, period: str | None, known_by: str | None = None) -> list[dict[str, Any]]:
    """Return the ranking, best first, units without a rank last, as published at a state of knowledge.

    Raises
    ------
    NotThere
        If no ranking of the programme or of the period is published; with the periods that are.
    Unknown
        If nothing was published then at all.
    """
    rows = _ranking(programme, period, known_by)
    if not rows:
        if not load(programme).ranking:
            ranked = "、".join(p.id for p in load_all().values() if p.ranking and p.fed)
            raise NotThere(f"方案 {programme} 没有排名；有排名的：{ranked or '无'}")
        asked = "SELECT DISTINCT period FROM region_ranking WHERE programme = ? ORDER BY 1"
        known = [r["period"] for r in _query("region_ranking", programme, known_by, asked, programme)]
        told = instead(parse(period).key, known) if period else ""
        asked_for = " ".join(filter(None, (programme, period)))
        raise NotThere(f"方案 {asked_for} 没有发布过排名{told}")
    return rows


def _ranking(programme: str, period: str | None, known_by: str | None) -> list[dict[str, Any]]:
    return _query(
        "region_ranking",
        programme,
        known_by,
        """SELECT rank, region_name, format('{:.2f}', score) AS score,
                  CASE WHEN rank_change > 0 THEN '↑' || rank_change WHEN rank_change < 0 THEN '↓' || -rank_change
                       WHEN rank_change = 0 THEN '持平' END AS moved,
                  format('{:g}–{:g}', rank_p5, rank_p95) AS interval, format('{:g}', rank_median) AS median,
                  format('{:.0f}%', 100 * top3_share) AS top3, status || CASE WHEN provisional
                  THEN '（暂定）' ELSE '' END AS status, concat_ws('；', reason, caution) AS reason, period
           FROM region_ranking
           WHERE programme = ? AND period = coalesce(?, period) AND (? IS NOT NULL OR is_latest)
           ORDER BY rank NULLS LAST, region_code""",
        programme,
        period,
        period,
    )
