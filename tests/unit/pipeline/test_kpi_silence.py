"""Nothing reported is nothing known: lists that have not arrived, growth without any report, last year's rows.

Firms A, B, C hold a valid certificate of tier a; all figures by hand.
"""

from decimal import Decimal

import pyarrow as pa
import pytest

from jobs.definitions.dictionary import Indicator
from jobs.pipeline.plan import plan
from tests.support.made_up_province import programme
from tests.support.model_frames import DAY, MONEY, TEXT, day, event, feed, known, notice, regions
from tests.support.model_runs import only

SOLVED = {
    "feed": "problems",
    "column": "if(closed_on <= at, 1, 0)",
    "at": "event",
    "only": "raised_on <= at",
    "reduce": "sum",
}
REVENUE = {"feed": "finance", "column": "revenue", "at": "cumulative", "base_column": "revenue_prior"}
WORDS = dict.fromkeys(("name_zh", "definition", "formula", "source", "owner"), "x") | {"version": "1"}
DICTIONARY = {
    i.id: i
    for i in (
        Indicator(id="count", family="count", unit="户", **WORDS),
        Indicator(
            id="solved", family="mean", unit="件", value_unit="件", minor=1, scale="1", line="1", absent_zero=True,
            reads={"current": SOLVED}, **WORDS,
        ),
        Indicator(id="revenue_growth", family="growth", unit="%", reads={"current": REVENUE}, **WORDS),
        Indicator(
            id="rd_intensity", family="ratio", unit="%", **WORDS,
            reads={
                "numerator": {"feed": "rd", "column": "rd_total", "at": "year"},
                "denominator": {"feed": "finance", "column": "revenue", "at": "year_total"},
            },
        ),
    )
}  # fmt: skip
PROBLEMS = {"uscc": TEXT, "raised_on": DAY, "closed_on": DAY}
STATEMENT = {"uscc": TEXT, "period": TEXT, "year": pa.int32(), "revenue": MONEY, "revenue_prior": MONEY}
FIRMS = {"register": [event(f) for f in "ABC"], "notices": [notice(f) for f in "ABC"]}
PROGRAMME = programme(DICTIONARY)


def known_with(name, rows, columns):
    """The firms, and a feed of its own."""
    return type(known({}))({**known(FIRMS).sources, name: (feed(name, rows, columns),)})


def planned(period, name, rows, columns):
    """A run over the firms and one feed more."""
    what = known_with(name, rows, columns)
    return plan(PROGRAMME, [period], what, DICTIONARY, regions(PROGRAMME))


def figures(problems):
    """Figures of the province at the end of 2025, tier a, by indicator and reading."""
    rows = [dict(zip(PROBLEMS, p, strict=True)) for p in problems]
    found = only(planned("2025Q4", "problems", rows, PROBLEMS), "kpi_region")["kpi_region"]
    cell = {"region_code": "10", "tier": "a", "domain": None, "size_class": None, "industry": None}
    return {(r["indicator"], r["reading"]): r for r in found if all(r[k] == v for k, v in cell.items())}


@pytest.fixture(scope="module")
def silent():
    return figures([("A", day("2026-01-05"), None)])


def test_a_list_of_which_nothing_has_arrived_by_then_says_nothing_of_anybody(silent):
    for reading in ("pooled", "share", "median", "mean"):
        row = silent["solved", reading]
        assert (row["status"], row["n"], row["n_scope"], row["n_excluded"]) == (
            "EMPTY", 0, 3, {"NO_REPORT": 3},
        )  # fmt: skip
        assert (row["value"], row["numerator"]) == (None, None)


def test_once_a_list_names_anybody_who_is_not_named_has_0():
    found = figures([("A", day("2025-02-01"), day("2025-03-01")), ("B", day("2025-05-01"), None)])
    assert found["solved", "pooled"]["value"] == pytest.approx(1 / 3)
    share = found["solved", "share"]
    assert (share["numerator"], share["denominator"], share["n"], share["status"]) == (1, 3, 3, "OK")


@pytest.mark.parametrize("reading", ["amount_change", "restatement", "entries", "exits"])
def test_growth_of_which_nobody_reported_has_no_bridge(silent, reading):
    row = silent["revenue_growth", reading]
    assert (row["status"], row["n"], row["numerator"], row["value"]) == ("EMPTY", 0, None, None)


def test_last_december_is_no_report_of_this_quarter():
    lines = [("A", "202412", "9"), ("B", "202412", "8"), ("B", "202503", "2")]
    rows = [{"uscc": u, "period": p, "year": int(p[:4]), "revenue": Decimal(v)} for u, p, v in lines]
    run = planned("2025Q1", "statement", rows, STATEMENT)
    found = {r["uscc"]: r for r in only(run, "fact_rows")["fact_rows"] if r["period"] == "2025Q1"}
    assert {u: found[u]["feeds_here"] for u in "AB"} == {"A": [], "B": ["statement"]}
    assert {u: float(found[u]["revenue_y1"]) for u in "AB"} == {"A": 9, "B": 8}
    assert found["A"]["revenue"] is None
