"""The models of figures, through the production path in this process: a made-up province, every figure worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs.kpi import runner, slicing
from jobs.kpi.figures import MARK
from jobs.kpi.inputs import Pinned
from jobs.kpi.unmatched import Word
from jobs.lake.shape import columns_of, shaped
from jobs.pipeline.plan import plan
from tests.support import made_up_province
from tests.support.made_up_province import REVENUE, indicator, programme
from tests.support.model_frames import (
    MONEY,
    TEXT,
    computed,
    day,
    event,
    feed,
    finance,
    known,
    notice,
    regions,
    research,
    ticket,
)

LOAN = {"feed": "loans", "at": "quarter", "only": "balance > 0", "reduce": "each", "source": "finance"}


DICTIONARY = made_up_province.DICTIONARY | {
    i.id: i
    for i in (
        indicator("quarter_growth", "growth", {"current": REVENUE}, quarterly=True),
        indicator("loan_rate", "ratio", {
            "numerator": {**LOAN, "column": "balance * rate * 0.01"}, "denominator": {**LOAN, "column": "balance"},
        }),
    )
}  # fmt: skip
LOANS = {"uscc": TEXT, "period": TEXT, "balance": MONEY, "rate": pa.decimal128(10, 4)}


PROGRAMME = programme(DICTIONARY)
FEEDS: dict[str, list[dict[str, Any]]] = {
    "register": [event("A1"), event("A2", "121"), event("A3", "112")],
    "notices": [
        notice("A1"),
        notice("A2"),
        notice("A3", tier="b"),
        # Ended after three years less a day, and by no register known.
        notice("A4", on="2020-01-01"),
    ],
    "finance": [
        finance("A1", "202503", "100.00", "80.00"),
        finance("A2", "202503", "50.00", "50.00"),
        finance("A1", "202412", "400.00", "300.00"),
        finance("A3", "202503", None),
    ],
    "rd": [research("A1", 2024, "12.00"), research("A1", 2023, "10.00")],
}


def figures(
    folder: Path, periods: tuple[str, ...] = ("2025Q1",), slices: int = 1, firms: bool = True, **more: Any
) -> dict[str, Any]:
    """Compute the made-up province, with changed feeds and further knowledge; where only regions are looked at, without firms."""
    feeds = FEEDS | {k: more.pop(k) for k in FEEDS if k in more}
    what = known(feeds, **more)
    return computed(folder, PROGRAMME, list(periods), what, DICTIONARY, slices, firms=firms)


def cell(rows: dict[str, Any], indicator: str, reading: str, **where: Any) -> dict[str, Any]:
    """Return the one figure of a cell; the province, any certificate and all else undivided by default."""
    wanted = {"region_code": "10", "tier": None, "domain": None, "size_class": None, "industry": None}
    wanted |= {"indicator": indicator, "reading": reading} | where
    (found,) = [r for r in rows["kpi_region"] if all(r[k] == v for k, v in wanted.items())]
    return found


def firm(rows: dict[str, Any], uscc: str, indicator: str) -> dict[str, Any]:
    """Return the one figure of an enterprise."""
    (found,) = [r for r in rows["kpi_enterprise"] if (r["uscc"], r["indicator"]) == (uscc, indicator)]
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The made-up province as it is."""
    return figures(tmp_path_factory.mktemp("made"))


def test_counts_by_tier_of_who_holds_a_valid_certificate(made: dict[str, Any]) -> None:
    assert cell(made, "count", "valid", tier="a")["value"] == 2
    assert cell(made, "count", "ever", tier="a")["value"] == 3
    assert cell(made, "count", "valid_or_higher", tier="a")["value"] == 3
    assert cell(made, "count", "valid", tier=None)["value"] == 3
    # Of a tier that nobody was ever awarded nothing is known.
    none = cell(made, "count", "valid", tier="seed")
    assert (none["value"], none["status"]) == (None, "EMPTY")


def test_a_unit_without_holders_shows_the_count_0(made: dict[str, Any]) -> None:
    none = cell(made, "count", "valid", region_code="12", tier="b")
    assert (none["value"], none["status"], none["region_name"]) == (0, "OK", "西河市")


def test_a_level_is_the_sum_of_those_who_report(made: dict[str, Any]) -> None:
    total = cell(made, "revenue", "sum")
    assert (total["value"], total["numerator"], total["n"], total["n_scope"]) == (
        150.0,
        Decimal("150.0000"),
        2,
        3,
    )
    assert total["n_excluded"] == [("MISSING_NUM", 1)]
    assert total["n_by_source"] == [("statistics", 2)]
    assert total["reference_period"] == "2025年1-3月"


def test_growth_is_that_of_the_matched_panel(made: dict[str, Any]) -> None:
    rate = cell(made, "revenue_growth", "same_firm", tier="a")
    assert rate["value"] == (150.0 - 130.0) / 130.0 * 100
    assert (rate["numerator"], rate["denominator"], rate["status"]) == (Decimal(150), Decimal(130), "FEW")
    change = cell(made, "revenue_growth", "amount_change", tier="a")
    assert (change["value"], change["unit"]) == (20.0, "元")


def test_contributions_of_units_add_up_to_the_rate(made: dict[str, Any]) -> None:
    parts = [
        cell(made, "revenue_growth", "contribution", region_code=u, tier="a")["value"] for u in ("11", "12")
    ]
    assert parts == [20.0 / 130.0 * 100, 0.0]


def test_a_form_without_last_year_s_column_takes_what_was_reported_then(made: dict[str, Any]) -> None:
    rate = cell(made, "rd_growth", "same_firm", tier="a")
    assert (rate["value"], rate["note"], rate["n_excluded"]) == (
        20.0,
        "base_kind=prior_return",
        [("NO_REPORT", 1)],
    )


def test_a_ratio_is_that_of_the_sums_of_those_who_report_both_sides(made: dict[str, Any]) -> None:
    pooled = cell(made, "rd_intensity", "pooled", tier="a")
    assert (pooled["value"], pooled["numerator"], pooled["denominator"]) == (3.0, Decimal(12), Decimal(400))
    assert (pooled["status"], pooled["note"]) == ("LOW_COVERAGE", "coverage_by_size=1.0000")
    assert pooled["reference_period"] == "2024年度"
    share = cell(made, "rd_intensity", "share", tier="a")
    assert (share["value"], share["unit"], share["numerator"]) == (100.0, "%", Decimal(1))


def test_coverage_is_told_per_feed_and_for_any_of_them(made: dict[str, Any]) -> None:
    assert cell(made, "covered", "finance")["value"] == 100.0
    assert cell(made, "covered", "rd")["n_excluded"] == [("NO_REPORT", 2)]
    assert cell(made, "covered", "any")["n"] == 3


def test_a_figure_of_an_enterprise_names_the_lines_of_both_sides(made: dict[str, Any]) -> None:
    row = firm(made, "A1", "rd_intensity")
    assert (row["value"], row["label"], row["in_panel"]) == (3.0, "OK", True)
    assert (row["file_name"], row["row_no"], row["den_file_name"], row["den_row_no"]) == (
        "rd.csv",
        1,
        "finance.csv",
        3,
    )
    assert firm(made, "A3", "rd_intensity")["label"] == "NO_REPORT"
    assert {r["uscc"] for r in made["kpi_enterprise"]} == {"A1", "A2", "A3"}


def test_the_statement_has_the_tiers_from_the_lowest_and_the_end_of_the_highest(tmp_path: Path) -> None:
    found = figures(
        tmp_path, notices=[notice("A1"), notice("A1", tier="seed", on="2023-01-01"), notice("A2")]
    )
    (row,) = [r for r in found["enterprise_statement"] if r["uscc"] == "A1"]
    assert (row["tiers"], row["highest_tier"], row["certificate_valid_to"]) == (
        "seed,a",
        "a",
        day("2027-06-14"),
    )
    assert (row["region_name"], row["county_name"], row["staff_end"]) == ("东山市", "东一县", 50)


def test_any_number_of_slices_gives_the_same_figures(made: dict[str, Any], tmp_path: Path) -> None:
    cut = figures(tmp_path, slices=3)
    assert len(list((tmp_path / "cells").glob("*.parquet"))) == 3
    for table in ("kpi_region", "kpi_enterprise"):
        assert sorted(map(str, cut[table])) == sorted(map(str, made[table]))


def test_figures_of_regions_are_the_same_where_nobody_asks_for_firms(
    made: dict[str, Any], tmp_path: Path
) -> None:
    alone = computed(tmp_path, PROGRAMME, ["2025Q1"], known(FEEDS), DICTIONARY, firms=False)
    assert sorted(map(str, alone["kpi_region"])) == sorted(map(str, made["kpi_region"]))
    assert "target_progress" in alone and "kpi_enterprise" not in alone


def test_a_quarter_alone_is_unknown_without_the_cumulative_before(tmp_path: Path) -> None:
    rows = [finance("A1", "202506", "250.00", "200.00"), finance("A1", "202503", "100.00", "80.00")]
    rows += [finance("A2", "202506", "90.00", "70.00")]
    found = figures(tmp_path, ("2025Q2",), finance=rows)
    quarter = cell(found, "quarter_growth", "same_firm", tier="a")
    assert (quarter["numerator"], quarter["denominator"]) == (Decimal(150), Decimal(120))
    assert quarter["n_excluded"] == [("NO_PRED", 1)]
    assert quarter["note"] == "base_kind=own_form；缺上季累计 1 户，未计入"
    assert firm(found, "A2", "quarter_growth")["label"] == "NO_PRED"


def test_a_row_in_quarantine_is_why_there_is_no_value_and_marks_an_old_one(tmp_path: Path) -> None:
    waits = (("finance", {"uscc": "A3", "period": "202503"}), ("rd", {"uscc": "A1", "year": "2024"}))
    found = figures(tmp_path, quarantined=waits)
    assert firm(found, "A3", "revenue")["label"] == "QUARANTINED"
    assert cell(found, "revenue", "sum")["n_excluded"] == [("QUARANTINED", 1)]
    late = cell(found, "rd_intensity", "pooled", tier="a")
    assert (late["value"], late["n_pending"], late["mark"]) == (3.0, 1, MARK)
    assert firm(found, "A1", "rd_growth")["mark"] == MARK


def test_yearly_forms_that_are_not_in_leave_the_year_before_provisional(tmp_path: Path) -> None:
    found = figures(tmp_path, ("2024Q4",), available={"rd": {2023}})
    growth = cell(found, "rd_growth", "all_firm", tier="a")
    assert (growth["provisional"], growth["reference_period"], growth["numerator"]) == (
        True,
        "2023年度",
        Decimal(10),
    )


def test_a_feed_that_is_not_there_is_no_report(tmp_path: Path) -> None:
    what = known({k: v for k, v in FEEDS.items() if k != "rd"})
    found = computed(tmp_path, PROGRAMME, ["2025Q1"], what, DICTIONARY)
    assert cell(found, "rd_growth", "same_firm")["n_excluded"] == [("NO_REPORT", 3)]


def _loans(*rows: tuple[str, str, str]) -> Pinned:
    made = [{"uscc": u, "period": "2025Q1", "balance": Decimal(b), "rate": Decimal(r)} for u, b, r in rows]
    return feed("loans", made, LOANS)


def test_of_contracts_each_one_is_a_case(tmp_path: Path) -> None:
    what = known(FEEDS)
    loans = _loans(("A1", "100.00", "4.0000"), ("A1", "300.00", "6.0000"), ("A1", "0.00", "9.0000"))
    what = type(what)({**what.sources, "loans": (loans,)})
    found = computed(tmp_path, PROGRAMME, ["2025Q1"], what, DICTIONARY)
    rate = cell(found, "loan_rate", "pooled")
    # 4 + 18 of 400, two contracts; the one that is paid back counts no more.
    assert (rate["value"], rate["n"], rate["n_by_source"]) == (22.0 / 400.0 * 100, 2, [("finance", 2)])
    assert cell(found, "loan_rate", "median")["value"] == 5.0
    # Where nobody has a contract the figure is there, and empty.
    assert cell(found, "loan_rate", "pooled", tier="b")["status"] == "EMPTY"
    assert not [r for r in found["kpi_enterprise"] if r["indicator"] == "loan_rate"]


@pytest.mark.parametrize(
    ("lines", "valid"),
    [
        ([notice("A1", on="2021-05-01")], False),
        ([notice("A1", on="2021-05-01"), notice("A1", on="2024-03-01", what="renew")], True),
        ([notice("A1", on="2022-05-01"), notice("A1", on="2025-03-01", what="withdraw")], False),
        ([notice("A1", on="2022-05-01"), notice("A1", on="2024-03-01", what="withdraw"), notice("A1", on="2025-02-01")], True),
        ([notice("A1", valid_to=day("2025-03-30"))], False),
        ([notice("A1", valid_to=day("2025-03-31"))], True),
    ],
    ids=["three years less a day", "renewed", "withdrawn", "granted again", "printed end passed", "last day"],
)  # fmt: skip
def test_a_certificate_is_valid_from_its_document_to_its_end(
    lines: list[dict[str, Any]], valid: bool, tmp_path: Path
) -> None:
    found = figures(tmp_path, firms=False, notices=[*lines, notice("A2")])
    assert cell(found, "count", "valid", tier="a")["value"] == 1 + valid


def test_a_person_s_word_gives_a_line_its_holder_or_takes_it_away(tmp_path: Path) -> None:
    key = ("2024-06-15-a-grant", "a", "grant", "企业None")
    lines = [notice(None), notice("A2")]
    said = figures(tmp_path / "said", notices=lines, words=(Word(key, None, "A1"),))
    assert {r["uscc"] for r in said["kpi_enterprise"]} == {"A1", "A2"}
    gone = figures(tmp_path / "gone", firms=False, notices=lines, words=(Word(key, None, None),))
    assert cell(gone, "count", "valid", tier="a")["value"] == 1


def test_the_first_holders_of_a_region_break_through_together_whatever_the_slice(tmp_path: Path) -> None:
    lines = [
        notice("A1", "2022-01-10", "b", valid_from=day("2022-07-01")),
        notice("A1", "2022-03-01", "b", "withdraw"),  # before it began
        notice("A1", "2023-07-14", "b"),
        notice("A3", "2023-07-14", "b"),
        notice("A5", "2023-07-15", "b"),
        notice("A2", "2025-02-01", "b"),
    ]
    what = known(FEEDS | {"notices": lines, "register": [*FEEDS["register"], event("A5")]})
    found = computed(
        tmp_path, programme(DICTIONARY, breakthrough_tier="b"), ["2025Q1"], what, DICTIONARY, slices=4
    )
    firsts = {(r["region_level"], r["region_code"], r["uscc"], r["in_period"]) for r in found["breakthrough"]}
    assert firsts == {
        ("unit", "11", "A1", False), ("unit", "11", "A3", False), ("county", "111", "A1", False),
        ("county", "112", "A3", False), ("unit", "12", "A2", True), ("county", "121", "A2", True),
    }  # fmt: skip


def test_regions_are_compared_without_their_sum(tmp_path: Path) -> None:
    columns = {"region_code": TEXT, "year": pa.int32(), "value": pa.decimal128(20, 4)}
    rows = [("11", 2023, "6.0"), ("11", 2022, "5.0"), ("12", 2023, "3.0")]
    yearbook = feed("book", [{"region_code": c, "year": y, "value": Decimal(v)} for c, y, v in rows], columns)
    read = {"current": {"feed": "book", "column": "value", "at": "year"}}
    more = {"entity": "region", "minor": 10000, "value_unit": "亿元"}
    own = {
        "rd": indicator("rd", "level", read, unit="亿元", **more),
        "growth": indicator("growth", "growth", read, **more),
    }
    compared = programme(
        own,
        entity="region",
        unit_level="province",
        roles={},
        tiers=[],
        first_period="2023",
    )
    what = type(known({}))({"book": (yearbook,)})
    found = computed(tmp_path, compared, ["2023"], what, own)
    assert {(r["region_code"], r["region_level"]) for r in found["kpi_region"]} == {
        ("11", "province"),
        ("12", "province"),
    }
    assert cell(found, "rd", "sum", region_code="11")["value"] == 6.0
    growth = cell(found, "growth", "same_firm", region_code="11")
    assert (growth["value"], growth["status"]) == (20.0, "OK")


def test_models_run_after_those_they_read() -> None:
    models = {
        "last": "SELECT * FROM middle",
        "middle": "WITH own AS (FROM first) FROM own",
        "first": "SELECT 1 AS n",
    }
    with runner.connection(1) as con:
        assert runner.order(con, models) == ["first", "middle", "last"]
        with pytest.raises(ValueError, match="SELECT"):
            runner.reads(con, "DELETE FROM middle")


def test_a_table_goes_when_nothing_reads_it_any_more_be_it_through_a_view() -> None:
    models = {
        "first": "SELECT 1 AS n",
        "seen": "FROM first",
        "shown": "SELECT n + 1 AS n FROM seen",
        "unread": "FROM nowhere",
        "total": "SELECT sum(n) AS n FROM shown",
    }
    there: dict[str, tuple[set[str], int]] = {}
    with runner.connection(1) as con:
        for name in runner.each(con, models, ["shown", "total"], ["seen"]):
            tables = {t for (t,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
            (value,) = con.execute(f"FROM {name}").fetchone() or (0,)
            there[name] = tables, value
        left = con.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
    assert there == {"shown": ({"first", "shown"}, 2), "total": ({"shown", "total"}, 2)}
    assert left == (0,)


def test_slices_are_one_a_core_and_a_multiple_where_firms_would_not_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = plan(PROGRAMME, ["2025Q1"], known(FEEDS), DICTIONARY, regions(PROGRAMME))
    assert len(slicing.slices_of(run, 2)) == 2
    # The register has three firms: of 1 MiB each they need three engines of 1 MiB, one after the other.
    monkeypatch.setattr(slicing, "needed", lambda _: 1024)
    assert len(slicing.slices_of(run, 1, room=1)) == 3
    assert len(slicing.slices_of(run, 1, room=2)) == 2


def test_an_engine_holds_less_of_an_enterprise_where_fewer_figures_are_worked_out() -> None:
    stands, places = known(FEEDS), regions(PROGRAMME)
    one, four = ["2025Q1"], ["2025Q1", "2025Q2", "2025Q3", "2025Q4"]
    of_regions = plan(PROGRAMME, one, stands, DICTIONARY, places, firms=False)
    figures = of_regions.tables["worked_out"].num_rows
    assert slicing.needed(of_regions) == 0.5 * figures + 4
    assert slicing.needed(plan(PROGRAMME, one, stands, DICTIONARY, places)) == 0.5 * figures + 4 + 14
    more = plan(PROGRAMME, four, stands, DICTIONARY, places)
    assert slicing.needed(more) == 0.5 * more.tables["worked_out"].num_rows + 4 * (4 + 14)


def test_a_table_in_another_shape_than_its_contract_is_refused() -> None:
    with runner.connection(1) as con:
        con.execute("CREATE TABLE coverage AS SELECT 1 AS n")
        with pytest.raises(ValueError, match="与合同的列不同"):
            shaped(con, "coverage", columns_of("coverage"))


def test_a_quotient_by_nothing_is_unknown() -> None:
    with runner.connection(1) as con:
        assert con.execute("SELECT quotient(1, 0), quotient(NULL, 2), quotient(1, 4)").fetchone() == (
            None,
            None,
            0.25,
        )


def test_exact_values_become_whole_minor_units_half_away_from_zero() -> None:
    with runner.connection(1) as con:
        row = con.execute(
            "SELECT whole_minor(0.005::DECIMAL(9, 3), 100), whole_minor(-0.005::DECIMAL(9, 3), 100)"
        ).fetchone()
    assert row == (1, -1)


def test_quantiles_lie_between_the_values_they_stand_between() -> None:
    with runner.connection(1) as con:
        row = con.execute(
            "SELECT quantile_7([1.0, 2.0, 4.0, 8.0], 0.25), quantile_7([3.0], 0.5), mean_in_order([1.0, 2.0])"
        ).fetchone()
    assert row == (1.75, 3.0, 1.5)


@pytest.mark.parametrize("slices", [1, 3])
def test_warnings_and_tickets_of_all_slices_come_together(tmp_path: Path, slices: int) -> None:
    feeds = FEEDS | {
        "ticket": [
            ticket("T1", "A1", "2027-03-01"),
            ticket("T2", "A3", "2027-03-30"),
            ticket("T3", "A2", "2027-04-01"),
        ]
    }
    roles = {"register": "register", "certificates": "notices", "tickets": "ticket"}
    made = computed(
        tmp_path, programme(DICTIONARY, roles=roles), ["2027Q1"], known(feeds), DICTIONARY, slices
    )
    # The certificates of 15 June 2024 end 75 days after the quarter.
    said = {r["uscc"]: (r["rule"], r["text"], r["due_on"]) for r in made["warning"]}
    told = ("certificate_expiring", "证书将于2027-06-14到期，距期末75天，不超过90天", day("2027-04-10"))
    assert said == dict.fromkeys(("A1", "A2", "A3"), told)
    (rule,) = [r for r in made["warning_rule"] if r["rule"] == "certificate_expiring"]
    assert (rule["n_population"], rule["n_fired"], rule["fired_share"], rule["review"]) == (3, 3, 100.0, None)
    assert {r["ticket_no"]: (r["overdue"], r["due_on"]) for r in made["ticket_progress"]} == {
        "T1": (True, day("2027-03-26")),
        "T2": (False, day("2027-04-24")),
    }
