"""What a target says once its day is past: the deadline's figure and verdict first, today's figure beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from jobs.definitions.period import Period, parse
from jobs.definitions.policy.document import Document, Target
from jobs.shown import as_decided
from jobs.targets.closing import Frozen, Row, Stood, due_period, freeze, latest, reached_later
from jobs.targets.states import MET, MISSED, NO_DATA, PENDING, RUNNING, due

_FIGURE = (
    "value", "numerator", "denominator", "n", "gap", "level_ratio", "expected", "pace", "reference_period", "reference_date",
    "source", "note",
)  # fmt: skip
"""Columns that belong to the figure which decides."""
_REPLACED = dict.fromkeys(("numerator", "denominator", "gap", "level_ratio", "pace"))


def spoken(period: Period) -> str:
    """Return a period as people say it."""
    return f"{period.year}年" + (f"{period.month_to // 3}季度" if period.months == 3 else "")


def _figure(row: Row) -> dict[str, Any]:
    """Return the figure of a row's own period, also where another one decides in that row."""
    figure = {name: row[name] for name in _FIGURE}
    return (
        figure if row["value"] == row["today_value"] else figure | _REPLACED | {"value": row["today_value"]}
    )


def _past(target: Target, day: date) -> str:
    return f"{day.year}年度" if target.yearly else f"期限{day.isoformat()}"


def _pending(row: Row, target: Target, day: date, close: date, today: date) -> dict[str, Any]:
    """Return the deadline's figure without a verdict: before the lag is over, or waiting for a report."""
    waits, over = row["waits"], f"{_past(target, day)}{'已结束' if target.yearly else '已过'}"
    if row["today_state"] is None:
        return _figure(row) | {
            "state": row["state"],
            "state_reason": f"{waits}；{over}，尚未结账",
            "waits": waits,
        }
    still = f"，尚待{waits}" if waits else ""
    when = f"结账日{close.isoformat()}{still}" if today <= close else f"结账待{waits or '发布批准'}"
    words = f"{over}，{when}；暂定数{row['today_state']}目标值"
    return _figure(row) | {"state": PENDING, "state_reason": words, "waits": waits}


def _stamp(frozen: Frozen, period: str) -> dict[str, Any]:
    return {
        "frozen_value": frozen.row["today_value"],
        "frozen_state": MET if frozen.met else MISSED,
        "frozen_release": frozen.release,
        "frozen_period": period,
        "frozen_on": frozen.on,
    }


def _closed(
    frozen: Frozen, target: Target, by_period: Mapping[str, Sequence[Stood]], due_in: str, until: str
) -> dict[str, Any]:
    """Return the frozen figure and verdict, and what came after: a correction, the target reached later."""
    day = due(target, parse(due_in).end)
    assert day is not None
    words = [f"{_past(target, day)}{frozen.row['today_state']}目标值，{frozen.on.isoformat()}结账"]
    now = latest(by_period, due_in)
    revised = None if now is None or now["today_value"] == frozen.row["today_value"] else now["today_value"]
    if revised is not None:
        words.append(f"修订后{as_decided(revised, frozen.row['target_value'])}，结论不变")
    later = None if frozen.met or target.yearly else reached_later(by_period, due_in, until)
    if later:
        words.append(f"期限后达到（{spoken(parse(later))}）")
    stamp = _stamp(frozen, due_in)
    return (
        _figure(frozen.row)
        | stamp
        | {"state": stamp["frozen_state"], "state_reason": "；".join(words), "waits": None}
        | {"revised_value": revised, "reached_period": later}
    )


def _year_before(
    own: Row, target: Target, document: Document, by_period: Mapping[str, Sequence[Stood]], today: date, lag: timedelta
) -> dict[str, Any]:  # fmt: skip
    """Return the verdict on the year before, beside this year's figure."""
    day = date(parse(own["period"]).year - 1, 12, 31)
    if not target.yearly or not document.in_force(day.year):
        return {}
    key = due_period(target, Period(day.year, 12, 3)) or ""
    frozen = freeze(by_period.get(key, ()), day + lag, today)
    if frozen is None:
        return {}
    stamp = _stamp(frozen, key)
    return stamp | {"state_reason": f"{own['state_reason']}；{day.year}年度结账：{stamp['frozen_state']}"}


def decided(
    own: Row, target: Target, document: Document, by_period: Mapping[str, Sequence[Stood]], today: date, lag: int
) -> dict[str, Any]:  # fmt: skip
    """Return a row with the figure and the state that hold in it.

    Parameters
    ----------
    own : mapping
        Row of the period's own figure, with the state it has while the target's day is not past.
    target : Target
    document : Document
    by_period : mapping
        Period -> the figure in all releases of it, ``own`` included.
    today : date
    lag : int
        Days after the target's day until its verdict stands.

    Returns
    -------
    dict
        Before the target's day ``own``; afterwards the figure of that day's period, frozen or pending.
    """
    period, wait = parse(own["period"]), timedelta(days=lag)
    day, key = due(target, period.end), due_period(target, period)
    if own["target_value"] is None:
        return dict(own)
    if day is None or key is None or period.end < day:
        return {**own, **_year_before(own, target, document, by_period, today, wait)}
    if target.yearly and not document.in_force(day.year):
        nothing = {"waits": None, "closable": None}
        return {**own, **nothing, "state": RUNNING, "state_reason": f"文件{day.year}年未施行，不作判定"}
    if frozen := freeze(by_period.get(key, ()), day + wait, today):
        return {**own, **_closed(frozen, target, by_period, key, period.key)}
    if (basis := latest(by_period, key)) is None:
        nothing = dict.fromkeys(_FIGURE) | {"n": 0, "reference_date": day, "source": own["source"]}
        why = f"{_past(target, day)}已过，没有{spoken(parse(key))}的发布"
        return {**own, **nothing, "state": NO_DATA, "state_reason": why, "waits": why}
    return {**own, **_pending(basis, target, day, day + wait, today)}
