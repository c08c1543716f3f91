"""Figures as text beside what they are set against: with as many digits as decide, so that no sentence contradicts itself.

2.9996 % against a line of 3 % is not "3.00 %, below 3 %". A figure has its usual digits unless, read as shown, it would compare
otherwise than it does; then it gets as many more as it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from pyspark.sql import Column
from pyspark.sql import functions as F

DIGITS = 2
"""Decimals that a figure has when nothing hangs on more."""
MOST = 16
"""Decimals that are tried in a frame; beyond, words say on which side the figure lies."""
BELOW, ABOVE = "略低于", "略高于"

_HALF = 0.500001
"""Half a unit of the last decimal, and what a double may lose: a decimal more harms nobody."""
_UNIT = 10_000
"""Facts have four decimals: in this unit they are whole numbers."""
_WHOLE = "decimal(38,0)"
_DOUBLES = (4, 8, 12, 15)
"""Decimals tried for doubles, which hold no more."""
_NOISE = 4e-15
"""Relative error of a double that a few operations have made."""


def _side(value: Fraction, limit: Fraction) -> int:
    return (value > limit) - (value < limit)


def _rounded(value: Fraction, digits: int) -> Fraction:
    """Round half up, away from zero."""
    scaled = abs(value) * 10**digits + Fraction(1, 2)
    found = Fraction(scaled.numerator // scaled.denominator, 10**digits)
    return found if value >= 0 else -found


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
    while any(_side(_rounded(value, digits), x) != _side(value, x) for x in limits):
        digits += 1
    found = _rounded(value, digits)
    return f"{Decimal(found.numerator) / Decimal(found.denominator):,.{digits}f}"


def _power(digits: Column) -> Column:
    powers = F.array(*[F.lit(10**n).cast(_WHOLE) for n in range(MOST + 1)])
    return F.get(powers, digits)


def _apart(of: Column, by: Column, limit: Column) -> Column:
    """Return by how much the dividend exceeds the limit's share of the divisor, in hundredths: 0 where they are equal."""
    return of * 100 - limit * by


def _wanted(of: Column, by: Column, limit: Column) -> Column:
    """Return the fewest decimals with which a quotient lies on its side of a limit that has two.

    Rounding moves a value by half a unit of its last decimal at most: it stays on its side while it is farther away.
    """
    distance = F.abs(_apart(of, by, limit)).cast("double") / (F.abs(by).cast("double") * 100)
    return F.when(distance > 0, F.floor(F.log10(_HALF / distance)).cast("int") + 1)


def _numerals(of: Column, by: Column, digits: Column) -> Column:
    """Return the magnitude of a quotient in units of its last decimal, rounded half up; null where it cannot be held."""
    size = F.abs(by)
    above = F.try_add(F.try_multiply(F.abs(of) * 2, _power(digits)), size)
    return F.try_divide(above - above % (size * 2), size * 2).cast(_WHOLE).cast("string")


def quotient_text(of: Column, by: Column, against: Sequence[Column] = ()) -> Column:
    """Return a quotient of exact decimals as text; null where the divisor is 0 or a part is unknown.

    Parameters
    ----------
    of, by : Column
        Decimals of at most four places, for instance money or persons, and products of two.
    against : sequence of Column
        Decimals of at most two places that the quotient is set against; an unknown one decides nothing.
    """
    above, below = [(c.cast("decimal(38,4)") * _UNIT).cast(_WHOLE) for c in (of, by)]
    limits = [(c.cast("decimal(20,2)") * 100).cast(_WHOLE) for c in against]
    digits = F.greatest(F.lit(DIGITS), F.lit(DIGITS), *[_wanted(above, below, x) for x in limits])
    numerals = F.lpad(_numerals(above, below, digits), F.greatest(digits + 1, F.lit(40)), "0")
    whole = F.regexp_replace(F.substr(numerals, F.lit(1), F.length(numerals) - digits), r"^0+(?=\d)", "")
    found = F.concat(whole, F.lit("."), F.substr(numerals, F.length(numerals) - digits + 1))
    sign = F.when((above < 0) != (below < 0), "-").otherwise("")
    signed = F.concat(F.when(found.rlike("[1-9]"), sign).otherwise(""), found)
    huge = F.format_number(of.cast("double") / by.cast("double"), DIGITS)
    words = [
        F.when(_wanted(above, below, x) > MOST, _words(_apart(above, below, x) * F.signum(by), x))
        for x in limits
    ]
    text = F.coalesce(*words, signed, huge)
    return F.when(of.isNotNull() & (by != 0), text)


def _words(apart: Column, limit: Column) -> Column:
    """Say on which side of a limit a quotient lies that no number of decimals parts from it."""
    word = F.when(apart < 0, BELOW).otherwise(ABOVE)
    return F.concat(word, (limit / 100).cast("decimal(20,2)").cast("string"))


def double_text(value: Column, limits: Column) -> Column:
    """Return a double with up to four decimals, or as many more as decide between it and an array of limits.

    What differs by no more than computing with doubles does is the same.
    """

    def same_side(digits: int, limit: Column) -> Column:
        close = F.abs(value - limit) <= F.abs(limit) * _NOISE
        side = F.when(close, 0.0).otherwise(F.signum(value - limit))
        return F.signum(F.round(value, digits) - limit) == side

    def pattern(digits: int) -> Column:
        return F.lit("#,##0." + "#" * digits)

    def decides(digits: int) -> Column:
        return F.forall(limits, lambda x: same_side(digits, x))

    *fewer, most = _DOUBLES
    chosen = pattern(most)
    for digits in reversed(fewer):
        chosen = F.when(decides(digits), pattern(digits)).otherwise(chosen)
    return F.call_function(
        "format_number", value, F.when(limits.isNull(), pattern(_DOUBLES[0])).otherwise(chosen)
    )
