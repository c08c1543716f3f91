"""Figures as text beside what they are set against: with as many digits as decide, so that no sentence contradicts itself.

2.9996 % against a line of 3 % is not "3.00 %, below 3 %". A figure has its usual digits unless, read as shown, it would compare
otherwise than it does; then it gets as many more as it takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

DIGITS = 2
"""Decimals that a figure has when nothing hangs on more."""
ENOUGH = 40
"""Decimals of an exact value at most: more than any stored figure has."""


def _side(value: Fraction, limit: Fraction) -> int:
    return (value > limit) - (value < limit)


def _rounded(value: Fraction, digits: int) -> Fraction:
    """Round half up, away from zero."""
    scaled = abs(value) * 10**digits + Fraction(1, 2)
    fraction = Fraction(scaled.numerator // scaled.denominator, 10**digits)
    return fraction if value >= 0 else -fraction


def shown(value: Fraction, against: Iterable[Fraction] = (), digits: int = DIGITS) -> str:
    """Return an exact value with thousands separators and as many decimals as decide.

    Parameters
    ----------
    value : Fraction
    against : iterable of Fraction
        What the value is compared with where it is shown.
    digits : int
        Decimals that it has at least.
    """
    limits = list(against)
    # A third that equals its limit has no end of decimals.
    while digits < ENOUGH and any(_side(_rounded(value, digits), x) != _side(value, x) for x in limits):
        digits += 1
    rounded = _rounded(value, digits)
    return f"{Decimal(rounded.numerator) / Decimal(rounded.denominator):,.{digits}f}"


def as_decided(value: float, limit: float | None) -> str:
    """Return a stored figure as text beside its limit; a figure without decimals has none.

    Parameters
    ----------
    value : float
    limit : float or None
    """
    text = shown(Fraction(str(value)), [] if limit is None else [Fraction(str(limit))])
    return text.removesuffix(".00")


def one_and_other(value: float, other: float) -> tuple[str, str]:
    """Return two stored figures as text with the same decimals, as many as tell them apart; none where neither has any.

    Parameters
    ----------
    value, other : float
    """
    one, two = Fraction(str(value)), Fraction(str(other))
    digits = DIGITS
    # Each rounded may lie on its side of the other as it is, and both be the same: 0.0882 and 0.0883 with three decimals.
    while digits < ENOUGH and _side(_rounded(one, digits), _rounded(two, digits)) != _side(one, two):
        digits += 1
    texts = [shown(x, digits=digits) for x in (one, two)]
    if all(t.endswith(".00") for t in texts):
        texts = [t.removesuffix(".00") for t in texts]
    return texts[0], texts[1]
