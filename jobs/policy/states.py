"""States of a target: pace on the path, caps, deadlines (methods.md §11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from jobs.policy.model import Target

GREEN, YELLOW, RED = "绿", "黄", "红"
RUNNING, MET, MISSED = "进行中", "达成", "未达成"
LOW, NO_DATA = "覆盖不足", "无数据"


def compare(value: Fraction, operator: str, target: Fraction) -> bool:
    """Compare exactly, boundary as the operator says."""
    return {
        ">=": value >= target,
        ">": value > target,
        "<=": value <= target,
        "<": value < target,
        "==": value == target,
    }[operator]


def exact(row: Mapping[str, Any], scale: Fraction) -> Fraction | None:
    """Return a figure's value without rounding: numerator / denominator, else the value as stored."""
    if row["value"] is None or pd.isna(row["value"]):
        return None
    above, below = row["numerator"], row["denominator"]
    if isinstance(above, Decimal) and isinstance(below, Decimal) and below:
        return Fraction(above) / Fraction(below) * scale
    return Fraction(above) if isinstance(above, Decimal) else Fraction(float(row["value"]))


def pace(
    baseline: Fraction, target: Fraction, value: Fraction, t0: date, t1: date, at: date
) -> Fraction | None:
    """Return (V - B) / (P - B) with P on the straight line from B to T; None on its first day.

    Source
    ------
    methods.md §11, linear path by days.
    """
    path = (target - baseline) * (at - t0).days / (t1 - t0).days
    return (value - baseline) / path if path else None


def due(target: Target, at: date) -> date | None:
    """Return the day the target is judged for the period that ends ``at``.

    A yearly target without a deadline of its own is judged each 31 December.
    """
    if target.deadline is None and target.period == "per_year":
        return date(at.year, 12, 31)
    return target.deadline


def _coloured(target: Target, value: Fraction, goal: Fraction, at: date, grace: int) -> tuple[str, str]:
    """State before the deadline, by the pace on the path from the baseline."""
    if target.baseline is None or target.baseline_date is None or target.deadline is None:
        words = "已达目标值，期限未到" if value >= goal else f"完成率{float(value / goal):.1%}"
        return RUNNING, f"无基期值，不设进度线；{words}"
    if compare(value, target.operator, goal):
        return MET, "已达目标值"
    if (at - target.baseline_date).days < grace:
        return RUNNING, f"起始{grace}天内不评色"
    way = pace(Fraction(str(target.baseline)), goal, value, target.baseline_date, target.deadline, at)
    if way is None:
        return RUNNING, "进度线起点"
    colour = GREEN if way >= 1 else YELLOW if way >= Fraction(4, 5) else RED
    return colour, f"进度为应完成量的{float(way):.1%}"


def state(
    target: Target, value: Fraction, goal: Fraction, status: str, at: date, grace: int
) -> tuple[str, str]:
    """Return the state of a target whose value is known, and why.

    Parameters
    ----------
    target : Target
    value, goal : Fraction
        Unrounded.
    status : str
        Status of the figure.
    at : date
        Reference date.
    grace : int
        Days after the baseline without colour.
    """
    if status == "LOW_COVERAGE":
        return LOW, "报表覆盖不足，仅列示数值"
    day = due(target, at)
    if day is None or at >= day or target.cap:
        met = compare(value, target.operator, goal)
        when = "当日" if day is None or at < day else f"期限{day.isoformat()}"
        return (MET if met else MISSED), f"{when}{'达到' if met else '未达到'}目标值"
    return _coloured(target, value, goal, at, grace)
