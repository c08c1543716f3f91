"""Bytes of the files: GB18030 CSV and XLSX, the same for the same rows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from infra.sandbox import geo
from infra.sandbox.columns import REQUIRED_REVENUE, TABLES, Column
from infra.sandbox.delivery import HEADER_ONLY, NO_COLUMN, FilePlan
from infra.sandbox.layout import FILLED_BY, MONEY_UNIT, NOTES, TITLES, sheet_name

CREATED = dt.datetime(2024, 1, 1)


def table_columns(plan: FilePlan) -> list[Column]:
    """Columns the file has."""
    columns = TABLES[plan.feed]
    return [c for c in columns if plan.status != NO_COLUMN or c.field != REQUIRED_REVENUE]


def table_cells(plan: FilePlan) -> dict[str, list[object]]:
    """Cell values by column, defects applied; None is an empty cell."""
    frame = plan.frame.iloc[:0] if plan.status == HEADER_ONLY else plan.frame
    cells = {c.field: _values(frame[c.field]) for c in table_columns(plan)}
    originals = {index: {f: v[index] for f, v in cells.items()} for index, _ in plan.appended}
    for (index, name), value in plan.edits.items():
        cells[name][index] = value
    for index, changes in plan.appended:
        for name, values in cells.items():
            values.append(changes.get(name, originals[index][name]))
    return cells


def _values(column: pd.Series) -> list[object]:
    if column.dtype.kind == "M":
        return column.dt.strftime("%Y-%m-%d").tolist()
    if column.isna().any():
        return [None if v is pd.NA or v is None else v for v in column.tolist()]
    return column.tolist()


def csv_bytes(plan: FilePlan) -> bytes:
    """One header row, CRLF, GB18030; some units write thousands commas."""
    commas = geo.UNITS[plan.unit].commas
    columns = table_columns(plan)
    cells = table_cells(plan)
    texts = [[_text(v, commas and c.number) for v in cells[c.field]] for c in columns]
    lines = [",".join(c.csv for c in columns), *map(",".join, zip(*texts, strict=True))]
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


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
    """Title, unit line, one or two header rows, data, footnote."""
    with open_workbook(path) as book:
        sheet = book.add_worksheet(sheet_name(plan))
        bold = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True})
        columns = table_columns(plan)
        cells = table_cells(plan)
        last = len(columns) - 1
        sheet.merge_range(0, 0, 0, last, TITLES[plan.feed], bold)
        if plan.feed == "stat_register":
            sheet.write_string(1, 0, FILLED_BY)
            sheet.write_string(1, last, f"{plan.scope[:4]}年")
            sheet.write_row(2, 0, [c.csv for c in columns], bold)
        else:
            sheet.write_string(1, 0, FILLED_BY)
            sheet.write_string(1, last, MONEY_UNIT[plan.feed])
            _two_row_header(sheet, columns, bold)
        first = plan.first_row - 1
        for k, column in enumerate(columns):
            write_column(sheet, first, k, cells[column.field])
        sheet.write_string(first + len(cells[columns[0].field]), 0, NOTES[plan.feed])


def _two_row_header(sheet: Worksheet, columns: list[Column], style: Format) -> None:
    upper = [c.upper for c in columns]
    starts = [k for k in range(len(upper)) if k == 0 or upper[k] != upper[k - 1]]
    for start, end in zip(starts, [*starts[1:], len(upper)], strict=True):
        if columns[start].lower is None:
            sheet.merge_range(2, start, 3, start, upper[start], style)
            continue
        if end - start > 1:
            sheet.merge_range(2, start, 2, end - 1, upper[start], style)
        else:
            sheet.write_string(2, start, upper[start], style)
        for k in range(start, end):
            sheet.write_string(3, k, str(columns[k].lower), style)


def write_column(sheet: Worksheet, first: int, column: int, values: list[object]) -> None:
    """Numbers as numbers, codes and dates as text, nothing for an empty cell."""
    for offset, value in enumerate(values):
        if isinstance(value, int | np.integer):
            sheet.write_number(first + offset, column, int(value))
        elif value is not None:
            sheet.write_string(first + offset, column, str(value))
