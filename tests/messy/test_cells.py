"""Cells as they really come: read where only one reading is possible, else quarantined with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlwt

from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.wording import folded, folded_sql
from jobs.feeds.judging import row_rules
from jobs.feeds.judging.columns import text_name, typed
from tests.support.files import COUNTY, FINANCE, code, line, unquoted
from tests.support.judging import Desk
from tests.support.messy_files import REGION_ROWS, Rows, book, region_table, styled_xls, text_file

RECEIVED = date(2026, 3, 19)
REGISTER = load_feed("stat_register")
REGISTER_NAMES = [c.label for c in REGISTER.cells]


def judge(folder: Path, contract: Contract, content: bytes, **attributes: str) -> list[dict[str, Any]]:
    """Return a file's rows, typed, each with the ``reasons`` that it has by itself; keys may stand twice here."""
    found = Desk(contract, folder, RECEIVED).one(content, **attributes)
    refused = {
        at: [x for x in r["reasons"] if x["rule"] != "KEY_CONFLICT"] for at, r in found.refused.items()
    }
    return [r | {"reasons": refused.get(at, [])} for at, r in sorted(found.typed.items())]


def rules_of(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(r["column"], r["rule"]) for r in row["reasons"]]


def register_line(
    number: int, opened: object = "2020-01-02", effective: object = "2025-03-01"
) -> list[object]:
    return [code(number), "甲", COUNTY, "C3011", opened, "在册", effective, 20, "工业"]


DATES: list[tuple[object, date | None]] = [
    ("202409", date(2024, 9, 1)),
    ("2024年9月", date(2024, 9, 1)),
    ("2024-9", date(2024, 9, 1)),
    ("2024/09", date(2024, 9, 1)),
    ("45536", date(2024, 9, 1)),
    (45536, date(2024, 9, 1)),
    (date(2024, 9, 1), date(2024, 9, 1)),
    ("2024.9.1", date(2024, 9, 1)),
    ("2024年9月1号", date(2024, 9, 1)),
    ("2024-09-01 00:00:00", date(2024, 9, 1)),
    ("2024/9/1 0:00", date(2024, 9, 1)),
    ("20240901", date(2024, 9, 1)),
    ("２０２４年９月１日", date(2024, 9, 1)),
    ("2024-02-30", None),
    ("202413", None),
    ("2024", None),
    ("453", None),
    ("455361", None),
    ("2024年", None),
    ("去年", None),
]
MONTHS: list[tuple[object, str | None]] = [
    ("202602", "202602"),
    (202602, "202602"),
    ("2026年2月", "202602"),
    ("2026-02", "202602"),
    ("2026/2", "202602"),
    ("2026.02", "202602"),
    (date(2026, 2, 1), "202602"),
    (date(2026, 2, 28), "202602"),
    (46054, "202602"),
    ("46054", "202602"),
    ("2026-02-01 00:00:00", "202602"),
    ("2026.2", None),  # February, or the number into which Excel turned 2026.20
    (date(2026, 2, 18), None),
    (46060, None),
    ("2月", None),
    ("202600", None),
]


@pytest.fixture(scope="module")
def dates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    rows = [REGISTER_NAMES, *[register_line(n, opened) for n, (opened, _) in enumerate(DATES)]]
    yield judge(tmp_path_factory.mktemp("dates"), REGISTER, book({"表": rows}), period="202512")


@pytest.mark.parametrize("number", range(len(DATES)), ids=lambda n: str(DATES[n][0]))
def test_dates_of_every_kind(dates: list[dict[str, Any]], number: int) -> None:
    row, expected = dates[number], DATES[number][1]
    assert row["opened_on"] == expected
    assert rules_of(row) == ([] if expected else [("opened_on", "NOT_A_DATE")])


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    rows = [list(FINANCE), *[line(n, 5, period=m) for n, (m, _) in enumerate(MONTHS)]]  # type: ignore[arg-type]
    yield judge(
        tmp_path_factory.mktemp("months"), load_feed("stat_finance"), book({"表": rows}), period="2026"
    )


@pytest.mark.parametrize("number", range(len(MONTHS)), ids=lambda n: str(MONTHS[n][0]))
def test_months_of_every_kind(months: list[dict[str, Any]], number: int) -> None:
    row, expected = months[number], MONTHS[number][1]
    assert row["period"] == expected
    assert rules_of(row) == ([] if expected else [("period", "PERIOD_FORMAT")])


CODES: list[tuple[object, str | None]] = [
    (code(1), None),
    ("9.12E+17", "USCC_EXCEL_LOST"),
    ("9.1220101000000E+17", "USCC_EXCEL_LOST"),
    ("9E+17", "USCC_EXCEL_LOST"),
    (912201010000000100, "USCC_EXCEL_LOST"),
    (9.12201011239989e17, "USCC_EXCEL_LOST"),
    ("912201011239989000", "USCC_EXCEL_LOST"),
    ("912201011239989159", None),  # real, figures only
    ("91220101123998915 9", None),
    ("９１２２０１０１１２３９９８９１５９", None),
    ("91220101-123998915-9", None),
    ("912201011239989150", "USCC_CHECK"),
    ("91220101123998915", "USCC_FORMAT"),
]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_codes_that_a_spreadsheet_took_for_numbers_are_told_from_wrong_ones(
    tmp_path: Path, kind: str
) -> None:
    # A text file keeps every digit of a number; a workbook keeps fifteen.
    codes = [c for c in CODES if kind == "xlsx" or not isinstance(c[0], int)]
    rows = [list(FINANCE), *[line(1, 5, 统一社会信用代码=c) for c, _ in codes]]
    content = book({"表": rows}) if kind == "xlsx" else text_file(rows, "gb18030")
    found = judge(tmp_path, load_feed("stat_finance"), content, period="202602")
    assert [next((r for c, r in rules_of(row) if c == "uscc"), None) for row in found] == [
        r for _, r in codes
    ]


def test_of_codes_that_end_in_zeros_those_that_pass_both_checks_are_right(tmp_path: Path) -> None:
    from infra.sandbox.world.codes import org_check, uscc_check

    bodies = [f"{n:07d}0" for n in range(1_000_000, 1_002_000)]
    fitting = {b: f"91220101{b}00" for b in bodies if uscc_check(f"91220101{b}0") == "0"}
    right = [c for b, c in fitting.items() if org_check(b) == "0"]
    by_chance = [c for b, c in fitting.items() if org_check(b) != "0"]
    assert len(right) > 1 and len(by_chance) > 10
    codes = [*right, *by_chance]
    rows = [list(FINANCE), *[line(1, 5, 统一社会信用代码=c) for c in codes]]
    found = judge(tmp_path, load_feed("stat_finance"), text_file(rows), period="202602")
    lost = [("uscc", "USCC_EXCEL_LOST")]
    assert [rules_of(row) for row in found] == [[] for _ in right] + [lost for _ in by_chance]


NUMBERS: list[tuple[object, str | None, list[tuple[str, str]]]] = [
    ("1,234,567.5", "1234567.5", []),
    ("１，２３４", "1234", []),
    ("−55.25", "-55.25", []),
    ("－55", "-55", []),
    (" 12 ", "12", []),
    ("1.200e3", "1200", []),
    ("1.23457E+08", None, [("revenue_prior", "DIGITS_LOST")]),
    ("1.2e3", None, [("revenue_prior", "DIGITS_LOST")]),
    ("1E+05", None, [("revenue_prior", "DIGITS_LOST")]),
    (".5E+08", None, [("revenue_prior", "DIGITS_LOST")]),
    ("-1.1E+08", None, [("revenue_prior", "DIGITS_LOST")]),
    ("1.23456789E+08", "123456789", []),
    ("1.25E+01", "12.5", []),
    ("2.5E-01", "0.25", []),
    ("0E+00", "0", []),
    ("########", None, [("revenue_prior", "ERROR_CELL")]),
    ("##", None, [("revenue_prior", "ERROR_CELL")]),
    ("\u200b12\ufeff", "12", []),
    ("-", None, []),
    ("—", None, []),
    ("……", None, []),
    ("…", None, []),
    ("#", None, []),
    ("", None, []),
    ("1,23", None, [("revenue_prior", "NOT_A_NUMBER")]),
    ("12万", None, [("revenue_prior", "NOT_A_NUMBER")]),
    ("(55)", None, [("revenue_prior", "NOT_A_NUMBER")]),
    *[
        (e, None, [("revenue_prior", "ERROR_CELL")])
        for e in (
            "#DIV/0!",
            "#REF!",
            "#N/A",
            "#N/A N/A",
            "#VALUE!",
            "#NAME?",
            "#NUM!",
            "#NULL!",
            "#SPILL!",
            "#CALC!",
            "Err:502",
            "#名称?",
            "#数值!",
            "＃ＲＥＦ！",
            "#GETTING_DATA",
        )
    ],
    ("0", "0", []),
]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_numbers_are_read_markers_are_missing_and_the_rest_is_no_number(tmp_path: Path, kind: str) -> None:
    rows: Rows = [list(FINANCE), *[line(n, 5, prior=v) for n, (v, _, _) in enumerate(NUMBERS)]]
    content = book({"表": rows}) if kind == "xlsx" else text_file(rows)
    found = judge(tmp_path, load_feed("stat_finance"), content, period="202602")
    expected = [None if v is None else 1000 * Decimal(v) for _, v, _ in NUMBERS]
    assert [row["revenue_prior"] for row in found] == expected
    assert [rules_of(row) for row in found] == [r for *_, r in NUMBERS]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_names_of_regions_may_be_padded_with_blanks(tmp_path: Path, kind: str) -> None:
    names = ["全    国", "吉 林", "山　东", "浙_x000D_\n江", " 北京\u3000", "吉林（西部）"]
    rows = [["各地区"], ["地区", "有R&D活动", "有研发机构"], *[[n, *REGION_ROWS[0][1:3]] for n in names]]
    content = book({"表": rows}) if kind == "xlsx" else text_file(rows, "gb18030")
    found = judge(tmp_path, region_table(), content, table="00", year="2023")
    assert [r["region_code"] for r in found] == ["000000", "220000", "370000", "330000", "110000", None]
    assert [rules_of(r) for r in found] == [[], [], [], [], [], [("region_code", "CODE_LIST")]]


def test_codes_of_a_form_may_be_padded_too(tmp_path: Path) -> None:
    rows = [REGISTER_NAMES, [*register_line(1)[:5], "在　册", *register_line(1)[6:]]]
    (row,) = judge(tmp_path, REGISTER, text_file(rows), period="202512")
    assert (row["change_type"], rules_of(row)) == ("in_register", [])


@pytest.mark.parametrize(
    ("feed", "cells", "rule"),
    [
        ("stat_finance", line(1, 5, period="202604"), [("period", "PERIOD_FUTURE")]),
        ("stat_finance", line(1, 5, period="202603"), []),
        ("stat_rd", ["2027", code(1), "甲", COUNTY, "1", "1"], [("year", "PERIOD_FUTURE")]),
        ("stat_rd", ["2026", code(1), "甲", COUNTY, "1", "1"], []),
    ],
)
def test_a_row_of_a_period_not_yet_begun_is_quarantined(
    tmp_path: Path, feed: str, cells: list[object], rule: list[tuple[str, str]]
) -> None:
    contract = load_feed(feed)
    names = list(FINANCE) if feed == "stat_finance" else [c.label for c in contract.cells][:6]
    (row,) = judge(tmp_path, contract, text_file([names, cells]))
    assert rules_of(row) == rule
    assert [r["message"] for r in row["reasons"]] == ["报告期在收到日 2026-03-19 尚未开始"] * len(rule)


def test_a_row_of_a_text_file_that_may_be_shifted_is_quarantined(tmp_path: Path) -> None:
    content = unquoted(FINANCE, line(1, "1,234"), line(2, "5"))
    shifted, good = judge(tmp_path, load_feed("stat_finance"), content, period="202602")
    assert [(r["column"], r["header"], r["value"], r["rule"]) for r in shifted["reasons"]] == [
        ("uscc", "整行", "8（表头 7 列）", "ROW_WIDTH")
    ]
    assert good["reasons"] == []


def test_a_figure_that_merged_cells_give_to_several_rows_is_quarantined_in_each(tmp_path: Path) -> None:
    rows = [list(FINANCE), line(1, 500), line(2, 500), line(3, 7)]
    content = book({"表": rows}, {"表": [(1, 4, 2, 4), (1, 0, 3, 0)]})
    first, second, third = judge(tmp_path, load_feed("stat_finance"), content, period="202602")
    for row in (first, second):
        assert [(r["header"], r["rule"]) for r in row["reasons"]] == [
            ("营业收入_1-本月（E列）", "MERGED_CELL")
        ]
    assert (third["reasons"], third["period"]) == ([], "202602"), "a merged period belongs to all of them"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_error_is_named_in_every_column_and_is_never_a_name(tmp_path: Path, kind: str) -> None:
    places = {
        "报告期": "period", "统一社会信用代码": "uscc", "单位详细名称": "name", "行政区划代码": "county_code", "营业收入_1-本月": "revenue",
    }  # fmt: skip
    lines = [line(n, 5) for n in range(2 * len(places))]
    for n, at in enumerate(map(list(FINANCE).index, places)):
        lines[2 * n][at], lines[2 * n + 1][at] = "#N/A", "######"
    rows = [list(FINANCE), *lines]
    content = book({"表": rows}) if kind == "xlsx" else text_file(rows, "gb18030")
    found = judge(tmp_path, load_feed("stat_finance"), content, period="202602")
    assert [rules_of(r) for r in found] == [[(c, "ERROR_CELL")] for c in places.values() for _ in range(2)]
    assert [r["message"] for r in found[0]["reasons"]] == [
        "单元格是错误值“#N/A”，不是未填：请改正公式或填数后重报"
    ]
    assert [r["message"] for r in found[1]["reasons"]] == [
        "单元格只有“######”：列宽不足，数值没有导出，请加宽该列后重新导出"
    ]


def test_lost_digits_are_told_with_the_text(tmp_path: Path) -> None:
    content = text_file([list(FINANCE), line(1, "1.23457E+08")])
    (row,) = judge(tmp_path, load_feed("stat_finance"), content, period="202602")
    assert [r["message"] for r in row["reasons"]] == [
        "“1.23457E+08”是科学计数，写出的位数少于整数位数，末尾数字已丢失：请按原数填报"
    ]


def test_a_stored_number_may_have_any_size(tmp_path: Path) -> None:
    rows = [["单位：元"], list(FINANCE), line(1, 1e16), line(2, 9007199254740994.0), line(3, 1.2e3)]
    found = judge(tmp_path, load_feed("stat_finance"), book({"表": rows}), period="202602")
    assert [(rules_of(r), r["revenue"]) for r in found] == [
        ([], Decimal(10**16)), ([], Decimal("9007199254740990")), ([], Decimal(1200)),
    ]  # fmt: skip


REGION_CODES = [
    ("220102", "220102"), ("220102000000", "220102"), ("220102001003", "220102"), ("２２０１０２００００００", "220102"),
    ("220000000000", "220000"), ("999999000000", None), ("220102000", None), ("2201020000001", None), ("2.20102E+11", None),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["xlsx", "number", "csv"])
def test_codes_of_the_statistical_system_are_read_by_their_first_six_digits(
    tmp_path: Path, kind: str
) -> None:
    codes: list[object] = [c for c, _ in REGION_CODES]
    if kind == "number":
        codes = [int(str(c)) if str(c).isdecimal() else c for c in codes]
    rows = [list(FINANCE), *[line(n, 5, 行政区划代码=c) for n, c in enumerate(codes)]]
    content = text_file(rows, "gb18030") if kind == "csv" else book({"表": rows})
    found = judge(tmp_path, load_feed("stat_finance"), content, period="202602")
    wrong = [("county_code", "REGION_CODE")]
    assert [rules_of(r) for r in found] == [[] if c else wrong for _, c in REGION_CODES]
    assert [r["county_code"] for r, (_, c) in zip(found, REGION_CODES, strict=True) if c] == [
        c for _, c in REGION_CODES if c
    ]


WRITTEN = [
    ("甲（长春）有限公司", "甲（长春）有限公司"), ("甲(长春)有限公司", "甲(长春)有限公司"), ("ＡＢＣ（中国）公司", "ＡＢＣ（中国）公司"),
    ("甲　公司", "甲　公司"), ("  甲公司\u3000", "甲公司"), ("\u200b甲公司\ufeff", "甲公司"), ("甲\n公司", "甲 公司"),
    ("甲_x000D_\n公司", "甲 公司"), ("“北方”——机械", "“北方”——机械"), ("ＡＢ１２", "AB12"),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_names_stay_as_they_were_written_and_what_is_no_chinese_is_in_half_width(
    tmp_path: Path, kind: str
) -> None:
    rows = [list(FINANCE), *[line(n, 5, 单位详细名称=w) for n, (w, _) in enumerate(WRITTEN)]]
    content = book({"表": rows}) if kind == "xlsx" else text_file(rows, "gb18030")
    found = judge(tmp_path, load_feed("stat_finance"), content, period="202602")
    assert [r["name"] for r in found] == [name for _, name in WRITTEN]


def test_names_are_compared_the_same_way_in_python_and_in_the_database() -> None:
    texts = [
        *[w for w, _ in WRITTEN],
        "甲'公司＇",
        "甲\t公司\r\n",
        "−１",
        "甲\u00a0公司",
        "甲\x0b乙",
        "a_x000D_b",
        "",
    ]
    with duckdb.connect() as con:
        asked = [con.execute(f"SELECT {folded_sql('t')} FROM (SELECT ? AS t)", [t]).fetchone() for t in texts]
    assert [row[0] for row in asked if row] == [folded(t) for t in texts]
    assert (
        folded(texts[0]) == folded(texts[1]) == "甲(长春)有限公司"
        and folded(texts[3]) == folded(texts[4]) == "甲公司"
    )


@pytest.mark.parametrize(("unit", "expected"), [("%", Decimal("12.3")), (None, None)])
def test_per_cent_is_a_number_only_where_the_column_is_in_per_cent(
    unit: str | None, expected: Decimal | None
) -> None:
    contract = load_feed("fin_loan")
    column = copy(next(c for c in contract.columns if c.unit == "%"))
    column.unit = unit
    with duckdb.connect() as con:
        row_rules.define(con)
        found = con.execute(
            f"SELECT {typed(contract, column)} FROM (SELECT '12.3%' AS {text_name(column)})"
        ).fetchone()
    assert found == (expected,)


def test_what_a_workbook_says_beside_a_cell_is_the_rows_reason(tmp_path: Path) -> None:
    struck = styled_xls(
        [list(FINANCE), line(1, 5), line(2, 6)], {(2, 4): xlwt.easyxf("font: struck_out on")}, lambda *_: None
    )
    first, second = judge(tmp_path, load_feed("stat_finance"), struck, period="202602")
    assert first["reasons"] == []
    assert [tuple(r.values()) for r in second["reasons"]] == [(
        "revenue", "营业收入_1-本月（E列）", "6", "STRUCK_OUT",
        "内容带删除线，无法判断该行是否作废：请删去该行，或去掉删除线后重报",
    )]  # fmt: skip
