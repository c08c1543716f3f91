"""Growth of a quarter alone by hand: both cumulatives decide, of this year's figure and of its base (methods.md §1, §2)."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.kpi import growth, measures
from jobs.kpi.reading import named
from jobs.kpi.spec import Spec
from tests.kpi_frames import GROWTH_M

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


@pytest.fixture(scope="module")
def rows(spark: Any) -> Any:
    """Every case as a firm of its own, prepared."""
    from pyspark.sql import functions as F

    def side(sides: Sides) -> Any:
        there = any(v is not None for v in sides)
        return (*sides, None, "statistics", ("b", "f", "", 1)) if there else None

    data = [
        (name, f"2026{period}", side(to), side(back), "to" in waits, "back" in waits)
        for name, (period, to, back, waits, _) in CASES.items()
    ]
    schema = f"name string, period string, now {GROWTH_M}, earlier {GROWTH_M}, to_waits boolean, back_waits boolean"
    frame = spark.createDataFrame(data, schema)

    def waits(column: str) -> Any:
        no = F.lit(False)
        return F.struct(F.col(column).alias("now"), no.alias("before"), no.alias("den"))

    to, back = F.col("now"), F.col("earlier")
    late = measures.quarter_waits(to, waits("to_waits"), waits("back_waits"))
    staged = frame.withColumns({"late": late, "q": measures.quarter(to, back)})
    return staged.withColumn("m", growth.prepare(F.col("q"), "own_form", F.col("late"))).localCheckpoint()


def test_every_pair_of_cumulatives_has_its_label_its_amounts_and_its_mark(rows: Any) -> None:
    found = {
        r["name"]: (r["m"]["why"], r["m"]["c"], r["m"]["r"], r["m"]["p"], r["m"]["late_c"])
        for r in rows.select("name", "m").collect()
    }
    assert found == {name: expected for name, (*_, expected) in CASES.items()}


def test_a_missing_predecessor_is_named_and_in_no_sum_and_the_bridge_still_balances(rows: Any) -> None:
    from pyspark.sql import functions as F

    from jobs.kpi import cells
    from jobs.kpi.spec import literals

    second = rows.where("period = '2026Q2'")
    folded = cells.fold(second, ["period"], named(growth.parts(F.col("m"))), {})
    shared = folded.withColumns({**literals(Spec("g", few=1, minor=1)), **named(growth.derived())})
    found = {r["reading"]: r for r in shared.select(F.inline(F.array(*growth.readings()))).collect()}
    headline = found["same_firm"]
    labels = [expected[0] for _, (period, *_, expected) in CASES.items() if period == "Q2"]
    assert dict(headline["n_excluded"]) == {
        x: labels.count(x) for x in ("NO_REPORT", "QUARANTINED", "NO_PRED", "NEW", "BASE_MISSING", "GONE")
    }
    assert (headline["n"], headline["n_scope"]) == (4, len(labels)), (
        "four firms with both cumulatives and bases"
    )
    assert headline["note"] == "base_kind=own_form；缺上季累计 4 户，未计入"
    assert headline["n_pending"] == 2
    # Exits: those who did not report, and one in quarantine, 39 each; entries: 47 new, 47 - 39 without a base in the form.
    assert {n: found[n]["value"] for n in ("amount_change", "restatement", "entries", "exits")} == {
        "amount_change": 4 * 7, "restatement": 3 * 1 + 40, "entries": 47 + 8, "exits": 3 * 39,
    }  # fmt: skip
    everything = found["all_firm"]["numerator"] - found["all_firm"]["denominator"]
    assert everything == 28 + 43 + 55 - 117


def test_a_form_without_a_base_column_is_judged_by_last_years_cumulatives(spark: Any, rows: Any) -> None:
    from pyspark.sql import functions as F

    shown = rows.where(
        "name in ('both cumulatives', 'no base in the form, last year''s earlier one is missing: not new')"
    )
    m = growth.prepare(
        F.col("q"),
        "prior_return",
        F.struct(*[F.lit(n == "before").alias(n) for n in ("now", "before", "den")]),
    )
    assert [tuple(r) for r in shown.select(m["why"], m["c"], m["r"]).orderBy("name").collect()] == [
        ("OK", 47, 39), ("QUARANTINED", None, None),
    ]  # fmt: skip
