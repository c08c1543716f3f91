"""What a table comes in: encodings, delimiters, old, encrypted and damaged workbooks, further sheets."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from jobs.definitions.contract import load_feed
from jobs.sheets import workbook as reader
from tests.support.files import FINANCE, line
from tests.support.messy_files import (
    REGION_ROWS,
    Rows,
    book,
    encrypted_xls,
    read,
    refusal,
    region_table,
    text_file,
    without,
    xls,
)

FORM, REGIONS = load_feed("stat_finance"), region_table()
FORM_ROWS: Rows = [list(FINANCE), *[line(n, "1,234,567.5", prior="9,876,543") for n in range(1, 4)]]
TABLE: Rows = [
    ["各地区企业研发活动"], ["单位：万元"], ["地区", "有R&D活动的企业数", "有研发机构的企业数", "研究与试验发展经费_内部支出"],
    *REGION_ROWS,
]  # fmt: skip
LAYOUTS = {"form": (FORM, FORM_ROWS, 3), "yearbook": (REGIONS, TABLE, 4)}
PATH = {"reporter": "220100", "period": "202602", "year": "2023", "table": "00-firms"}


def rows_of(tmp_path: Path, layout: str, content: bytes) -> list[dict[str, str]]:
    contract, _, count = LAYOUTS[layout]
    rows = [c for _, c in read(tmp_path, contract, content, **PATH)[1]]
    assert len(rows) == count
    return rows


def locked(content: bytes, password: str) -> bytes:
    """Return a workbook encrypted as Excel does it today."""
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, out)
    return out.getvalue()


@pytest.mark.parametrize("layout", LAYOUTS)
class TestTextFiles:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize(
        ("encoding", "mark"),
        [
            ("gb18030", b""),
            ("utf-8", b""),
            ("utf-8", b"\xef\xbb\xbf"),
            ("utf-16-le", b"\xff\xfe"),
            ("utf-16-be", b"\xfe\xff"),
            ("utf-16-le", b""),
            ("utf-16-be", b""),
        ],
    )
    def test_every_encoding_and_delimiter_reads_the_same(
        self, tmp_path: Path, layout: str, encoding: str, mark: bytes, delimiter: str
    ) -> None:
        rows = LAYOUTS[layout][1]
        expected = rows_of(tmp_path, layout, text_file(rows))
        assert rows_of(tmp_path, layout, text_file(rows, encoding, delimiter, mark)) == expected


@pytest.mark.parametrize("layout", LAYOUTS)
class TestWorkbooks:
    def test_old_and_new_encrypted_or_not_read_the_same(self, tmp_path: Path, layout: str) -> None:
        rows = LAYOUTS[layout][1]
        plain = rows_of(tmp_path, layout, book({"表": rows}))
        for content in (
            xls(rows),
            encrypted_xls(rows, "VelvetSweatshop"),
            locked(book({"表": rows}), "VelvetSweatshop"),
        ):
            assert rows_of(tmp_path, layout, content) == plain

    @pytest.mark.parametrize("password", ["123456", "velvetsweatshop"])
    def test_another_password_is_refused(self, tmp_path: Path, layout: str, password: str) -> None:
        contract, rows, _ = LAYOUTS[layout]
        for content in (encrypted_xls(rows, password), locked(book({"表": rows}), password)):
            text = refusal(tmp_path, contract, content, **PATH)
            assert text == "工作簿设有打开密码，无法读取：请去掉密码后重报"

    @pytest.mark.parametrize("part", ["xl/drawings/drawing1.xml", "xl/theme/theme1.xml", "docProps/app.xml"])
    def test_a_part_that_is_referred_to_and_missing_harms_nothing(
        self, tmp_path: Path, layout: str, part: str
    ) -> None:
        content = book({"表": LAYOUTS[layout][1]}, more=lambda page: page.insert_textbox(2, 9, "印章"))
        rows_of(tmp_path, layout, without(content, part))

    @pytest.mark.parametrize("place", [0, 1])
    @pytest.mark.parametrize(
        "extra",
        [
            {"CNKI": [["中国知网"], ["下载自 CNKI", "2024"]]},
            {"目录": [["地区", "统一社会信用代码", "报告期"], ["吉林", "见表", "202602"]]},
            {"空表": []},
        ],
        ids=lambda e: next(iter(e)),
    )
    def test_a_further_sheet_is_not_taken_for_the_table_wherever_it_stands(
        self, tmp_path: Path, layout: str, extra: dict[str, Rows], place: int
    ) -> None:
        contract, rows, count = LAYOUTS[layout]
        sheets = {"数据": rows} | extra if place else extra | {"数据": rows}
        found, data = read(tmp_path, contract, book(sheets), **PATH)
        assert (found.sheet, len(data)) == ("数据", count)
        assert found.details()["other_sheets"] == [n for n in extra if extra[n]]

    def test_two_sheets_that_both_are_the_form_are_refused(self, tmp_path: Path, layout: str) -> None:
        contract, rows, _ = LAYOUTS[layout]
        text = refusal(tmp_path, contract, book({"一": rows, "二": rows}), **PATH)
        assert text == "有 2 张工作表都是本表，无法判断用哪一张：一、二"

    def test_a_second_sheet_with_the_header_alone_is_no_rival(self, tmp_path: Path, layout: str) -> None:
        contract, rows, count = LAYOUTS[layout]
        head = [r for r in rows if r not in rows[-count:]]
        assert read(tmp_path, contract, book({"模板": head, "数据": rows}), **PATH)[0].sheet == "数据"

    def test_a_truncated_workbook_says_so(self, tmp_path: Path, layout: str) -> None:
        contract, rows, _ = LAYOUTS[layout]
        whole = book({"表": rows})
        for share in (0.2, 0.5, 0.9):
            text = refusal(tmp_path, contract, whole[: int(len(whole) * share)], **PATH)
            assert text.startswith("不是可读的 Excel 工作簿：文件被截断，像是没有传完")
        for share in (0.1, 0.5):
            old = xls(rows)
            assert "不是可读的 Excel 工作簿" in refusal(
                tmp_path, contract, old[: int(len(old) * share)], **PATH
            )

    def test_a_workbook_that_lost_a_piece_in_the_middle_is_refused(self, tmp_path: Path, layout: str) -> None:
        """Its list of parts may then point before the beginning of the file."""
        contract, rows, _ = LAYOUTS[layout]
        whole = book({"表": rows})
        for share in (0.1, 0.3, 0.5, 0.7):
            text = refusal(tmp_path, contract, whole[:30] + whole[30 + int(len(whole) * share) :], **PATH)
            assert text.startswith("不是可读的 Excel 工作簿")

    def test_one_stray_cell_far_out_does_not_fill_the_memory(self, tmp_path: Path, layout: str) -> None:
        contract, rows, _ = LAYOUTS[layout]
        content = book({"表": rows}, more=lambda page: page.write(1_048_575, 16_383, "."))
        text = refusal(tmp_path, contract, content, **PATH)
        assert text.startswith("工作表占 1048576 行 × 16384 列，超过 4000 万格：请删除右边和下边多余的单元格")

    def test_empty_cells_far_out_that_are_only_coloured_are_nothing(
        self, tmp_path: Path, layout: str
    ) -> None:
        _, rows, _ = LAYOUTS[layout]
        sheet = "xl/worksheets/sheet1.xml"
        whole = book({"表": rows}, more=lambda page: page.write(1_048_575, 16_383, "."))
        with zipfile.ZipFile(io.BytesIO(whole)) as old:
            page = old.read(sheet)
        begin = page.index(b'<row r="1048576"')
        coloured = (
            page[:begin]
            + b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
            + page.split(b"</sheetData>")[1]
        )
        out = io.BytesIO(without(whole, sheet))
        with zipfile.ZipFile(out, "a") as new:
            new.writestr(sheet, coloured)
        rows_of(tmp_path, layout, out.getvalue())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "文件为空"),
        (b"\xff\xfe", "文件为空"),
        (b"\xef\xbb\xbf\r\n ,", None),
        (
            "<!DOCTYPE html><html><head><title>404 未找到</title></head></html>".encode("gb18030"),
            "内容是网页（HTML/XML）（标题“404 未找到”），不是数据文件",
        ),
        ("<html><head><TITLE>\n登录超时</title>".encode(), "内容是网页（HTML/XML）（标题“登录超时”），不是数据文件"),
        ("<html><body>502 Bad Gateway</body></html>".encode("utf-16"), "内容是网页（HTML/XML），不是数据文件"),
        (
            "<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table><tr><td>报告期</td></tr></table>".encode(),
            "内容是网页格式的表格（HTML/XML），请用表格软件打开后另存为 xlsx 再报",
        ),
        (b"%PDF-1.7 ...", "内容是PDF，不是数据文件"),
        (b"\x1f\x8b\x08" + bytes(40), "内容是gzip 压缩包，不是数据文件"),
        (bytes(range(256)) * 9, "含有二进制内容，不是文本文件"),
    ],
    ids=["nothing", "a mark", "a mark and a comma", "an error page", "a login page", "a page of UTF-16", "a page with a table", "PDF",
         "gzip", "bytes"],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_what_it_is(
    tmp_path: Path, layout: str, content: bytes, why: str | None
) -> None:
    text = refusal(tmp_path, LAYOUTS[layout][0], content, **PATH)
    assert text == why or (why is None and "找不到表头" in text)


def test_a_word_document_is_no_workbook(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr("word/document.xml", "<w/>")
    assert (
        refusal(tmp_path, FORM, out.getvalue(), **PATH) == "内容是 Word 或 PowerPoint 文档，不是 Excel 工作簿"
    )


def test_a_workbook_that_unpacks_to_more_than_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MOST_BYTES", 1000)
    assert "请改报 CSV" in refusal(tmp_path, FORM, book({"表": FORM_ROWS}), **PATH)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (912201010000000100, "9.12201010000000E+17"),
        (9007199254740992, "9007199254740992"),
        (-1e16, "-1.00000000000000E+16"),
    ],
)
def test_a_number_that_lost_digits_is_shown_with_its_power_of_ten(value: float, shown: str) -> None:
    assert reader.text_of(float(value)) == shown
