"""A figure's value without rounding: what its numerator and denominator make of it, by kind and scale.

Both follow from the indicator's family, the reading and the dictionary, and go with the figure; nothing is read off
the value, which is only there for display.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from jobs.definitions.dictionary import Indicator

Kind = Literal["quotient", "growth", "difference"]
"""What a figure with both sides is: one over the other, what that exceeds one by, or one less the other."""

_ADDED_UP = 1e-12
"""Relative error of a mean of some thousand ratios at most."""
_SIMPLE = 10**4
"""Largest denominator of a fraction up to 1 that counts as simple; of larger values less, or one would always be near."""
_PERCENT, _ONE = Fraction(100), Fraction(1)
_GROWTH: dict[str, tuple[Kind, Fraction]] = {
    "same_firm": ("growth", _PERCENT),
    "published_base": ("growth", _PERCENT),
    "all_firm": ("growth", _PERCENT),
    "amount_change": ("difference", _ONE),
    "contribution": ("quotient", _PERCENT),
    "contribution_share": ("quotient", _PERCENT),
}
"""Readings of growth that have both sides."""
_MONTHS = 12


class Sides(NamedTuple):
    """How numerator and denominator of a figure make its value: by ``kind``, then times ``scale``."""

    kind: Kind
    scale: Fraction


def sides_of(indicator: Indicator, reading: str, months: int | None = None) -> Sides:
    """Return kind and scale of a figure; one without a denominator is its numerator, whatever they are.

    Parameters
    ----------
    indicator : Indicator
    reading : str
    months : int, optional
        Months that the figure adds up, for what is taken to a whole year.
    """
    if indicator.fold == "growth":
        return Sides(*_GROWTH.get(reading, ("quotient", _PERCENT)))
    if indicator.fold == "coverage" or (indicator.fold == "ratio" and reading == "share"):
        return Sides("quotient", _PERCENT)
    if indicator.fold in ("ratio", "derived"):
        yearly = Fraction(_MONTHS, months) if indicator.annualised and months else _ONE
        return Sides("quotient", Fraction(indicator.scale) * yearly)
    # Counts, sums, what departments and banks report: their sides hold the value itself.
    return Sides("quotient", _ONE)


def exact(
    value: float | None, numerator: Decimal | None, denominator: Decimal | None, sides: Sides
) -> Fraction | None:
    """Return a figure's value without rounding.

    Parameters
    ----------
    value : float or None
    numerator, denominator : Decimal or None
        Exact; where both are blank only ``value`` is known (a median, a mean).
    sides : Sides

    Returns
    -------
    Fraction or None
        None where there is no value, or nothing to divide by.
    """
    if value is None or math.isnan(value):
        return None
    if not isinstance(numerator, Decimal):
        return _meant(float(value))
    if not isinstance(denominator, Decimal):
        return Fraction(numerator)
    above, below = Fraction(numerator), Fraction(denominator)
    if sides.kind == "difference":
        return (above - below) * sides.scale
    if not below:
        return None
    return (above / below - (sides.kind == "growth")) * sides.scale


def of_row(row: Mapping[str, Any], indicator: Indicator) -> Fraction | None:
    """Return the value of a row of ``kpi_region`` without rounding."""
    months = row.get("months")
    whole = None if months is None or math.isnan(months) else int(months)
    sides = sides_of(indicator, row["reading"], whole)
    return exact(row["value"], row["numerator"], row["denominator"], sides)


def _meant(value: float) -> Fraction:
    """Return what a double stands for that was added up with rounding errors (a mean, a median).

    That is the simplest fraction within the error of such sums, so that a mean of exactly 7 % is 7 and not
    7.000000000000001, which a strict comparison would take for more.
    """
    fraction = Fraction(value).limit_denominator(int(_SIMPLE / max(1.0, math.sqrt(abs(value)))) or 1)
    return fraction if math.isclose(float(fraction), value, rel_tol=_ADDED_UP) else Fraction(value)
