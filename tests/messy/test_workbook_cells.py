"""What a workbook says of its cells beside their values: read, quarantined or refused, never taken as the bare number."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

from jobs.definitions.contract import DOUBT, load_feed
from jobs.sheets.number_formats import meaning
from tests.support.files import COUNTY, FINANCE, code, line
from tests.support.messy_files import (
    Rows,
    book,
    edited,
    encrypted_xls,
    read,
    refusal,
    styled_xls,
    text_file,
    xls,
)

FORM, REGISTER, NOTICE = (load_feed(f) for f in ("stat_finance", "stat_register", "certificate_notice"))
F = {"reporter": "220100", "period": "202602"}
SHEET = "xl/worksheets/sheet1.xml"
ROWS: Rows = [list(FINANCE), line(1, 500), line(2, 600)]
UNIT: Rows = [["单位：万元"], *ROWS]
REVENUE, PRIOR, STAFF = 4, 5, 6


def made(rows: Rows, styles: dict[tuple[int, int], dict[str, Any]], **options: Any) -> bytes:
    """Return a workbook with formats at some cells; values that begin with = are formulas with a value."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True} | options) as new:
        page = new.add_worksheet("表")
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                style = new.add_format(styles[r, c]) if (r, c) in styles else None
                if isinstance(value, tuple):
                    page.write_formula(r, c, value[0], style, value[1])
                elif value not in ("", None):
                    page.write(r, c, value, style)
    return out.getvalue()


def doubts(folder: Path, content: bytes) -> list[tuple[str, str] | None]:
    """Return column and rule of what makes each row doubtful."""
    rows = read(folder, FORM, content, **F)[1]
    told = [cells[DOUBT].split("\t") if DOUBT in cells else None for _, cells in rows]
    return [(t[0], t[1]) if t else None for t in told]


class TestSeveralSheets:
    def test_a_fuller_one_does_not_hide_the_rows_of_another(self, tmp_path: Path) -> None:
        fuller = [[*FINANCE, "资产总计"], *[[*row, 7] for row in ROWS[1:]]]
        for sheets in ({"南关区": ROWS, "宽城区": fuller}, {"南关区": fuller, "宽城区": ROWS}):
            text = refusal(tmp_path, FORM, book(sheets), **F)
            assert text == "有 2 张工作表都是本表，无法判断用哪一张：南关区、宽城区"

    @pytest.mark.parametrize("said", ["金额单位：万元", "（万元）", "2.本表金额以元计"])
    def test_a_unit_on_a_cover_or_among_notes_is_not_passed_over(self, tmp_path: Path, said: str) -> None:
        text = refusal(tmp_path, FORM, book({"说明": [["填报说明"], [said]], "203表": ROWS}), **F)
        assert text.startswith("工作表“说明”第2行注明计量单位为") and "与合同的千元不同" in text

    @pytest.mark.parametrize(
        "beside",
        [[["金额单位：千元"]], [["单位：万元"], ["长春市", 5, 6]], [["填报单位：某局"]], [["单位：见各表"]]],
        ids=["the same", "of a table", "no unit", "unclear"],
    )
    def test_the_same_unit_and_that_of_another_table_harm_nothing(self, tmp_path: Path, beside: Rows) -> None:
        assert len(read(tmp_path, FORM, book({"附": beside, "203表": ROWS}), **F)[1]) == 2
        own = book({"附": [["单位：万元"]], "203表": [["单位：元"], *ROWS]})
        assert read(tmp_path, FORM, own, **F)[0].units["revenue"] == "元"


class TestHiddenSheets:
    DRAFT: Rows = [[*FINANCE, "营业成本_1-本月"], [*line(1, 5), 4], [*line(2, 6), 4]]

    def hidden(self, sheets: dict[str, Rows], which: str, how: str = "hide") -> bytes:
        return book(sheets, more=lambda page: getattr(page, how)() if page.name == which else None)

    @pytest.mark.parametrize("how", ["hide", "very_hidden"])
    @pytest.mark.parametrize("first", [True, False])
    def test_a_draft_that_fits_better_is_not_read(self, tmp_path: Path, how: str, first: bool) -> None:
        sheets = {"203表": ROWS, "草稿": self.DRAFT}
        if first and how == "hide":
            sheets = {"封面": [["财务状况"]], "草稿": self.DRAFT, "203表": ROWS}
        found, rows = read(tmp_path, FORM, self.hidden(sheets, "草稿", how), **F)
        assert (found.sheet, [c["revenue"] for _, c in rows]) == ("203表", ["500", "600"])
        assert "草稿" in found.other_sheets

    def test_a_hidden_twin_is_no_rival(self, tmp_path: Path) -> None:
        found, _ = read(tmp_path, FORM, self.hidden({"一": ROWS, "二": ROWS}, "二"), **F)
        assert found.sheet == "一"

    def test_if_only_the_draft_fits_the_file_is_refused_and_says_so(self, tmp_path: Path) -> None:
        other = [[n.replace("_1-本月", "") for n in FINANCE], *ROWS[1:]]
        text = refusal(tmp_path, FORM, self.hidden({"203表": other, "草稿": self.DRAFT}, "草稿"), **F)
        assert text.startswith("缺少必需列：营业收入_1-本月（表头在第1行")
        assert text.endswith(
            "；隐藏的工作表草稿符合本表，但隐藏的工作表不作依据：如应报此表，请取消隐藏后重报"
        )

    @pytest.mark.parametrize("visible", [[["封面"]], [list(FINANCE)]], ids=["cover", "form without rows"])
    def test_so_if_the_visible_sheet_is_a_cover_or_empty(self, tmp_path: Path, visible: Rows) -> None:
        text = refusal(tmp_path, FORM, self.hidden({"一": visible, "数据": ROWS}, "数据"), **F)
        assert "隐藏的工作表数据符合本表" in text

    @pytest.mark.parametrize("level", [1, 2])
    def test_so_in_a_workbook_of_the_old_format(self, tmp_path: Path, level: int) -> None:
        def draft(made: Any, _: Any) -> None:
            page = made.add_sheet("草稿")
            page.visibility = level
            for r, row in enumerate(self.DRAFT):
                for c, value in enumerate(row):
                    page.write(r, c, value)

        found, rows = read(tmp_path, FORM, styled_xls(ROWS, {}, draft), **F)
        assert (found.sheet, rows[0][1]["revenue"]) == ("表", "500")


class TestErrorCells:
    ERRORS = ("#REF!", "#DIV/0!", "#N/A", "#VALUE!", "#NAME?", "#NUM!", "#NULL!")

    @pytest.mark.parametrize("place", [REVENUE, PRIOR, STAFF, 2])
    def test_an_error_is_the_text_a_person_sees_in_every_column(self, tmp_path: Path, place: int) -> None:
        rows = [list(FINANCE), *[line(n, 500) for n in range(len(self.ERRORS))]]
        for row, error in zip(rows[1:], self.ERRORS, strict=True):
            row[place] = ("=A1/0", error)
        data = read(tmp_path, FORM, made(rows, {}), **F)[1]
        name = {REVENUE: "revenue", PRIOR: "revenue_prior", STAFF: "staff_end", 2: "name"}[place]
        assert [c[name] for _, c in data] == list(self.ERRORS)

    def test_an_error_that_is_stored_without_a_formula_counts_as_well(self, tmp_path: Path) -> None:
        content = edited(
            book({"表": ROWS}), SHEET, ("<v>500</v>", "<v>#N/A</v>"), ('<c r="E2">', '<c r="E2" t="e">')
        )
        assert [c["revenue"] for _, c in read(tmp_path, FORM, content, **F)[1]] == ["#N/A", "600"]

    def test_so_in_a_workbook_of_the_old_format(self, tmp_path: Path) -> None:
        def error(_: Any, page: Any) -> None:
            page.row(1).set_cell_error(PRIOR, "#REF!")
            page.row(2).set_cell_error(REVENUE, "#DIV/0!")

        data = read(
            tmp_path, FORM, styled_xls([list(FINANCE), line(1, 500, ""), line(2, "")], {}, error), **F
        )[1]
        assert (data[0][1]["revenue_prior"], data[1][1]["revenue"]) == ("#REF!", "#DIV/0!")

    def test_an_error_beside_the_contracts_columns_harms_nothing(self, tmp_path: Path) -> None:
        rows = [[*FINANCE, "核对"], [*line(1, 500), ("=A1/0", "#DIV/0!")]]
        assert len(read(tmp_path, FORM, made(rows, {}), **F)[1]) == 1


class TestFormulas:
    WAITS = ("=E2*0.9", 0)

    def open_at(self, rows: Rows, value: str) -> bytes:
        """A workbook whose formulas have no value, as the programs that cannot calculate leave them."""
        return edited(made(rows, {}), SHEET, ("</f><v>0</v>", f"</f>{value}"))

    @pytest.mark.parametrize("value", ["", "<v></v>", "<v/>"])
    @pytest.mark.parametrize("place", [2, REVENUE, PRIOR, STAFF])
    def test_a_formula_without_a_value_refuses_the_file_and_names_its_place(
        self, tmp_path: Path, place: int, value: str
    ) -> None:
        row = line(2, 600)
        row[place] = self.WAITS
        text = refusal(tmp_path, FORM, self.open_at([*ROWS[:2], row], value), **F)
        assert text == (
            f"公式未计算：第3行“{FORM_LABELS[place]}”（{'ABCDEFG'[place]}列）只有公式、没有结果，请用表格软件打开、重算并保存后再报"
        )

    def test_so_in_a_row_that_holds_nothing_else(self, tmp_path: Path) -> None:
        content = self.open_at([*ROWS, ["", "", "", "", self.WAITS]], "")
        assert refusal(tmp_path, FORM, content, **F).startswith("公式未计算：第4行“营业收入_1-本月”（E列）")

    @pytest.mark.parametrize("value", ["", "<v></v>", "<v/>"])
    @pytest.mark.parametrize("at", [0, 1])
    def test_so_in_title_and_header(self, tmp_path: Path, at: int, value: str) -> None:
        rows = [["财务状况"], *map(list, ROWS)]
        rows[at][0] = self.WAITS
        assert "公式未计算" in refusal(tmp_path, FORM, self.open_at(rows, value), **F)

    def test_totals_remarks_and_empty_results_wait_for_nothing(self, tmp_path: Path) -> None:
        rows = [[*FINANCE, "核对"], [*line(1, 500), self.WAITS], ["合计", "", "", "", self.WAITS]]
        assert len(read(tmp_path, FORM, self.open_at(rows, ""), **F)[1]) == 1
        empty = made([list(FINANCE), line(1, 500, ('=IF(1,"",1)', ""))], {})
        empty = edited(empty, SHEET, ('<c r="F2">', '<c r="F2" t="str">'))
        assert "revenue_prior" not in read(tmp_path, FORM, empty, **F)[1][0][1]

    @pytest.mark.parametrize("place", [REVENUE, PRIOR, STAFF])
    def test_nothing_but_zeros_in_a_workbook_that_asks_for_a_calculation_is_not_calculated(
        self, tmp_path: Path, place: int
    ) -> None:
        rows = [list(FINANCE), line(1, 500), line(2, 600)]
        for row in rows[1:]:
            row[place] = self.WAITS
        text = refusal(tmp_path, FORM, made(rows, {}), **F)
        assert text == (
            f"公式未计算：第2行“{FORM_LABELS[place]}”（{'ABCDEFG'[place]}列）起的公式结果除错误值外全部为 0 或空，而工作簿要求打开时重算，"
            "请用表格软件打开、重算并保存后再报"
        )

    def test_an_error_among_zeros_does_not_show_that_somebody_calculated(self, tmp_path: Path) -> None:
        rows = [list(FINANCE), line(1, self.WAITS), line(2, ("=1/0", "#DIV/0!")), line(3, self.WAITS)]
        assert refusal(tmp_path, FORM, made(rows, {}), **F).startswith("公式未计算：第2行")
        rows = [list(FINANCE), line(1, 500), line(2, ("=1/0", "#DIV/0!"))]
        assert len(read(tmp_path, FORM, made(rows, {}), **F)[1]) == 2, (
            "an error alone keeps its own row apart"
        )

    def test_a_text_that_begins_like_an_error_shows_that_somebody_calculated(self, tmp_path: Path) -> None:
        names = [self.WAITS, ("=A1", "#3车间"), ("=A1", "#N/A")]
        rows = [[*line(n, 500)[:2], name, *line(n, 500)[3:]] for n, name in enumerate(names, start=1)]
        assert len(read(tmp_path, FORM, made([list(FINANCE), *rows], {}), **F)[1]) == 3
        assert "“单位详细名称”（C列）起的公式结果" in refusal(
            tmp_path, FORM, made([list(FINANCE), rows[0], rows[2]], {}), **F
        )

    def test_so_of_names_that_show_zero(self, tmp_path: Path) -> None:
        rows = [list(FINANCE), [*line(1, 500)[:2], self.WAITS, *line(1, 500)[3:]]]
        assert "“单位详细名称”（C列）起的公式结果除错误值外全部为 0" in refusal(
            tmp_path, FORM, made(rows, {}), **F
        )

    @pytest.mark.parametrize(
        "calculation",
        [
            "",
            '<calcPr calcId="191029" calcCompleted="0"/>',
            '<calcPr calcId="124519" fullCalcOnLoad="true"/>',
        ],
    )
    def test_a_program_that_says_nothing_or_did_not_finish_asks_too(
        self, tmp_path: Path, calculation: str
    ) -> None:
        content = edited(
            made([list(FINANCE), line(1, self.WAITS)], {}), "xl/workbook.xml",
            ('<calcPr calcId="124519" fullCalcOnLoad="1"/>', calculation),
        )  # fmt: skip
        assert "公式未计算" in refusal(tmp_path, FORM, content, **F)

    @pytest.mark.parametrize(
        "calculation", ['<calcPr calcId="191029"/>', '<calcPr iterateCount="100"/>', "<calcPr/>"]
    )
    def test_zeros_of_a_program_that_calculates_are_zeros(self, tmp_path: Path, calculation: str) -> None:
        content = edited(
            made([list(FINANCE), line(1, self.WAITS)], {}), "xl/workbook.xml",
            ('<calcPr calcId="124519" fullCalcOnLoad="1"/>', calculation),
        )  # fmt: skip
        assert read(tmp_path, FORM, content, **F)[1][0][1]["revenue"] == "0"

    def test_one_result_other_than_zero_shows_that_a_column_was_calculated(self, tmp_path: Path) -> None:
        rows = [list(FINANCE), line(1, ("=1", 450)), line(2, ("=0", 0))]
        assert [c["revenue"] for _, c in read(tmp_path, FORM, made(rows, {}), **F)[1]] == ["450", "0"]

    def test_so_in_a_workbook_of_the_old_format(self, tmp_path: Path) -> None:
        def formula(_: Any, page: Any) -> None:
            page.write(1, PRIOR, xlwt.Formula("E2*0"))

        content = styled_xls([list(FINANCE), line(1, 500, "")], {}, formula)
        assert "公式" in refusal(tmp_path, FORM, content, **F)


FORM_LABELS = [*FINANCE[:-1], "期末用工人数"]
OLD_AND_NEW: list[Callable[[Rows, dict[tuple[int, int], str]], bytes]] = [
    lambda rows, codes: made(rows, {place: {"num_format": c} for place, c in codes.items()}),
    lambda rows, codes: styled_xls(
        rows, {place: xlwt.easyxf(num_format_str=c) for place, c in codes.items()}, lambda *_: None
    ),
]


@pytest.mark.parametrize("kind", OLD_AND_NEW, ids=["xlsx", "xls"])
class TestNumberFormats:
    @pytest.mark.parametrize("code_", ["0!.0,", '0"."0,"万元"', "0!.0000", "#,##0,", "0.00,,"])
    @pytest.mark.parametrize("rows", [UNIT, [["单位：元"], *ROWS], ROWS], ids=["万元", "元", "no line"])
    def test_a_figure_shown_smaller_than_stored_refuses_the_file(
        self, tmp_path: Path, kind: Any, rows: Rows, code_: str
    ) -> None:
        last = len(rows) - 1
        content = kind(rows, {(last, REVENUE): code_})
        if rows[0] == ["单位：元"] and "万元" in code_:
            # The format says itself that 元 is stored and 万元 shown.
            assert read(tmp_path, FORM, content, **F)[1][1][1]["revenue"] == "600"
            return
        text = refusal(tmp_path, FORM, content, **F)
        assert text.startswith(
            f"第{last + 1}行“营业收入_1-本月”（E列）存储的数是 600，数字格式“{meaning(code_).code}”按缩小 1"
        )
        assert text.endswith("哪个为准无法判断：请改为常规格式，按表中注明的单位填数后重报")

    def test_a_unit_in_the_format_that_is_not_the_files_refuses_it(self, tmp_path: Path, kind: Any) -> None:
        text = refusal(
            tmp_path, FORM, kind(ROWS, {(1, PRIOR): '0.00"万元"', (1, REVENUE): '0.00"万元"'}), **F
        )
        assert '数字格式“0.00"万元"”另注单位，与计量单位“千元”哪个为准无法判断' in text

    @pytest.mark.parametrize("code_", ['0.00"万元"', "#,##0.00", '"¥"#,##0.00', "[$¥-804]#,##0"])
    def test_a_format_that_agrees_harms_nothing(self, tmp_path: Path, kind: Any, code_: str) -> None:
        assert read(tmp_path, FORM, kind(UNIT, {(2, REVENUE): code_}), **F)[1][0][1]["revenue"] == "500"

    def test_people_shown_by_the_thousand_are_told_as_well(self, tmp_path: Path, kind: Any) -> None:
        rows = [list(FINANCE), [*line(1, 500)[:6], 12000]]
        assert "“期末用工人数”（G列）" in refusal(tmp_path, FORM, kind(rows, {(1, STAFF): "0,"}), **F)
        assert len(read(tmp_path, FORM, kind(rows, {(1, STAFF): '0.0,"千人"'}), **F)[1]) == 1

    @pytest.mark.parametrize(
        ("code_", "shown"), [("0.0%", "12.3%"), ("0%", "12.3%"), ("0.00%;-0.00%", "12.3%")]
    )
    def test_per_cent_is_read_with_its_sign(self, tmp_path: Path, kind: Any, code_: str, shown: str) -> None:
        rows = [list(FINANCE), line(1, 0.123)]
        assert read(tmp_path, FORM, kind(rows, {(1, REVENUE): code_}), **F)[1][0][1]["revenue"] == shown

    def test_a_number_that_is_not_shown_and_another_currency_refuse_the_file(
        self, tmp_path: Path, kind: Any
    ) -> None:
        for code_ in (";;;", '"-"', "**"):
            assert "不显示任何内容" in refusal(tmp_path, FORM, kind(ROWS, {(1, REVENUE): code_}), **F)
        for code_ in ("$#,##0", '"US$"#,##0', '0.00" 港币"'):
            assert "应为人民币" in refusal(tmp_path, FORM, kind(ROWS, {(1, REVENUE): code_}), **F)
        assert "注明币种“$”，应为人民币" in refusal(
            tmp_path, FORM, kind(ROWS, {(1, REVENUE): "[$$-409]#,##0"}), **F
        )

    def test_zeros_codes_and_columns_beside_may_be_shown_in_any_way(self, tmp_path: Path, kind: Any) -> None:
        rows = [[*FINANCE, "备注"], [*line(1, 0), 5], [*line(2, 6), 7]]
        codes = {(1, REVENUE): "0!.0,", (1, 7): "0!.0,", (2, 7): "0.0%"}
        assert len(read(tmp_path, FORM, kind(rows, codes), **F)[1]) == 2


class TestStruckOut:
    @pytest.mark.parametrize("place", [1, 2, REVENUE, STAFF])
    def test_a_struck_cell_makes_its_row_doubtful(self, tmp_path: Path, place: int) -> None:
        names = {1: "uscc", 2: "name", REVENUE: "revenue", STAFF: "staff_end"}
        found = doubts(tmp_path, made(ROWS, {(2, place): {"font_strikeout": True}}))
        assert found == [None, (names[place], "STRUCK_OUT")]

    def test_of_a_struck_row_a_cell_beside_the_key_is_named_so_that_the_key_stays_readable(
        self, tmp_path: Path
    ) -> None:
        struck = {(1, c): {"font_strikeout": True} for c in range(len(FINANCE))}
        assert doubts(tmp_path, made(ROWS, struck)) == [("name", "STRUCK_OUT"), None]

    def test_so_in_a_workbook_of_the_old_format(self, tmp_path: Path) -> None:
        struck = xlwt.easyxf("font: struck_out on")
        assert doubts(tmp_path, styled_xls(ROWS, {(1, REVENUE): struck}, lambda *_: None)) == [
            ("revenue", "STRUCK_OUT"),
            None,
        ]

    @pytest.mark.parametrize("inline", [False, True])
    def test_a_text_of_which_a_part_is_struck_counts(self, tmp_path: Path, inline: bool) -> None:
        out = io.BytesIO()
        with xlsxwriter.Workbook(out, {"in_memory": True, "constant_memory": inline}) as new:
            page, struck = new.add_worksheet("表"), new.add_format({"font_strikeout": True})
            for r, row in enumerate(ROWS):
                for c, value in enumerate(row):
                    if (r, c) == (1, 2):
                        page.write_rich_string(r, c, struck, "旧名", "新名")
                    else:
                        page.write(r, c, value)
        assert doubts(tmp_path, out.getvalue()) == [("name", "STRUCK_OUT"), None]

    def test_a_struck_total_or_remark_is_nobodys(self, tmp_path: Path) -> None:
        rows = [[*FINANCE, "备注"], [*line(1, 500), "旧"], ["合计", "", "", "", 500]]
        struck = {(1, 7): {"font_strikeout": True}, (2, 0): {"font_strikeout": True}}
        assert doubts(tmp_path, made(rows, struck)) == [None]


class TestDaysSince1904:
    NAMES = [c.label for c in REGISTER.cells]

    def rows(self, opened: object, changed: object = "2025-03-01") -> Rows:
        return [self.NAMES, [code(1), "甲", COUNTY, "C3011", opened, "在册", changed, 20, "工业"]]

    @pytest.mark.parametrize("kind", ["xlsx", "xls"])
    def test_a_number_in_a_dates_place_is_counted_from_there(self, tmp_path: Path, kind: str) -> None:
        rows = self.rows(42369, 44255)
        old = styled_xls(rows, {}, lambda made, _: setattr(made, "dates_1904", True))
        content = old if kind == "xls" else made(rows, {}, date_1904=True)
        cells = read(tmp_path, REGISTER, content, period="202512")[1][0][1]
        assert (cells["opened_on"], cells["effective_date"]) == ("43831", "45717"), (
            "2020-01-01 and 2025-03-01"
        )
        assert (cells["staff_end"], DOUBT in cells) == ("20", False)

    def test_of_a_text_nobody_knows_from_when_it_counts(self, tmp_path: Path) -> None:
        cells = read(tmp_path, REGISTER, made(self.rows("42369"), {}, date_1904=True), period="202512")[1][0][
            1
        ]
        assert cells[DOUBT].split("\t")[:2] == ["opened_on", "DATE_BASE"]

    def test_a_months_number_is_moved_too_and_a_date_with_its_format_is_right_already(
        self, tmp_path: Path
    ) -> None:
        cells = read(
            tmp_path, FORM, made([list(FINANCE), line(1, 5, period=44592)], {}, date_1904=True), **F
        )[1][0][1]  # type: ignore[arg-type]
        assert cells["period"] == "46054", "2026-02-01"
        dated = made(self.rows(42369), {(1, 4): {"num_format": "yyyy-mm-dd"}}, date_1904=True)
        assert read(tmp_path, REGISTER, dated, period="202512")[1][0][1]["opened_on"] == "2020-01-01"


class TestNumbersOfAWorkbook:
    @pytest.mark.parametrize(
        ("value", "figure"),
        [(1e16, "10000000000000000"), (123457000.0, "123457000"), (-2.5e17, "-250000000000000000")],
    )
    def test_a_stored_number_is_whole_as_a_figure_and_lost_as_a_code(
        self, tmp_path: Path, value: float, figure: str
    ) -> None:
        rows = [list(FINANCE), line(1, value, 统一社会信用代码=9.12201010000000e17)]
        for content in (book({"表": rows}), xls(rows)):
            cells = read(tmp_path, FORM, content, **F)[1][0][1]
            assert (cells["revenue"], cells["uscc"]) == (figure, "9.12201010000000E+17")

    def test_a_text_stays_as_it_was_typed(self, tmp_path: Path) -> None:
        rows = [list(FINANCE), line(1, "1.23457E+08")]
        for content in (book({"表": rows}), xls(rows), text_file(rows)):
            assert read(tmp_path, FORM, content, **F)[1][0][1]["revenue"] == "1.23457E+08"


class TestTheArchive:
    def test_another_prefix_of_names_and_cells_without_a_place_are_understood(self, tmp_path: Path) -> None:
        plain = made([list(FINANCE), line(1, ("=A1/0", "#DIV/0!")), line(2, 5)], {})
        with zipfile.ZipFile(io.BytesIO(plain)) as old:
            text = old.read(SHEET).decode()
        bare = re.sub(r' (r|spans)="[A-Z]*\d+(:\d+)?"', "", text)
        prefixed = re.sub(r"<(/?)(?=[a-z])", r"<\1x:", text).replace("xmlns=", "xmlns:x=")
        for changed in (bare, prefixed):
            data = read(tmp_path, FORM, edited(plain, SHEET, (text, changed)), **F)[1]
            assert [c["revenue"] for _, c in data] == ["#DIV/0!", "5"]

    @pytest.mark.parametrize("locked", [False, True])
    def test_what_stands_far_below_is_told_as_well(self, tmp_path: Path, locked: bool) -> None:
        rows = [list(FINANCE), *[line(n, n) for n in range(1, 9000)]]
        for n in (3, 6000, 8999):
            rows[n][REVENUE] = ("=A1/0", "#REF!")
        content = made(rows, {})
        if locked:
            out = io.BytesIO()
            OOXMLFile(io.BytesIO(content)).encrypt("VelvetSweatshop", out)
            content = out.getvalue()
        data = read(tmp_path, FORM, content, **F)[1]
        assert [n for n, c in data if c["revenue"] == "#REF!"] == [4, 6001, 9000]

    def test_what_calls_itself_xlsx_and_is_none_says_what_to_do(self, tmp_path: Path) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as new:
            new.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            new.writestr("content.xml", "<x/>")
        assert "请另存为 xlsx 再报" in refusal(tmp_path, FORM, out.getvalue(), **F)

    def test_an_encrypted_workbook_of_the_old_format_is_looked_through_too(self, tmp_path: Path) -> None:
        assert len(read(tmp_path, FORM, encrypted_xls(ROWS, "VelvetSweatshop"), **F)[1]) == 2
