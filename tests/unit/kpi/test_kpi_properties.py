"""Properties that hold for any data (methods.md §14)."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.family_frames import Folded, folded, growing, two_sided
from tests.support.model_runs import Row

FEW_RUNS = settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
MONEY = st.one_of(st.none(), st.integers(-10_000, 10**12))
POSITIVE = st.one_of(st.none(), st.integers(0, 10**12))
PERIODS = ("2024Q1", "2024Q2", "2024Q3", "2024Q4")
Firm = tuple[Any, ...]
Sets = list[list[Firm]]


def sets(firm: st.SearchStrategy[Firm], most: int = 30) -> st.SearchStrategy[Sets]:
    """Sets of firms, one for each period: a run of the models takes them all at once."""
    own = st.lists(firm, min_size=1, max_size=most)
    return st.lists(own, min_size=len(PERIODS), max_size=len(PERIODS))


FIRMS = sets(
    st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["x", "y"]), POSITIVE, POSITIVE, POSITIVE)
)


def each(drawn: Sets) -> Iterator[tuple[str, str, Firm]]:
    """Period, name and values of every firm."""
    for period, firms in zip(PERIODS, drawn, strict=True):
        yield from ((period, f"f{i:03d}", firm) for i, firm in enumerate(firms))


def _grown(drawn: Sets) -> Folded:
    return folded(
        "growth",
        [
            growing(name, *crp, period=period, unit=unit, county=f"{unit}1", domain=domain)
            for period, name, (unit, domain, *crp) in each(drawn)
        ],
    )


@FEW_RUNS
@given(FIRMS)
def test_units_add_up_to_the_province_and_the_bridge_balances(drawn: Sets) -> None:
    found = _grown(drawn)
    for period, firms in zip(PERIODS, drawn, strict=True):
        whole = found.of(period=period)
        for reading in ("amount_change", "restatement", "entries", "exits"):
            total = whole[reading]["value"]
            for level in ("unit", "county"):
                part = (period, level, None, reading)
                cells = [
                    r["value"]
                    for r in found.readings
                    if (r["period"], r["region_level"], r["domain"], r["reading"]) == part
                ]
                # Where nobody reported there is no bridge, of a part or of the whole.
                known = [v for v in cells if v is not None]
                assert bool(known) == (total is not None)
                assert sum(known) == pytest.approx(total or 0, abs=0.005)
        steps = [whole[k]["value"] or 0 for k in ("amount_change", "restatement", "entries")]
        row, gone = whole["all_firm"], whole["exits"]["value"] or 0
        ends = float(row["numerator"] or 0) - sum((f[4] or 0) for f in firms) / 100
        assert round(sum(steps) - gone - ends, 2) == 0


@FEW_RUNS
@given(FIRMS)
def test_contributions_of_any_partition_add_up_to_the_rate(drawn: Sets) -> None:
    found = _grown(drawn)
    for period in PERIODS:
        rate = found.of(period=period)["same_firm"]["value"]
        given_by = [r for r in found.readings if (r["period"], r["reading"]) == (period, "contribution")]
        units = [r["value"] for r in given_by if r["region_level"] == "unit" and r["domain"] is None]
        domains = [r["value"] for r in given_by if r["region_level"] == "province" and r["domain"]]
        if rate is not None:
            assert sum(v or 0 for v in units) == pytest.approx(rate, rel=1e-9, abs=1e-6)
            assert sum(v or 0 for v in domains) == pytest.approx(rate, rel=1e-9, abs=1e-6)


@FEW_RUNS
@given(sets(st.tuples(MONEY, MONEY, MONEY), 40), st.randoms())
def test_order_and_partitioning_of_rows_change_no_bit(drawn: Sets, random: Random) -> None:
    grow = [growing(name, *crp, period=period) for period, name, crp in each(drawn)]
    pairs = [two_sided(name, *crp[:2], period=period) for period, name, crp in each(drawn)]
    once = folded("growth", grow), folded("ratio", pairs, line="2.0")
    random.shuffle(grow)
    random.shuffle(pairs)
    again = folded("growth", grow, slices=3), folded("ratio", pairs, line="2.0", slices=3)
    for a, b in zip(once, again, strict=True):
        assert [a.of(period=p) for p in PERIODS] == [b.of(period=p) for p in PERIODS]


@FEW_RUNS
@given(sets(st.tuples(POSITIVE, POSITIVE, POSITIVE)))
def test_money_times_ten_changes_no_rate(drawn: Sets) -> None:
    # The firms of one unit are those of the other, ten times as large.
    both = [
        (
            f"{name} x{scale}",
            [None if v is None else v * scale for v in crp],
            {"period": period, "unit": str(scale)},
        )
        for period, name, crp in each(drawn)
        for scale in (1, 10)
    ]
    grown = folded("growth", [growing(name, *crp, **where) for name, crp, where in both])
    shared = folded("ratio", [two_sided(name, *crp[:2], **where) for name, crp, where in both], line="2.0")

    def rates(unit: str, period: str) -> dict[str, Row]:
        found = {**grown.of(unit, period=period), **shared.of(unit, period=period)}
        # What a unit adds to the whole is no rate of its own.
        return {
            k: (r["value"], r["status"], r["n"])
            for k, r in found.items()
            if r["unit"] == "%" and k != "contribution_share"
        }

    for period in PERIODS:
        assert rates("10", period) == rates("1", period)


@FEW_RUNS
@given(sets(st.tuples(MONEY, MONEY)))
def test_reasons_and_eligible_always_add_up(drawn: Sets) -> None:
    rows = [two_sided(name, *pair, period=period) for period, name, pair in each(drawn)]
    found = folded("ratio", rows, line="2.0")
    for period, firms in zip(PERIODS, drawn, strict=True):
        for row in found.of(period=period).values():
            assert sum(row["n_excluded"].values()) + row["n"] == row["n_scope"] == len(firms)
