"""Tables as they really come, each defect in two layouts: read as a person reads them, or refused with what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from xlsxwriter.utility import xl_col_to_name as letter

from jobs.definitions.contract import load_feed
from tests.support.files import COUNTY, FINANCE, code, line, unquoted
from tests.support.messy_files import REGION_ROWS, Rows, book, read, refusal, region_table, text_file, xls

FINANCE_FEED, RESEARCH, NOTICE = (load_feed(f) for f in ("stat_finance", "stat_rd", "certificate_notice"))
REGIONS = region_table()
NAMES = ["地区", "有R&D活动的企业数", "有研发机构的企业数", "研究与试验发展经费_内部支出"]
TITLE = ["各地区企业研发活动情况"]
UNIT = ["单位：万元"]
Y = {"table": "00-firms", "year": "2023"}
F = {"reporter": "220100", "period": "202602"}


def regions(tmp_path: Path, content: bytes) -> list[tuple[str, ...]]:
    _, rows = read(tmp_path, REGIONS, content, **Y)
    return [
        tuple(c.get(n, "") for n in ("region_code", "with_rd", "with_institute", "spending")) for _, c in rows
    ]


PLAIN = [tuple(map(str, row)) for row in REGION_ROWS]


class TestColumnsInAnotherOrderThisYear:
    @pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 1, 3), (3, 2, 0, 1)])
    def test_a_yearbook_whose_columns_are_swapped_reads_the_same(
        self, tmp_path: Path, order: tuple[int, ...]
    ) -> None:
        rows = [TITLE, UNIT, *[[row[i] for i in order] for row in [NAMES, *REGION_ROWS]]]
        assert regions(tmp_path, book({"00": rows})) == PLAIN

    @pytest.mark.parametrize("order", [(4, 0, 3, 1, 6, 2, 5), (6, 5, 4, 3, 2, 1, 0)])
    def test_so_does_a_form_of_a_unit(self, tmp_path: Path, order: tuple[int, ...]) -> None:
        rows = [[row[i] for i in order] for row in [list(FINANCE), line(1, "1000")]]
        found, data = read(tmp_path, FINANCE_FEED, text_file(rows, "gb18030"), **F)
        assert (data[0][1]["uscc"], data[0][1]["revenue"], data[0][1]["revenue_prior"]) == (
            code(1),
            "1000",
            "100",
        )
        assert found.headers["revenue"] == f"营业收入_1-本月（{letter(order.index(4))}列）"


SIX_ROWS: Rows = [
    ["", "有R&D", "有研发", "研究与"],
    ["", "活动的", "机构的", "试验发展"],
    ["地 区", "", "", "经费"],
    ["", "企业数", "企业数", "内部支出"],
    ["", "(个)", "(个)", "(万元)"],
    ["Region", "Having R&D", "Having Institutions", "Expenditure"],
]
HEADERS: dict[str, tuple[Rows, tuple[tuple[int, int, int, int], ...]]] = {
    "one row": ([NAMES], ()),
    "English below": (
        [NAMES, ["Region", "Enterprises Having R&D", "Having Institutions", "Intramural Expenditure"]],
        (),
    ),
    "English in the cell": (
        [
            [
                "地区\nRegion",
                "有R&D活动的企业数\nHaving R&D",
                "有研发机构的企业数 Having",
                "研究与试验发展经费_内部支出",
            ]
        ],
        (),
    ),
    "two rows, merged": (
        [["地区", "企业数", "", "研究与试验发展经费"], ["", "有R&D活动", "有研发机构", "内部支出"]],
        ((0, 0, 1, 0),),
    ),
    "three rows with column numbers": (
        [
            ["地区", "有R&D活动的企业数", "有研发机构的企业数", "研究与试验发展经费"],
            ["", "", "", "内部支出"],
            ["甲", "1", "2", "3"],
        ],
        ((0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 1, 2)),
    ),
    "units below": ([NAMES, ["", "(个)", "(个)", "(万元)"]], ()),
    "six rows, split words": (SIX_ROWS, ()),
    "breaks and remains of carriage returns": (
        [
            [
                "地_x000D_\n区",
                "有R&D活动\r\n的企业数",
                "有研发_x000D_机构的企业数",
                "研究与试验\n发展经费_内部支出",
            ]
        ],
        (),
    ),
    "two languages in two rows each": (
        [
            ["地区", "有R&D活动的企业数", "有研发机构的企业数", "研究与试验发展经费"],
            ["Region", "Enterprises Having R&D", "Enterprises Having Institutions", "Expenditure on R&D"],
            ["", "", "", "内部支出"],
            ["", "", "", "Intramural"],
        ],
        (),
    ),
}


class TestHeadersOverOneToSixRows:
    @pytest.mark.parametrize("name", [n for n in HEADERS if n != "two rows, merged"])
    @pytest.mark.parametrize("kind", ["xlsx", "csv", "xls"])
    def test_a_yearbooks_header_is_found(self, tmp_path: Path, name: str, kind: str) -> None:
        rows, merges = HEADERS[name]
        everything = [[*TITLE, "", "", "单位：万元"], *rows, *REGION_ROWS]
        shifted = [(t + 1, a, b + 1, c) for t, a, b, c in merges]
        content = {
            "xlsx": lambda: book({"表": everything}, {"表": shifted}),
            "csv": lambda: text_file(everything, "utf-8-sig"),
            "xls": lambda: xls(everything),
        }[kind]()
        assert regions(tmp_path, content) == PLAIN

    def test_the_unit_of_a_header_row_counts(self, tmp_path: Path) -> None:
        found, _ = read(
            tmp_path, region_table(unit="亿元"), book({"表": [TITLE, *SIX_ROWS, *REGION_ROWS]}), **Y
        )
        assert found.units == {"spending": "万元"}

    def test_merged_parents_stand_over_their_columns(self, tmp_path: Path) -> None:
        rows = [
            ["报告期", "统一社会信用代码", "单位详细名称", "行政区划代码", "营业收入", "", "营业成本", ""],
            ["", "", "", "", "1—本月", "上年同期", "1—本月", "上年同期"],
            ["202602", code(1), "甲", COUNTY, 10, 9, 8, 7],
        ]
        merges = [*[(0, c, 1, c) for c in range(4)], (0, 4, 0, 5), (0, 6, 0, 7)]
        merged = read(tmp_path, FINANCE_FEED, book({"表": rows}, {"表": merges}), **F)[1]
        lost = read(tmp_path, FINANCE_FEED, text_file(rows), **F)[1]
        assert merged == lost
        assert {k: merged[0][1][k] for k in ("revenue", "revenue_prior", "operating_cost", "operating_cost_prior")} == {
            "revenue": "10", "revenue_prior": "9", "operating_cost": "8", "operating_cost_prior": "7",
        }  # fmt: skip

    def test_parents_that_are_only_centred_over_their_columns_count_as_well(self, tmp_path: Path) -> None:
        rows = [
            ["财务状况", *[""] * 6],
            ["报告期", "统一社会信用代码", "单位详细名称", "行政区划代码", "营业收入", "", "资产总计"],
            ["", "", "", "", "1—本月", "上年同期", ""],
            ["202602", code(1), "甲", COUNTY, 10, 9, 8],
        ]
        merges = [(0, 0, 0, 6), *[(1, c, 2, c) for c in (0, 1, 2, 3, 6)]]
        _, data = read(tmp_path, FINANCE_FEED, book({"表": rows}, {"表": merges}), **F)
        assert (data[0][1]["revenue"], data[0][1]["revenue_prior"], data[0][1]["total_assets"]) == (
            "10",
            "9",
            "8",
        )

    def test_a_name_in_the_lower_row_beside_a_column_of_its_own_is_clear(self, tmp_path: Path) -> None:
        rows = [
            ["报告期", "统一社会信用代码", "单位详细名称", "行政区划代码", "营业收入_1-本月", ""],
            ["", "", "", "", "", "资产总计"],
            ["202602", code(1), "甲", COUNTY, 10, 8],
        ]
        merges = [(0, c, 1, c) for c in range(5)]
        for content in (book({"表": rows}, {"表": merges}), text_file(rows)):
            assert read(tmp_path, FINANCE_FEED, content, **F)[1][0][1]["total_assets"] == "8"

    def test_a_blank_upper_cell_that_may_belong_to_its_neighbour_is_not_guessed(self, tmp_path: Path) -> None:
        rows = [
            ["报告期", "统一社会信用代码", "单位详细名称", "行政区划代码", "营业收入", "", ""],
            ["", "", "", "", "1—本月", "上年同期", "资产总计"],
            ["202602", code(1), "甲", COUNTY, 10, 9, 8],
        ]
        text = refusal(tmp_path, FINANCE_FEED, text_file(rows), **F)
        assert text == "“资产总计”：第7列上方为空，是否属于左边的“营业收入_资产总计”无法判断"

    @pytest.mark.parametrize("lost", ["", "Code"])
    def test_a_header_that_lost_its_region_cell_is_refused_with_what_was_seen(
        self, tmp_path: Path, lost: str
    ) -> None:
        text = refusal(tmp_path, REGIONS, book({"表": [TITLE, UNIT, [lost, *NAMES[1:]], *REGION_ROWS]}), **Y)
        assert text.startswith("缺少必需列：地区（表头在第3行，见到的列：")
        assert "有R&D活动的企业数、有研发机构的企业数" in text
        assert ("；第1列没有列名" in text) == (lost == "")

    def test_so_is_a_form_that_lost_its_code_column(self, tmp_path: Path) -> None:
        names = ["" if n == "统一社会信用代码" else n for n in FINANCE]
        text = refusal(tmp_path, FINANCE_FEED, text_file([names, line(1, "1")]), **F)
        assert text.startswith("缺少必需列：统一社会信用代码（表头在第1行") and "第2列没有列名" in text


UNITS: dict[str, Rows] = {
    "above": [["单位：亿元"], NAMES],
    "above, on the right": [["表1", "", "", "计量单位：亿元"], NAMES],
    "label and unit in two cells": [["", "", "单位：", "亿元"], NAMES],
    "label, colon and unit in three cells": [["", "单位", "：", "亿元"], NAMES],
    "unit below its label": [["", "", "", "单位"], ["", "", "", "亿元"], NAMES],
    "in brackets above": [["（金额单位：人民币亿元）"], NAMES],
    "right of the header": [[*NAMES, "单位：亿元"]],
    "in the header": [[*NAMES[:3], "研究与试验发展经费_内部支出（亿元）"]],
    "in the header with its label": [[*NAMES[:3], "研究与试验发展经费_内部支出（单位：亿元）"]],
    "in the upper header": [
        [*NAMES[:3], "研究与试验发展经费（亿元）"], ["", "", "", "内部支出"],
    ],
    "full width": [["单　位：　亿元", ""], NAMES],
}  # fmt: skip


class TestTheUnitStandsSomewhereElse:
    @pytest.mark.parametrize("name", UNITS)
    def test_it_is_found(self, tmp_path: Path, name: str) -> None:
        found, rows = read(
            tmp_path, region_table(unit="元", title=None), book({"表": [*UNITS[name], *REGION_ROWS]}), **Y
        )
        assert found.units == {"spending": "亿元"}
        assert len(rows) == len(REGION_ROWS)

    @pytest.mark.parametrize("unit", ["千元", "万元"])
    def test_so_in_a_form(self, tmp_path: Path, unit: str) -> None:
        rows = [["填报单位：某局", "", "", "", "", "单位", unit], list(FINANCE), line(1, 5)]
        assert read(tmp_path, FINANCE_FEED, book({"表": rows}), **F)[0].units["revenue"] == unit

    @pytest.mark.parametrize(
        ("rows", "why"),
        [
            ([["单位：万元"], ["单位：千元"], NAMES], "文件注明了不止一种计量单位，无法判断：万元、千元"),
            (
                [["单位：百万元"], NAMES],
                "第1行：计量单位“百万元”不认识，应为 元、千元、万元、亿元 之一（见“单位：百万元”）",
            ),
            (
                [[*NAMES[:3], "研究与试验发展经费_内部支出（百万元）"]],
                "列“研究与试验发展经费_内部支出（百万元）”的计量单位“百万元”不认识，应为 元、千元、万元、亿元 之一",
            ),
            (
                [[*NAMES[:3], "研究与试验发展经费（万元）"], ["", "", "", "内部支出（千元）"]],
                "列名“研究与试验发展经费（万元）_内部支出（千元）”有不止一种计量单位：万元、千元",
            ),
        ],
    )
    def test_two_units_or_an_unknown_one_are_not_guessed(self, tmp_path: Path, rows: Rows, why: str) -> None:
        assert (
            refusal(tmp_path, region_table(unit="元", title=None), book({"表": [*rows, *REGION_ROWS]}), **Y)
            == why
        )

    @pytest.mark.parametrize(
        ("name", "value", "why"),
        [("", "万元", "第8列（没有列名）逐行注明计量单位"), ("币种", "USD", "第8列“币种”逐行注明币种，有人民币以外的：USD")],
    )  # fmt: skip
    def test_a_unit_or_another_currency_behind_every_row_refuses_the_file(
        self, tmp_path: Path, name: str, value: str, why: str
    ) -> None:
        content = text_file([[*FINANCE, name], [*line(1, 5), value]])
        assert why in refusal(tmp_path, FINANCE_FEED, content, **F)
        home = text_file([[*FINANCE, "币种"], [*line(1, 5), "人民币"]])
        assert len(read(tmp_path, FINANCE_FEED, home, **F)[1]) == 1

    def test_a_footer_that_names_another_unit_refuses_the_file(self, tmp_path: Path) -> None:
        rows = [list(FINANCE), line(1, 5), ["注：本表单位：万元"]]
        text = refusal(tmp_path, FINANCE_FEED, book({"表": rows}), **F)
        assert text == "第3行（表头以下）注明单位为万元，与表头或合同的千元不符，无法判断"


class TestTotalsBetweenRows:
    def test_regional_subtotals_are_left_out_and_kept_in_the_ledger(self, tmp_path: Path) -> None:
        rows = [
            TITLE, UNIT, NAMES, REGION_ROWS[0], ["东部地区", 150, 110, 3800], *REGION_ROWS[1:3],
            ["小　计", 88, 56, 1], ["合 计", 2, 2, 2], REGION_ROWS[3],
        ]  # fmt: skip
        found, data = read(tmp_path, REGIONS, book({"表": rows}), **Y)
        assert [c["region_code"] for _, c in data] == ["全国", "北京", "吉林", "山东"]
        assert found.details()["skipped"] == {"合计行": 3}
        assert found.details()["skipped_rows"] == [
            {"row": 5, "kind": "合计行", "text": "东部地区 150 110 3800"},
            {"row": 8, "kind": "合计行", "text": "小　计 88 56 1"},
            {"row": 9, "kind": "合计行", "text": "合 计 2"},
        ]

    def test_in_a_form_a_total_is_known_by_its_key_column(self, tmp_path: Path) -> None:
        rows = [
            list(FINANCE),
            line(1, 5),
            ["202602", "", "长春市小计", "", 5, 5, 5],
            ["合计", "合计", "合计", "合计", 5, 5, 5],
            line(2, 5, 单位详细名称="合计"),
            ["202602", "", "某企业", COUNTY, 5, 5, 5],
            ["总计（2户）", "", "", "", 5, 5, 5],
        ]
        found, data = read(tmp_path, FINANCE_FEED, book({"表": rows}), **F)
        assert [n for n, _ in data] == [2, 5, 6], "an entity named 合计, and a firm without code, stay"
        assert [x["row"] for x in found.skipped.lines] == [3, 4, 7]

    def test_in_a_notice_the_name_shows_it(self, tmp_path: Path) -> None:
        rows = [
            ["2023年度省级“专精特新”中小企业认定名单"], ["吉工信民营〔2023〕112号"], ["2023年6月15日"],
            ["序号", "企业名称", "所属市（州）"], [1, "甲公司", "长春市"], ["", "小计", "1户"], [2, "合计制造公司", "吉林市"],
            ["", "合计：2户", ""],
        ]  # fmt: skip
        found, data = read(tmp_path, NOTICE, book({"名单": rows}))
        assert [c["name"] for _, c in data] == ["甲公司", "合计制造公司"]
        assert found.skipped.counts == {"合计行": 2}


class TestFooters:
    def test_notes_of_several_lines_and_signatures_are_left_out(self, tmp_path: Path) -> None:
        rows = [
            TITLE, UNIT, NAMES, *REGION_ROWS, ["注：1.本表不含军工。"], ["2.分项之和可能不等于合计。"], ["资料来源：国家统计局。"],
            ["填表人：张三", "联系电话：0431-1", "报出日期：2024年1月"], ["单位负责人：", "李四", "", "统计负责人：王五"],
        ]  # fmt: skip
        found, data = read(tmp_path, REGIONS, book({"表": rows}), **Y)
        assert len(data) == len(REGION_ROWS)
        assert found.skipped.counts == {"表尾": 5}
        assert [x["text"] for x in found.skipped.lines][1] == "2.分项之和可能不等于合计。"

    def test_so_in_a_text_file_and_merged_over_the_table(self, tmp_path: Path) -> None:
        rows = [list(FINANCE), line(1, 5), ["注 ： 1月免报", *[""] * 6], ["说明：以上", *[""] * 6]]
        assert len(read(tmp_path, FINANCE_FEED, text_file(rows), **F)[1]) == 1
        merged = book({"表": rows}, {"表": [(2, 0, 2, 6), (3, 0, 3, 6)]})
        assert len(read(tmp_path, FINANCE_FEED, merged, **F)[1]) == 1

    def test_data_below_a_footer_and_a_firm_whose_first_cell_looks_like_one_are_kept(
        self, tmp_path: Path
    ) -> None:
        rows = [list(FINANCE), line(1, 5), ["注：上半部分"], line(2, 5), line(3, 5, period="说明：见附件")]
        found, data = read(tmp_path, FINANCE_FEED, book({"表": rows}), **F)
        assert [n for n, _ in data] == [2, 4, 5]
        assert found.skipped.counts == {"表尾": 1}


class TestAPageThatBeginsAgain:
    def test_title_unit_and_header_repeated_word_for_word_are_no_data(self, tmp_path: Path) -> None:
        head = [TITLE, [*["", "", ""], "单位：万元"], *HEADERS["three rows with column numbers"][0]]
        rows = [*head, *REGION_ROWS[:2], ["续表1"], *head, *REGION_ROWS[2:]]
        found, data = read(tmp_path, REGIONS, text_file(rows), **Y)
        assert [c["region_code"] for _, c in data] == ["全国", "北京", "吉林", "山东"]
        assert found.skipped.counts == {"重复的表头": 6}

    def test_so_in_a_form(self, tmp_path: Path) -> None:
        rows = [list(FINANCE), line(1, 5), list(FINANCE), line(2, 5)]
        assert [n for n, _ in read(tmp_path, FINANCE_FEED, text_file(rows), **F)[1]] == [2, 4]


class TestRowsThatMayBeShifted:
    def test_an_unquoted_thousands_comma_marks_its_row(self, tmp_path: Path) -> None:
        content = unquoted(FINANCE, line(1, "1,234"), line(2, "5"))
        _, data = read(tmp_path, FINANCE_FEED, content, **F)
        assert data[0][1]["+列数"] == "8（表头 7 列）"
        assert "+列数" not in data[1][1]

    def test_so_does_a_line_that_is_cut(self, tmp_path: Path) -> None:
        content = text_file([list(FINANCE), line(1, "5"), line(2, "5")])
        _, data = read(tmp_path, FINANCE_FEED, content[: content.rindex(b",")], **F)
        assert [c.get("+列数") for _, c in data] == [None, "6（表头 7 列）"]

    def test_empty_cells_at_the_end_of_a_line_are_nothing(self, tmp_path: Path) -> None:
        rows = [[*row, "", ""] for row in [list(FINANCE), line(1, "5")]]
        assert "+列数" not in read(tmp_path, FINANCE_FEED, text_file(rows), **F)[1][0][1]

    def test_a_remark_beside_a_workbooks_table_is_kept_and_shifts_nothing(self, tmp_path: Path) -> None:
        _, data = read(tmp_path, FINANCE_FEED, book({"表": [list(FINANCE), [*line(1, 5), "", "待查"]]}), **F)
        assert data[0][1]["+（I列）"] == "待查" and "+列数" not in data[0][1]

    def test_a_quote_that_swallows_lines_refuses_the_file(self, tmp_path: Path) -> None:
        content = text_file([list(FINANCE), *[line(n, "5") for n in range(1, 9)]]).replace(
            "测试企业3".encode(), '"测试企业3'.encode()
        )
        text = refusal(tmp_path, FINANCE_FEED, content, **F)
        assert text == "第4行的引号没有成对，后面的行被并入同一格，无法判断"
