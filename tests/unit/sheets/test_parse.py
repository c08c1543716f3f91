"""Files as they come: encodings, titles, merged headers, footers, swapped and extra columns, and what is no table."""

import io
import zipfile

import pyarrow.parquet as pq
import pytest
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name as letter

from jobs.definitions.contract import load_feed
from jobs.sheets.choice import Refused
from jobs.sheets.delimited import encoding_of
from jobs.sheets.files import sheets
from jobs.sheets.grid import Unreadable
from jobs.sheets.header import AmbiguousHeader, find
from jobs.sheets.parse import parse
from jobs.sheets.workbook import text_of
from tests.support.files import FINANCE, FINANCE_COLUMNS, code, csv_file, csv_text, line, workbook

ROWS = [line(1, "1,000"), line(2, "2000")]
CONTRACT = load_feed("stat_finance")


def read(tmp_path, content, contract=CONTRACT, **attributes):
    """Parse bytes; return what the parser found and its rows as (row number, cells)."""
    source, target = tmp_path / "source", tmp_path / "rows.parquet"
    source.write_bytes(content)
    found = parse(contract, source, {"reporter": "220100", "period": "202602"} | attributes, target)
    rows = [(r["row_no"], dict(r["cells"])) for r in pq.read_table(target).to_pylist()]
    assert found.rows == len(rows)
    return found, rows


def refusal(tmp_path, content, contract=CONTRACT):
    with pytest.raises(Refused) as refused:
        read(tmp_path, content, contract)
    return str(refused.value)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_file_reads_the_same_in_every_encoding(tmp_path, encoding):
    _, rows = read(tmp_path, csv_file(ROWS, encoding=encoding))
    assert [(n, c["uscc"], c["name"], c["revenue"]) for n, c in rows] == [
        (2, code(1), "测试企业1", "1,000"),
        (3, code(2), "测试企业2", "2000"),
    ]


def test_rare_characters_of_gb18030_are_kept(tmp_path):
    _, rows = read(tmp_path, csv_file([line(1, "1", 单位详细名称="㐂𠮷𬭚科技")]))
    assert rows[0][1]["name"] == "㐂𠮷𬭚科技"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_the_encoding_of_a_long_file_is_found_wherever_its_head_is_cut(encoding):
    text = csv_text([line(n, "1") for n in range(3000)])
    for shift in range(4):
        head = ("x" * shift + text).encode(encoding)[: 1 << 16]
        assert encoding_of(head) == encoding


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_other_delimiters_are_found(tmp_path, delimiter):
    text = "\r\n".join(delimiter.join(map(str, row)) for row in [FINANCE, line(1, "1000")])
    assert read(tmp_path, text.encode("utf-8"))[1][0][1]["revenue"] == "1000"


def test_a_cell_over_two_lines_shifts_no_later_row_number(tmp_path):
    _, rows = read(tmp_path, csv_file([line(1, "1", 单位详细名称="上\n下"), line(2, "2")]))
    assert [n for n, _ in rows] == [3, 4]


@pytest.mark.parametrize("order", [list(range(len(FINANCE)))[::-1], [4, 0, 3, 1, 6, 2, 5]])
def test_columns_are_found_by_name_whatever_their_order(tmp_path, order):
    content = csv_file([[row[i] for i in order] for row in ROWS], [FINANCE[i] for i in order])
    found, rows = read(tmp_path, content)
    assert [c["revenue"] for _, c in rows] == ["1,000", "2000"]
    assert [c["uscc"] for _, c in rows] == [code(1), code(2)]
    assert found.headers["revenue"] == f"营业收入_1-本月（{letter(order.index(4))}列）"


def test_header_names_may_be_full_width_broken_and_carry_units(tmp_path):
    header = [
        "报 告 期",
        "统一社会\n信用代码",
        "单位名称",
        "行政区划代码",
        "营业收入_１—本月（万元）",
        "营业收入_上年同期（元）",
        "期末用工人数（人）",
    ]
    found, rows = read(tmp_path, csv_file(ROWS, header))
    assert found.units == {"revenue": "万元", "revenue_prior": "元"}
    assert set(rows[0][1]) == set(FINANCE_COLUMNS)


def test_an_extra_column_is_reported_and_kept_beside(tmp_path):
    found, rows = read(tmp_path, csv_file([[*row, "甲"] for row in ROWS], [*FINANCE, "备注栏"]))
    assert found.extra == ["备注栏"]
    assert found.details()["extra_columns"] == ["备注栏"]
    assert rows[0][1]["+备注栏（H列）"] == "甲"


def test_an_extra_column_never_becomes_a_figure_and_two_of_one_name_stay_two(tmp_path):
    rows = [[*line(1, ""), "999", "甲", "乙"]]
    _, data = read(tmp_path, csv_file(rows, [*FINANCE, "revenue", "备注", "备注"]))
    assert "revenue" not in data[0][1]
    assert {k: v for k, v in data[0][1].items() if k.startswith("+")} == {
        "+revenue（H列）": "999",
        "+备注（I列）": "甲",
        "+备注（J列）": "乙",
    }


def test_a_missing_required_column_refuses_the_file_and_is_named(tmp_path):
    without = [i for i, name in enumerate(FINANCE) if name != "营业收入_1-本月"]
    content = csv_file([[row[i] for i in without] for row in ROWS], [FINANCE[i] for i in without])
    text = refusal(tmp_path, content)
    assert text.startswith("缺少必需列：营业收入_1-本月（表头在第1行，见到的列：报告期、")


def test_all_missing_columns_are_named_at_once(tmp_path):
    text = refusal(tmp_path, csv_file([["1", "2"]], ["报告期", "营业收入_1-本月"]))
    assert "缺少必需列：统一社会信用代码、单位详细名称、行政区划代码（" in text


def test_the_same_column_twice_is_refused(tmp_path):
    text = refusal(tmp_path, csv_file([[*row, "5"] for row in ROWS], [*FINANCE, "营业收入1-本月"]))
    assert "“营业收入_1-本月”对应文件中的 2 列" in text


@pytest.mark.parametrize(
    "content",
    [csv_file([]), csv_file([[""] * len(FINANCE)]), workbook([FINANCE, ["注：无"]])],
    ids=["header", "blank line", "note in a workbook"],
)
def test_a_file_with_header_only_is_refused(tmp_path, content):
    assert refusal(tmp_path, content) == "没有数据行：表头以下全部为空"


def test_a_text_without_header_is_refused_with_the_columns_it_should_have(tmp_path):
    text = refusal(tmp_path, "你好，世界\n".encode())
    assert text.startswith("前 20 行找不到表头：应有列 报告期、统一社会信用代码")


@pytest.mark.parametrize("content", [b"", b"  \r\n \n"])
def test_an_empty_file_is_refused(tmp_path, content):
    assert refusal(tmp_path, content) == "文件为空"


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\r\n  "])
def test_a_web_page_named_xlsx_is_refused(tmp_path, start):
    page = "<html><body>登录超时</body></html>".encode()
    assert refusal(tmp_path, start + page) == "内容是网页（HTML/XML），不是数据文件"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_workbook_is_refused(tmp_path, share):
    whole = workbook([FINANCE, *ROWS])
    assert "不是可读的 Excel 工作簿" in refusal(tmp_path, whole[: int(len(whole) * share)])


def test_a_workbook_whose_sheet_is_damaged_is_refused(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([FINANCE, *ROWS]))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data[: len(data) // 2] if "sheet1" in name else data)
    assert "不是可读的 Excel 工作簿" in refusal(tmp_path, out.getvalue())


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr("a.txt", "x")
    assert "不是可读的 Excel 工作簿" in refusal(tmp_path, out.getvalue())


def test_a_text_file_broken_far_below_is_refused_not_a_crash(tmp_path):
    content = csv_file([line(n, "1") for n in range(4000)]) + b"\xff\xff\xff,\x81\n"
    text = refusal(tmp_path, content)
    assert "编码" in text


def test_title_unit_two_row_header_and_footer_stand_around_the_data(tmp_path):
    rows = [
        ["规模以上工业法人单位财务状况（B103表）", *[""] * 6],
        ["填报单位：吉林市统计局", *[""] * 5, "计量单位：千元"],
        ["报告期", "统一社会信用代码", "单位详细名称", "行政区划代码", "营业收入", "", "期末用工人数(人)"],
        ["", "", "", "", "1—本月", "上年同期", ""],
        [202602, code(1), "甲", "220202", 1000, 900.5, 20],
        [202602, code(2), "乙", "220202", 0.1, None, 20],
        ["注：1.1月免报。"],
    ]
    merges = [(0, 0, 0, 6), *[(2, c, 3, c) for c in (0, 1, 2, 3, 6)], (2, 4, 2, 5)]
    found, data = read(tmp_path, workbook(rows, merges))
    assert [n for n, _ in data] == [5, 6]
    assert data[0][1] == {
        "period": "202602", "uscc": code(1), "name": "甲", "county_code": "220202", "revenue": "1000",
        "revenue_prior": "900.5", "staff_end": "20",
    }  # fmt: skip
    assert data[1][1]["revenue"] == "0.1" and "revenue_prior" not in data[1][1]
    assert found.headers["revenue_prior"] == "营业收入_上年同期（F列）"
    assert (found.sheet, found.units["revenue"]) == ("B103", "千元")
    assert found.skipped.lines == [{"row": 7, "kind": "表尾", "text": "注：1.1月免报。"}]


def test_a_sheet_that_begins_further_down_and_right_keeps_its_line_numbers_and_merges(tmp_path):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("表")
        page.merge_range(3, 2, 3, 2 + len(FINANCE) - 1, "标题")
        page.write_row(4, 2, FINANCE)
        page.write_row(5, 2, line(1, 1000))
        page.write_row(7, 2, line(2, 2000))
    found, rows = read(tmp_path, out.getvalue())
    assert [(n, c["uscc"]) for n, c in rows] == [(6, code(1)), (8, code(2))]
    assert found.headers["period"] == "报告期（C列）"


def test_vertically_merged_cells_give_their_value_to_every_row(tmp_path):
    notice = load_feed("certificate_notice")
    rows = [
        ["2023年度吉林省省级“专精特新”中小企业认定名单", *[""] * 4],
        ["吉工信民营〔2023〕112号", *[""] * 4],
        ["2023年6月15日", *[""] * 4],
        ["序号", "企业名称", "统一社会信用代码", "所属市（州）", "所属县（市、区）"],
        [1, "甲公司", code(1), "长春市", "南关区"],
        [2, "乙公司", code(2), "", "宽城区"],
        [3, "丙公司", code(3), "吉林市", "昌邑区"],
    ]
    merges = [(r, 0, r, 4) for r in range(3)] + [(4, 3, 5, 3)]
    found, data = read(tmp_path, workbook(rows, merges, "名单"), notice)
    assert [c["unit_name"] for _, c in data] == ["长春市", "长春市", "吉林市"]
    assert {k: found.attributes[k] for k in ("document_no", "document_date", "tier", "event")} == {
        "document_no": "吉工信民营〔2023〕112号",
        "document_date": "2023年6月15日",
        "tier": "省级",
        "event": "认定",
    }


def test_a_notice_without_document_number_is_refused(tmp_path):
    rows = [
        ["2023年度省级“专精特新”中小企业认定名单"],
        ["2023年6月15日"],
        ["企业名称", "所属市（州）"],
        ["甲公司", "长春市"],
    ]
    assert (
        refusal(tmp_path, workbook(rows), load_feed("certificate_notice"))
        == "表头以上找不到“发文字号”（第1—2行）"
    )


@pytest.mark.parametrize(
    ("title", "label", "found"),
    [
        ("关于公布2022年认定的省级“专精特新”中小企业复核通过名单的通知", "事项", "认定、复核通过"),
        ("省级推荐国家级专精特新“小巨人”企业认定名单", "梯度", "省级、小巨人"),
    ],
)
def test_a_notice_whose_title_says_two_things_is_refused(tmp_path, title, label, found):
    rows = [
        [title],
        ["吉工信民营〔2023〕112号"],
        ["2023年6月15日"],
        ["企业名称", "所属市（州）"],
        ["甲公司", "长春市"],
    ]
    text = refusal(tmp_path, workbook(rows), load_feed("certificate_notice"))
    assert text == f"表头以上有不止一种“{label}”，无法判断：{found}（第1—3行）"


@pytest.mark.parametrize(
    ("title", "tier", "event"),
    [
        ("2024年度长春市优质“种子企业”认定名单", "种子企业", "认定"),
        ("长春市市级优质“种子企业”培育库认定名单", "种子企业", "认定"),
        ("山东省2024年度创新型中小企业评价名单", "创新型中小企业", "认定"),
        ("浙江省省级创新型中小企业认定名单", "创新型中小企业", "认定"),
        ("撤销长春市市（州）级“专精特新”中小企业称号企业名单", "市（州）级", "撤销"),
        ("太原市市级培育库2024年度入库企业名单", "市级培育库", "认定"),
        ("太原市市级“专精特新”中小企业培育库入库企业名单", "市级培育库", "认定"),
        ("2023年度吉林省省级“专精特新”中小企业复核通过企业名单", "省级", "复核通过"),
        ("2023年度山西省省级专精特新“小巨人”企业认定名单", "省级小巨人", "认定"),
        ("山西省省级“专精特新”“小巨人”企业认定名单", "省级小巨人", "认定"),
        ("山西省省级“小巨人”企业更名企业名单", "省级小巨人", "更名"),
        ("浙江省省级“隐形冠军”企业认定名单", "省级隐形冠军", "认定"),
        ("2024年度浙江省隐形冠军企业认定名单", "省级隐形冠军", "认定"),
        ("2023年度国家级专精特新“小巨人”企业认定名单", "小巨人", "认定"),
        ("第五批专精特新“小巨人”企业认定名单", "小巨人", "认定"),
        ("2023年度国家制造业“单项冠军”企业认定名单", "单项冠军", "认定"),
    ],
)
def test_tier_and_event_of_a_notice_are_what_its_title_says(tmp_path, title, tier, event):
    rows = [
        [title, ""],
        ["晋工信发〔2023〕112号", ""],
        ["2023年6月15日", ""],
        ["企业名称", "所属市（州）"],
        ["甲公司", "太原市"],
    ]
    notice = load_feed("certificate_notice")
    found, _ = read(tmp_path, workbook(rows), notice)
    assert (found.attributes["tier"], found.attributes["event"]) == (tier, event)
    assert {tier} <= set(notice.column("tier").codes) and {event} <= set(notice.column("event").codes)


def test_of_several_sheets_the_one_that_names_most_columns_counts(tmp_path):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("说明").write(0, 0, "统一社会信用代码")
        page = book.add_worksheet("数据")
        page.write_row(0, 0, FINANCE)
        page.write_row(1, 0, line(1, 1000))
        book.add_worksheet("空")
    found, rows = read(tmp_path, out.getvalue())
    assert (found.sheet, len(rows)) == ("数据", 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (12.0, "12"),
        (0.1, "0.1"),
        (1e15, "1000000000000000"),
        (-0.0, "0"),
        (123456.789, "123456.789"),
        (True, "TRUE"),
        ("文", "文"),
    ],
)
def test_a_workbooks_cell_is_read_as_the_text_a_person_sees(value, text):
    assert text_of(value) == text


def test_no_header_among_rows_of_something_else():
    assert find([["甲", "乙"], ["1", "2"]], CONTRACT.cells) is None


def test_two_headers_of_one_name_are_told():
    with pytest.raises(AmbiguousHeader):
        find([["报告期", "报告期"]], CONTRACT.cells)


def test_a_sheet_of_an_unreadable_file_says_so_in_chinese(tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    with pytest.raises(Unreadable, match="不是可读的 Excel 工作簿"):
        list(sheets(path))
