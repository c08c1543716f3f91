"""Files as rows of text cells, whatever their format: CSV in any Chinese encoding, XLSX, XLS."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import charset_normalizer
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SNIFF = 1 << 16


class Unreadable(ValueError):
    """The bytes are no table; the message says why, in Chinese."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name and its rows, each with the line number a person sees (from 1)."""

    name: str
    rows: Iterator[tuple[int, list[str]]]


def text_of(value: Any) -> str:
    """Return a workbook's cell as the text a person reads; numbers keep Excel's 15 digits."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return format(Decimal(f"{value:.15g}").normalize() + 0, "f")
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _merges(sheet: CalamineSheet) -> dict[int, list[tuple[int, int, int]]]:
    """Map row -> merged ranges that cover it, as (first row, first column, last column), from 0."""
    cover: dict[int, list[tuple[int, int, int]]] = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        for row in range(top, bottom + 1):
            cover.setdefault(row, []).append((top, left, right))
    return cover


def _sheet_rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a sheet; every cell of a merged range gives the range's value."""
    cover = _merges(sheet)
    anchors: dict[tuple[int, int], str] = {}
    # The reader gives the empty rows above the first cell, but not the empty columns left of it.
    indent = [""] * (sheet.start or (0, 0))[1]
    for row, values in enumerate(sheet.iter_rows()):
        cells = indent + [text_of(v) for v in values]
        for top, left, right in cover.get(row, []):
            if top == row:
                anchors[(top, left)] = cells[left] if left < len(cells) else ""
            for column in range(left, min(right, len(cells) - 1) + 1):
                cells[column] = anchors.get((top, left), "")
        yield row + 1, cells


def _workbook(path: Path) -> Iterator[Sheet]:
    try:
        book = CalamineWorkbook.from_path(str(path))
        pages = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except (CalamineError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            # The machine's trouble, not the file's.
            raise
        raise Unreadable(f"不是可读的 Excel 工作簿（{error}）") from error
    for page in pages:
        if page.height:
            yield Sheet(page.name, _sheet_rows(page))


def encoding_of(head: bytes) -> str:
    """Return the encoding of a text file from its first bytes.

    Raises
    ------
    Unreadable
        If it is no text.
    """
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for encoding in ("utf-8", "gb18030"):
        try:
            # The sniffed head may end inside a character.
            head.decode(encoding) if len(head) < _SNIFF else head[:-4].decode(encoding, "strict")
        except UnicodeDecodeError as error:
            if len(head) >= _SNIFF and error.start >= len(head) - 8:
                return encoding
            continue
        return encoding
    best = charset_normalizer.from_bytes(head).best()
    if best is None:
        raise Unreadable("不是文本文件，编码无法识别")
    return best.encoding


def _text(path: Path) -> Iterator[Sheet]:
    with path.open("rb") as f:
        head = f.read(_SNIFF)
    if not head.strip():
        raise Unreadable("文件为空")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise Unreadable("内容是网页（HTML/XML），不是数据文件")
    encoding = encoding_of(head)

    def rows() -> Iterator[tuple[int, list[str]]]:
        with path.open(encoding=encoding, newline="") as f:
            sample = f.read(4096)
            f.seek(0)
            first = sample.splitlines()[0] if sample.splitlines() else ""
            delimiter = max(",\t;", key=first.count)
            reader = csv.reader(f, delimiter=delimiter)
            try:
                for cells in reader:
                    # A quoted cell may span lines: the number is that of the row's last line.
                    yield reader.line_num, cells
            except (UnicodeError, csv.Error) as error:
                raise Unreadable(f"第{reader.line_num}行之后不能按 {encoding} 编码读出（{error}）") from error

    yield Sheet("", rows())


def sheets(path: Path) -> Iterator[Sheet]:
    """Yield the sheets of a file; a text file is one sheet without a name.

    Raises
    ------
    Unreadable
        If the file is neither a workbook nor a text table.
    """
    with path.open("rb") as f:
        magic = f.read(4)
    if magic.startswith(b"{"):
        from jobs.feeds.pages import records

        return iter([Sheet("", records(path))])
    return _workbook(path) if magic in _EXCEL else _text(path)
