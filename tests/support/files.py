"""Files as reporting units send them: small, valid unless told otherwise."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import xlsxwriter
from stdnum.cn import uscc

FINANCE = (
    "报告期",
    "统一社会信用代码",
    "单位详细名称",
    "行政区划代码",
    "营业收入_1-本月",
    "营业收入_上年同期",
    "期末用工人数(人)",
)
FINANCE_COLUMNS = ("period", "uscc", "name", "county_code", "revenue", "revenue_prior", "staff_end")
"""Columns of the contract that the headers of :data:`FINANCE` are."""
REGISTER = (
    "统一社会信用代码", "单位详细名称", "行政区划代码", "行业代码", "开业时间", "变动类型", "变动日期", "从业人员期末人数",
    "推荐专班",
)  # fmt: skip
COUNTY = "220102"


def code(number: int) -> str:
    """Return a valid 统一社会信用代码, another one for every number."""
    body = f"91220101{number:08d}X"
    return body + uscc.calc_check_digit(body)


def bad_code(number: int) -> str:
    """Return the code of a firm with another check symbol."""
    good = code(number)
    return good[:17] + ("1" if good[17] != "1" else "2")


def line(
    number: int, revenue: object, prior: object = "100", period: str = "202602", **more: object
) -> list[object]:
    """Return one line of the financial form."""
    cells = {
        "报告期": period, "统一社会信用代码": code(number), "单位详细名称": f"测试企业{number}", "行政区划代码": COUNTY,
        "营业收入_1-本月": revenue, "营业收入_上年同期": prior, "期末用工人数(人)": "20",
    }  # fmt: skip
    return list((cells | more).values())


def csv_text(rows: Sequence[Sequence[object]], header: Sequence[str] = FINANCE) -> str:
    """Return a CSV file's text."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([header, *rows])
    return out.getvalue()


def unquoted(*rows: Sequence[object]) -> bytes:
    """Return a text file whose cells stand without quotes, so that a comma in one begins another."""
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


def csv_file(
    rows: Sequence[Sequence[object]], header: Sequence[str] = FINANCE, encoding: str = "gb18030"
) -> bytes:
    """Return a CSV file's bytes."""
    return csv_text(rows, header).encode(encoding)


def finance_path(unit: str = "220100", period: str = "202602", suffix: str = ".csv") -> str:
    """Return where a unit's financial form stands at the source."""
    return f"stat/{unit}/203/203_{unit}_{period}{suffix}"


def workbook(
    rows: Sequence[Sequence[object]], merges: Sequence[tuple[int, int, int, int]] = (), sheet: str = "B103"
) -> bytes:
    """Return a workbook of one sheet; a merged range shows the value of its first cell."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        covered = {
            (r, c)
            for top, left, bottom, right in merges
            for r in range(top, bottom + 1)
            for c in range(left, right + 1)
        }
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if (r, c) not in covered and value is not None:
                    page.write(r, c, value)
        for top, left, bottom, right in merges:
            page.merge_range(top, left, bottom, right, rows[top][left])
    return out.getvalue()
