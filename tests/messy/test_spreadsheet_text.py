"""Text tables as spreadsheets and old systems write them, and refusals that name what is really wrong."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path

import pytest
import xlwt
from xlwt.CompoundDoc import XlsDoc

from jobs.definitions.contract import WIDTH, load_feed
from tests.support.files import FINANCE, code, csv_text, line
from tests.support.messy_files import Rows, book, read, refusal, text_file, without

FORM, NOTICE = load_feed("stat_finance"), load_feed("certificate_notice")
F = {"reporter": "220100", "period": "202602"}
NAMES = [*FINANCE, "主要产品说明", "备注"]
EXTRA = "+主要产品说明（H列）"


def cells_of(folder: Path, content: bytes) -> list[dict[str, str]]:
    return [c for _, c in read(folder, FORM, content, **F)[1]]


class TestTextOverSeveralLines:
    @pytest.mark.parametrize(
        "text",
        [
            "轴承,衬套\n齿轮,链轮,皮带轮,联轴器,减速机,电机",
            "甲,乙,丙,丁,戊,己,庚,辛,壬\r\n甲,乙,丙,丁,戊,己,庚,辛,壬\r\n甲,乙,丙,丁,戊,己,庚,辛,壬",
            '他称"二期"工程,\n尚未投产',
            "\n\n,,,,,,,,\n",
            "1,2\n三,四,五",
        ],
        ids=[
            "more commas than half a row",
            "as many as a row",
            "quotes within",
            "only commas",
            "some figures",
        ],
    )
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_a_quoted_text_is_one_cell(self, tmp_path: Path, text: str, delimiter: str) -> None:
        written = text.replace(",", delimiter)
        rows = [NAMES, [*line(1, 5), "轴承", ""], [*line(2, 6), written, "甲"], [*line(3, 7), "", "乙"]]
        found = cells_of(tmp_path, text_file(rows, "gb18030", delimiter))
        assert [c["revenue"] for c in found] == ["5", "6", "7"]
        assert found[1].get(EXTRA, "") == (written if written.strip() else "")
        assert not any(WIDTH in c for c in found)

    @pytest.mark.parametrize("at", [0, 2, 4, 7])
    @pytest.mark.parametrize("closed", ["by nothing", "at a cell's begin", "at a cell's end"])
    def test_a_stray_quote_that_swallows_rows_refuses_the_file_and_names_its_line(
        self, tmp_path: Path, at: int, closed: str
    ) -> None:
        lines = [[str(c) for c in [*line(n, "5"), "轴承", "无"]] for n in range(1, 9)]
        lines[2][at] = '"' + lines[2][at]
        if closed != "by nothing":
            lines[5][at] = '"' + lines[5][at] if closed == "at a cell's begin" else lines[5][at] + '"'
        text = "\r\n".join(",".join(row) for row in [NAMES, *lines]) + "\r\n"
        why = refusal(tmp_path, FORM, text.encode("gb18030"), **F)
        assert why == "第4行的引号没有成对，后面的行被并入同一格，无法判断"


class TestCommasThatASpreadsheetLeavesOut:
    def test_empty_cells_at_the_end_of_a_line_may_be_missing(self, tmp_path: Path) -> None:
        text = (
            csv_text([[*line(n, 5), "", ""] for n in range(1, 6)], NAMES)
            .replace(",20,,", ",20")
            .replace(",100,20", ",100")
        )
        found = cells_of(tmp_path, text.encode())
        assert len(found) == 5 and not any(WIDTH in c or "staff_end" in c for c in found)

    @pytest.mark.parametrize(
        "end", ["合计,,,,25", "注：快报", "打印时间：2026-03-10", "", "单位负责人：甲,统计负责人：乙"]
    )
    def test_so_before_totals_and_notes(self, tmp_path: Path, end: str) -> None:
        text = csv_text([line(1, 5)], NAMES).replace(",100,20", "") + end + "\r\n"
        assert [WIDTH in c for c in cells_of(tmp_path, text.encode())] == [False]

    def test_a_line_that_lacks_what_must_be_there_is_doubtful(self, tmp_path: Path) -> None:
        text = csv_text([line(1, 5), line(2, 6)], NAMES).replace(",5,100,20", "")
        assert [WIDTH in c for c in cells_of(tmp_path, text.encode())] == [True, False]

    @pytest.mark.parametrize("rest", ["承,无", "承\r\n与衬套,无", "承,\r\n"])
    def test_so_is_a_line_that_was_broken_and_its_rest(self, tmp_path: Path, rest: str) -> None:
        text = csv_text([[*line(1, 5), "轴承", "无"], [*line(2, 6), "齿轮", ""]], NAMES).replace(
            "轴承,无", f"轴\r\n{rest}"
        )
        found = cells_of(tmp_path, text.encode())
        assert WIDTH in found[0] and WIDTH not in found[-1] and found[-1]["uscc"] == code(2)

    @pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
    def test_so_is_the_last_line_of_a_file_that_was_not_wholly_sent(
        self, tmp_path: Path, encoding: str
    ) -> None:
        text = csv_text([line(1, 5), line(2, 6)]).rstrip("\r\n").removesuffix(",20")
        assert [WIDTH in c for c in cells_of(tmp_path, text.encode(encoding))] == [False, True]
        assert [WIDTH in c for c in cells_of(tmp_path, (text + "\r\n").encode(encoding))] == [False, False]


class TestTextsThatWereKeptFromBecomingNumbers:
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    @pytest.mark.parametrize("wrap", ['="{}"', "'{}", "’{}", "‘{}", "`{}", '= "{}"', " '{}"])
    def test_codes_periods_and_figures_are_unwrapped(self, tmp_path: Path, kind: str, wrap: str) -> None:
        row = [wrap.format(c) for c in line(1, "1,234.5")]
        row[2] = "甲公司"
        rows: Rows = [list(FINANCE), row]
        content = (
            text_file(rows) if kind == "csv" else book({"表": rows}, more=lambda p: p.write_row(1, 0, ()))
        )
        if kind == "xlsx" and wrap.startswith("="):
            # In a workbook that is a formula, with the text as its value.
            return
        (found,) = cells_of(tmp_path, content)
        assert [found[n] for n in ("period", "uscc", "county_code", "revenue", "staff_end")] == [
            "202602", code(1), "220102", "1,234.5", "20",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("written", "name"),
        [
            ('="甲公司"', "甲公司"), ('="甲""北方""公司"', '甲"北方"公司'), ("'甲公司", "甲公司"), ("‘北方’机械公司", "‘北方’机械公司"),
            ("'北方'机械公司", "'北方'机械公司"), ("’甲公司", "’甲公司"), ("=甲公司", "=甲公司"), ("（长春）甲　公司", "（长春）甲　公司"),
        ],
    )  # fmt: skip
    def test_a_name_loses_only_what_a_spreadsheet_put_there(
        self, tmp_path: Path, written: str, name: str
    ) -> None:
        rows = [list(FINANCE), line(1, 5, 单位详细名称=written)]
        assert cells_of(tmp_path, text_file(rows, "gb18030"))[0]["name"] == name


class TestControlCharacters:
    @pytest.mark.parametrize(
        "mark", ["\x1a", "\x1a\x1a", "\x0c", "\x1a\r\n", "\x03,\x03,,", "\x7f", "\u200b", "\ufeff"]
    )
    @pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
    def test_a_line_of_nothing_else_is_none(self, tmp_path: Path, mark: str, encoding: str) -> None:
        found, rows = read(tmp_path, FORM, (csv_text([line(1, 5), line(2, 6)]) + mark).encode(encoding), **F)
        assert (len(rows), found.skipped.counts) == (2, {})

    def test_around_a_figure_they_are_nothing_and_within_it_they_stay(self, tmp_path: Path) -> None:
        found = cells_of(tmp_path, text_file([list(FINANCE), line(1, "\x02500\x03"), line(2, "5\x0700")]))
        assert [c["revenue"] for c in found] == ["500", "5\x0700"]


GBK_HALF = "有限责任".encode("gb18030")[:-1]
UTF_HALF = "有限责任".encode()[:-1]


class TestHalfACharacter:
    @pytest.mark.parametrize(
        ("encoding", "half", "shown"), [("gb18030", GBK_HALF, "GB18030"), ("utf-8", UTF_HALF, "UTF-8")]
    )
    @pytest.mark.parametrize("at", [1, 7, 3000])
    @pytest.mark.parametrize("count", [1, 3])
    def test_the_line_and_what_stands_before_it_are_named(
        self, tmp_path: Path, encoding: str, half: bytes, shown: str, at: int, count: int
    ) -> None:
        lines = [
            list(map(str, line(n, 5, 单位详细名称=f"企业{n}有限公司"))) for n in range(1, max(20, at + 9))
        ]
        rows = [",".join(r).encode(encoding) for r in [list(FINANCE), *lines]]
        for k in range(count):
            rows[at + k] = rows[at + k].replace("有限公司".encode(encoding), half)
        text = refusal(tmp_path, FORM, b"\r\n".join(rows) + b"\r\n", **F)
        assert text.startswith(f"第{at + 1}行“"), text
        assert "有限责”之后有半个汉字或乱码（字节 " in text and shown in text
        assert re.sub(r"UTF-8|GB18030|GBK|[0-9A-F]{2}", "", text).isascii() is False
        assert not re.search(r"codec|byte|position", text)

    def test_a_file_that_ends_within_a_character_says_so(self, tmp_path: Path) -> None:
        content = csv_text([line(1, 5), line(2, 6, 单位详细名称="甲")]).encode("gb18030")
        cut = content[: content.rindex("甲".encode("gb18030")) + 1]
        assert refusal(tmp_path, FORM, cut, **F).startswith("第3行")


def _old_workbook(stream_name: str) -> bytes:
    made = xlwt.Workbook()
    made.add_sheet("表").write(0, 0, "x")
    out = io.BytesIO()
    XlsDoc().save(out, made.get_biff_data())
    content = bytearray(out.getvalue())
    at = content.index("Workbook".encode("utf-16-le"))
    content[at : at + 66] = stream_name.encode("utf-16-le").ljust(64, b"\0") + struct.pack(
        "<H", 2 * len(stream_name) + 2
    )
    return bytes(content)


PAGE = "<html><table><tr><td>报告期</td></tr></table></html>"
CAUSES: dict[str, tuple[bytes, str]] = {
    "web archive": (
        f"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"B\"\r\n\r\n--B\r\n\r\n{PAGE}".encode("gb18030"),
        "内容是网页存档（MHTML，“单个文件网页”），请用表格软件打开后另存为 xlsx 再报",
    ),
    "web archive of a browser": (
        f"From: <Saved by Blink>\r\nSnapshot-Content-Location: http://x\r\nMIME-Version: 1.0\r\n\r\n{PAGE}".encode(),
        "内容是网页存档（MHTML，“单个文件网页”），请用表格软件打开后另存为 xlsx 再报",
    ),
    "web archive of an older browser": (
        f"From: =?gb2312?B?08kg?=\r\nSubject: =?gb2312?B?\r\n\tsfGx?=\r\nDate: 1 Mar 2026\r\nMIME-Version: 1.0\r\n\r\n{PAGE}".encode(),
        "内容是网页存档（MHTML，“单个文件网页”），请用表格软件打开后另存为 xlsx 再报",
    ),
    "web archive with a mark": (
        b"\xef\xbb\xbfMIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n",
        "内容是网页存档（MHTML，“单个文件网页”），请用表格软件打开后另存为 xlsx 再报",
    ),
    "Excel 5": (_old_workbook("Book"), "内容是 Excel 5.0/95 的旧格式，无法可靠读取：请用表格软件打开后另存为 xlsx 再报"),
    "Excel 4": (b"\x09\x04\x06\x00\x00\x00\x10\x00" + bytes(40), "内容是 Excel 5.0/95 或更早的旧格式，无法读取：请用表格软件打开后另存为 xlsx 再报"),
    "Excel 2": (b"\x09\x00\x04\x00\x02\x00\x10\x00" + bytes(40), "内容是 Excel 5.0/95 或更早的旧格式，无法读取：请用表格软件打开后另存为 xlsx 再报"),
    "container cut short": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "不是可读的 Excel 工作簿：文件已损坏或没有传完"),
    "no sheet in it": (without(book({"表": [["x"]]}), "xl/worksheets/sheet1.xml"), "不是可读的 Excel 工作簿：文件已损坏"),
    "a JSON that is none": (b'{"data": [', "第1页不是带 data 列表的 JSON，或没有传完"),
}  # fmt: skip


@pytest.mark.parametrize("name", CAUSES)
def test_a_refusal_names_the_true_cause_and_nothing_of_a_library(tmp_path: Path, name: str) -> None:
    content, why = CAUSES[name]
    assert refusal(tmp_path, FORM, content, **F) == why


class TestListsSideBySide:
    HEAD: Rows = [["2023年度省级“专精特新”中小企业认定名单"], ["吉工信民营〔2023〕112号"], ["2023年6月15日"]]

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    @pytest.mark.parametrize("lines", [1, 3])
    def test_so_if_only_the_first_has_names_over_its_columns(
        self, tmp_path: Path, kind: str, lines: int
    ) -> None:
        rows = [
            *self.HEAD,
            ["序号", "企业名称"],
            *([n, f"甲{n}公司", n + 9, f"乙{n}厂"] for n in range(lines)),
        ]
        text = refusal(tmp_path, NOTICE, text_file(rows) if kind == "csv" else book({"名单": rows}))
        assert text == (
            "第4列（D列）没有列名，却逐行列有“乙0厂”等：像是左右并列的名单，请改为上下一栏，或补上列名后重报"
        )

    def test_remarks_without_a_name_and_merged_cells_are_no_list(self, tmp_path: Path) -> None:
        remarks = ["原名甲公司", "待核", ""]
        rows = [*self.HEAD, ["序号", "企业名称"], *([n, f"甲{n}公司", "", t] for n, t in enumerate(remarks))]
        assert len(read(tmp_path, NOTICE, book({"名单": rows}))[1]) == 3
        merged = [*self.HEAD, ["序号", "企业名称", ""], [1, "甲公司", ""], [2, "乙公司", ""]]
        content = book({"名单": merged}, {"名单": [(4, 1, 4, 2), (5, 1, 5, 2)]})
        assert len(read(tmp_path, NOTICE, content)[1]) == 2

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    @pytest.mark.parametrize("gap", [[], [""]])
    @pytest.mark.parametrize("times", [2, 3])
    def test_are_refused_with_what_is_meant(
        self, tmp_path: Path, kind: str, gap: list[str], times: int
    ) -> None:
        names = ["序号", "企业名称", "所属市（州）"]
        rows = [
            ["2023年度省级“专精特新”中小企业认定名单"], ["吉工信民营〔2023〕112号"], ["2023年6月15日"], [*names, *gap] * times,
            [c for n in range(times) for c in (n, f"甲{n}公司", "长春市", *gap)],
        ]  # fmt: skip
        text = refusal(tmp_path, NOTICE, text_file(rows) if kind == "csv" else book({"名单": rows}))
        assert text == (
            f"第4行的表头序号、企业名称、所属市(州)左右并列 {times} 栏，同一列名出现 {times} 次，无法判断各格属于哪一条：请改为上下一栏后重报"
        )
