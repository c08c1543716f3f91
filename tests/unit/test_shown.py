"""Figures beside what they are set against: as shown they compare as they do exactly, whatever they are."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.kpi import runner
from jobs.shown import shown
from tests.support.warning_models import figures_as_text

BELOW, ABOVE = "略低于", "略高于"

# Value, limits, digits -> text
EXAMPLES = {
    ("2.9996", ("3",), 2): "2.9996",
    ("2.994", ("3",), 2): "2.99",
    ("3", ("3",), 2): "3.00",
    ("3.004", ("3",), 2): "3.004",
    ("-19.996", ("-20",), 2): "-19.996",
    ("99.96", ("100", "80"), 1): "99.96",
    ("79.96", ("100", "80"), 1): "79.96",
    ("99.94", ("100", "80"), 1): "99.9",
    ("1234567.5", (), 0): "1,234,568",
    ("-0.5", (), 0): "-1",
    ("0.004", ("0",), 2): "0.004",
    ("-0.001", (), 2): "0.00",
}


@pytest.mark.parametrize("case", EXAMPLES)
def test_a_value_has_the_digits_that_decide(case):
    value, limits, digits = case
    assert shown(Fraction(value), map(Fraction, limits), digits) == EXAMPLES[case]


fractions = st.fractions(-(10**6), 10**6, max_denominator=10**12)
near = st.builds(
    lambda t, n, d: (t, t + Fraction(n, d)),
    st.decimals(-100, 100, places=2).map(Fraction),
    st.integers(-3, 3),
    st.integers(1, 10**13),
)


def side(value, limit):
    return (value > limit) - (value < limit)


@given(fractions, st.lists(st.decimals(-100, 100, places=2).map(Fraction), max_size=3), st.integers(0, 4))
def test_as_shown_it_compares_as_it_does_exactly(value, limits, digits):
    text = Fraction(shown(value, limits, digits).replace(",", ""))
    assert [side(text, x) for x in limits] == [side(value, x) for x in limits]


@given(near, st.integers(0, 4))
def test_also_beside_the_limit(pair, digits):
    limit, value = pair
    assert side(Fraction(shown(value, [limit], digits).replace(",", "")), limit) == side(value, limit)


def quotients():
    """Dividends and divisors in fen around a limit, further and further away from it; ends of what is computed with."""
    for limit in ("3", "-20", "75", "0", "6.5"):
        t = Fraction(limit)
        for by in (
            Fraction(1, 100),
            Fraction(7),
            Fraction(123456789, 100),
            Fraction(10**12) + Fraction(1, 100),
        ):
            whole = (t * by * 100).__floor__()
            for step in (-(10**6), -1000, -1, 0, 1, 1000, 10**6):
                yield Fraction(whole + step, 100), by, t
    yield Fraction(10**12), Fraction(1, 100), Fraction(3)
    yield Fraction(-(10**12)), Fraction(1, 100), Fraction(3)
    yield Fraction(5), Fraction(-2), Fraction(-2)


def _decimal(value):
    return Decimal(value.numerator) / Decimal(value.denominator)


def test_a_quotient_in_a_table_compares_as_it_does_exactly():
    cases = list(quotients())
    for (of, by, limit), text in zip(
        cases, figures_as_text(map(_decimal, case) for case in cases), strict=True
    ):
        if text.startswith((BELOW, ABOVE)):
            found = -1 if text.startswith(BELOW) else 1
            assert Fraction(text.removeprefix(BELOW).removeprefix(ABOVE)) == limit
            assert abs(of / by - limit) < Fraction(1, 10**9), "only where no number of digits would be read"
        else:
            assert re.fullmatch(r"-?\d[\d,]*\.\d{2,16}", text), text
            found = side(Fraction(text.replace(",", "")), limit)
        assert found == side(of / by, limit), (of, by, limit, text)


def test_a_quotient_of_nothing_or_by_nothing_is_not_shown():
    pairs = [(None, Decimal(1)), (Decimal(1), None), (Decimal(1), Decimal(0)), (Decimal(1), Decimal(8))]
    assert figures_as_text((*pair, None) for pair in pairs) == [None, None, None, "0.13"]


# Double, limits -> text
DOUBLES = {
    (3.0, (3.0,)): "3",
    (2.99996, (3.0,)): "2.99996",
    (2.9999, (3.0,)): "2.9999",
    (2.999999994, (3.0, 6.0)): "2.99999999",
    (6.999999999999999, (7.0,)): "7",
    (1234.5, ()): "1,234.5",
    (7.00001, ()): "7",
}


def test_a_double_in_a_table_has_the_digits_that_decide():
    asked = "SELECT double_text(CAST(? AS DOUBLE), CAST(? AS DOUBLE[]))"
    with runner.connection(1) as con:
        told = [con.execute(asked, [value, list(limits)]).fetchone()[0] for value, limits in DOUBLES]
    assert told == list(DOUBLES.values())
