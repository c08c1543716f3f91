"""Lines among and below the rows that name no entity: left out with their text; firms stay, whatever they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.definitions.contract import load_feed
from tests.support.files import COUNTY, FINANCE, code, line
from tests.support.messy_files import REGION_ROWS, Rows, book, read, refusal, region_table, text_file, xls

FORM, NOTICE, REGIONS = load_feed("stat_finance"), load_feed("certificate_notice"), region_table()
F = {"reporter": "220100", "period": "202602"}
WIDTH = len(FINANCE)
NOTES = [
    "打印时间：2026-03-10 10:22", "导出时间：2026-03-10", "制表日期 2026年3月10日", "打印人：王五", "*为快报数", "* 为快报数", "※ 含军工",
    "注 1月免报", "注1月免报", "注：1月免报", "备注", "说明", "（本页无正文）", "(以下无正文)", "以下空白", "本表一式两份。", "第 1 页 共 3 页",
    "共3页", "1/3", "- 1 -", "——", "———以下空白———", "2026-03-10 10:22", "2026年3月10日", "联系电话：0431-1", "数据来源：企业一套表",
    "【完】", "https://example.org/export", "截至2026年3月10日", "以上数据未经审核", "审核：李四", "END", "附件1", "长春市统计局",
]  # fmt: skip
SECTIONS = [
    "一、长春市（2户）", "一、长春市(2户)", "（一）工业", "二、吉林市", "长春市（2户）", "长春市：", "长春市", "吉林市共3户", "第一批",
    "第二部分 农业", "十二、通化市（共12家）", "（三）省属企业", "Ⅰ、长春市", "1、长春市", "长春市 （2 户）", "规模以上工业（12家）",
    "延边朝鲜族自治州",
]  # fmt: skip
FIRMS = [
    "一汽解放汽车有限公司", "第一汽车集团", "一、某某有限公司", "长春市第一机械厂", "（吉林）某某公司", "三一重工", "长春研究院", "吉林市某合作社",
    "附件制造厂", "第一批发中心", "甲公司", "某某厂（长春）",
]  # fmt: skip


def everything(rows: Rows, merges: list[tuple[int, int, int, int]] | None = None) -> dict[str, bytes]:
    """The same table in every format; merged where a workbook would."""
    return {
        "csv": text_file(rows, "gb18030"), "xlsx": book({"表": rows}),
        "merged": book({"表": rows}, {"表": merges or []}), "xls": xls(rows),
    }  # fmt: skip


def form(text: str, at: int, place: int) -> Rows:
    """The form with a line of one text between or below the rows."""
    rows: Rows = [list(FINANCE), line(1, 500), line(2, 600)]
    return [*rows[:at], [*[""] * place, text, *[""] * (WIDTH - 1 - place)], *rows[at:]]


@pytest.mark.parametrize("text", [*NOTES, *SECTIONS])
class TestInAForm:
    def test_a_line_of_one_text_below_the_rows_is_none(self, tmp_path: Path, text: str) -> None:
        for content in everything(form(text, 3, 0), [(3, 0, 3, WIDTH - 1)]).values():
            found, rows = read(tmp_path, FORM, content, **F)
            assert [c["uscc"] for _, c in rows] == [code(1), code(2)]
            assert sum(found.skipped.counts.values()) == 1
            assert (found.skipped.lines[0]["row"], found.skipped.lines[0]["text"]) == (4, text)

    def test_so_between_the_rows(self, tmp_path: Path, text: str) -> None:
        _, rows = read(tmp_path, FORM, text_file(form(text, 2, 0)), **F)
        assert [(n, c["uscc"]) for n, c in rows] == [(2, code(1)), (4, code(2))]

    def test_so_without_the_commas_after_it(self, tmp_path: Path, text: str) -> None:
        content = text_file([*form(text, 3, 0)[:3], [text]])
        assert len(read(tmp_path, FORM, content, **F)[1]) == 2

    def test_so_if_it_stands_under_the_names(self, tmp_path: Path, text: str) -> None:
        if text == "长春市统计局":
            return
        assert len(read(tmp_path, FORM, text_file(form(text, 3, 2)), **F)[1]) == 2


@pytest.mark.parametrize("place", [1, 2])
def test_a_firm_without_code_and_figures_stays_a_row(tmp_path: Path, place: int) -> None:
    for name in FIRMS:
        assert len(read(tmp_path, FORM, text_file(form(name, 3, place)), **F)[1]) == 3, name


@pytest.mark.parametrize("text", ["202602", "501", "1,234.5", code(3)])
def test_a_single_figure_or_code_stays_a_row(tmp_path: Path, text: str) -> None:
    for content in everything(form(text, 3, 0)).values():
        assert len(read(tmp_path, FORM, content, **F)[1]) == 3


@pytest.mark.parametrize(
    "cells",
    [
        ["打印时间：2026-03-10", "", "打印人：王五"], ["第1页", "", "", "共3页"], ["一", "", "长春市"], ["一", "", "长春市（2户）", "2户"],
        ["2026-03-10", "", "第1页"], ["*为快报数", "**为估计数"],
    ],
)  # fmt: skip
def test_a_line_of_several_texts_is_no_row_if_each_says_so(tmp_path: Path, cells: list[str]) -> None:
    rows: Rows = [list(FINANCE), line(1, 500), [*cells, *[""] * (WIDTH - len(cells))], line(2, 600)]
    for content in everything(rows).values():
        assert len(read(tmp_path, FORM, content, **F)[1]) == 2


@pytest.mark.parametrize(
    "cells",
    [
        ["202602", "", "长春市", COUNTY, 5, 5, 5],
        ["202602", "", "某企业", COUNTY, 5, 5, 5],
    ],
)
def test_a_line_with_figures_is_never_a_remark(tmp_path: Path, cells: list[object]) -> None:
    rows: Rows = [list(FINANCE), line(1, 500), cells]
    assert len(read(tmp_path, FORM, text_file(rows), **F)[1]) == 2


@pytest.mark.parametrize("code_cell", ["", "—", "--", "/", "*"])
@pytest.mark.parametrize(
    "name", ["合计", "长春市合计", "其中：国有企业", "平均", "同比增长(%)", "占比", "上年同期"]
)
def test_sums_and_rates_are_no_firms_whatever_stands_in_the_place_of_the_code(
    tmp_path: Path, name: str, code_cell: str
) -> None:
    rows: Rows = [list(FINANCE), line(1, 500), ["202602", code_cell, name, "220100", 5, 5, 5]]
    found, data = read(tmp_path, FORM, text_file(rows), **F)
    assert ([c["uscc"] for _, c in data], found.skipped.counts) == ([code(1)], {"合计行": 1})


def test_a_part_that_is_a_firm_stays_a_row(tmp_path: Path) -> None:
    rows: Rows = [list(FINANCE), line(1, 500), ["202602", "", "其中：某某公司", "220100", 5, 5, 5]]
    assert len(read(tmp_path, FORM, text_file(rows), **F)[1]) == 2


HEAD: Rows = [["2023年度省级“专精特新”中小企业认定名单"], ["吉工信民营〔2023〕112号"], ["2023年6月15日"]]
LISTS = {
    "number, name": (["序号", "企业名称"], lambda n, name: [n, name]),
    "number, name, place": (["序号", "企业名称", "所属市（州）"], lambda n, name: [n, name, "长春市"]),
    "name, place": (["企业名称", "所属市（州）"], lambda n, name: [name, "长春市"]),
    "name alone": (["企业名称"], lambda n, name: [name]),
    "name, code": (["企业名称", "统一社会信用代码"], lambda n, name: [name, code(n)]),
}


class TestInANotice:
    def names(self, folder: Path, content: bytes) -> list[str]:
        return [c["name"] for _, c in read(folder, NOTICE, content)[1]]

    @pytest.mark.parametrize("layout", LISTS)
    @pytest.mark.parametrize("text", SECTIONS)
    def test_titles_of_groups_are_no_holders(self, tmp_path: Path, layout: str, text: str) -> None:
        names, entry = LISTS[layout]
        rows = [
            *HEAD,
            names,
            [text],
            entry(1, "甲公司"),
            entry(2, "乙公司"),
            [text.replace("长春", "吉林")],
            entry(3, "丙公司"),
        ]
        merges = [(r, 0, r, len(names) - 1) for r in (4, 7)] if len(names) > 1 else []
        for kind, content in everything(rows, merges).items():
            assert self.names(tmp_path, content) == ["甲公司", "乙公司", "丙公司"], kind

    @pytest.mark.parametrize("layout", [n for n in LISTS if n.startswith("number")])
    def test_so_with_the_numeral_in_the_column_of_numbers(self, tmp_path: Path, layout: str) -> None:
        names, entry = LISTS[layout]
        rows = [
            *HEAD,
            names,
            ["一", "长春市"],
            entry(1, "甲公司"),
            ["（二）", "吉林市（1户）"],
            entry(2, "乙公司"),
        ]
        for content in everything(rows).values():
            assert self.names(tmp_path, content) == ["甲公司", "乙公司"]

    @pytest.mark.parametrize("layout", LISTS)
    def test_notes_below_are_none_either(self, tmp_path: Path, layout: str) -> None:
        names, entry = LISTS[layout]
        for text in (n for n in NOTES if n != "长春市统计局"):
            rows = [*HEAD, names, entry(1, "甲公司"), [text]]
            for kind, content in everything(rows).items():
                assert self.names(tmp_path, content) == ["甲公司"], (text, kind)

    @pytest.mark.parametrize("layout", LISTS)
    def test_firms_are_holders_whatever_they_are_called(self, tmp_path: Path, layout: str) -> None:
        names, entry = LISTS[layout]
        rows = [*HEAD, names, *[entry(n, name) for n, name in enumerate(FIRMS, start=1)]]
        for content in everything(rows).values():
            assert self.names(tmp_path, content) == FIRMS

    @pytest.mark.parametrize(
        ("text", "label", "value"),
        [("附件2：复核通过名单", "事项", "复核通过"), ("以下企业撤销：", "事项", "撤销"), ("二、国家级小巨人企业（1户）", "梯度", "小巨人")],
    )  # fmt: skip
    def test_a_title_that_says_otherwise_than_the_notice_refuses_it(
        self, tmp_path: Path, text: str, label: str, value: str
    ) -> None:
        names, entry = LISTS["number, name"]
        rows = [*HEAD, names, entry(1, "甲公司"), [text], entry(2, "乙公司")]
        for content in everything(rows).values():
            reason = refusal(tmp_path, NOTICE, content)
            assert reason.startswith(f"第6行“{text}”的“{label}”是{value}，表头以上的是"), reason
        for content in everything(rows[:-1]).values():
            assert self.names(tmp_path, content) == ["甲公司"]

    def test_a_count_of_the_list_is_no_holder(self, tmp_path: Path) -> None:
        names, entry = LISTS["number, name"]
        rows = [*HEAD, names, entry(1, "甲公司"), ["共计", "1家"]]
        assert self.names(tmp_path, book({"名单": rows})) == ["甲公司"]

    def test_a_name_alone_in_a_wider_list_is_a_holder_too(self, tmp_path: Path) -> None:
        names, entry = LISTS["number, name, place"]
        rows = [*HEAD, names, entry(1, "甲公司"), ["", "三一重工", ""], ["", "某某", ""]]
        assert self.names(tmp_path, book({"名单": rows})) == ["甲公司", "三一重工", "某某"]


def test_where_regions_are_the_entities_their_names_are_no_titles(tmp_path: Path) -> None:
    names = ["地区", "有R&D活动的企业数", "有研发机构的企业数", "研究与试验发展经费_内部支出"]
    rows: Rows = [
        ["各地区"],
        ["单位：万元"],
        names,
        *REGION_ROWS,
        ["吉林省", "", "", ""],
        ["长春市", "", "", ""],
        ["（本表不含军工）"],
    ]
    found, data = read(tmp_path, REGIONS, book({"表": rows}), table="00", year="2023")
    assert [c["region_code"] for _, c in data][len(REGION_ROWS) :] == ["吉林省", "长春市"]
    assert found.skipped.counts == {"说明行": 1}
