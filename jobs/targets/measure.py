"""How a figure is measured against its target: with what it is compared, under which name, and what forbids a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from jobs.definitions.dictionary import Indicator
from jobs.definitions.policy.document import Cell, Target
from jobs.definitions.policy.uses import asked
from jobs.targets.sources import Figure, Figures
from jobs.targets.states import CHECK, LOW

PROVISIONAL = "暂定：年报未到，沿用上一年"
SHARE_UNIT = "%"
SPOKEN = ("item", "derived")
"""Families whose notes name who has not reported; those of the others are for the analyst."""
WEIGHTED = "pooled"
"""Reading of a ratio that weighs every case by its size."""


@dataclass(frozen=True)
class Measure:
    """How a cell is measured against its target.

    Attributes
    ----------
    name : str
        What the figure is called: a share of those who keep to the line is not called the rate itself.
    why : str
        Why it is not measured at all.
    """

    target: Target
    goal: Fraction | None
    unit: str
    factor: Fraction
    name: str
    why: str = ""


def measure(target: Target, cell: Cell, unit: str, alike: bool, indicator: Indicator) -> Measure:
    """Return what a cell is compared with: the target's value, the required share of firms, or nothing.

    ``unit`` is the unit of the figure, ``alike`` whether it is that of the figure which decides.
    """
    if cell.reading in target.reads.each:
        share = target.reads.each_share
        goal = None if share is None else Fraction(share)
        firms = target.model_copy(update={"operator": ">=", "baseline": None})
        name = f"{target.name_zh}达标{'合同' if indicator.of_contracts else '企业'}占比"
        why = "文件未规定要求的达标企业比例，仅列示"
        return Measure(firms, goal, SHARE_UNIT, Fraction(1), name, why)
    if not alike:
        return Measure(target, None, unit, Fraction(1), target.name_zh, "计量单位与目标不同，仅列示")
    goal, factor = Fraction(str(target.value)), Fraction(target.reads.factor)
    return Measure(target, goal, target.unit, factor, target.name_zh)


def hindered(indicator: Indicator, figure: Figure) -> tuple[str, str] | None:
    """Return the state of a figure with a value that allows no verdict, and why; None if it allows one."""
    if figure["status"] == "LOW_COVERAGE":
        said = figure["note"] if indicator.family in SPOKEN else None
        words = f"（{said}）" if isinstance(said, str) and said else ""
        return LOW, f"报表覆盖不足{words}，仅列示数值"
    above, below = figure["numerator"], figure["denominator"]
    counted = isinstance(above, Decimal) and isinstance(below, Decimal)
    if counted and indicator.part and above > below:
        more, whole = (f"{amount.normalize():,f}" for amount in (above, below))
        return CHECK, f"口径不符：分子{more}大于分母{whole}，核对前不作判定"
    return None


def _behind(cell: Cell, figures: Figures, dictionary: Mapping[str, Indicator]) -> Iterable[Figure]:
    """Return a figure and those it is derived from."""
    ids = {i.id for i in asked([cell.indicator], dictionary)} - {cell.indicator}
    own = figures.get((cell.indicator, cell.reading, cell.tier))
    return [*([own] if own is not None else []), *(f for (i, _, _), f in figures.items() if i in ids)]


def unsettled(cell: Cell, figures: Figures, dictionary: Mapping[str, Indicator], forms: str) -> list[str]:
    """Return what stands in quarantine behind a figure, in words: rows that are not in it, and newer ones than those.

    ``forms`` are the names of the reports that it reads.
    """
    behind = _behind(cell, figures, dictionary)
    texts = {"{}中{}条待处理的更正": "n_pending", "{}中{}行待核实": "quarantined"}
    counts = [(text, max((int(f.get(name, 0)) for f in behind), default=0)) for text, name in texts.items()]
    return [text.format(forms, n) for text, n in counts if n]


def note(target: Target, cell: Cell, figure: Figure | None, figures: Figures, with_value: bool) -> str | None:
    """Return what a reader must know of the figure: provisional, rows that wait for a correction, the rate behind a share."""
    if figure is None:
        return None
    notes = [PROVISIONAL] if bool(figure["provisional"]) else []
    notes += [figure["mark"]] if with_value and figure["n_pending"] > 0 else []
    rate = figures.get((cell.indicator, WEIGHTED, cell.tier))
    if cell.reading in target.reads.each and rate is not None and rate["status"] != "EMPTY":
        notes.append(f"加权平均{float(rate['value']):,.2f}{rate['unit']}")
    return "；".join(notes) or None
