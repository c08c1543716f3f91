"""Bytes of the files: CSV and XLSX, the same for the same rows, and what is broken about some."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from infra.sandbox.delivery.notice_words import FILLED_BY
from infra.sandbox.delivery.schedule import HEADER_ONLY, HTML_PAGE, NO_COLUMN, TRUNCATED, FilePlan
from infra.sandbox.forms.columns import Column

CREATED = dt.datetime(2024, 1, 1)
REQUIRED_REVENUE = "revenue"
ERROR_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>登录超时</title></head>
<body><h1>会话已过期</h1><p>请重新登录联网直报平台后下载。</p></body></html>
"""


def table_columns(plan: FilePlan) -> list[Column]:
    """Columns the file has."""
    columns = plan.printed.columns
    return [c for c in columns if plan.status != NO_COLUMN or c.field != REQUIRED_REVENUE]


def clean_cells(plan: FilePlan) -> dict[str, list[object]]:
    """Cell values by column as they would be without a defect; None is an empty cell."""
    frame = plan.frame.iloc[:0] if plan.status == HEADER_ONLY else plan.frame
    divisor = plan.printed.divisor
    return {c.field: _values(frame[c.field], divisor if c.money else 1) for c in table_columns(plan)}


def table_cells(plan: FilePlan) -> dict[str, list[object]]:
    """Cell values by column, defects applied."""
    cells = clean_cells(plan)
    originals = {index: {f: v[index] for f, v in cells.items()} for index, _ in plan.appended}
    for (index, name), value in plan.edits.items():
        cells[name][index] = value
    for index, changes in plan.appended:
        for name, values in cells.items():
            values.append(changes.get(name, originals[index][name]))
    return cells


def _values(column: pd.Series, divisor: int) -> list[object]:
    values = (column.dt.strftime("%Y-%m-%d") if column.dtype.kind == "M" else column).tolist()
    if column.hasnans:
        values = [None if blank else v for v, blank in zip(values, column.isna(), strict=True)]
    return values if divisor == 1 else [None if v is None else in_unit(v, divisor) for v in values]


def in_unit(amount: int, divisor: int) -> int | float:
    """Amount in a coarser unit, exactly."""
    return amount // divisor if amount % divisor == 0 else amount / divisor


def write_file(plan: FilePlan, root: Path) -> None:
    """Write a file that is no notice, as whole or as broken as its status says."""
    path = root / plan.path
    if plan.same_as is not None:
        path.write_bytes((root / plan.same_as.path).read_bytes())
    elif plan.status == HTML_PAGE:
        path.write_text(ERROR_PAGE, encoding="utf-8")
    elif plan.is_csv:
        path.write_bytes(csv_bytes(plan))
    else:
        write_xlsx(plan, path)
    if plan.status == TRUNCATED:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) * 3 // 5])


def csv_bytes(plan: FilePlan) -> bytes:
    """One header row, CRLF, in the form's encoding; some units write thousands commas."""
    columns = table_columns(plan)
    cells = table_cells(plan)
    texts = [[_text(v, plan.commas and c.number) for v in cells[c.field]] for c in columns]
    lines = [",".join(c.csv for c in columns), *map(",".join, zip(*texts, strict=True))]
    return ("\r\n".join(lines) + "\r\n").encode(plan.printed.encoding)


def _text(value: object, commas: bool) -> str:
    if value is None:
        return ""
    if commas and isinstance(value, int):
        text = f"{value:,}"
        return f'"{text}"' if "," in text else text
    return str(value)


def open_workbook(path: Path) -> xlsxwriter.Workbook:
    """A workbook without a clock in it."""
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    book.set_properties({"created": CREATED, "author": FILLED_BY.partition("：")[2]})
    return book


def write_xlsx(plan: FilePlan, path: Path) -> None:
    """Title, lines on sender and unit, one or two header rows, data, footnote."""
    form = plan.printed
    above = plan.above or ((FILLED_BY, form.unit or f"{plan.scope[:4]}年"),)
    with open_workbook(path) as book:
        sheet = book.add_worksheet(plan.sheet)
        bold = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True})
        columns = table_columns(plan)
        cells = table_cells(plan)
        last = len(columns) - 1
        sheet.merge_range(0, 0, 0, last, form.title, bold)
        for row, (left, right) in enumerate(above, start=1):
            sheet.write_string(row, 0, left)
            sheet.write_string(row, last, right)
        top = 1 + len(above)
        if form.depth == 1:
            sheet.write_row(top, 0, [c.csv for c in columns], bold)
        else:
            _two_row_header(sheet, top, columns, bold)
        first = plan.first_row - 1
        for k, column in enumerate(columns):
            write_column(sheet, first, k, cells[column.field])
        sheet.write_string(first + len(cells[columns[0].field]), 0, form.note)


def _two_row_header(sheet: Worksheet, top: int, columns: list[Column], style: Format) -> None:
    upper = [c.upper for c in columns]
    starts = [k for k in range(len(upper)) if k == 0 or upper[k] != upper[k - 1]]
    for start, end in zip(starts, [*starts[1:], len(upper)], strict=True):
        if columns[start].lower is None:
            sheet.merge_range(top, start, top + 1, start, upper[start], style)
            continue
        if end - start > 1:
            sheet.merge_range(top, start, top, end - 1, upper[start], style)
        else:
            sheet.write_string(top, start, upper[start], style)
        for k in range(start, end):
            sheet.write_string(top + 1, k, str(columns[k].lower), style)


def write_column(sheet: Worksheet, first: int, column: int, values: list[object]) -> None:
    """Numbers as numbers, codes and dates as text, nothing for an empty cell."""
    for offset, value in enumerate(values):
        if isinstance(value, int | float | np.integer):
            sheet.write_number(first + offset, column, value)
        elif value is not None:
            sheet.write_string(first + offset, column, str(value))
