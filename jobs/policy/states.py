"""States of a target: pace on the path, caps, deadlines (methods.md §11)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from jobs.policy.document import Target

GREEN, YELLOW, RED = "绿", "黄", "红"
RUNNING, MET, MISSED = "进行中", "达成", "未达成"
LOW, NO_DATA = "覆盖不足", "无数据"
PENDING, CHECK = "待结账", "待核实"
"""Past its day without a verdict yet; a figure that cannot be true."""

_SAME = 1e-9
"""Relative difference up to which a stored double is the exact figure."""
_ADDED_UP = 1e-12
"""Relative error of a mean of some thousand ratios at most."""
_SIMPLE = 10**4
"""Largest denominator of a fraction that counts as simple."""


def compare(value: Fraction, operator: str, target: Fraction) -> bool:
    """Compare exactly, boundary as the operator says."""
    return {
        ">=": value >= target,
        ">": value > target,
        "<=": value <= target,
        "<": value < target,
        "==": value == target,
    }[operator]


def _scaled(ratio: Fraction, value: float) -> Fraction | None:
    """Return a ratio times the power of ten by which it is the value; None if there is none."""
    if not ratio or not value:
        return Fraction(0) if ratio == value else None
    power = round(math.log10(abs(value / float(ratio))))
    found = ratio * Fraction(10) ** power
    return found if math.isclose(float(found), value, rel_tol=_SAME) else None


def exact(row: Mapping[str, Any]) -> Fraction | None:
    """Return a figure's value without rounding.

    Parameters
    ----------
    row : mapping
        ``value`` (double) with ``numerator`` and ``denominator`` (exact decimals), as in ``kpi_region``.

    Returns
    -------
    Fraction or None
        The value is the numerator, the quotient or, for growth, what the quotient exceeds one by, in some
        decimal unit (per cent, 万元): that one of them which the stored value is. A value that is none of
        them (a median): the simple fraction that it stands for, else as stored; None where there is none.
    """
    if row["value"] is None or pd.isna(row["value"]):
        return None
    value, above, below = float(row["value"]), row["numerator"], row["denominator"]
    if not isinstance(above, Decimal):
        return _meant(value)
    divided = isinstance(below, Decimal) and below != 0
    ratio = Fraction(above) / Fraction(below) if divided else Fraction(above)
    found = _scaled(ratio, value)
    if found is None and divided:
        found = _scaled(ratio - 1, value)
    return _meant(value) if found is None else found


def _meant(value: float) -> Fraction:
    """Return what a double stands for that was added up with rounding errors (a mean, a median).

    That is the simplest fraction within the error of such sums, so that a mean of exactly 7 % is 7 and not
    7.000000000000001, which a strict comparison would take for more.
    """
    found = Fraction(value).limit_denominator(_SIMPLE)
    return found if math.isclose(float(found), value, rel_tol=_ADDED_UP) else Fraction(value)


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


def _coloured(target: Target, value: Fraction, goal: Fraction, at: date, grace: int) -> tuple[str, str]:
    """State before the deadline, by the pace on the path from the baseline."""
    met = compare(value, target.operator, goal)
    if target.baseline is None or target.deadline is None:
        # Cut, not rounded: short of the target never reads 100 %.
        rate = f"完成率{math.floor(value / goal * 1000) / 10:.1f}%" if goal else "未达目标值"
        return RUNNING, f"无基期值，不设进度线；{'已达目标值，期限未到' if met else rate}"
    if met:
        return MET, "已达目标值"
    if (at - target.baseline.date).days < grace:
        return RUNNING, f"起始{grace}天内不评色"
    way = pace_of(target, value, goal, at)
    if way is None:
        return RUNNING, "进度线起点"
    colour = GREEN if way >= 1 else YELLOW if way >= Fraction(4, 5) else RED
    return colour, f"进度为应完成量的{float(way):.1%}"


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
