"""The facts that rules read, as a model: a made-up province, and what has arrived of the feeds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from jobs.definitions.facts import all_facts
from jobs.kpi import engine, runner
from jobs.pipeline.plan import Known, plan
from tests.support.made_up_province import DICTIONARY, programme
from tests.support.model_frames import MONEY, TEXT, day, event, feed, known, notice, regions

Rows = dict[tuple[str, str], dict[str, Any]]
STATEMENT = {"uscc": TEXT, "period": TEXT, "year": pa.int32()} | {
    c: MONEY
    for f in all_facts()
    if f.read.feed == "statement"
    for c in (f.read.column, f.read.base_column)
    if c
}
LOAN = {"uscc": TEXT, "period": TEXT, "balance": MONEY, "overdue": MONEY, "non_performing": MONEY}
LISTED = dict.fromkeys(("uscc", "kind"), TEXT) | dict.fromkeys(("listed_on", "removed_on"), pa.date32())


def statement(uscc: str, period: str, **values: str) -> dict[str, Any]:
    """Return a row of a financial statement."""
    return {"uscc": uscc, "period": period, "year": int(period[:4])} | {
        n: Decimal(v) for n, v in values.items()
    }


def loan(uscc: str, period: str, balance: str) -> dict[str, Any]:
    """Return a loan."""
    return {"uscc": uscc, "period": period, "balance": Decimal(balance)}


def what() -> Known:
    """Return the feeds: three holders, one of them closed; one whose certificate has ended, one of no unit, one of nothing."""
    told = known({
        "register": [event("A1"), event("A2", "121"), event("A3"), event("A3", change="close", on="2025-02-01"),
                     event("A5", "999"), event("A6")],
        "notices": [notice("A1", tier="a"), notice("A2", tier="seed"), notice("A3"), notice("A4", on="2020-01-01"),
                    notice("A5", unit_name="南海市", county_name="南一县")],
    })  # fmt: skip
    rows = {
        "statement": feed("statement", [
            statement("A1", "202503", revenue="100.00", revenue_prior="80.00", total_assets="7.00"),
            statement("A1", "202403", revenue="79.00", total_assets="5.00"),
            statement("A1", "202412", revenue="400.00"),
            statement("A4", "202409", revenue="1.00"),
        ], STATEMENT),
        "fin_loan": feed("fin_loan", [loan("A1", "2025Q1", "10.00"), loan("A1", "2025Q1", "5.50")], LOAN),
        "dept_credit_list": feed("dept_credit_list", [{"uscc": "A2", "kind": "abnormal", "listed_on": day("2025-01-05")}], LISTED),
    }  # fmt: skip
    return Known(told.sources | {n: (f,) for n, f in rows.items()})


def facts(bounds: engine.Bounds = (None, None)) -> Rows:
    """Return the facts of a slice for 2025Q1, by period and firm."""
    run = plan(programme(), ["2025Q1"], what(), DICTIONARY, regions(programme()))
    with runner.connection(1) as con:
        engine.prepare(con, run)
        for name, value in zip(("slice_from", "slice_to"), bounds, strict=True):
            con.execute(f"SET VARIABLE {name} = CAST(? AS VARCHAR)", [value])
        runner.run(con, {**runner.files("slice"), **engine._feed_models(con, run), **run.models})
        rows = con.execute("FROM fact_rows").to_arrow_table().to_pylist()
    return {(r["period"], r["uscc"]): r for r in rows}


def plain(rows: Rows) -> Rows:
    """Return rows without lines: every slice numbers the sheets of its own."""
    return {k: {n: v for n, v in r.items() if not n.endswith("_line")} for k, r in rows.items()}


@pytest.fixture(scope="module")
def made() -> Rows:
    """The facts of all firms."""
    return facts()


def test_facts_are_of_who_holds_something_valid_at_the_period_s_end_and_four_quarters_back(made) -> None:
    quarters = ["2024Q2", "2024Q3", "2024Q4", "2025Q1"]
    assert sorted(made) == [(q, u) for q in quarters for u in ("A1", "A2", "A3")]
    row = made["2025Q1", "A1"]
    around = [
        row[n] for n in ("at", "name", "unit", "county", "domain", "closed", "certified", "valid_tiers")
    ]
    assert around == [dt.date(2025, 3, 31), "企业A1", "11", "111", "industry", False, True, ["a"]]
    assert row["ends"] == [{"tier": "a", "valid_to": dt.date(2027, 6, 14)}]
    assert (made["2025Q1", "A2"]["certified"], made["2025Q1", "A3"]["closed"]) == (False, True)
    assert made["2024Q4", "A3"]["closed"] is False


def test_whoever_lies_in_no_unit_or_holds_nothing_is_not_examined(made) -> None:
    assert {uscc for _, uscc in made}.isdisjoint({"A5", "A6"})


def test_a_fact_has_the_line_it_stands_in_and_its_value_a_year_earlier(made) -> None:
    row, line = made["2025Q1", "A1"], 2**31
    assert (row["revenue"], row["revenue_prior"]) == (100, 80), "as the form prints it"
    assert (row["total_assets"], row["total_assets_prior"], row["revenue_y1"]) == (7, 5, 400)
    lines = [
        row[f"{n}_line"] % line for n in ("revenue", "revenue_prior", "total_assets_prior", "revenue_y1")
    ]
    assert lines == [1, 1, 2, 3]
    assert (row["total_profit"], row["total_profit_line"]) == (None, None)
    # Of the quarters before facts alone are read, and they are the same.
    assert made["2024Q4", "A1"]["revenue"] == 400


def test_a_list_that_has_arrived_says_0_of_whom_it_does_not_name(made) -> None:
    named, other, before = made["2025Q1", "A1"], made["2025Q1", "A2"], made["2024Q4", "A2"]
    assert (named["loan_balance"], named["loan_balance_line"] % 2**31) == (Decimal("15.5"), 1)
    assert (other["loan_balance"], other["loan_balance_line"]) == (0, None)
    assert (before["loan_balance"], other["loan_balance_prior"]) == (None, None)
    assert (named["abnormal_listed"], other["abnormal_listed"], before["abnormal_listed"]) == (0, 1, 0)


def test_what_has_arrived_of_anybody_hangs_on_no_slice(made) -> None:
    assert made["2025Q1", "A1"]["feeds_here"] == ["fin_loan", "statement"]
    assert made["2025Q1", "A2"]["feeds_here"] == []
    assert made["2025Q1", "A2"]["feeds_arrived"] == ["dept_credit_list", "fin_loan", "statement"]
    # Its row of September is that of a firm that holds nothing any more: the feed has arrived all the same.
    assert made["2024Q3", "A1"]["feeds_arrived"] == ["dept_credit_list", "statement"]
    assert plain(facts((None, "A2")) | facts(("A2", None))) == plain(made)
