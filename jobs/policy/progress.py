"""Progress towards targets (methods.md §11): headline and other readings, missing reports, frozen verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from jobs.kpi.dictionary import Indicator
from jobs.period import Period, parse, quarter_of
from jobs.policy.document import Cell, Document, Target
from jobs.policy.model import Programme
from jobs.policy.sources import Figure, Figures, lacking, missing, source
from jobs.policy.states import NO_DATA, RUNNING, due, exact, expected, pace_of, state

SCHEMA = (
    "period STRING, policy STRING, target_id STRING, region_code STRING, name_zh STRING, clause STRING, quote STRING, "
    "owners STRING, indicator STRING, reading STRING, tier STRING, operator STRING, target_value DOUBLE, unit STRING, "
    "value DOUBLE, factor DOUBLE, numerator DECIMAL(38,4), denominator DECIMAL(38,4), n BIGINT, gap DOUBLE, "
    "level_ratio DOUBLE, expected DOUBLE, pace DOUBLE, state STRING, state_reason STRING, frozen_value DOUBLE, "
    "frozen_state STRING, frozen_release STRING, strength STRING, deadline DATE, reference_period STRING, "
    "reference_date DATE, source STRING, headline BOOLEAN, note STRING"
)
COLUMNS = [column.split()[0] for column in SCHEMA.split(", ")]

PROVISIONAL = "暂定：年报未到，沿用上一年"
SHARE_UNIT = "%"


@dataclass(frozen=True)
class Frozen:
    """Verdict taken from the release that was approved when the lag after the deadline was over."""

    value: float | None
    state: str
    release: str


Approved = Mapping[tuple[str, str], Frozen]
"""Target id and period in which it was due -> frozen verdict; a yearly target has one a year."""


def due_period(target: Target, period: Period) -> str | None:
    """Return the quarter in which a target is due as seen from a period; None if it never is."""
    day = due(target, period.end)
    return quarter_of(f"{day:%Y%m}").key if day else None


@dataclass(frozen=True)
class _Measure:
    """How a cell is measured against its target."""

    target: Target
    goal: Fraction | None
    unit: str
    factor: Fraction
    why: str = ""
    """Why it is not measured at all."""


def _measure(target: Target, cell: Cell, unit: str, alike: bool) -> _Measure:
    """Return what a cell is compared with: the target's value, the required share of firms, or nothing.

    ``unit`` is the unit of the figure, ``alike`` whether it is that of the figure which decides.
    """
    if cell.reading in target.reads.each:
        share = target.reads.each_share
        goal = None if share is None else Fraction(share)
        firms = target.model_copy(update={"operator": ">=", "baseline": None})
        return _Measure(firms, goal, SHARE_UNIT, Fraction(1), "文件未规定要求的达标企业比例，仅列示")
    if not alike:
        return _Measure(target, None, unit, Fraction(1), "计量单位与目标不同，仅列示")
    return _Measure(target, Fraction(str(target.value)), target.unit, Fraction(target.reads.factor))


@dataclass(frozen=True)
class _Verdict:
    value: Fraction | None
    state: str
    reason: str
    expected: Fraction | None = None
    pace: Fraction | None = None


class _Judge:
    """Judges the targets of one document for one period.

    Parameters
    ----------
    programme : Programme
    document : Document
    dictionary : mapping
    figures : mapping
        Figures of the document's region and the period.
    period : str
    approved : mapping
    """

    def __init__(
        self,
        programme: Programme,
        document: Document,
        dictionary: Mapping[str, Indicator],
        figures: Figures,
        period: str,
        approved: Approved,
    ) -> None:
        self.programme, self.document, self.dictionary = programme, document, dictionary
        self.figures, self.period, self.approved = figures, parse(period), approved

    def _verdict(self, cell: Cell, measure: _Measure, figure: Figure | None) -> _Verdict:
        at, value = self.period.end, None if figure is None else exact(figure)
        if figure is None or value is None or lacking(figure):
            words = missing(cell, self.programme, self.dictionary, self.figures, self.period.key)
            line = None if measure.goal is None else expected(measure.target, measure.goal, at)
            return _Verdict(None, NO_DATA, words, line)
        value *= measure.factor
        if measure.goal is None:
            return _Verdict(value, RUNNING, measure.why)
        grace, status = self.programme.grace_days, str(figure["status"])
        found, reason = state(measure.target, value, measure.goal, status, at, grace)
        line = expected(measure.target, measure.goal, at)
        return _Verdict(value, found, reason, line, pace_of(measure.target, value, measure.goal, at))

    def _frozen(self, target: Target, headline: bool) -> Frozen | None:
        """Return the frozen verdict, once the target's day has come."""
        day, key = due(target, self.period.end), due_period(target, self.period)
        if not headline or day is None or key is None or self.period.end < day:
            return None
        return self.approved.get((target.id, key))

    def row(self, target: Target, cell: Cell, headline: bool) -> tuple[Any, ...]:
        """Return one row of :data:`SCHEMA`."""
        figure = self.figures.get((cell.indicator, cell.reading, cell.tier))
        unit = self.dictionary[cell.indicator].unit if figure is None else str(figure["unit"])
        alike = headline or unit == self.dictionary[target.reads.indicator].unit
        measure = _measure(target, cell, unit, alike)
        verdict, frozen = self._verdict(cell, measure, figure), self._frozen(target, headline)
        found, reason = verdict.state, verdict.reason
        if frozen:
            found, reason = frozen.state, f"结账值；现值：{found}，{reason}"
        value, goal = verdict.value, measure.goal
        there = figure if figure is not None and value is not None else None
        return (
            self.period.key, self.document.id, target.id, self.document.region_code, target.name_zh, target.clause,
            target.quote, "、".join(target.owners), cell.indicator, cell.reading, cell.tier, measure.target.operator,
            _double(goal), measure.unit, _double(value), float(measure.factor),
            None if there is None else _decimal(there["numerator"]),
            None if there is None else _decimal(there["denominator"]),
            0 if figure is None else int(figure["n"]),
            None if value is None or goal is None else float(value - goal),
            None if value is None or not goal else float(value / goal),
            _double(verdict.expected), _double(verdict.pace), found, reason,
            frozen.value if frozen else None, frozen.state if frozen else None, frozen.release if frozen else None,
            target.strength, target.deadline, None if figure is None else figure["reference_period"], self.period.end,
            source(figure, cell, self.programme, self.dictionary), headline, _note(figure, value),
        )  # fmt: skip

    def rows(self) -> list[tuple[Any, ...]]:
        """Return the rows of every target, that of the headline first."""
        return [
            self.row(target, cell, number == 0)
            for target in self.document.targets
            for number, cell in enumerate(target.reads.cells)
        ]


def _note(figure: Figure | None, value: Fraction | None) -> str | None:
    """Return what a reader must know of the figure: provisional, rows that wait for a correction."""
    if figure is None:
        return None
    notes = [PROVISIONAL] if bool(figure["provisional"]) else []
    notes += [figure["mark"]] if value is not None and figure["n_pending"] > 0 else []
    return "；".join(notes) or None


def _double(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _decimal(value: Any) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def judge_all(
    figures: pd.DataFrame,
    programme: Programme,
    periods: list[str],
    approved: Approved,
    dictionary: Mapping[str, Indicator],
) -> list[tuple[Any, ...]]:
    """Judge every target of a programme's documents for every period.

    Parameters
    ----------
    figures : DataFrame
        Rows of ``kpi_region``; of each document those of its own region are used. Without any, every target
        is without data.
    programme : Programme
    periods : list of str
    approved : mapping
        Verdicts of approved releases, once the lag after the day on which they were due is over.
    dictionary : mapping
        Indicators by id.

    Returns
    -------
    list of tuple
        Rows of :data:`SCHEMA`: the headline reading of each target and the readings beside it.
    """
    found: dict[tuple[str, str], dict[tuple[str, str, str | None], Figure]] = {}
    for r in figures.to_dict("records"):
        tier = r["tier"] if isinstance(r["tier"], str) else None
        found.setdefault((r["region_code"], r["period"]), {})[r["indicator"], r["reading"], tier] = r
    return [
        row
        for period in sorted(periods)
        for document in programme.documents
        for row in _Judge(
            programme, document, dictionary, found.get((document.region_code, period), {}), period, approved
        ).rows()
    ]
