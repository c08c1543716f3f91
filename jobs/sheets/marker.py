"""What a workbook says of its cells, laid beside the values that the reader gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobs.sheets.grid import ERROR, FORMAT, FORMULA, OPEN, SERIAL, STRUCK, Mark, Unreadable
from jobs.sheets.number_formats import per_cent


class Marker:
    """Lays what the workbook says of cells beside the values that the reader gives."""

    def __init__(
        self, told: Iterator[tuple[int, list[Mark]]], marks: dict[int, list[Mark]], since_1904: bool
    ) -> None:
        self.told, self.marks, self.since_1904 = told, marks, since_1904
        self.next = next(told, None)

    def look(self, row: int, cells: list[str], values: list[Any], indent: int) -> None:
        """Keep the marks of a row; an error value and a number in per cent become the text a person sees."""
        marks = []
        while self.next is not None and self.next[0] <= row:
            if self.next[0] < row:
                raise Unreadable(
                    f"不是可读的 Excel 工作簿：工作表内各行没有按顺序存放（第{self.next[0] + 1}行）"
                )
            marks += self.next[1]
            self.next = next(self.told, None)
        if self.since_1904:
            marks += [Mark(i + indent, SERIAL) for i, v in enumerate(values) if _is_number(v)]
        meant = [m for m in marks if self._means(m, cells, values, indent)]
        if meant:
            self.marks[row + 1] = meant

    def rest(self) -> Iterator[int]:
        """Yield the rows of nothing but formulas without a value, which are none to the reader of values."""
        while self.next is not None:
            row, marks = self.next
            if still_open := [m for m in marks if m.kind == OPEN]:
                self.marks[row + 1] = still_open
                yield row
            self.next = next(self.told, None)

    def _means(self, mark: Mark, cells: list[str], values: list[Any], indent: int) -> bool:
        """Whether a mark says more than the cell's text, which may change by it."""
        at = mark.column - indent
        value = values[at] if 0 <= at < len(values) else ""
        if mark.kind == ERROR and 0 <= at < len(values):
            cells[mark.column] = mark.text
        elif mark.format is not None and mark.format.percent and _is_number(value):
            cells[mark.column] = per_cent(f"{value:.15g}")
        elif mark.kind in (FORMAT, STRUCK):
            return value not in ("", 0) and (mark.kind == STRUCK or _is_number(value))
        return mark.kind in (OPEN, FORMULA, SERIAL)


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)
