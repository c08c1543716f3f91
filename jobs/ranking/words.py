"""What a ranking says in words: what moved, ties at the rewarded places, missing indicators."""

from __future__ import annotations

from typing import Any

import numpy as np

from jobs.definitions.policy.scheme import Criterion, Scheme
from jobs.ranking import engine
from jobs.ranking.aggregate import Matrix
from jobs.ranking.uncertainty import Draws


def moves(parts: Matrix, own: Matrix, scale: Matrix, scheme: Scheme) -> list[str | None]:
    """Say per unit how much each indicator moved its score, on the earlier period's scale, and what the scale did."""
    said: list[str | None] = []
    for line, total, rest in zip(parts, own, scale, strict=True):
        if np.isnan(total):
            said.append(None)
            continue
        known = [(c.name_zh, p) for c, p in zip(scheme.criteria, line, strict=True) if not np.isnan(p)]
        known.append(("标尺变化", rest))
        said.append("变动分解：" + "，".join(f"{n}{p:+.2f}" for n, p in known))
    return said


def unstable(result: engine.Result, draws: Draws, names: list[str]) -> dict[int, str]:
    """Say of which units the order contradicts the ranks drawn: placed before another, but with the worse median.

    Returns
    -------
    dict
        Row position -> text, for both units of each such pair.
    """
    rows = np.flatnonzero(result.ranked)
    rank, median, better = result.rank[rows], draws.quantile(0.5), draws.p_matrix()
    said: dict[int, list[str]] = {}
    for i in range(rows.size):
        for j in range(rows.size):
            if rank[i] < rank[j] and median[i] > median[j]:
                said.setdefault(int(rows[i]), []).append(f"{better[j, i]:.0%}的重算排在{names[rows[j]]}之后")
                said.setdefault(int(rows[j]), []).append(f"{better[j, i]:.0%}的重算排在{names[rows[i]]}之前")
    return {
        row: f"名次第{int(result.rank[row])}，重算的中位名次为第{draws.quantile(0.5)[at]:g}：换用其他标准化、汇总办法"
        f"和权重时，{'，'.join(said[row])}；先后取决于办法，不宜只看名次"
        for at, row in enumerate(int(r) for r in rows)
        if row in said
    }


def at_the_end(result: engine.Result, setting: engine.Setting) -> dict[int, str]:
    """Explain a score of zero: the lowest of those ranked in every indicator, not without any result.

    Returns
    -------
    dict
        Row position -> text; only min-max puts the lowest unit at zero.
    """
    if setting.normalisation != "minmax" or setting.aggregation != "arithmetic":
        return {}
    lowest = result.ranked & (np.nansum(result.normalised, axis=1) == 0)
    return {
        int(row): "得0分：各项指标都是参评单位中最低的（按最低为0、最高为100折算），不是没有数值或没有成绩"
        for row in np.flatnonzero(lowest)
    }


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
        elsewhere = [(n, o.rank[i]) for n, o in zip(names, others, strict=True) if not np.isnan(o.rank[i])]
        moved = [f"去掉{n}为第{int(r)}" for n, r in elsewhere if r != nominal]
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
