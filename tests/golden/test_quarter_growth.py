"""Growth of a quarter alone by hand: both cumulatives decide, of this year's figure and of its base (methods.md §1, §2)."""

from __future__ import annotations

import pytest

from tests.support.family_frames import Folded, folded
from tests.support.model_runs import Row

Sides = tuple[int | None, int | None, int | None]
"""1-本月, 上年同期 in the form, last year's own 1-本月; None: not there."""
NONE: Sides = (None, None, None)

CASES: dict[str, tuple[str, Sides, Sides, set[str], tuple[str, int | None, int | None, int | None, bool]]] = {
    # period, up to the quarter's end, up to the end of the quarter before, what waits -> label, C, R, P, old value
    "both cumulatives": ("Q2", (95, 80, 78), (48, 40, 39), set(), ("OK", 47, 40, 39, False)),
    "the first quarter needs no earlier one": ("Q1", (48, 40, 39), NONE, set(), ("OK", 48, 40, 39, False)),
    "what waits before the first quarter is another year's": ("Q1", (48, 40, 39), NONE, {"back"}, ("OK", 48, 40, 39, False)),
    "the earlier one is missing, last year's both stand: no exit": (
        "Q2", (95, 80, 78), (None, None, 39), set(), ("NO_PRED", None, None, None, False),
    ),
    "the earlier one is missing altogether": ("Q2", (95, 80, 78), NONE, set(), ("NO_PRED", None, None, None, False)),
    "it stands in quarantine": ("Q2", (95, 80, 78), (None, None, 39), {"back"}, ("QUARANTINED", None, None, None, False)),
    "its correction stands in quarantine: the old value is used and marked": (
        "Q2", (95, 80, 78), (48, 40, 39), {"back"}, ("OK", 47, 40, 39, True),
    ),
    "the later one's correction does": ("Q2", (95, 80, 78), (48, 40, 39), {"to"}, ("OK", 47, 40, 39, True)),
    "the base of the earlier one is missing: no entry": (
        "Q2", (95, 80, None), (48, None, None), set(), ("NO_PRED", None, None, None, False),
    ),
    "no base in the form, last year's earlier one is missing: not new": (
        "Q2", (95, None, 78), (48, None, None), set(), ("NO_PRED", None, None, None, False),
    ),
    "no base anywhere: new": ("Q2", (95, None, None), (48, None, None), set(), ("NEW", 47, None, None, False)),
    "no base in the form, last year's both stand": (
        "Q2", (95, None, 78), (48, None, 39), set(), ("BASE_MISSING", 47, None, 39, False),
    ),
    "a base in the form of both": ("Q2", (95, 80, 78), (48, 40, None), set(), ("OK", 47, 40, None, False)),
    "the later one is missing: has not reported": ("Q2", (None, None, 78), (48, 40, 39), set(), ("GONE", None, None, 39, False)),
    "the later one is missing, the earlier one's correction is none of its business": (
        "Q2", (None, None, 78), (48, 40, 39), {"back"}, ("GONE", None, None, 39, False),
    ),
    "the later one stands in quarantine": ("Q2", (None, None, 78), (48, 40, 39), {"to"}, ("QUARANTINED", None, None, 39, False)),
    "nothing at all": ("Q2", NONE, NONE, set(), ("NO_REPORT", None, None, None, False)),
    "only the earlier one of this year": ("Q2", NONE, (48, 40, None), set(), ("NO_REPORT", None, None, None, False)),
    "a quarter of loss and one without sales": ("Q4", (30, 80, 78), (48, 80, 78), set(), ("ZERO_BASE", -18, 0, 0, False)),
}  # fmt: skip


def firm(name: str) -> Row:
    """A case as a firm of its own."""
    period, to, back, waits, _ = CASES[name]
    own = dict(
        zip(("value", "base", "prior", "back_value", "back_base", "back_prior"), (*to, *back), strict=True)
    )
    late = {{"to": "now", "back": "back_now"}[w] for w in waits}
    return {"holder": name, "period": f"2026{period}", "waits": late} | own


@pytest.fixture(scope="module")
def found() -> Folded:
    return folded("growth", map(firm, CASES), quarterly=True, minor=1)


def test_every_pair_of_cumulatives_has_its_label_its_amounts_and_its_mark(found: Folded) -> None:
    judged = {n: (m["why"], m["c"], m["r"], m["p"], m["late_c"]) for n, m in found.firms.items()}
    assert judged == {name: expected for name, (*_, expected) in CASES.items()}


def test_a_missing_predecessor_is_named_and_in_no_sum_and_the_bridge_still_balances(found: Folded) -> None:
    second = found.of(period="2026Q2")
    headline = second["same_firm"]
    labels = [expected[0] for _, (period, *_, expected) in CASES.items() if period == "Q2"]
    assert headline["n_excluded"] == {
        x: labels.count(x) for x in ("NO_REPORT", "QUARANTINED", "NO_PRED", "NEW", "BASE_MISSING", "GONE")
    }
    assert (headline["n"], headline["n_scope"]) == (4, len(labels)), (
        "four firms with both cumulatives and bases"
    )
    assert headline["note"] == "base_kind=own_form；缺上季累计 4 户，未计入"
    assert headline["n_pending"] == 2
    # Exits: those who did not report, and one in quarantine, 39 each; entries: 47 new, 47 - 39 without a base in the form.
    assert {n: second[n]["value"] for n in ("amount_change", "restatement", "entries", "exits")} == {
        "amount_change": 4 * 7, "restatement": 3 * 1 + 40, "entries": 47 + 8, "exits": 3 * 39,
    }  # fmt: skip
    everything = second["all_firm"]["numerator"] - second["all_firm"]["denominator"]
    assert everything == 28 + 43 + 55 - 117


def test_a_form_without_a_base_column_is_judged_by_last_years_cumulatives() -> None:
    shown = ("both cumulatives", "no base in the form, last year's earlier one is missing: not new")
    rows = [firm(name) | {"base": None, "back_base": None, "waits": {"before"}} for name in shown]
    found = folded("growth", rows, base=False, quarterly=True, minor=1)
    assert [(m["why"], m["c"], m["r"]) for m in (found.firms[name] for name in shown)] == [
        ("OK", 47, 39), ("QUARANTINED", None, None),
    ]  # fmt: skip
