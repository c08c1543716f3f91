"""The rows below a header: which cells belong to which column, and what makes a row doubtful as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from xlsxwriter.utility import xl_col_to_name as letter

from jobs.definitions.contract import DOUBT, WIDTH, Column, Contract
from jobs.definitions.measures import MONEY_UNITS
from jobs.sheets.captions import Captions, shown
from jobs.sheets.choice import Choice, Refused
from jobs.sheets.grid import ERROR_VALUE, FORMAT, FORMULA, OPEN, SERIAL, STRUCK, Mark, Rounded
from jobs.sheets.header import Header
from jobs.sheets.landed_rows import LandedRow
from jobs.sheets.number_formats import Meaning
from jobs.sheets.plain import PlainRows, beyond
from jobs.sheets.skipped_lines import Lines, Skipped

_AS_TEXT = re.compile(r'\s*=\s*"((?:[^"]|"")*)"\s*')
_APOSTROPHE = re.compile(r"\s*['‘’`´](?=\S)([^'‘’`´]*)")
_ERROR = re.compile(ERROR_VALUE)
_DAYS = re.compile(r"[1-9]\d{4}")
_TO_1904 = 1462
"""Days by which a count since 1904 is behind one since 1900."""
_CURE = "请用表格软件打开、重算并保存后再报"

NumberedRow = tuple[int, list[str]]


def bare(text: str, column: Column) -> str:
    """Return a cell without what a spreadsheet puts around a text so that it stays one: ``="…"``, an apostrophe."""
    if text.lstrip().startswith("=") and (match := _AS_TEXT.fullmatch(text)):
        return match[1].replace('""', '"')
    if match := _APOSTROPHE.fullmatch(text):
        # A name may begin with a typographic quote of its own.
        free = column.type == "STRING" and not column.semantic and not column.codes
        return match[1] if not free or text.lstrip()[0] == "'" else text
    return text


class Rows:
    """Reads the data rows of a chosen sheet, in the shape in which they are written.

    Parameters
    ----------
    contract : Contract
    chosen : Choice
    units : dict
        Money column -> unit of the file's figures.
    skipped, captions : Skipped, Captions
        Get the lines that are no data.
    """

    def __init__(
        self, contract: Contract, chosen: Choice, units: dict[str, str], skipped: Skipped, captions: Captions
    ) -> None:
        self.chosen, self.units, self.skipped, self.captions = chosen, units, skipped, captions
        self.header: Header = chosen.header
        self.named = {i: contract.column(n) for n, i in self.header.places.items()}
        self.figures = {i for i, c in self.named.items() if c.is_figure}
        self.days = {i for i, c in self.named.items() if c.type == "DATE" or c.semantic == "month"}
        self.needed = max((i for i, c in self.named.items() if c.required), default=-1)
        self.width = len(self.header.names)
        self.lines = Lines(contract, self.header, chosen.cells)
        own = {i: c.name for i, c in self.named.items()}
        self.plain = PlainRows(chosen.sheet, self.header.names, own, self.lines)
        self.formulas = Formulas(self)

    def __iter__(self) -> Iterator[LandedRow]:
        begin = self.header.first + self.header.depth
        self._refuse_open_head(begin)
        lines = chain(self.chosen.head[begin:], self.chosen.sheet.rows)
        following: NumberedRow | None = next(lines, None)
        while following is not None:
            (number, cells), following = following, next(lines, None)
            row = self.plain.row(number, cells) or self._looked_at(number, cells, following)
            if row is None:
                continue
            if self.captions.open:
                self.captions.head_rows()
            yield row
        self.formulas.refuse()

    def _looked_at(self, number: int, cells: list[str], following: NumberedRow | None) -> LandedRow | None:
        """Return a row after a look at each cell, None if the line is none."""
        filled = [i for i, c in enumerate(cells) if c.strip()]
        marks = self.chosen.sheet.marks.pop(number, [])
        if not filled and not any(m.kind == OPEN and m.column in self.named for m in marks):
            return None
        if filled and (kind := self.lines.kind(cells, number)):
            text = shown(cells[i] for i in filled)
            self.skipped.add(number, kind, text)
            self.captions.add(number, kind, text)
            return None
        return self._row(number, cells, filled, marks, following)

    def _row(
        self,
        number: int,
        cells: list[str],
        filled: list[int],
        marks: list[Mark],
        following: NumberedRow | None,
    ) -> LandedRow:
        cells_by_name = {beyond(self.header.names, i): cells[i] for i in filled if i not in self.named}
        if self.chosen.sheet.delimited and self._shifted(cells, filled, following):
            cells_by_name[WIDTH] = f"{len(cells)}（表头 {self.width} 列）"
        own = {self.named[i].name: self._text(i, cells[i]) for i in filled if i in self.named}
        self._refuse_marked(number, marks, own)
        if marks or number in self.chosen.sheet.spans or self.chosen.sheet.since_1904:
            cells_by_name |= {DOUBT: told} if (told := self._doubt(number, filled, marks, own)) else {}
        cells_by_name |= own
        sheet = getattr(number, "page", self.chosen.sheet.name)
        return LandedRow(sheet, number, tuple(cells_by_name), list(cells_by_name.values()))

    def _text(self, i: int, text: str) -> str:
        if isinstance(text, Rounded):
            return text.figure if i in self.figures else text
        return bare(text, self.named[i]) if text[0] in " \t=='‘’`´" else text

    def _shifted(self, cells: list[str], filled: list[int], following: NumberedRow | None) -> bool:
        """Whether a row's cells may stand under wrong names: it is longer than the header, or was broken off.

        A spreadsheet leaves out the commas of empty cells at a line's end: nothing is missing that must be there,
        and what follows is no rest of the line.
        """
        if filled and filled[-1] >= self.width:
            return True
        if len(cells) >= self.width:
            return False
        if len(cells) <= self.needed or (following is None and self.chosen.sheet.cut):
            return True
        rest = following[1] if following else []
        joins = len(cells) + len(rest) - 1 == self.width
        return 0 < len(rest) < self.width and not self.lines.stands_alone(rest, joins)

    def _doubt(self, number: int, filled: list[int], marks: list[Mark], own: dict[str, str]) -> str | None:
        """Return why the row as a whole is doubtful; days since 1904 become days since 1900 in ``own``."""
        spans = self.chosen.sheet.spans.get(number, ())
        shared = [i for i in filled if i in self.figures and any(a <= i <= b for a, b in spans)]
        told = None
        if shared:
            told = doubt(self.named[shared[0]], "MERGED_CELL", "数值在合并单元格内，无法判断属于哪一行哪一列")
        if self.chosen.sheet.since_1904:
            told = self._count_from_1904(own, {m.column for m in marks if m.kind == SERIAL}) or told
        struck = [self.named[m.column] for m in marks if m.kind == STRUCK and m.column in self.named]
        if struck:
            # Whose row it is stays readable: another cell carries the reason where there is one.
            at = next((c for c in struck if not c.key), struck[0])
            told = doubt(
                at, "STRUCK_OUT", "内容带删除线，无法判断该行是否作废：请删去该行，或去掉删除线后重报"
            )
        return told

    def _refuse_marked(self, number: int, marks: list[Mark], own: dict[str, str]) -> None:
        """Refuse the file for a formula without a value or a figure in another scale; note formulas that show zero."""
        for mark in marks:
            column = self.named.get(mark.column)
            if column is None:
                continue
            if mark.kind == OPEN:
                raise Refused(f"公式未计算：{self.where(number, mark.column)}只有公式、没有结果，{_CURE}")
            if mark.kind == FORMULA:
                self.formulas.add(number, mark.column, own.get(column.name, ""), mark.column in self.figures)
            elif mark.kind == FORMAT and mark.format and mark.column in self.figures:
                self._refuse_format(number, mark, mark.format, own.get(column.name, ""))

    def _count_from_1904(self, own: dict[str, str], serial: set[int]) -> str | None:
        """Move the days of a row to the usual count; return the doubt about one that is a text."""
        told = None
        for i in self.days:
            name = self.named[i].name
            if not _DAYS.fullmatch(own.get(name, "").strip()):
                continue
            if i in serial:
                own[name] = str(int(own[name]) + _TO_1904)
            else:
                told = doubt(
                    self.named[i],
                    "DATE_BASE",
                    "工作簿从 1904 年起计日，此处是文本的天数，无法判断从哪一年起计",
                )
        return told

    def _refuse_format(self, number: int, mark: Mark, meaning: Meaning, text: str) -> None:
        """Refuse a figure that is shown in another scale than the file's unit says."""
        unit = self.units.get(self.named[mark.column].name, "")
        if meaning.percent or meaning.fits(len(str(MONEY_UNITS.get(unit, 1))) - 1):
            return
        where = f"{self.where(number, mark.column)}存储的数是 {text}，数字格式“{meaning.code}”"
        if meaning.currency:
            raise Refused(f"{where}注明币种“{meaning.currency}”，应为人民币")
        if meaning.silent:
            raise Refused(f"{where}不显示任何内容，无法判断该数是否有效：请改为常规格式或清空后重报")
        told = f"按缩小 {10**meaning.power:,} 倍显示" if meaning.power else "另注单位"
        against = f"与计量单位“{unit}”" if unit else "与存储的数"
        raise Refused(f"{where}{told}，{against}哪个为准无法判断：请改为常规格式，按表中注明的单位填数后重报")

    def where(self, number: int, column: int) -> str:
        """Return a cell's place as a person finds it."""
        return f"第{number}行“{self.named[column].label}”（{letter(column)}列）"

    def _refuse_open_head(self, begin: int) -> None:
        """Refuse a title or header that waits for a calculation."""
        for number, _ in self.chosen.head[:begin]:
            if any(m.kind == OPEN for m in self.chosen.sheet.marks.pop(number, [])):
                raise Refused(f"公式未计算：第{number}行（表头或表头以上）有公式没有结果，{_CURE}")


class Formulas:
    """Cells by formula in a workbook that waits for a calculation: nothing but zeros and errors are none."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.first: dict[int, int] = {}
        self.calculated: set[int] = set()

    def add(self, number: int, column: int, text: str, figure: bool) -> None:
        """Note the shown result of a formula; a text may be blank, an error says nothing: its row is kept apart."""
        if _ERROR.fullmatch(text.strip()):
            return
        if figure or text.strip() == "0":
            self.first.setdefault(column, number)
        if text.strip() not in ("", "0", "0%"):
            self.calculated.add(column)

    def refuse(self) -> None:
        """Refuse the file if a column has formulas that show zero or nothing, and none that shows anything else but errors.

        Raises
        ------
        Refused
            With the column and its first row.
        """
        for column, number in self.first.items():
            if column not in self.calculated:
                raise Refused(
                    f"公式未计算：{self.rows.where(number, column)}起的公式结果除错误值外全部为 0 或空，而工作簿要求打开时重算，{_CURE}"
                )


def doubt(column: Column, rule: str, message: str) -> str:
    """Return what a row carries beside its cells where one of them makes it doubtful."""
    return "\t".join((column.name, rule, message))
