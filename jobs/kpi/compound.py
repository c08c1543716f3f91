"""Compound yearly growth (年均增幅), exact wherever it is a fraction."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction


def _root(number: int, degree: int) -> int:
    """Return the whole number nearest to the root of a whole number of up to 40 digits."""
    with localcontext(prec=60):
        return int((Decimal(number) ** (Decimal(1) / degree)).to_integral_value())


def compound_growth(first: Fraction, last: Fraction, years: int) -> Fraction | float:
    """Return (last / first) ^ (1 / years) - 1.

    A root that is no fraction comes as a double. It can never equal a percentage that a text names, and
    whole numbers as small as counts never bring it within a double's precision of one.

    Parameters
    ----------
    first, last : Fraction
        Sums of the first and the last year; first > 0, last >= 0.
    years : int
        Years between them, at least 1.

    Source
    ------
    methods.md §11, 年均; the geometric mean of the yearly growth factors.
    """
    times = last / first
    above, below = _root(times.numerator, years), _root(times.denominator, years)
    if Fraction(above**years, below**years) == times:
        return Fraction(above, below) - 1
    with localcontext(prec=60):
        ratio = Decimal(times.numerator) / Decimal(times.denominator)
        return float(ratio ** (Decimal(1) / years) - 1)
