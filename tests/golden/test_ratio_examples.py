"""The worked example of methods.md §3 (万元, R&D / revenue) and its edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.support.family_frames import folded, two_sided

EXAMPLE: list[tuple[Any, ...]] = [("a", 3, 100), ("b", 2, 20), ("c", 0, 50), ("d", 5, None), ("e", 1, 0)]


def ratio(rows: Iterable[tuple[Any, ...]], **more: Any) -> dict[str, dict[str, Any]]:
    """Readings of firms with numerator and denominator, some with a flag."""
    given = [two_sided(*r[:3], flag=r[3] if len(r) > 3 else None) for r in rows]
    return folded("ratio", given, **{"line": "3.0"} | more).of()


def test_example_ratio_of_sums_median_mean_share_and_quartile() -> None:
    found = ratio(EXAMPLE)
    assert round(found["pooled"]["value"], 2) == 2.94
    assert found["median"]["value"] == pytest.approx(3)
    assert round(found["mean"]["value"], 2) == 4.33
    assert found["share"]["value"] == pytest.approx(200 / 3)
    assert (found["share"]["numerator"], found["share"]["denominator"]) == (2, 3)
    assert found["p25"]["value"] == pytest.approx(1.5)
    assert found["p75"]["value"] == pytest.approx(6.5)
    assert found["pooled"]["n_excluded"] == {"MISSING_DEN": 1, "ZERO_DEN": 1}
    assert found["pooled"]["coverage"] == 3 / 5


def test_reasons_and_eligible_add_up_to_the_scope() -> None:
    rows = [
        *EXAMPLE,
        ("f", -1, 5),
        ("g", 1, -5),
        ("h", None, 5),
        ("i", None, None),
        ("j", 1, 1, "QUARANTINED"),
        ("k", None, None, "OUT_OF_SCOPE"),
    ]
    row = ratio(rows)["pooled"]
    assert sum(row["n_excluded"].values()) + row["n"] == row["n_scope"] == len(rows)
    assert set(row["n_excluded"]) == {
        "MISSING_DEN", "ZERO_DEN", "NEG_NUM", "NEG_DEN", "MISSING_NUM", "NO_REPORT", "QUARANTINED", "OUT_OF_SCOPE"
    }  # fmt: skip


def test_boundary_counts_as_met_even_where_floats_would_fail() -> None:
    found = ratio([("a", 3, 1000), ("b", 2999999999, 1000000000000)], line="0.3")
    assert found["share"]["numerator"] == 1


def test_cap_is_met_at_the_boundary_and_below() -> None:
    assert ratio(EXAMPLE[:3], line_is_cap=True)["share"]["numerator"] == 2


def test_one_firm_is_single_and_every_quantile_is_its_value() -> None:
    found = ratio([("a", 1, 8)])
    assert {found[k]["value"] for k in ("pooled", "median", "mean", "p25", "p75")} == {12.5}
    assert found["pooled"]["status"] == "SINGLE"


def test_no_eligible_firm_gives_nulls_not_zeros() -> None:
    found = ratio([("a", 1, 0)])
    assert {r["value"] for r in found.values()} == {None}
    assert (found["pooled"]["status"], found["pooled"]["n"], found["pooled"]["numerator"]) == (
        "EMPTY",
        0,
        None,
    )


def test_coverage_under_60_percent_by_count_or_80_by_size_is_low() -> None:
    by_count = [("a", 1, 10), ("b", 1, 10), ("c", None, None), ("d", None, None)]
    assert ratio(by_count)["pooled"]["status"] == "LOW_COVERAGE"
    by_size = [("a", 1, 10), ("b", 1, 10), ("c", None, 100)]
    assert ratio(by_size)["pooled"]["status"] == "LOW_COVERAGE"
    exactly = [("a", 1, 40), ("b", 1, 40), ("c", 1, 40), ("d", None, 30), ("e", None, None)]
    assert ratio(exactly)["pooled"]["status"] == "OK"
