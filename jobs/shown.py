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
    return F.element_at(powers, digits + 1)


def _over(above: Column, below: Column) -> Column:
    """Return the whole part of a quotient of whole numbers that are not negative; null where it cannot be held."""
    return F.try_divide(above - above % below, below).cast(_WHOLE)


def _numeral(pair: Column, digits: Column) -> Column:
    """Return a quotient as a whole number of its last decimal, rounded half up; null where it cannot be held."""
    size = F.abs(pair["by"])
    twice = F.try_multiply(F.abs(pair["of"]) * 2, _power(digits))
    found = _over(F.try_add(twice, size), size * 2)
    return found * F.signum(pair["of"]).cast(_WHOLE) * F.signum(pair["by"]).cast(_WHOLE)


def _exact_side(pair: Column, limit: Column) -> Column:
    """Return on which side of a limit, in hundredths, a quotient lies."""
    return F.signum(pair["of"] * 100 - limit * pair["by"]) * F.signum(pair["by"])


def _decided(pair: Column, digits: Column) -> Column:
    """Return whether a quotient with so many decimals compares with every limit as it does exactly."""
    numeral = _numeral(pair, digits)
    return F.forall(
        pair["limits"],
        lambda t: F.signum(numeral - F.try_multiply(t, _power(digits - 2))) == _exact_side(pair, t),
    )


def _numeral_text(numeral: Column, digits: Column) -> Column:
    size, one = F.abs(numeral), _power(digits)
    behind = F.lpad((size % one).cast("string"), digits, "0")
    return F.concat(
        F.when(numeral < 0, "-").otherwise(""), _over(size, one).cast("string"), F.lit("."), behind
    )


def _beside(pair: Column) -> Column:
    """Say in words on which side of the first limit that no number of decimals decides a quotient lies."""
    close = F.get(F.filter(pair["limits"], lambda t: ~_apart(pair, t)), F.lit(0))
    word = F.when(_exact_side(pair, close) < 0, BELOW).otherwise(ABOVE)
    return F.concat(word, (close / 100).cast("decimal(20,2)").cast("string"))


def _apart(pair: Column, limit: Column) -> Column:
    return F.abs(pair["of"] * 100 - limit * pair["by"]) >= F.abs(pair["by"]) * 100


def _quotient(pair: Column) -> Column:
    """Return the text of a bound quotient: digits are looked for only close to a limit."""
    least = F.lit(DIGITS)
    more = F.filter(F.sequence(least, F.lit(MOST)), lambda d: F.coalesce(_decided(pair, d), F.lit(False)))
    far = F.forall(pair["limits"], lambda t: _apart(pair, t))
    digits = F.when(far, least).otherwise(F.get(more, F.lit(0)))
    found = _numeral_text(_numeral(pair, digits), digits)
    huge = F.format_number(pair["of"].cast("double") / pair["by"].cast("double"), DIGITS)
    return F.when(digits.isNull(), _beside(pair)).otherwise(F.coalesce(found, huge))


def quotient_text(of: Column, by: Column, against: Sequence[Column] = ()) -> Column:
    """Return a quotient of exact decimals as text; null where the divisor is 0 or a part is unknown.

    Parameters
    ----------
    of, by : Column
        Decimals of at most four places, for instance money or persons, and products of two.
    against : sequence of Column
        Decimals of at most two places that the quotient is set against; an unknown one decides nothing.
    """
    whole = {n: (c.cast("decimal(38,4)") * _UNIT).cast(_WHOLE) for n, c in (("of", of), ("by", by))}
    limits = F.array(*[(c.cast("decimal(20,2)") * 100).cast(_WHOLE) for c in against])
    known = F.array_compact(limits.cast(f"array<{_WHOLE}>"))
    pair = F.struct(*[c.alias(n) for n, c in whole.items()], known.alias("limits"))
    # Bound once, as an element of its own: a lambda's argument is not worked out again wherever it stands.
    bound = F.transform(F.array(pair), _quotient)
    return F.when((of.isNotNull()) & (by != 0), F.get(bound, F.lit(0)))


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
