"""States of a target: pace on the path, caps, deadlines (methods.md §11)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from jobs.definitions.policy.document import Target
from jobs.shown import shown

GREEN, YELLOW, RED = "绿", "黄", "红"
RUNNING, MET, MISSED = "进行中", "达成", "未达成"
LOW, NO_DATA = "覆盖不足", "无数据"
PENDING, CHECK = "待结账", "待核实"
"""Past its day without a verdict yet; a figure that cannot be true."""

_NEAR = Fraction(4, 5)
"""Pace from which a target is yellow, not red."""


def compare(value: Fraction, operator: str, target: Fraction) -> bool:
    """Compare exactly, boundary as the operator says."""
    return {
        ">=": value >= target,
        ">": value > target,
        "<=": value <= target,
        "<": value < target,
        "==": value == target,
    }[operator]


def expected(target: Target, goal: Fraction, at: date) -> Fraction | None:
    """Return the value on the straight line from baseline to target, by days; None without a baseline, or for a cap.

    After the deadline it is the target, before the baseline's day nothing.

    Source
    ------
    methods.md §11, linear path.
    """
    base = target.baseline
    if base is None or target.deadline is None or target.cap or at < base.date:
        return None
    begin, end = Fraction(str(base.value)), min(at, target.deadline)
    return begin + (goal - begin) * (end - base.date).days / (target.deadline - base.date).days


def pace(baseline: Fraction, value: Fraction, path: Fraction) -> Fraction | None:
    """Return (V - B) / (P - B); None where the path has not left the baseline.

    Source
    ------
    methods.md §11.
    """
    return (value - baseline) / (path - baseline) if path != baseline else None


def pace_of(target: Target, value: Fraction, goal: Fraction, at: date) -> Fraction | None:
    """Return the pace of a target at a date; None where it has no path."""
    path = expected(target, goal, at)
    if path is None or target.baseline is None:
        return None
    return pace(Fraction(str(target.baseline.value)), value, path)


def due(target: Target, at: date) -> date | None:
    """Return the day the target is judged for the period that ends ``at``.

    A yearly target without a deadline of its own is judged each 31 December.
    """
    return date(at.year, 12, 31) if target.yearly else target.deadline


def past(target: Target, at: date) -> bool:
    """Whether a target's day has come by a date."""
    day = due(target, at)
    return day is not None and at >= day


def _percent(share: Fraction, *limits: int | Fraction) -> str:
    """Return a share as text that lies on the same side of its limits as the share does."""
    return shown(share * 100, [Fraction(x) * 100 for x in limits], digits=1) + "%"


def _coloured(target: Target, value: Fraction, goal: Fraction, at: date, grace: int) -> tuple[str, str]:
    """State before the deadline, by the pace on the path from the baseline."""
    met = compare(value, target.operator, goal)
    if target.baseline is None or target.deadline is None:
        rate = f"完成率{_percent(value / goal, 1)}" if goal else "未达目标值"
        return RUNNING, f"无基期值，不设进度线；{'已达目标值，期限未到' if met else rate}"
    if met:
        return MET, "已达目标值"
    if (at - target.baseline.date).days < grace:
        return RUNNING, f"起始{grace}天内不评色"
    way = pace_of(target, value, goal, at)
    if way is None:
        return RUNNING, "进度线起点"
    colour = GREEN if way >= 1 else YELLOW if way >= _NEAR else RED
    return colour, f"进度为应完成量的{_percent(way, 1, _NEAR)}"


def state(
    target: Target, value: Fraction, goal: Fraction, at: date, grace: int, reference: str
) -> tuple[str, str]:
    """Return the state before a target's day of one whose value is known, and why; without a day, today's verdict.

    Parameters
    ----------
    target : Target
    value, goal : Fraction
        Unrounded.
    at : date
        Reference date.
    grace : int
        Days after the baseline without colour.
    reference : str
        What the value is of, for the reader.
    """
    day = due(target, at)
    if day is not None and not target.cap:
        return _coloured(target, value, goal, at, grace)
    met = compare(value, target.operator, goal)
    when = "未设期限" if day is None else "期限未到"
    return (MET if met else MISSED), f"{when}，{reference}{'达到' if met else '未达到'}目标值"
