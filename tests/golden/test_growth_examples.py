"""The worked example of methods.md §2 (万元) and its edges."""

import pytest

from jobs.kpi import growth
from jobs.kpi.pending import nothing_waits
from jobs.kpi.spec import Spec
from tests.kpi_frames import growth_cells, growth_frame, readings

SPEC = Spec("g", few=1)
CELL = "period string, province string, unit string, county string, tier string, domain string, entity string"


def _example(spark):
    rows = [
        ("A", "industry", "a", 120, 100, 100),
        ("A", "energy", "b", 60, 50, 40),
        ("B", "industry", "c", 45, 50, 50),
        ("B", "energy", "d", 30, None, None),
        ("B", "industry", "e", None, None, 80),
        ("C", "industry", "f", 8, 0, 0),
    ]
    million = 1_000_000  # 万元 in 分
    data = [
        ("p", "P", unit, None, None, domain, name, *[None if x is None else x * million for x in crp])
        for unit, domain, name, *crp in rows
    ]
    return growth_frame(spark, data, CELL)


def test_panel_of_the_example_grows_16_5_percent_and_the_variants_stand_beside_it(spark):
    found = readings(growth.growth(_example(spark), ["period"], SPEC))
    assert found["same_firm"]["value"] == pytest.approx(16.5)
    assert (found["same_firm"]["numerator"], found["same_firm"]["denominator"]) == (2_330_000, 2_000_000)
    assert round(found["published_base"]["value"], 1) == 22.6
    assert round(found["all_firm"]["value"], 1) == -2.6
    assert (found["same_firm"]["n"], found["same_firm"]["n_scope"]) == (4, 6)
    assert found["same_firm"]["n_excluded"] == {"NEW": 1, "GONE": 1}


def test_bridge_of_the_example_balances_to_0_fen(spark):
    found = readings(growth.growth(_example(spark), ["period"], SPEC))
    steps = [found[k]["value"] / 10_000 for k in ("amount_change", "restatement", "entries", "exits")]
    assert steps == [33, 10, 30, 80]
    everything = found["all_firm"]["numerator"] - found["all_firm"]["denominator"]
    assert everything == (33 + 10 + 30 - 80) * 10_000


def test_contributions_of_units_and_domains_add_up_to_the_rate(spark):
    found = readings(growth_cells(_example(spark), SPEC), "region_level", "region_code", "domain")
    units = [found["unit", u, None, "contribution"]["value"] for u in "ABC"]
    assert units == pytest.approx([15.0, -2.5, 4.0])
    rate = found["province", "P", None, "same_firm"]["value"]
    assert sum(units) == pytest.approx(rate)
    domains = [found["province", "P", d, "contribution"]["value"] for d in ("industry", "energy")]
    assert sum(domains) == pytest.approx(rate)
    shares = [found["unit", u, None, "contribution_share"]["value"] for u in "ABC"]
    assert sum(shares) == pytest.approx(100)


@pytest.mark.parametrize(
    ("crp", "label", "words"),
    [
        ((8, 0, 0), "ZERO_BASE", None),
        ((5, -3, -3), "NEG_BASE", "扭亏为盈"),
        ((-1, -3, -3), "NEG_BASE", "减亏"),
        ((-5, -3, -3), "NEG_BASE", "增亏"),
        ((-5, 3, 3), "TO_LOSS", "由盈转亏"),
        ((0, 3, 3), "OK", None),
        ((5, None, None), "NEW", None),
        ((5, None, 3), "BASE_MISSING", None),
        ((None, 3, None), "GONE", None),
        ((None, None, 3), "GONE", None),
        ((None, None, None), "NO_REPORT", None),
    ],
)
def test_label_of_one_firm(spark, crp, label, words):
    from pyspark.sql import functions as F

    f = growth.prepare(F.col("m"), "own_form", nothing_waits())
    row = growth_frame(spark, [("a", *crp)]).select(f["why"], growth.loss_words(f)).first()
    assert tuple(row) == (label, words)


def test_zero_base_panel_is_not_comparable_but_gives_the_amount(spark):
    found = readings(growth.growth(growth_frame(spark, [("f", 800, 0, 0)]), [], SPEC))
    assert (found["same_firm"]["value"], found["same_firm"]["status"]) == (None, "NOT_COMPARABLE")
    assert found["amount_change"]["value"] == 8.0


def test_negative_base_panel_is_not_comparable(spark):
    found = readings(
        growth.growth(growth_frame(spark, [("f", 800, -300, None), ("g", 1, 200, None)]), [], SPEC)
    )
    assert (found["same_firm"]["value"], found["same_firm"]["status"]) == (None, "NOT_COMPARABLE")


def test_panel_without_firms_is_empty_and_a_panel_under_five_is_few(spark):
    few = Spec("g")
    none = readings(growth.growth(growth_frame(spark, [("f", 5, None, None)]), [], few))["same_firm"]
    assert (none["value"], none["n"], none["status"], none["numerator"]) == (None, 0, "EMPTY", None)
    four = [(str(i), 11, 10, 10) for i in range(4)]
    one = readings(growth.growth(growth_frame(spark, four), [], few))["same_firm"]
    assert (round(one["value"], 9), one["status"]) == (10, "FEW")


def test_form_without_base_column_takes_last_years_own_figure_for_every_firm(spark):
    spec = Spec("g", base_kind="prior_return", few=1)
    found = readings(growth.growth(growth_frame(spark, [("a", 11, 99, 10), ("b", 5, 99, None)]), [], spec))
    assert round(found["same_firm"]["value"], 9) == 10
    assert (found["same_firm"]["n"], found["same_firm"]["note"]) == (1, "base_kind=prior_return")
    assert found["restatement"]["value"] == 0


def test_flagged_row_leaves_every_sum_and_keeps_its_reason(spark):
    rows = [("a", 11, 10, 10), ("b", 5000, 1, 1, "UNIT_SUSPECT")]
    found = readings(growth.growth(growth_frame(spark, rows), [], SPEC))
    assert round(found["all_firm"]["value"], 9) == 10
    assert found["same_firm"]["n_excluded"] == {"UNIT_SUSPECT": 1}
