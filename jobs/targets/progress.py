"""Progress towards targets (methods.md §11): headline and other readings, missing reports, frozen verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from jobs.definitions.dictionary import Indicator
from jobs.definitions.period import parse
from jobs.definitions.policy.document import Cell, Document, Target
from jobs.definitions.policy.model import Programme
from jobs.kpi.exact import of_row
from jobs.targets.closing import FAILS, MEETS, CellKey, Closing, Stood, cell_key, due_period
from jobs.targets.measure import Measure, hindered, measure, note, unsettled
from jobs.targets.sources import Figure, Figures, lacking, missing, source
from jobs.targets.states import NO_DATA, PENDING, RUNNING, compare, expected, pace_of, past, state
from jobs.targets.verdicts import decided

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = (
    "period STRING, policy STRING, target_id STRING, region_code STRING, name_zh STRING, clause STRING, quote STRING, "
    "owners STRING, indicator STRING, reading STRING, tier STRING, operator STRING, target_value DOUBLE, unit STRING, "
    "value DOUBLE, factor DOUBLE, numerator DECIMAL(38,4), denominator DECIMAL(38,4), n BIGINT, gap DOUBLE, "
    "level_ratio DOUBLE, expected DOUBLE, pace DOUBLE, state STRING, state_reason STRING, today_value DOUBLE, "
    "today_period STRING, today_state STRING, closable BOOLEAN, waits STRING, frozen_value DOUBLE, "
    "frozen_state STRING, frozen_release STRING, frozen_period STRING, frozen_on DATE, revised_value DOUBLE, "
    "reached_period STRING, strength STRING, deadline DATE, reference_period STRING, reference_date DATE, "
    "source STRING, headline BOOLEAN, note STRING"
)
COLUMNS = [column.split()[0] for column in SCHEMA.split(", ")]
_LATER = (
    "frozen_value",
    "frozen_state",
    "frozen_release",
    "frozen_period",
    "frozen_on",
    "revised_value",
    "reached_period",
)
"""Columns that are filled once a target's day is past."""


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
    closing : Closing
    said : dict
        How the releases had each figure; the judged ones are added.
    """

    def __init__(
        self,
        programme: Programme,
        document: Document,
        dictionary: Mapping[str, Indicator],
        figures: Figures,
        period: str,
        closing: Closing,
        said: dict[CellKey, dict[str, list[Stood]]],
    ) -> None:
        self.programme, self.document, self.dictionary = programme, document, dictionary
        self.figures, self.period = figures, parse(period)
        self.closing, self.said = closing, said

    def _assessed(
        self, target: Target, cell: Cell, measured: Measure, value: Fraction | None
    ) -> tuple[bool | None, str, str]:
        """Return whether the period's own figure meets the target, its state before the target's day, and why."""
        figure, goal = self.figures.get((cell.indicator, cell.reading, cell.tier)), measured.goal
        if figure is None or value is None:
            return (
                None,
                NO_DATA,
                missing(cell, self.programme, self.dictionary, self.figures, self.period.key),
            )
        if goal is None:
            return None, RUNNING, measured.why
        if hindrance := hindered(self.dictionary[cell.indicator], figure):
            return None, *hindrance
        met = compare(value, measured.target.operator, goal)
        if past(target, self.period.end):
            return met, PENDING, ""
        grace, reference = self.programme.grace_days, str(figure["reference_period"])
        return met, *state(measured.target, value, goal, self.period.end, grace, reference)

    def _waits(self, cell: Cell) -> str:
        """Return what must come before a figure can close its target, in words; empty if all is in."""
        provisional = bool(self.figures[cell.indicator, cell.reading, cell.tier]["provisional"])
        lacking = list(self.closing.lacks(self.document, cell, self.period.key, provisional))
        lacking += ["年报（沿用上一年）"] if provisional and not lacking else []
        forms = source(None, cell, self.programme, self.dictionary)
        return "；".join([*lacking, *unsettled(cell, self.figures, self.dictionary, forms)])

    def _today(self, target: Target, cell: Cell, measured: Measure, value: Fraction | None) -> dict[str, Any]:
        """Return the columns on the period's own figure: whether it meets the target, and whether it could decide."""
        figure = self.figures.get((cell.indicator, cell.reading, cell.tier))
        met, state, reason = self._assessed(target, cell, measured, value)
        waits = None
        decides = due_period(target, self.period) == self.period.key
        if decides and past(target, self.period.end) and measured.goal is not None:
            waits = reason if met is None else self._waits(cell)
        return {
            "state": state, "state_reason": reason, "today_value": _double(value),
            "today_period": None if figure is None else figure["reference_period"],
            "today_state": None if met is None else MEETS if met else FAILS,
            "closable": None if waits is None else not waits, "waits": waits or None,
        }  # fmt: skip

    def own(self, target: Target, cell: Cell, headline: bool) -> dict[str, Any]:
        """Return the row of the period's own figure."""
        figure, indicator = (
            self.figures.get((cell.indicator, cell.reading, cell.tier)),
            self.dictionary[cell.indicator],
        )
        unit = indicator.unit if figure is None else str(figure["unit"])
        alike = headline or unit == self.dictionary[target.reads.indicator].unit
        measured = measure(target, cell, unit, alike, indicator)
        value = None if figure is None or lacking(figure) else of_row(figure, indicator)
        if value is not None:
            value *= measured.factor
        goal, at, there = measured.goal, self.period.end, figure if value is not None else None
        timed = None if value is None or goal is None else pace_of(measured.target, value, goal, at)
        return {
            "period": self.period.key, "policy": self.document.id, "target_id": target.id,
            "region_code": self.document.region_code, "name_zh": measured.name, "clause": target.clause,
            "quote": target.quote, "owners": "、".join(target.owners), "indicator": cell.indicator,
            "reading": cell.reading, "tier": cell.tier, "operator": measured.target.operator,
            "target_value": _double(goal), "unit": measured.unit, "value": _double(value),
            "factor": float(measured.factor),
            "numerator": None if there is None else _decimal(there["numerator"]),
            "denominator": None if there is None else _decimal(there["denominator"]),
            "n": 0 if figure is None else int(figure["n"]),
            "gap": None if value is None or goal is None else float(value - goal),
            "level_ratio": None if value is None or not goal else float(value / goal),
            "expected": None if goal is None else _double(expected(measured.target, goal, at)),
            "pace": _double(timed), **self._today(target, cell, measured, value), **dict.fromkeys(_LATER),
            "strength": target.strength, "deadline": target.deadline,
            "reference_period": None if figure is None else figure["reference_period"], "reference_date": at,
            "source": source(figure, cell, self.programme, self.dictionary), "headline": headline,
            "note": note(target, cell, figure, self.figures, value is not None),
        }  # fmt: skip

    def row(self, target: Target, cell: Cell, headline: bool) -> tuple[Any, ...]:
        """Return one row of :data:`SCHEMA`: the figure that holds, and the period's own beside it."""
        own, today = self.own(target, cell, headline), self.closing.today
        by_period = self.said.setdefault(cell_key(target.id, cell), {})
        by_period.setdefault(self.period.key, []).append(Stood(self.closing.release, today, today, own))
        made = decided(own, target, self.document, by_period, today, self.programme.lag_days)
        return tuple(made[name] for name in COLUMNS)

    def rows(self) -> list[tuple[Any, ...]]:
        """Return the rows of every target, that of the headline first."""
        return [
            self.row(target, cell, number == 0)
            for target in self.document.targets
            for number, cell in enumerate(target.reads.cells)
        ]


def _double(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _decimal(value: Any) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def judge_all(
    figures: pd.DataFrame,
    programme: Programme,
    periods: list[str],
    closing: Closing,
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
    closing : Closing
        What approved releases said before, what is missing, and what day it is.
    dictionary : mapping
        Indicators by id.

    Returns
    -------
    list of tuple
        Rows of :data:`SCHEMA`: the headline reading of each target and the readings beside it.
    """
    by_region: dict[tuple[str, str], dict[tuple[str, str, str | None], Figure]] = {}
    for r in figures.to_dict("records"):
        tier = r["tier"] if isinstance(r["tier"], str) else None
        by_region.setdefault((r["region_code"], r["period"]), {})[r["indicator"], r["reading"], tier] = r
    said = {key: {p: list(stood) for p, stood in own.items()} for key, own in closing.history.items()}
    return [
        row
        for period in sorted(periods)
        for document in programme.documents
        for row in _Judge(
            programme,
            document,
            dictionary,
            by_region.get((document.region_code, period), {}),
            period,
            closing,
            said,
        ).rows()
    ]
