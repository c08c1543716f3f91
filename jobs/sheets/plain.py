"""Rows about which there is nothing to ask: nearly all of a large file, taken as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import compress

from xlsxwriter.utility import xl_col_to_name as letter

from jobs.sheets.grid import Sheet
from jobs.sheets.landed_rows import LandedRow
from jobs.sheets.skipped_lines import Lines

_ODD = re.compile(r"\x00[\s='‘’`´]")
"""Begins a cell that may be blank, or that a spreadsheet put something around so that it stays a text."""


class PlainRows:
    """Knows the rows that :class:`jobs.sheets.rows.Rows` would take just so, by a few looks at the whole row.

    Parameters
    ----------
    sheet : Sheet
    header : list of str
        The header's texts, in the file's order.
    named : mapping
        Place -> contract column.
    lines : Lines
    """

    def __init__(self, sheet: Sheet, header: list[str], named: Mapping[int, str], lines: Lines) -> None:
        self.sheet, self.lines, self.width = sheet, lines, len(header)
        beside = [i for i in range(self.width) if i not in named]
        self.order = [*beside, *sorted(named)] if beside else None
        self.names = (*(beyond(header, i) for i in beside), *(named[i] for i in sorted(named)))

    def row(self, number: int, cells: list[str]) -> LandedRow | None:
        """Return a row, None if it needs to be looked at cell by cell."""
        sheet = self.sheet
        if len(cells) != self.width or sheet.since_1904 or number in sheet.marks or number in sheet.spans:
            return None
        if _ODD.search("\x00" + "\x00".join(cells)) or not self.lines.names_entity(cells):
            return None
        # A workbook's number may know more than its text.
        if not sheet.delimited and any(type(c) is not str for c in cells):
            return None
        texts = cells if self.order is None else [cells[i] for i in self.order]
        page = getattr(number, "page", sheet.name)
        if "" in texts:
            return LandedRow(page, number, tuple(compress(self.names, texts)), [t for t in texts if t])
        return LandedRow(page, number, self.names, texts)


def beyond(header: list[str], place: int) -> str:
    """Return the name of a column that the contract does not know.

    No name of a contract column begins with "+", and no two columns of a file have one letter.
    """
    return f"+{header[place] if place < len(header) else ''}（{letter(place)}列）"
