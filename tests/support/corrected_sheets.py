"""Workbooks of quarantined rows, as a person corrects them."""

from __future__ import annotations

import io
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineWorkbook

from jobs.feeds.repair import GUIDE

Cells = dict[tuple[int, str], str]


def texts(path: Path, sheet: str = "stat_finance") -> list[list[str]]:
    """Return the cells of a sheet, as texts."""
    return [
        [str(c) for c in row]
        for row in CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python()
    ]


def corrected(
    path: Path, changes: Cells, name: str = "back.xlsx", more: list[list[str]] | None = None
) -> Path:
    """Write the workbook again as a person would save it, with cells changed: (row number, header) -> text."""
    rows = texts(path) + (more or [])
    for (number, header), text in changes.items():
        rows[number - 1][rows[0].index(header)] = text
    target = path.with_name(name)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet(GUIDE).write_string(0, 0, "说明")
        page = book.add_worksheet("stat_finance")
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                page.write_string(r, c, text)
    target.write_bytes(out.getvalue())
    return target
