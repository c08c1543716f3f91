"""Properties that hold for any data (methods.md §14)."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.family_frames import Folded, folded, growing, two_sided
from tests.model_runs import Row

FEW_RUNS = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
MONEY = st.one_of(st.none(), st.integers(-10_000, 10**12))
POSITIVE = st.one_of(st.none(), st.integers(0, 10**12))
Firm = tuple[Any, ...]
FIRMS = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["x", "y"]), POSITIVE, POSITIVE, POSITIVE),
    min_size=1,
    max_size=30,
)


def _grown(firms: Iterable[Firm]) -> Folded:
    return folded(
        "growth",
        [
            growing(f"f{i:03d}", *crp, unit=unit, county=f"{unit}1", domain=domain)
            for i, (unit, domain, *crp) in enumerate(firms)
        ],
    )


@FEW_RUNS
@given(FIRMS)
def test_units_add_up_to_the_province_and_the_bridge_balances(firms: list[Firm]) -> None:
    found = _grown(firms)
    whole = found.of()
    for reading in ("amount_change", "restatement", "entries", "exits"):
        total = whole[reading]["value"]
        for level in ("unit", "county"):
            parts = [
                r["value"]
                for r in found.readings
                if (r["region_level"], r["domain"], r["reading"]) == (level, None, reading)
            ]
            # Where nobody reported there is no bridge, of a part or of the whole.
            known = [p for p in parts if p is not None]
            assert bool(known) == (total is not None)
            assert sum(known) == pytest.approx(total or 0, abs=0.005)
    steps = [whole[k]["value"] or 0 for k in ("amount_change", "restatement", "entries")]
    row, gone = whole["all_firm"], whole["exits"]["value"] or 0
    ends = float(row["numerator"] or 0) - sum((f[4] or 0) for f in firms) / 100
    assert round(sum(steps) - gone - ends, 2) == 0


@FEW_RUNS
@given(FIRMS)
def test_contributions_of_any_partition_add_up_to_the_rate(firms: list[Firm]) -> None:
    found = _grown(firms)
    rate = found.of()["same_firm"]["value"]
    given_by = [r for r in found.readings if r["reading"] == "contribution"]
    units = [r["value"] for r in given_by if r["region_level"] == "unit" and r["domain"] is None]
    domains = [r["value"] for r in given_by if r["region_level"] == "province" and r["domain"]]
    if rate is not None:
        assert sum(v or 0 for v in units) == pytest.approx(rate, rel=1e-9, abs=1e-6)
        assert sum(v or 0 for v in domains) == pytest.approx(rate, rel=1e-9, abs=1e-6)


@FEW_RUNS
@given(st.lists(st.tuples(MONEY, MONEY, MONEY), min_size=1, max_size=40), st.randoms())
def test_order_and_partitioning_of_rows_change_no_bit(firms: list[Firm], random: Random) -> None:
    grow = [growing(f"f{i:03d}", *crp) for i, crp in enumerate(firms)]
    pairs = [two_sided(f"f{i:03d}", c, r) for i, (c, r, _) in enumerate(firms)]
    once = folded("growth", grow), folded("ratio", pairs, line="2.0")
    random.shuffle(grow)
    random.shuffle(pairs)
    again = folded("growth", grow, slices=5), folded("ratio", pairs, line="2.0", slices=3)
    for a, b in zip(once, again, strict=True):
        assert a.of() == b.of()


@FEW_RUNS
@given(st.lists(st.tuples(POSITIVE, POSITIVE, POSITIVE), min_size=1, max_size=30))
def test_money_times_ten_changes_no_rate(firms: list[Firm]) -> None:
    def scaled(crp: Firm, scale: int) -> list[int | None]:
        return [None if v is None else v * scale for v in crp]

    # The firms of one unit are those of the other, ten times as large.
    each = [(f"{scale} f{i}", str(scale), scaled(crp, scale)) for scale in (1, 10) for i, crp in enumerate(firms)]
    grown = folded("growth", [growing(name, *crp, unit=unit) for name, unit, crp in each])
    shared = folded("ratio", [two_sided(name, *crp[:2], unit=unit) for name, unit, crp in each], line="2.0")

    def rates(unit: str) -> dict[str, Row]:
        both = {**grown.of(unit), **shared.of(unit)}
        # What a unit adds to the whole is no rate of its own.
        return {
            k: (r["value"], r["status"], r["n"])
            for k, r in both.items()
            if r["unit"] == "%" and k != "contribution_share"
        }

    assert rates("10") == rates("1")


@FEW_RUNS
@given(st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=30))
def test_reasons_and_eligible_always_add_up(firms: list[Firm]) -> None:
    found = folded("ratio", [two_sided(f"f{i}", *pair) for i, pair in enumerate(firms)], line="2.0")
    for row in found.of().values():
        assert sum(row["n_excluded"].values()) + row["n"] == row["n_scope"] == len(firms)
