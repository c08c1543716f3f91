"""The worked example of methods.md §2 (万元) and its edges."""

from __future__ import annotations

import pytest

from tests.support.family_frames import Folded, folded, growing

MILLION = 1_000_000
"""万元 in 分."""


@pytest.fixture(scope="module")
def example() -> Folded:
    rows = [
        ("A", "industry", "a", 120, 100, 100),
        ("A", "energy", "b", 60, 50, 40),
        ("B", "industry", "c", 45, 50, 50),
        ("B", "energy", "d", 30, None, None),
        ("B", "industry", "e", None, None, 80),
        ("C", "industry", "f", 8, 0, 0),
    ]
    return folded(
        "growth",
        [
            growing(name, *[None if x is None else x * MILLION for x in crp], unit=unit, domain=domain)
            for unit, domain, name, *crp in rows
        ],
    )


def test_panel_of_the_example_grows_16_5_percent_and_the_variants_stand_beside_it(example: Folded) -> None:
    found = example.of()
    assert found["same_firm"]["value"] == pytest.approx(16.5)
    assert (found["same_firm"]["numerator"], found["same_firm"]["denominator"]) == (2_330_000, 2_000_000)
    assert round(found["published_base"]["value"], 1) == 22.6
    assert round(found["all_firm"]["value"], 1) == -2.6
    assert (found["same_firm"]["n"], found["same_firm"]["n_scope"]) == (4, 6)
    assert found["same_firm"]["n_excluded"] == {"NEW": 1, "GONE": 1}


def test_bridge_of_the_example_balances_to_0_fen(example: Folded) -> None:
    found = example.of()
    steps = [found[k]["value"] / 10_000 for k in ("amount_change", "restatement", "entries", "exits")]
    assert steps == [33, 10, 30, 80]
    everything = found["all_firm"]["numerator"] - found["all_firm"]["denominator"]
    assert everything == (33 + 10 + 30 - 80) * 10_000


def test_contributions_of_units_and_domains_add_up_to_the_rate(example: Folded) -> None:
    units = [example.of(u)["contribution"]["value"] for u in "ABC"]
    assert units == pytest.approx([15.0, -2.5, 4.0])
    rate = example.of()["same_firm"]["value"]
    assert sum(units) == pytest.approx(rate)
    domains = [example.of(domain=d)["contribution"]["value"] for d in ("industry", "energy")]
    assert sum(domains) == pytest.approx(rate)
    shares = [example.of(u)["contribution_share"]["value"] for u in "ABC"]
    assert sum(shares) == pytest.approx(100)


def test_unit_without_a_firm_in_the_panel_adds_nothing_and_is_empty() -> None:
    found = folded("growth", [growing("a", 11, 10, unit="A"), growing("b", 5, unit="B")])
    nothing = found.of("B")["contribution"]
    assert (nothing["value"], nothing["n"], nothing["status"]) == (0, 0, "EMPTY")
    assert found.of("A")["contribution"]["value"] == pytest.approx(10)


LABELS = [
    ((8, 0, 0), "ZERO_BASE"),
    ((5, -3, -3), "NEG_BASE"),  # 扭亏为盈
    ((-1, -3, -3), "NEG_BASE"),  # 减亏
    ((-5, -3, -3), "NEG_BASE"),  # 增亏
    ((-5, 3, 3), "TO_LOSS"),
    ((0, 3, 3), "OK"),
    ((5, None, None), "NEW"),
    ((5, None, 3), "BASE_MISSING"),
    ((None, 3, None), "GONE"),
    ((None, None, 3), "GONE"),
    ((None, None, None), "NO_REPORT"),
]


@pytest.fixture(scope="module")
def labelled() -> Folded:
    return folded("growth", [growing(str(crp), *crp) for crp, _ in LABELS])


@pytest.mark.parametrize(("crp", "label"), LABELS)
def test_label_of_one_firm(labelled: Folded, crp: tuple[int | None, ...], label: str) -> None:
    assert labelled.firms[str(crp)]["why"] == label


def test_zero_base_panel_is_not_comparable_but_gives_the_amount() -> None:
    found = folded("growth", [growing("f", 800, 0, 0)]).of()
    assert (found["same_firm"]["value"], found["same_firm"]["status"]) == (None, "NOT_COMPARABLE")
    assert found["amount_change"]["value"] == 8.0


def test_negative_base_panel_is_not_comparable() -> None:
    found = folded("growth", [growing("f", 800, -300), growing("g", 1, 200)]).of()
    assert (found["same_firm"]["value"], found["same_firm"]["status"]) == (None, "NOT_COMPARABLE")


def test_panel_without_firms_is_empty_and_a_panel_under_five_is_few() -> None:
    none = folded("growth", [growing("f", 5)], few=5).of()["same_firm"]
    assert (none["value"], none["n"], none["status"], none["numerator"]) == (None, 0, "EMPTY", None)
    one = folded("growth", [growing(str(i), 11, 10, 10) for i in range(4)], few=5).of()["same_firm"]
    assert (round(one["value"], 9), one["status"]) == (10, "FEW")


def test_form_without_base_column_takes_last_years_own_figure_for_every_firm() -> None:
    found = folded("growth", [growing("a", 11, 99, 10), growing("b", 5, 99, None)], base=False).of()
    assert round(found["same_firm"]["value"], 9) == 10
    assert (found["same_firm"]["n"], found["same_firm"]["note"]) == (1, "base_kind=prior_return")
    assert found["restatement"]["value"] == 0


def test_flagged_row_leaves_every_sum_and_keeps_its_reason() -> None:
    rows = [growing("a", 11, 10, 10), growing("b", 5000, 1, 1, flag="UNIT_SUSPECT")]
    found = folded("growth", rows).of()
    assert round(found["all_firm"]["value"], 9) == 10
    assert found["same_firm"]["n_excluded"] == {"UNIT_SUSPECT": 1}
