"""A figure without rounding: kind and scale come from family, reading and dictionary, never from the value."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.definitions.dictionary import Indicator, indicators
from jobs.definitions.policy.model import load_all
from jobs.kpi.exact import Sides, exact, of_row, sides_of


def indicator(family: str, **changes: Any) -> Indicator:
    text = dict.fromkeys(("name_zh", "definition", "formula", "source", "owner"), "文")
    read = {"feed": "stat_finance", "column": "revenue", "at": "cumulative"}
    base: dict[str, Any] = {
        "id": "x",
        "unit": "%",
        "version": "1.0",
        "family": family,
        "reads": {"current": read},
    }
    if family == "derived":
        base |= {"op": "share", "of": [{"constant": "1"}, {"constant": "2"}], "reads": {}}
    return Indicator.model_validate(text | base | changes)


CASES = {
    "a rate in per cent": (indicator("ratio"), "pooled", "1", "3", None, Fraction(100, 3)),
    "patents per firm": (indicator("mean", scale="1"), "pooled", "7", "20", None, Fraction(7, 20)),
    "revenue per head in 万元": (indicator("ratio", scale="0.0001"), "pooled", "35000", "1", None, Fraction(7, 2)),
    "the same of nine months taken to a year": (
        indicator("ratio", scale="0.0001", annualised=True), "pooled", "35000", "1", 9, Fraction(7, 2) * Fraction(12, 9),
    ),
    "a share of firms is per cent whatever the rate is": (
        indicator("ratio", scale="0.0001", annualised=True), "share", "2", "3", 9, Fraction(200, 3),
    ),
    "growth": (indicator("growth"), "same_firm", "11", "10", None, Fraction(10)),
    "growth by a tenfold": (indicator("growth"), "all_firm", "100", "10", None, Fraction(900)),
    "a fall": (indicator("growth"), "published_base", "9", "10", None, Fraction(-10)),
    "no growth": (indicator("growth"), "same_firm", "10", "10", None, Fraction(0)),
    # Twice the base is growth of 100 %; as a quotient it would be 200 %.
    "twice as much": (indicator("growth"), "same_firm", "20", "10", None, Fraction(100)),
    "a change of amount": (indicator("growth"), "amount_change", "90", "100", None, Fraction(-10)),
    "an amount of the bridge": (indicator("growth"), "exits", "90", None, None, Fraction(90)),
    "a unit's part in growth": (indicator("growth"), "contribution", "3", "200", None, Fraction(3, 2)),
    "nothing to divide by": (indicator("growth"), "same_firm", "5", "0", None, None),
    "how many are covered": (indicator("coverage"), "stat_finance", "3", "4", None, Fraction(75)),
    "a count": (indicator("count", unit="户"), "valid", "5", None, None, Fraction(5)),
    "times as many": (indicator("flow", unit="倍"), "multiple", "5", "2", None, Fraction(5, 2)),
    "a sum": (indicator("level", unit="元"), "sum", "5.25", None, None, Fraction(21, 4)),
    "a bank's total in 亿元": (indicator("total", unit="亿元"), "total", "250000000", "100000000", None, Fraction(5, 2)),
    "an item that four decimals do not hold": (indicator("item", unit="%"), "yearly_growth", "10", "3", None, Fraction(10, 3)),
    "a share of two figures": (indicator("derived"), "pooled", "1", "8", None, Fraction(25, 2)),
    "a difference of two rates": (
        indicator("derived", op="difference", scale="100"), "difference", "1", "300", None, Fraction(1, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_figure_is_what_its_numerator_and_denominator_make_of_it(name: str) -> None:
    of, reading, above, below, months, found = CASES[name]
    row = {
        "reading": reading, "months": months, "numerator": Decimal(above), "denominator": below and Decimal(below),
        "value": 123.456,
    }  # fmt: skip
    assert of_row(row, of) == found, "whatever the value for display is"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (1.25, Fraction(5, 4)),
        ((0.01 + 0.01 + 0.07 + 0.13 + 0.13) / 5 * 100, Fraction(7)),
        (7.0000001, Fraction(7.0000001)),
        (6163.5676813029895, Fraction(6163.5676813029895)),
        (None, None),
        (float("nan"), None),
    ],
    ids=[
        "a median", "a mean of exactly seven that rounding made more", "a little more than seven",
        "a large mean near some fraction", "nothing", "not a number",
    ],
)  # fmt: skip
def test_a_value_alone_is_the_simple_fraction_that_it_stands_for(
    value: float | None, found: Fraction | None
) -> None:
    row = {"reading": "median", "months": None, "numerator": None, "denominator": None, "value": value}
    assert of_row(row, indicator("ratio")) == found


@given(
    st.integers(1, 10**12), st.integers(1, 10**12), st.sampled_from(["quotient", "growth"]),
    st.sampled_from(["0.0001", "1", "100", "12", "133.3333"]),
)  # fmt: skip
def test_neither_kind_nor_scale_is_read_off_the_value(above: int, below: int, kind: Any, scale: str) -> None:
    """Also where quotient and growth, or two scales, would look alike."""
    sides = Sides(kind, Fraction(scale))
    found = {exact(v, Decimal(above), Decimal(below), sides) for v in (0.0, 1.0, above / below, 1e300)}
    assert found == {(Fraction(above, below) - (kind == "growth")) * Fraction(scale)}


def test_every_reading_that_a_target_is_judged_by_has_its_kind() -> None:
    """Growth is no quotient, a share of firms is in per cent: for all targets of all policies."""
    known = indicators()
    for programme in load_all().values():
        for target in programme.targets:
            for cell in target.reads.cells:
                of = known[cell.indicator]
                sides = sides_of(of, cell.reading, 9)
                growth = of.family == "growth" and cell.reading in ("same_firm", "all_firm", "published_base")
                assert (sides.kind == "growth") == growth, target.id
                if cell.reading in target.reads.each:
                    assert sides == Sides("quotient", Fraction(100)), target.id
