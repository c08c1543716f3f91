"""Nothing reported is nothing known: lists that have not arrived, growth without any report, last year's rows.

Firms A, B, C hold a valid certificate of tier a; all figures by hand.
"""

import pytest

from jobs.kpi.calendar import period_frame
from jobs.kpi.compute import compute
from jobs.kpi.dictionary import Indicator
from jobs.kpi.facts import all_facts, fact_tracks
from jobs.kpi.origins import Origins
from jobs.kpi.population import Inputs, with_measures
from jobs.kpi.regions import RegionMap
from jobs.kpi.used import Wanted
from tests.kpi_frames import PLACES, REGIONS, day, event, inputs, notice
from tests.unit.test_kpi_compute import _programme, _undivided

SOLVED = {
    "feed": "problems",
    "column": "if(closed_on <= at, 1, 0)",
    "at": "event",
    "only": "raised_on <= at",
    "reduce": "sum",
}
REVENUE = {"feed": "finance", "column": "revenue", "at": "cumulative", "base_column": "revenue_prior"}
TEXT = dict.fromkeys(("name_zh", "definition", "formula", "source", "owner"), "x") | {"version": "1"}
DICTIONARY = {
    i.id: i
    for i in (
        Indicator(id="count", family="count", unit="户", **TEXT),
        Indicator(
            id="solved", family="mean", unit="件", value_unit="件", minor=1, scale="1", line="1", absent_zero=True,
            reads={"current": SOLVED}, **TEXT,
        ),
        Indicator(id="revenue_growth", family="growth", unit="%", reads={"current": REVENUE}, **TEXT),
        Indicator(
            id="rd_intensity", family="ratio", unit="%", **TEXT,
            reads={
                "numerator": {"feed": "rd", "column": "rd_total", "at": "year"},
                "denominator": {"feed": "finance", "column": "revenue", "at": "year_total"},
            },
        ),
    )
}  # fmt: skip
PROBLEMS = "uscc string, raised_on date, closed_on date"


def figures(spark, problems):
    """Figures of the province at the end of 2025, tier a, by indicator and reading."""
    given = inputs(spark, map(event, "ABC"), map(notice, "ABC"))
    feeds = dict(given.feeds) | {"problems": spark.createDataFrame(problems, PROBLEMS)}
    programme = _programme(documents=[], ranking=[], indicators=[{"id": i} for i in DICTIONARY])
    found = compute(Inputs(feeds, given.regions), programme, ["2025Q4"], dictionary=DICTIONARY)
    rows = found["kpi_region"].toPandas()
    rows = rows[(rows["region_code"] == "10") & (rows["tier"] == "a") & _undivided(rows)]
    return {(r["indicator"], r["reading"]): r for r in rows.to_dict("records")}


@pytest.fixture(scope="module")
def silent(spark):
    return figures(spark, [("A", day("2026-01-05"), None)])


def test_a_list_of_which_nothing_has_arrived_by_then_says_nothing_of_anybody(silent):
    for reading in ("pooled", "share", "median", "mean"):
        row = silent["solved", reading]
        assert (row["status"], row["n"], row["n_scope"], dict(row["n_excluded"])) == (
            "EMPTY", 0, 3, {"NO_REPORT": 3},
        )  # fmt: skip
        assert row["value"] != row["value"]  # null
        assert row["numerator"] is None


def test_once_a_list_names_anybody_who_is_not_named_has_0(spark):
    found = figures(spark, [("A", day("2025-02-01"), day("2025-03-01")), ("B", day("2025-05-01"), None)])
    assert found["solved", "pooled"]["value"] == pytest.approx(1 / 3)
    share = found["solved", "share"]
    assert (share["numerator"], share["denominator"], share["n"], share["status"]) == (1, 3, 3, "OK")


@pytest.mark.parametrize("reading", ["amount_change", "restatement", "entries", "exits"])
def test_growth_of_which_nobody_reported_has_no_bridge(silent, reading):
    row = silent["revenue_growth", reading]
    assert (row["status"], row["n"], row["numerator"]) == ("EMPTY", 0, None)
    assert row["value"] != row["value"]  # null


def test_last_december_is_no_report_of_this_quarter(spark):
    facts = [f for f in all_facts() if f.name in ("revenue", "revenue_y1")]
    statement = spark.createDataFrame(
        [("A", "202412", "9", None), ("B", "202412", "8", None), ("B", "202503", "2", None)],
        "uscc string, period string, revenue string, revenue_prior string",
    )
    firms = spark.createDataFrame([("2025Q1", u) for u in "AB"], "period string, uscc string")
    regions = spark.createDataFrame(PLACES, REGIONS)
    found = with_measures(
        firms, "uscc", Inputs({"statement": statement}, regions), [], Wanted(("2025Q1",)), fact_tracks(facts, ["2025Q1"]),
        RegionMap.of(regions, ["11", "12"]), Origins(()), facts,
    )  # fmt: skip
    rows = {r["uscc"]: r for r in found.join(period_frame(spark, ["2025Q1"]), "period").collect()}
    assert {u: list(r["feeds_here"]) for u, r in rows.items()} == {"A": [], "B": ["statement"]}
    assert {u: float(r["facts"]["revenue_y1"]) for u, r in rows.items()} == {"A": 9, "B": 8}
    assert rows["A"]["facts"]["revenue"] is None
