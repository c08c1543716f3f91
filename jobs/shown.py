"""Figures as text beside what they are set against: with as many digits as decide, so that no sentence contradicts itself.

2.9996 % against a line of 3 % is not "3.00 %, below 3 %". A figure has its usual digits unless, read as shown, it would compare
otherwise than it does; then it gets as many more as it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from pyspark.sql import Column
from pyspark.sql import functions as F

DIGITS = 2
"""Decimals that a figure has when nothing hangs on more."""
MOST = 16
"""Decimals that are tried in a frame; beyond, words say on which side the figure lies."""
ENOUGH = 40
"""Decimals of an exact value at most: more than any stored figure has."""
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
    # A third that equals its limit has no end of decimals.
    while digits < ENOUGH and any(_side(_rounded(value, digits), x) != _side(value, x) for x in limits):
        digits += 1
    found = _rounded(value, digits)
    return f"{Decimal(found.numerator) / Decimal(found.denominator):,.{digits}f}"


def beside(value: float, limit: float | None) -> str:
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


def _bound(value: Column, use: Callable[[Column], Column]) -> Column:
    """Work a value out once, however often it stands in what is made of it: expressions are trees, and would grow."""
    return F.get(F.transform(F.array(value), use), F.lit(0))


def _power(digits: Column) -> Column:
    powers = F.array(*[F.lit(10**n).cast(_WHOLE) for n in range(MOST + 1)])
    return F.get(powers, digits)


def _apart(pair: Column, limit: Column) -> Column:
    """Return by how much the dividend exceeds the limit's share of the divisor, in hundredths: 0 where they are equal."""
    return pair["of"] * 100 - limit * pair["by"]


def _wanted(pair: Column, limit: Column) -> Column:
    """Return the fewest decimals with which a quotient lies on its side of a limit that has two; null where they are equal.

    Rounding moves a value by half a unit of its last decimal at most: it stays on its side while it is farther away.
    """
    distance = F.abs(_apart(pair, limit)).cast("double") / (F.abs(pair["by"]).cast("double") * 100)
    return _bound(distance, lambda d: F.when(d > 0, F.floor(F.log10(_HALF / d)).cast("int") + 1))


def _numerals(pair: Column, digits: Column) -> Column:
    """Return the magnitude of a quotient in units of its last decimal, rounded half up; null where it cannot be held."""
    above = F.try_add(F.try_multiply(F.abs(pair["of"]) * 2, _power(digits)), F.abs(pair["by"]))
    below = F.abs(pair["by"]) * 2
    whole = _bound(above, lambda x: F.try_divide(x - x % below, below))
    return F.lpad(whole.cast(_WHOLE).cast("string"), F.lit(40), "0")


def _placed(pair: Column, numerals: Column, digits: Column) -> Column:
    """Set the point and the sign; what is rounded to nothing has none."""
    before = F.length(numerals) - digits
    whole = F.regexp_replace(F.substr(numerals, F.lit(1), before), r"^0+(?=\d)", "")
    negative = ((pair["of"] < 0) != (pair["by"] < 0)) & numerals.rlike("[1-9]")
    return F.concat(F.when(negative, "-").otherwise(""), whole, F.lit("."), F.substr(numerals, before + 1))


def _words(pair: Column, limit: Column) -> Column:
    """Say on which side of a limit a quotient lies, where no number of decimals parts them."""
    word = F.when(_apart(pair, limit) * F.signum(pair["by"]).cast(_WHOLE) < 0, BELOW).otherwise(ABOVE)
    return F.when(
        _wanted(pair, limit) > MOST, F.concat(word, (limit / 100).cast("decimal(20,2)").cast("string"))
    )


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
    whole |= {f"limit{i}": (c.cast("decimal(20,2)") * 100).cast(_WHOLE) for i, c in enumerate(against)}

    def text(pair: Column) -> Column:
        limits = [pair[f"limit{i}"] for i in range(len(against))]
        wanted = F.greatest(F.lit(DIGITS), F.lit(DIGITS), *[_wanted(pair, x) for x in limits])
        shown_with = _bound(
            F.least(wanted, F.lit(MOST)), lambda d: _bound(_numerals(pair, d), lambda n: _placed(pair, n, d))
        )
        huge = F.format_number(pair["of"].cast("double") / pair["by"].cast("double"), DIGITS)
        return F.coalesce(*[_words(pair, x) for x in limits], shown_with, huge)

    pair = F.struct(*[c.alias(n) for n, c in whole.items()])
    return F.when(of.isNotNull() & (by != 0), _bound(pair, text))


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
