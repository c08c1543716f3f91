"""Figures of departments' reports and of banks, by hand: who counts, what is missing, what the year adds up to."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from jobs.definitions.dictionary import indicators
from jobs.definitions.reference import ReportItem, report_items
from jobs.kpi.compound import compound_growth
from jobs.kpi.figures import Area, Figure, SourceLine, storable
from jobs.kpi.items import ItemRow, item_figures
from jobs.kpi.totals import BankRow, bank_totals

PROVINCE, EAST, WEST, SOUTH = "990000", "990100", "990200", "990300"
AREA = Area(PROVINCE, {EAST: "东市", WEST: "西市", SOUTH: "南市"})
BOTH = ("cumulative", "quarter")


def item(level: str = "unit", basis: tuple[str, ...] = BOTH, unit: str = "户") -> ReportItem:
    return ReportItem("XX01", "示例事项", unit, "省示例厅", level, basis)


def row(region: str, period: str, value: str, basis: str = "cumulative", row_no: int = 5) -> ItemRow:
    return ItemRow(
        period, "XX01", region, basis, Decimal(value), "省示例厅", date(2026, 1, 12), "示例〔2026〕36号",
        f"b-{period}", f"{period}.xlsx", "报表", row_no,
    )  # fmt: skip


def read(
    rows: list[ItemRow],
    reading: str,
    period: str = "2025Q4",
    region: str = PROVINCE,
    of: ReportItem | None = None,
) -> Figure:
    figures = item_figures([of or item()], rows, AREA, [period], 2022)
    return next(f for f in figures if f.reading == reading and f.region_code == region)


ALL_UNITS = [row(EAST, "2025Q4", "5"), row(WEST, "2025Q4", "7"), row(SOUTH, "2025Q4", "0")]


def test_the_province_is_the_sum_of_its_units_and_a_reported_zero_is_a_report():
    f = read(ALL_UNITS, "total")
    assert (f.value, f.numerator, f.denominator, f.n, f.n_scope, f.status) == (
        12.0,
        Decimal(12),
        None,
        3,
        3,
        "OK",
    )
    assert (f.region_level, f.tier, f.unit, f.indicator) == ("province", None, "户", "item_XX01")
    assert (f.reference_period, f.months, f.note) == ("2025-12-31", None, None)


def test_a_figure_names_reporter_date_and_document_and_its_lines():
    f = read([row(EAST, "2025Q4", "5", row_no=9), row(WEST, "2025Q4", "7", row_no=8)], "total")
    assert f.source_text == "省示例厅 2026-01-12 报送，示例〔2026〕36号"
    assert f.lines == (
        SourceLine("b-2025Q4", "2025Q4.xlsx", "报表", 8),
        SourceLine("b-2025Q4", "2025Q4.xlsx", "报表", 9),
    )


def test_with_some_units_only_the_sum_stands_as_low_coverage_and_names_the_silent():
    f = read([row(WEST, "2025Q4", "7")], "total")
    assert (f.value, f.n, f.n_scope, f.status, f.note) == (
        7.0,
        1,
        3,
        "LOW_COVERAGE",
        "2025Q4未报：东市、南市",
    )


def test_a_unit_without_a_report_is_empty_not_zero_and_the_report_is_named():
    f = read(ALL_UNITS[:2], "total", region=SOUTH)
    assert (f.value, f.numerator, f.n, f.n_scope, f.status) == (None, None, 0, 1, "EMPTY")
    assert f.note == "缺2025Q4的部门季度报表：省示例厅“示例事项”"


def test_the_last_quarter_does_not_stand_in_for_a_missing_one():
    assert read([row(EAST, "2025Q3", "5")], "total").status == "EMPTY"


def test_the_provinces_own_row_counts_and_a_different_sum_of_units_is_noted():
    f = read([*ALL_UNITS, row(PROVINCE, "2025Q4", "15.5")], "total")
    assert (f.value, f.n, f.n_scope, f.status) == (15.5, 1, 1, "OK")
    assert f.note == "2025Q4各单位合计 12（3/3 个单位），与全省报数 15.5 不一致，以全省报数为准"


def test_the_provinces_own_row_that_equals_the_units_needs_no_note():
    assert read([*ALL_UNITS, row(PROVINCE, "2025Q4", "12")], "total").note is None


def test_units_stand_beside_the_provinces_own_row():
    assert read([*ALL_UNITS, row(PROVINCE, "2025Q4", "15")], "total", region=WEST).value == 7.0


def test_an_item_of_the_province_has_no_units_and_no_sum():
    figures = item_figures([item("province")], ALL_UNITS, AREA, ["2025Q4"], 2022)
    assert {(f.region_code, f.status, f.n_scope) for f in figures if f.reading == "total"} == {
        (PROVINCE, "EMPTY", 1)
    }


def test_per_cents_are_never_summed_and_have_no_year():
    percent = item(unit="%", basis=("cumulative",))
    figures = item_figures([percent], ALL_UNITS, AREA, ["2025Q4"], 2022)
    assert {(f.region_code, f.reading, f.value) for f in figures} == {
        (PROVINCE, "total", None), (EAST, "total", 5.0), (WEST, "total", 7.0), (SOUTH, "total", 0.0),
    }  # fmt: skip


def test_the_least_of_the_units_is_named():
    f = read(ALL_UNITS, "total_min")
    assert (f.value, f.n, f.n_scope, f.status, f.note) == (0.0, 3, 3, "OK", "最少：南市")


def test_the_least_of_some_units_is_of_low_coverage():
    f = read(ALL_UNITS[:2], "total_min")
    assert (f.value, f.status, f.note) == (5.0, "LOW_COVERAGE", "最少：东市；2025Q4未报：南市")


def quarters(region: str, *values: str, year: int = 2025) -> list[ItemRow]:
    return [row(region, f"{year}Q{q}", v, "quarter", q) for q, v in enumerate(values, 1)]


def test_the_quarter_is_the_quarters_own_report():
    f = read(quarters(EAST, "1", "2", "3"), "quarter", "2025Q3", EAST)
    assert (f.value, f.reference_period, f.months) == (3.0, "2025年7-9月", 3)


def test_the_year_adds_the_quarters_up_to_the_period():
    f = read(quarters(EAST, "1", "2", "3", "4"), "year", "2025Q3", EAST)
    assert (f.value, f.reference_period, f.months) == (6.0, "2025年1-9月", 9)
    assert [line.row_no for line in f.lines] == [1, 2, 3]


def test_a_year_with_a_quarter_missing_is_empty_even_if_the_cumulative_is_there():
    rows = [*quarters(EAST, "1", "2"), row(EAST, "2025Q4", "9", "quarter"), row(EAST, "2025Q4", "9")]
    f = read([*rows, row(EAST, "2024Q4", "0")], "year", region=EAST)
    assert (f.value, f.status) == (None, "EMPTY")
    assert f.note == "缺2025Q3的部门季度报表：省示例厅“示例事项”当季数"


def test_the_provinces_year_is_as_covered_as_its_weakest_quarter():
    rows = quarters(EAST, "1", "2") + quarters(WEST, "10", "20") + quarters(SOUTH, "100")
    f = read(rows, "year", "2025Q2")
    assert (f.value, f.n, f.n_scope, f.status, f.note) == (133.0, 2, 3, "LOW_COVERAGE", "2025Q2未报：南市")


STOCK = item(basis=("cumulative",))


def test_the_year_of_a_cumulative_item_is_its_gain_since_last_years_end():
    rows = [row(EAST, "2024Q4", "30"), row(EAST, "2025Q2", "42")]
    f = read(rows, "year", "2025Q2", EAST, STOCK)
    assert (f.value, f.status, f.note) == (12.0, "OK", "期末累计减上年末累计")


def test_a_cumulative_that_shrinks_gives_a_negative_year_and_is_not_cut_off():
    rows = [row(EAST, "2024Q4", "30"), row(EAST, "2025Q2", "28")]
    assert read(rows, "year", "2025Q2", EAST, STOCK).numerator == Decimal(-2)


def test_the_gain_of_the_province_only_compares_units_that_stand_at_both_ends():
    rows = [
        row(EAST, "2024Q4", "30"),
        row(WEST, "2024Q4", "50"),
        row(EAST, "2025Q4", "40"),
        row(SOUTH, "2025Q4", "9"),
    ]
    f = read(rows, "year", of=STOCK)
    assert (f.value, f.n, f.n_scope, f.status) == (10.0, 1, 3, "LOW_COVERAGE")
    assert f.note == "期末累计减上年末累计；2024Q4或2025Q4未报：西市、南市"


def test_the_gain_is_not_taken_between_the_provinces_own_row_and_a_sum_of_units():
    f = read([*ALL_UNITS, row(PROVINCE, "2024Q4", "3")], "year", of=STOCK)
    assert (f.value, f.note) == (None, "年初与期末由不同单位报送，不能相减")


def test_without_last_years_end_there_is_no_gain():
    f = read([row(EAST, "2025Q4", "30")], "year", region=EAST, of=STOCK)
    assert (f.value, f.note) == (None, "缺2024Q4的部门季度报表：省示例厅“示例事项”")


def three_years(*sums: str) -> list[ItemRow]:
    return [
        r for y, s in zip((2022, 2024), sums, strict=True) for r in quarters(EAST, s, "0", "0", "0", year=y)
    ]


def test_yearly_growth_compounds_from_the_first_to_the_last_full_year():
    f = read(three_years("100", "121"), "yearly_growth", "2025Q3", EAST)
    assert (f.value, f.numerator, f.unit, f.reference_period) == (10.0, Decimal(10), "%", "2022-2024年")
    assert f.note == "2022年 100，2024年 121"


def test_yearly_growth_that_is_no_fraction_comes_as_a_double():
    f = read(three_years("100", "200"), "yearly_growth", "2025Q3", EAST)
    assert f.value == pytest.approx(41.4213562373095, abs=1e-12)
    assert (f.numerator, f.denominator, f.status) == (None, None, "OK")


def test_yearly_growth_from_nothing_is_not_comparable():
    f = read(three_years("0", "5"), "yearly_growth", "2025Q3", EAST)
    assert (f.value, f.status) == (None, "NOT_COMPARABLE")


def test_yearly_growth_is_not_taken_between_sums_of_some_units():
    f = read(three_years("100", "121"), "yearly_growth", "2025Q3")
    assert (f.value, f.status) == (None, "NOT_COMPARABLE")


def test_yearly_growth_needs_two_full_years_and_both_their_reports():
    assert (
        read(three_years("100", "121"), "yearly_growth", "2023Q3", EAST).note == "2022年以来不足两个完整年度"
    )
    assert read(three_years("100", "121"), "yearly_growth", "2025Q4", EAST).status == "EMPTY"


@pytest.mark.parametrize(
    ("first", "last", "years", "rate"),
    [("100", "110", 1, "1/10"), ("1000", "1331", 3, "1/10"), ("27", "8", 3, "-1/3"), ("3", "0", 2, "-1")],
)
def test_compound_growth_is_exact_where_it_is_a_fraction(first, last, years, rate):
    assert compound_growth(Fraction(first), Fraction(last), years) == Fraction(rate)


@pytest.mark.parametrize(
    ("value", "sides"),
    [
        ("5/4", (Decimal("1.25"), None)),
        ("-1/3", (Decimal(-1), Decimal(3))),
        (f"1/{3**80}", (None, None)),
    ],
)
def test_exact_values_fit_the_columns_or_are_left_out(value, sides):
    assert storable(Fraction(value)) == sides


def bank(code: str, quota: str | None, used: str, instrument: str = "relending", row_no: int = 1) -> BankRow:
    amount = None if quota is None else Decimal(quota)
    return BankRow("2025Q2", code, instrument, amount, Decimal(used), "b1", "after.csv", "", row_no)


def banks(rows: list[BankRow], indicator: str) -> Figure:
    return next(f for f in bank_totals(rows, AREA, ["2025Q2"]) if f.indicator == indicator)


TWO_BANKS = [
    bank("B1", "1234567890.12", "100000000"),
    bank("B2", "1765432109.88", "50000000", row_no=2),
    bank("B1", "5", "7", "rediscount", 3),
]


def test_quota_and_use_add_up_over_the_banks_of_one_instrument():
    quota, used = banks(TWO_BANKS, "relending_quota"), banks(TWO_BANKS, "relending_used")
    assert (quota.value, quota.numerator, quota.denominator) == (
        30.0,
        Decimal("3000000000.00"),
        Decimal(10**8),
    )
    assert (quota.unit, quota.n, quota.n_scope, quota.status) == ("亿元", 2, 2, "OK")
    assert (quota.reference_period, quota.months) == ("2025-06-30", None)
    assert (used.value, used.reference_period, used.months) == (1.5, "2025年1-6月", 6)
    assert [line.row_no for line in used.lines] == [1, 2]


def test_a_bank_without_a_quota_is_skipped_and_counted():
    f = banks([TWO_BANKS[0], bank("B2", None, "1")], "relending_quota")
    assert (f.numerator, f.n, f.n_scope, f.status, f.note) == (
        Decimal("1234567890.12"), 1, 2, "LOW_COVERAGE", "1家银行未报再贷款额度",
    )  # fmt: skip


def test_an_instrument_nobody_reports_is_empty():
    f = banks(TWO_BANKS[:2], "rediscount_used")
    assert (f.value, f.numerator, f.n, f.status, f.note) == (
        None,
        None,
        0,
        "EMPTY",
        "缺2025Q2的再贴现本年累计使用",
    )


def test_the_dictionary_has_a_line_for_every_item_of_the_reports():
    known = indicators()
    for code, listed in report_items().items():
        line = known[f"item_{code}"]
        assert (line.family, line.item, line.unit, line.owner) == (
            "item",
            code,
            listed.unit,
            listed.department,
        )
        assert line.source == f"部门季度报表（{listed.department}）"
        assert line.reads["current"].where == {"item_code": code}
