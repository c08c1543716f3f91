"""Progress towards targets (methods.md §11): headline and other readings, missing reports, frozen verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from jobs.kpi.dictionary import Indicator
from jobs.period import parse
from jobs.policy.model import Programme, Target
from jobs.policy.states import NO_DATA, RUNNING, due, exact, state

SCHEMA = (
    "period STRING, target_id STRING, name_zh STRING, clause STRING, quote STRING, owners STRING, indicator STRING, "
    "reading STRING, tier STRING, operator STRING, target_value DOUBLE, unit STRING, value DOUBLE, "
    "numerator DECIMAL(38,4), denominator DECIMAL(38,4), n BIGINT, gap DOUBLE, level_ratio DOUBLE, state STRING, "
    "state_reason STRING, frozen_value DOUBLE, frozen_state STRING, frozen_release STRING, strength STRING, "
    "deadline DATE, reference_period STRING, reference_date DATE, source STRING, headline BOOLEAN, note STRING"
)

PROVISIONAL = "暂定：年报未到，沿用上一年"


@dataclass(frozen=True)
class Frozen:
    """Verdict taken from the release that was approved when the lag after the deadline was over."""

    value: float | None
    state: str
    release: str


def _missing(
    target: Target, programme: Programme, dictionary: Mapping[str, Indicator], row: Any, period: str
) -> str:
    """Name the report whose absence leaves the target without a value."""
    names = programme.feed_names()
    reads = dictionary[target.reads.indicator].reads
    feeds = list(dict.fromkeys(r.feed for r in reads.values())) or [programme.roles["certificates"]]
    when = row["reference_period"] if row is not None else parse(period).end.isoformat()
    return f"缺{when}的" + "、".join(names.get(f, f) for f in feeds)


def _judge(
    target: Target,
    programme: Programme,
    reading: str,
    row: Mapping[str, Any] | None,
    period: str,
    dictionary: Mapping[str, Indicator],
) -> tuple[Fraction | None, Fraction | None, str, str]:
    """Return value, goal, state and reason of one reading."""
    at = parse(period).end
    each = reading in target.reads.each
    text = target.reads.each_share if each else str(target.value)
    goal = Fraction(text) if text is not None else None
    indicator = dictionary[target.reads.indicator]
    scale = Fraction(100 if each else indicator.scale if indicator.fold == "ratio" else 1)
    value = exact(row, scale) if row is not None else None
    if value is None or row is None or row["status"] == "EMPTY":
        return None, goal, NO_DATA, _missing(target, programme, dictionary, row, period)
    if goal is None:
        return value, None, RUNNING, "文件未规定要求的达标企业比例，仅列示"
    return value, goal, *state(target, value, goal, str(row["status"]), at, programme.grace_days)


def _row(
    target: Target,
    programme: Programme,
    reading: str,
    row: Mapping[str, Any] | None,
    period: str,
    frozen: Frozen | None,
    dictionary: Mapping[str, Indicator],
) -> tuple[Any, ...]:
    value, goal, found, reason = _judge(target, programme, reading, row, period, dictionary)
    at, day = parse(period).end, due(target, parse(period).end)
    headline = reading == target.reads.headline
    verdict = frozen if headline and frozen and day and at >= day else None
    if verdict:
        reason = f"结账值；现值：{found}，{reason}"
        found = verdict.state
    notes = [PROVISIONAL] if row is not None and bool(row["provisional"]) else []
    notes += [row["mark"]] if row is not None and value is not None and row["n_pending"] > 0 else []
    return (
        period,
        target.id,
        target.name_zh,
        target.clause,
        target.quote,
        "、".join(target.owners),
        target.reads.indicator,
        reading,
        target.reads.tier,
        target.operator,
        None if goal is None else float(goal),
        target.unit,
        None if value is None else float(value),
        None if row is None or value is None else _decimal(row["numerator"]),
        None if row is None or value is None else _decimal(row["denominator"]),
        0 if row is None else int(row["n"]),
        None if value is None or goal is None else float(value - goal),
        None if value is None or not goal else float(value / goal),
        found,
        reason,
        verdict.value if verdict else None,
        verdict.state if verdict else None,
        verdict.release if verdict else None,
        target.strength,
        target.deadline,
        None if row is None else row["reference_period"],
        at,
        dictionary[target.reads.indicator].source,
        headline,
        "；".join(notes) or None,
    )


def _decimal(value: Any) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def judge_all(
    figures: pd.DataFrame,
    programme: Programme,
    periods: list[str],
    approved: Mapping[str, Frozen],
    dictionary: Mapping[str, Indicator],
) -> list[tuple[Any, ...]]:
    """Judge every target of a programme for every period.

    Parameters
    ----------
    figures : DataFrame
        Rows of ``kpi_region``; those of the programme's own region are used.
    programme : Programme
    periods : list of str
    approved : mapping
        Target id -> verdict of the approved release, once the lag after the deadline is over.
    dictionary : mapping
        Indicators by id.

    Returns
    -------
    list of tuple
        Rows of :data:`SCHEMA`: the headline reading of each target and the readings beside it.
    """
    own = figures[figures["region_code"] == programme.region_code].to_dict("records")
    found = {
        (r["period"], r["indicator"], r["reading"], r["tier"] if isinstance(r["tier"], str) else None): r
        for r in own
    }
    rows = []
    for period in sorted(periods):
        for target in programme.targets:
            reads = target.reads
            for reading in (reads.headline, *reads.beside):
                figure = found.get((period, reads.indicator, reading, reads.tier))
                rows.append(
                    _row(target, programme, reading, figure, period, approved.get(target.id), dictionary)
                )
    return rows
