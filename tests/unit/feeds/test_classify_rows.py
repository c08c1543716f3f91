"""What becomes of every row: accepted with its value in yuan, or refused with place, rule and a reason in Chinese."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jobs.definitions.contract import load_feed
from tests.support.files import bad_code, code, csv_file, finance_path, line, workbook
from tests.support.judging import Desk, Judged

CSV, XLSX = finance_path("220100"), finance_path("220200", suffix=".xlsx")
LINES = {
    2: line(1, "1,234.5"),
    3: line(2, "100", 统一社会信用代码=bad_code(2)),
    4: line(3, "100", 统一社会信用代码=code(3)[:17] + "O"),
    5: line(4, "100", 统一社会信用代码="9.12201E+17"),
    6: line(5, ""),
    7: line(6, "—"),
    8: line(7, "待核实"),
    9: line(8, "100", 行政区划代码="999999"),
    10: line(9, "100", period="2026年13月"),
    11: line(10, "100", period="202601"),
    12: line(11, "100", **{"期末用工人数(人)": "-1"}),
    13: line(12, "100", **{"期末用工人数(人)": "20.5"}),
    14: line(13, "100"),
    15: line(14, "100"),
    16: line(13, "110"),
    17: line(14, "100"),
    18: line(15, "待核实", 统一社会信用代码=bad_code(15)),
    19: line(16, "１，０００", period="２０２６０２"),
    20: line(17, "-55.25", prior="-"),
    21: line(18, "1.000e3", 单位详细名称="带\r\n换行的企业"),
    # The row before spans two lines of the file.
    23: line(19, "100", 单位详细名称=""),
    24: line(20, "100", 统一社会信用代码=f" {code(20).lower()} "),
}
TWO_ROW_HEADER = [
    ["规模以上工业法人单位财务状况（B103表）", *[""] * 5],
    ["填报单位：某统计局", "", "", "", "", "计量单位：万元"],
    ["报告期", "统一社会信用代码", "单位详细名称", "行政区划代码", "营业收入", ""],
    ["", "", "", "", "1—本月", "上年同期"],
]
MERGES = [(0, 0, 0, 5), *[(2, c, 3, c) for c in range(4)], (2, 4, 2, 5)]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    sheet = [
        [202602, code(31), "表格企业一", "220202", 12.5, 10],
        [202602, bad_code(32), "表格企业二", "220202", 12.5, 10],
        [202602, code(33), "表格企业三", "220202", None, 10],
    ]
    return Desk(load_feed("stat_finance"), tmp_path_factory.mktemp("rows")).poll(
        (CSV, csv_file(list(LINES.values()))),
        (XLSX, workbook([*TWO_ROW_HEADER, *sheet, ["注：1月免报。"]], MERGES)),
    )


REASONS = [
    (
        3,
        "uscc",
        "统一社会信用代码（B列）",
        bad_code(2),
        "USCC_CHECK",
        f"校验位不符：按前17位应为{code(2)[17]}",
    ),
    (
        4,
        "uscc",
        "统一社会信用代码（B列）",
        code(3)[:17] + "O",
        "USCC_FORMAT",
        "应为18位数字或大写字母（不含 I、O、S、V、Z）",
    ),
    (
        5,
        "uscc",
        "统一社会信用代码（B列）",
        "9.12201E+17",
        "USCC_EXCEL_LOST",
        "代码已被表格软件改成科学计数，无法还原，请按证照补报",
    ),
    (6, "revenue", "营业收入_1-本月（E列）", None, "REQUIRED", "必填项为空"),
    (7, "revenue", "营业收入_1-本月（E列）", "—", "REQUIRED", "必填项为空"),
    (8, "revenue", "营业收入_1-本月（E列）", "待核实", "NOT_A_NUMBER", "应为数字，实为“待核实”"),
    (9, "county_code", "行政区划代码（D列）", "999999", "REGION_CODE", "行政区划代码不在现行或曾用代码表内"),
    (10, "period", "报告期（A列）", "2026年13月", "PERIOD_FORMAT", "应为年月（如202503），实为“2026年13月”"),
    (11, "period", "报告期（A列）", "202601", "PERIOD_OUTSIDE", "报告期不属于本文件的期间 202602"),
    (12, "staff_end", "期末用工人数(人)（G列）", "-1", "RANGE", "不应小于 0"),
    (13, "staff_end", "期末用工人数(人)（G列）", "20.5", "NOT_A_NUMBER", "应为整数，实为“20.5”"),
    (
        14,
        "uscc",
        "统一社会信用代码（B列）",
        f"{code(13)}|202602",
        "KEY_CONFLICT",
        "同一文件内主键重复而内容不同，均未采用",
    ),
    (
        16,
        "uscc",
        "统一社会信用代码（B列）",
        f"{code(13)}|202602",
        "KEY_CONFLICT",
        "同一文件内主键重复而内容不同，均未采用",
    ),
    (23, "name", "单位详细名称（C列）", None, "REQUIRED", "必填项为空"),
]


@pytest.mark.parametrize("expected", REASONS, ids=lambda e: f"{e[0]}-{e[4]}")
def test_a_refused_row_says_file_row_column_value_rule_and_why(
    judged: Judged, expected: tuple[object, ...]
) -> None:
    row = judged.refused[CSV, expected[0]]
    assert (row["feed"], row["sheet"], row["scope"]) == ("stat_finance", "", "reporter=220100/period=202602")
    assert [tuple(reason.values()) for reason in row["reasons"]] == [expected[1:]]


def test_a_row_with_two_faults_names_both(judged: Judged) -> None:
    reasons = judged.refused[CSV, 18]["reasons"]
    assert {(r["column"], r["rule"]) for r in reasons} == {
        ("uscc", "USCC_CHECK"),
        ("revenue", "NOT_A_NUMBER"),
    }


def test_a_refused_row_keeps_every_cell_as_it_was_sent(judged: Judged) -> None:
    cells = dict(judged.refused[CSV, 8]["cells"])
    assert cells["revenue"] == "待核实"
    assert (cells["uscc"], cells["name"], cells["period"]) == (code(7), "测试企业7", "202602")


def test_exactly_the_planted_rows_are_refused(judged: Judged) -> None:
    assert sorted(n for f, n in judged.refused if f == CSV) == [
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
        13,
        14,
        16,
        18,
        23,
    ]
    assert sorted(n for f, n in judged.refused if f == XLSX) == [6, 7]


@pytest.mark.parametrize(
    ("row", "firm", "revenue", "prior"),
    [
        (2, 1, "1234500.00", "100000.00"),
        (15, 14, "100000.00", "100000.00"),
        (19, 16, "1000000.00", "100000.00"),
        (20, 17, "-55250.00", None),
        (22, 18, "1000000.00", "100000.00"),
        (24, 20, "100000.00", "100000.00"),
    ],
)
def test_an_accepted_row_is_in_yuan_with_the_text_as_reported(
    judged: Judged, row: int, firm: int, revenue: str, prior: str | None
) -> None:
    found = judged.silver[CSV, row]
    assert found["uscc"] == code(firm)
    assert (found["revenue"], found["revenue_prior"]) == (Decimal(revenue), Decimal(prior) if prior else None)
    assert (found["period"], found["year"], found["units"]["revenue"]) == ("202602", 2026, "千元")
    assert found["reported"]["revenue"] == (LINES[row] if row in LINES else LINES[21])[4]


def test_of_two_identical_rows_one_counts_and_one_is_counted_as_duplicate(judged: Judged) -> None:
    assert (CSV, 15) in judged.silver
    assert (CSV, 17) not in judged.silver | judged.refused
    assert judged.tallies[CSV].duplicates == 1


def test_a_workbook_in_another_unit_is_converted_and_its_place_is_the_sheets(judged: Judged) -> None:
    row = judged.silver[XLSX, 5]
    assert (row["sheet"], row["revenue"], row["revenue_prior"]) == (
        "B103",
        Decimal("125000.00"),
        Decimal("100000.00"),
    )
    assert (row["units"]["revenue"], row["reported"]["revenue"]) == ("万元", "12.5")
    refused = judged.refused[XLSX, 6]
    assert (refused["sheet"], refused["reasons"][0]["header"]) == ("B103", "统一社会信用代码（B列）")
    assert judged.refused[XLSX, 7]["reasons"][0]["header"] == "营业收入_1—本月（E列）"


def test_no_row_is_lost(judged: Judged) -> None:
    counts = {path: (t.landed, t.silver, t.quarantined, t.duplicates) for path, t in judged.tallies.items()}
    assert counts == {CSV: (len(LINES), 6, 15, 1), XLSX: (3, 1, 2, 0)}
    assert len(judged.silver) == 7
