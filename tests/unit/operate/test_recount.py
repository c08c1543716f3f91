"""Figures of a small made-up province counted again: every part has its lines, and all of them add up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from jobs.definitions.dictionary import indicators
from jobs.operate import served
from jobs.operate.parts import ABOVE, BELOW, LESS_ABOVE, LESS_BELOW, Behind, columns_of, sides
from jobs.operate.recount import measured, notices, reports, rows
from jobs.operate.recount.moment import at as opened_at
from jobs.pipeline.plan import Known
from tests.support.made_up_province import indicator, programme
from tests.support.model_frames import DAY, FEEDS, MONEY, TEXT, computed, day, event, feed, regions

PERIOD = "2025Q4"
PLACE = ("batch_id", "file_name", "sheet", "row_no")
LOAN = {"uscc": TEXT, "period": TEXT, "balance": MONEY, "interest_rate": pa.decimal128(10, 4)}
TICKET = {"uscc": TEXT, "state": TEXT, "closed_on": DAY}
BANK = {
    "period": TEXT,
    "bank_code": TEXT,
    "county_code": TEXT,
    "instrument": TEXT,
    "quota": MONEY,
    "used": MONEY,
}
REPORT = {
    "period": TEXT, "item_code": TEXT, "region_code": TEXT, "basis": TEXT, "value": pa.decimal128(20, 4), "filled_by": TEXT,
    "reported_on": DAY, "document_no": TEXT,
}  # fmt: skip
REVENUE = {"feed": "statement", "column": "revenue", "at": "cumulative", "base_column": "revenue_prior"}
OWED = {"feed": "fin_loan", "at": "quarter", "only": "balance > 0", "reduce": "each", "source": "finance"}
ALL_LOANS = {"feed": "fin_loan", "column": "balance", "at": "quarter", "reduce": "sum", "source": "finance"}
SOLVED = {
    "feed": "ticket", "column": "1", "at": "event", "reduce": "sum", "source": "department",
    "only": "state = 'closed' AND closed_on <= at AND year(closed_on) = year(at)",
}  # fmt: skip


DICTIONARY = {
    i.id: i
    for i in (
        indicator("certificate_count", "count"),
        indicator("tier_flow", "flow"),
        indicator("certificate_new", "flow"),
        indicator("quarter_growth", "growth", {"current": REVENUE}, quarterly=True),
        indicator("loan_balance", "level", {"current": ALL_LOANS}),
        indicator("loan_growth", "growth", {"current": ALL_LOANS}),
        indicator(
            "loan_rate",
            "ratio",
            {"numerator": OWED | {"column": "balance * interest_rate / 100"}, "denominator": OWED | {"column": "balance"}},
            line="4",
            line_is_cap=True,
        ),
        indicator("solved", "mean", {"current": SOLVED}, minor=1, scale="1", absent_zero=True),
        indicator("covered", "coverage", {"statement": REVENUE, "fin_loan": ALL_LOANS | {"reduce": "max"}}),
        *(indicators()[i] for i in (
            "relending_quota", "relending_used", "rediscount_quota", "rediscount_used", "item_PT10", "item_PX01",
        )),
    )
}  # fmt: skip
PROGRAMME = programme(DICTIONARY, window_start=date(2022, 1, 1))


# A, B and one without a code in the east, the others in the west: D's certificate runs out, E's is withdrawn, F's
# ended before.
def money(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def notice(
    uscc: str | None, on: str, tier: str = "a", what: str = "grant", valid: tuple[str | None, str | None] = (None, None),
    where: tuple[str, str] = ("东山市", "东一县"), name: str | None = None,
) -> tuple[Any, ...]:  # fmt: skip
    first, last = (day(v) if v else None for v in valid)
    return (f"{on}-{tier}-{what}", day(on), tier, what, name or f"企业{uscc}", uscc, *where, first, last)


def finance(uscc: str, period: str, revenue: int, prior: int, row: int) -> tuple[Any, ...]:
    return (uscc, period, int(period[:4]), money(revenue), money(prior), "b1", "f.csv", "", row)


REGISTER = [event("A"), event("B", "112"), *(event(u, "121") for u in "CDEF")]
GRANTS = [
    notice("A", "2023-06-15"),
    notice("A", "2025-11-05", tier="b"),
    notice("B", "2025-10-20"),
    notice("C", "2023-06-15", where=("西河市", "西一县")),
    notice("D", "2022-11-02", valid=("2022-11-02", "2025-11-01")),
    notice("E", "2024-06-15"),
    notice("E", "2025-12-01", what="withdraw"),
    notice("F", "2020-06-15", valid=("2020-06-15", "2023-06-14")),
    notice(None, "2023-06-15", name="无代码企业"),
]
STATEMENTS = [
    finance("A", "202512", 100, 80, row=3), finance("A", "202509", 70, 60, row=4),
    finance("B", "202512", 50, 40, row=5), finance("B", "202509", 30, 30, row=6),
    finance("C", "202512", 9, 9, row=7),
]  # fmt: skip


def at(row_no: int) -> tuple[str, str, str, int]:
    return ("b9", "x.csv", "", row_no)


def loan(uscc: str, balance: str, rate: str | None, row_no: int, period: str = PERIOD) -> tuple[Any, ...]:
    return (uscc, period, money(balance), money(rate), *at(row_no))


LOANS = [
    loan("A", "1000000", "4", 2), loan("A", "500000", "5", 3), loan("B", "2000000", None, 4),
    loan("C", "3000000", "3.5", 5), loan("C", "0", "9", 6), loan("D", "7000000", "9", 7),
    loan("A", "800000", "4", 8, "2024Q4"), loan("A", "100000", "4", 9, "2024Q4"), loan("C", "1000000", "4", 10, "2024Q4"),
]  # fmt: skip
TICKETS = [
    ("A", "closed", day("2025-03-01"), *at(2)),
    ("A", "closed", day("2025-10-01"), *at(3)),
    ("A", "closed", day("2024-10-01"), *at(4)),
    ("B", "open", None, *at(5)),
]
BANKS = [
    (PERIOD, "B1", "111", "relending", money("300"), money("120"), *at(2)),
    (PERIOD, "B2", "10", "relending", None, money("80"), *at(3)),
    (PERIOD, "B3", "111", "rediscount", money("900"), money("900"), *at(4)),
    (PERIOD, "B4", "99", "relending", money("700"), money("700"), *at(5)),
]


def report(
    item: str, region: str, value: str, row_no: int, basis: str = "cumulative", period: str = PERIOD
) -> tuple[Any, ...]:
    return (period, item, region, basis, money(value), f"{region}局", day("2026-01-12"), "示〔2026〕1号", *at(row_no))  # fmt: skip


REPORTS = [
    report("PT10", "11", "9", 2), report("PT10", "12", "4", 3),
    report("PT10", "11", "5", 4, period="2024Q4"), report("PT10", "12", "4", 5, period="2024Q4"),
    *(report("PX01", "11", v, 10 + q, "quarter", f"2025Q{q}") for q, v in enumerate(("1", "2", "3", "4"), 1)),
]  # fmt: skip


def _feed(name: str, tuples: list[tuple[Any, ...]], columns: dict[str, pa.DataType]) -> Any:
    """Return rows with their places as a feed."""
    return (feed(name, [dict(zip([*columns, *PLACE], t, strict=True)) for t in tuples], columns),)


@pytest.fixture(scope="module")
def known() -> Known:
    numbered = [(*row, "n1", "n.xlsx", "名单", number) for number, row in enumerate(GRANTS)]
    return Known(
        {
            "register": (feed("register", REGISTER),),
            "notices": _feed("notices", numbered, FEEDS["notices"]),
            "statement": _feed("statement", STATEMENTS, FEEDS["finance"]),
            "fin_loan": _feed("fin_loan", LOANS, LOAN),
            "ticket": _feed("ticket", TICKETS, TICKET),
            "fin_relending": _feed("fin_relending", BANKS, BANK),
            "dept_report": _feed("dept_report", REPORTS, REPORT),
        }
    )


Key = tuple[str, str, str, str | None]


@pytest.fixture(scope="module")
def figures(known: Known, tmp_path_factory: pytest.TempPathFactory) -> dict[Key, dict[str, Any]]:
    """All undivided figures by indicator, reading, region and tier, as the computation makes them."""
    found = computed(tmp_path_factory.mktemp("figures"), PROGRAMME, [PERIOD], known, DICTIONARY)["kpi_region"]
    undivided = [r for r in found if (r["domain"], r["size_class"], r["industry"]) == (None, None, None)]
    return {(r["indicator"], r["reading"], r["region_code"], r["tier"]): r for r in undivided}


Again = Callable[..., Any]


@pytest.fixture(scope="module")
def again(known: Known, figures: dict[Key, dict[str, Any]]) -> Again:
    def count(
        function: Any, indicator: str, reading: str, region: str = "10", tier: str | None = None
    ) -> Any:
        figure = figures[indicator, reading, region, tier]
        with opened_at(figure, PROGRAMME, DICTIONARY[indicator], known, regions(PROGRAMME)) as moment:
            return function(moment)

    return count


def lines_of(made: Behind) -> dict[str, list[int]]:
    """Return code -> row numbers of the parts that count."""
    return {p.code: [x.place[2] for x in p.pointers] for p in made.parts if p.counted}


def added(made: Behind) -> dict[str, Any]:
    """Return what is published by name, having seen that the parts come to it."""
    assert all(c.equal for c in made.checks), made.checks
    return {c.name: c.published for c in made.checks}


def test_contracts_are_parts_of_their_own_and_add_up_to_the_weighted_rate(again: Again) -> None:
    made = again(measured.contracts, "loan_rate", "pooled")
    assert added(made) == {"户数": 3, "分子": Decimal(170_000), "分母": Decimal(4_500_000)}
    assert [(p.code, p.numerator, p.denominator, p.label) for p in made.parts] == [
        ("C", Decimal(105_000), Decimal(3_000_000), "OK"),
        ("A", Decimal(40_000), Decimal(1_000_000), "OK"),
        ("A", Decimal(25_000), Decimal(500_000), "OK"),
        ("B", None, Decimal(2_000_000), "MISSING_NUM"),
    ]
    first = made.parts[1].pointers
    assert [(p.role, p.columns, p.place) for p in first] == [
        (ABOVE, ("balance", "interest_rate"), ("b9", "", 2)),
        (BELOW, ("balance",), ("b9", "", 2)),
    ]


def test_contracts_within_the_line_add_up_to_the_share(again: Again) -> None:
    assert added(again(measured.contracts, "loan_rate", "share")) == {"户数": 3, "达标": Decimal(2)}
    east = again(measured.contracts, "loan_rate", "pooled", "11")
    assert added(east) == {"户数": 2, "分子": Decimal(65_000), "分母": Decimal(1_500_000)}


@pytest.mark.parametrize(
    ("indicator", "firm", "lines"),
    [
        ("loan_balance", "A", [(ABOVE, "balance", 2), (ABOVE, "balance", 3)]),
        ("loan_balance", "C", [(ABOVE, "balance", 5), (ABOVE, "balance", 6)]),
        ("loan_growth", "A", [(ABOVE, "balance", 2), (ABOVE, "balance", 3), (BELOW, "balance", 8), (BELOW, "balance", 9)]),
        ("solved", "A", [(ABOVE, "", 2), (ABOVE, "", 3)]),
        ("quarter_growth", "A", [
            (ABOVE, "revenue", 3), (BELOW, "revenue_prior", 3), (LESS_ABOVE, "revenue", 4), (LESS_BELOW, "revenue_prior", 4),
        ]),
    ],
)  # fmt: skip
def test_an_enterprise_shows_every_row_its_amount_is_worked_out_from(
    again: Again, indicator: str, firm: str, lines: list[tuple[str, str, int]]
) -> None:
    assert served.several_lines(DICTIONARY[indicator])
    reading = {"loan_balance": "sum", "solved": "pooled"}.get(indicator, "same_firm")
    found = again(rows.every_line, indicator, reading)[firm]
    assert [(p.role, ",".join(p.columns), p.place[2]) for p in found] == lines


def test_a_firm_no_list_names_rests_on_no_row(again: Again) -> None:
    assert again(rows.every_line, "solved", "pooled").get("B", ()) == ()


def test_where_nobody_needs_a_row_everybody_counts_with_a_code_or_without(again: Again) -> None:
    made = again(measured.entities, "solved", "pooled")
    assert added(made) == {"户数": 4, "分子": Decimal(2), "分母": Decimal(4)}
    assert [(p.code, p.numerator) for p in made.parts] == [("A", 2), ("", 0), ("B", 0), ("C", 0)]


def test_coverage_by_any_feed_shows_the_row_of_one(again: Again) -> None:
    made = again(measured.entities, "covered", "any")
    assert added(made) == {"户数": 3}
    assert {p.code: p.pointers[0].columns for p in made.parts if p.counted} == {"A": (), "B": (), "C": ()}
    one = again(measured.entities, "covered", "fin_loan")
    assert {p.code: p.pointers[0].columns for p in one.parts if p.counted} == dict.fromkeys(
        "ABC", ("balance",)
    )


# Row numbers of notices are their places in GRANTS.
MOVES = {
    ("tier_flow", "entry", "10", None): ({"户数": 1, "分子": 1}, {"B": [2]}),
    ("tier_flow", "entry", "10", "b"): ({"户数": 1, "分子": 1}, {"A": [1]}),
    ("tier_flow", "upgrade", "11", None): ({"户数": 1, "分子": 1}, {"A": [1]}),
    ("tier_flow", "expiry", "10", "a"): ({"户数": 1, "分子": 1}, {"D": [4]}),
    ("tier_flow", "withdrawal", "10", None): ({"户数": 1, "分子": 1}, {"E": [5, 6]}),
    ("tier_flow", "exit", "12", None): ({"户数": 2, "分子": 2}, {"D": [4], "E": [5, 6]}),
    ("tier_flow", "expiry_or_higher", "10", "seed"): ({"户数": 1, "分子": 1}, {"D": [4]}),
    ("tier_flow", "reentry", "10", None): ({"户数": 0, "分子": 0}, {}),
    ("certificate_new", "new_in_year", "10", "a"): ({"户数": 1, "分子": 1}, {"B": [2]}),
    ("certificate_new", "new_in_window", "10", None): (
        {"户数": 6, "分子": 6}, {"A": [0], "B": [2], "C": [3], "D": [4], "E": [5], "": [8]},
    ),
    ("certificate_new", "batches", "10", "a"): ({"户数": 1, "文件数": 1}, {"B": [2]}),
    ("certificate_new", "multiple", "10", None): ({"户数": 4, "分子": 4, "分母": 1}, {"A": [0, 1], "B": [2], "C": [3], "": [8]}),
}  # fmt: skip


@pytest.mark.parametrize("key", list(MOVES), ids=lambda k: " ".join(map(str, k)))
def test_a_move_leads_to_its_holders_and_the_lines_that_moved_them(again: Again, key: Any) -> None:
    sums, lines = MOVES[key]
    made = again(notices.moves, *key)
    assert (added(made), lines_of(made)) == (sums, lines)


def test_who_stood_before_the_window_counts_below_the_multiple_alone(again: Again) -> None:
    made = again(notices.moves, "certificate_new", "multiple")
    assert [(p.code, p.numerator, p.denominator) for p in made.parts if not p.counted] == [("F", 0, 1)]


def test_a_count_still_leads_to_the_latest_line_of_each_holder(again: Again) -> None:
    made = again(notices.holders, "certificate_count", "valid_or_higher", "10", "a")
    assert added(made) == {"户数": 4, "分子": Decimal(4)}
    assert lines_of(made) == {"A": [1], "B": [2], "C": [3], "": [8]}


def test_a_banks_total_leads_to_its_lines_and_to_those_without_the_amount(again: Again) -> None:
    quota = again(reports.totals, "relending_quota", "total")
    assert added(quota) == {"户数": 1, "分子": Decimal(300)}
    assert [(p.code, p.counted, p.pointers[0].columns) for p in quota.parts] == [
        ("B1", True, ("quota",)),
        ("B2", False, ("quota",)),
    ]
    assert added(again(reports.totals, "relending_used", "total")) == {"户数": 2, "分子": Decimal(200)}


def test_an_item_leads_to_the_rows_of_the_reports(again: Again) -> None:
    made = again(reports.items, "item_PT10", "total")
    assert added(made) == {"户数": 2, "分子": Decimal(13)}
    assert [(p.code, p.name, p.place, p.label) for p in made.parts] == [
        (c, f"{c}局", n, f"2025Q4 “{c}局 2026-01-12 报送，示〔2026〕1号”")
        for c, n in (("11", "东山市"), ("12", "西河市"))
    ]
    assert added(again(reports.items, "item_PT10", "total_min")) == {"户数": 2, "最少": Decimal(4)}


def test_a_year_adds_its_quarters_or_takes_the_opening_stock_off(again: Again) -> None:
    quarters = again(reports.items, "item_PX01", "year", "11")
    assert added(quarters) == {"数值": 10.0, "分子": Decimal(10)}
    assert [p.pointers[0].place[2] for p in quarters.parts] == [11, 12, 13, 14]
    change = again(reports.items, "item_PT10", "year")
    assert added(change) == {"数值": 4.0, "分子": Decimal(4)}
    assert [p.numerator for p in change.parts] == [-5, -4, 9, 4]


def test_an_expression_shows_the_columns_of_the_contract_that_it_reads() -> None:
    known = indicators()
    rate, listed = known["loan_rate"], known["listed_new"].reads["current"]
    assert sides(rate) == (("balance", "interest_rate"), ("balance",))
    assert columns_of(listed, listed.column) == ("board", "reserve_status", "listed_date")
    assert sides(known["revenue_growth"]) == (("revenue",), ("revenue_prior",))
    assert sides(known["tickets_solved"]) == (("state", "closed_on"), ())
