"""What a ranking says in words: what moved, ties at the rewarded places, missing indicators."""

from __future__ import annotations

from typing import Any

import numpy as np

from jobs.policy.scheme import Criterion, Scheme
from jobs.ranking import engine
from jobs.ranking.aggregate import Matrix


def moves(
    now: Matrix, before: Matrix | None, changes: Matrix, scheme: Scheme, setting: engine.Setting
) -> list[str | None]:
    """Say per unit how much each indicator moved its score, on the earlier period's scale.

    What the scale itself did (other units moved its ends) is named apart, so that the parts add up.
    """
    if before is None or scheme.aggregation != "arithmetic":
        return [None] * now.shape[0]
    parts = engine.moved(now, before, setting)
    said: list[str | None] = []
    for line, change in zip(parts, changes, strict=True):
        if np.isnan(change):
            said.append(None)
            continue
        known = [(c.name_zh, p) for c, p in zip(scheme.criteria, line, strict=True) if not np.isnan(p)]
        known.append(("标尺变化", change - sum(p for _, p in known)))
        said.append("变动分解：" + "，".join(f"{n}{p:+.2f}" for n, p in known))
    return said


def ties(result: engine.Result, top: int) -> str | None:
    """Report a tie that crosses the last rewarded place."""
    ranks = result.rank[~np.isnan(result.rank)]
    inside = int(np.sum(ranks <= top))
    return f"第{int(ranks[ranks <= top].max())}名并列，前{top}名共{inside}个" if inside > top else None


def drops(
    values: Matrix, setting: engine.Setting, result: engine.Result, names: list[str]
) -> list[str | None]:
    """Say per unit where its rank would be without each indicator."""
    if values.shape[1] < 2:
        return [None] * values.shape[0]
    others = engine.without_each(values, setting)
    said: list[str | None] = []
    for i, nominal in enumerate(result.rank):
        found = [(n, o.rank[i]) for n, o in zip(names, others, strict=True) if not np.isnan(o.rank[i])]
        moved = [f"去掉{n}为第{int(r)}" for n, r in found if r != nominal]
        said.append("，".join(moved) if moved and not np.isnan(nominal) else None)
    return said


def reason(ranked: bool, line: list[Any], values: Matrix, scheme: Scheme) -> str | None:
    """Name the missing indicators and why they are missing."""
    missing = [
        f"{c.name_zh}（{_why(row, c, scheme)}）"
        for c, row, v in zip(scheme.criteria, line, values, strict=True)
        if np.isnan(v)
    ]
    if not missing:
        return None
    head = "" if ranked else f"可用指标不足{scheme.availability}："
    return head + "缺" + "、".join(missing)


def _why(row: dict[str, Any] | None, criterion: Criterion, scheme: Scheme) -> str:
    if row is None or row["status"] == "EMPTY":
        return "无数据"
    if row["status"] == "NOT_COMPARABLE":
        return "不可比"
    fewest = scheme.min_n if criterion.min_n is None else criterion.min_n
    return f"仅{int(row['n'])}户，少于{fewest}户"
