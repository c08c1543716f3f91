"""Properties that hold for any data (methods.md §14)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.kpi import growth, ratio
from jobs.kpi.spec import Spec
from tests.kpi_frames import growth_cells, growth_frame, ratio_frame, readings

FEW_RUNS = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
MONEY = st.one_of(st.none(), st.integers(-10_000, 10**12))
POSITIVE = st.one_of(st.none(), st.integers(0, 10**12))
SPEC = Spec("g", few=1)
RATIO = Spec("q", line="2.0")
CELL = "period string, province string, unit string, county string, tier string, domain string, entity string"
FIRMS = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["x", "y"]), POSITIVE, POSITIVE, POSITIVE),
    min_size=1,
    max_size=30,
)


def _rows(firms, scale=1):
    return [
        (
            "p",
            "P",
            unit,
            f"{unit}1",
            None,
            domain,
            f"f{i:03d}",
            *[None if v is None else v * scale for v in crp],
        )
        for i, (unit, domain, *crp) in enumerate(firms)
    ]


@FEW_RUNS
@given(FIRMS)
def test_units_add_up_to_the_province_and_the_bridge_balances(spark, firms):
    found = readings(
        growth_cells(growth_frame(spark, _rows(firms), CELL), SPEC), "region_level", "region_code", "domain"
    )
    for reading in ("amount_change", "restatement", "entries", "exits"):
        whole = found["province", "P", None, reading]["value"]
        for level in ("unit", "county"):
            parts = [
                r["value"] for k, r in found.items() if k[0] == level and k[2] is None and k[3] == reading
            ]
            # Where nobody reported there is no bridge, of a part or of the whole.
            known = [p for p in parts if p is not None]
            assert bool(known) == (whole is not None)
            assert sum(known) == pytest.approx(whole or 0, abs=0.005)
    steps = [
        found["province", "P", None, k]["value"] or 0 for k in ("amount_change", "restatement", "entries")
    ]
    row, gone = found["province", "P", None, "all_firm"], found["province", "P", None, "exits"]["value"] or 0
    ends = float(row["numerator"] or 0) - sum((f[4] or 0) for f in firms) / 100
    assert round(sum(steps) - gone - ends, 2) == 0


@FEW_RUNS
@given(FIRMS)
def test_contributions_of_any_partition_add_up_to_the_rate(spark, firms):
    found = readings(
        growth_cells(growth_frame(spark, _rows(firms), CELL), SPEC), "region_level", "region_code", "domain"
    )
    rate = found["province", "P", None, "same_firm"]["value"]
    units = [
        r["value"] for k, r in found.items() if k[0] == "unit" and k[2] is None and k[3] == "contribution"
    ]
    domains = [r["value"] for k, r in found.items() if k[0] == "province" and k[2] and k[3] == "contribution"]
    if rate is not None:
        assert sum(v or 0 for v in units) == pytest.approx(rate, rel=1e-9, abs=1e-6)
        assert sum(v or 0 for v in domains) == pytest.approx(rate, rel=1e-9, abs=1e-6)


@FEW_RUNS
@given(st.lists(st.tuples(MONEY, MONEY, MONEY), min_size=1, max_size=40), st.randoms())
def test_order_and_partitioning_of_rows_change_no_bit(spark, firms, random):
    grow = [(f"f{i:03d}", *crp) for i, crp in enumerate(firms)]
    pairs = [(f"f{i:03d}", c, r) for i, (c, r, _) in enumerate(firms)]
    once = [
        growth.growth(growth_frame(spark, grow), [], SPEC),
        ratio.ratio(ratio_frame(spark, pairs), [], RATIO),
    ]
    random.shuffle(grow)
    random.shuffle(pairs)
    again = [
        growth.growth(growth_frame(spark, grow).repartition(5), [], SPEC),
        ratio.ratio(ratio_frame(spark, pairs).repartition(3), [], RATIO),
    ]
    for a, b in zip(once, again, strict=True):
        assert readings(a) == readings(b)


@FEW_RUNS
@given(st.lists(st.tuples(POSITIVE, POSITIVE, POSITIVE), min_size=1, max_size=30))
def test_money_times_ten_changes_no_rate(spark, firms):
    def rates(scale):
        grow = [(f"f{i}", *[None if v is None else v * scale for v in crp]) for i, crp in enumerate(firms)]
        both = {**readings(growth.growth(growth_frame(spark, grow), [], SPEC))}
        pairs = [row[:3] for row in grow]
        both |= readings(ratio.ratio(ratio_frame(spark, pairs), [], RATIO))
        return {k: (r["value"], r["status"], r["n"]) for k, r in both.items() if r["unit"] == "%"}

    assert rates(10) == rates(1)


@FEW_RUNS
@given(st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=30))
def test_reasons_and_eligible_always_add_up(spark, firms):
    frame = ratio_frame(spark, [(f"f{i}", *pair) for i, pair in enumerate(firms)])
    for row in readings(ratio.ratio(frame, [], RATIO)).values():
        assert sum(row["n_excluded"].values()) + row["n"] == row["n_scope"] == len(firms)
