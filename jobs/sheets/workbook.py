"""Workbooks as sheets of text: XLSX and XLS, also encrypted ones that any Excel opens, and odd ones."""

from __future__ import annotations

import errno
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import msoffcrypto
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from jobs.sheets.biff import Biff, refuse_others
from jobs.sheets.grid import CONTROLS, PANIC, Mark, Rounded, Sheet, Unreadable
from jobs.sheets.marker import Marker
from jobs.sheets.ooxml import Ooxml, chunks, number_of

MOST_CELLS = 40_000_000
"""Cells of the rectangle that a sheet may span; the reader keeps all of it in memory."""
MOST_BYTES = 4 << 30
"""Size of a workbook's parts, unpacked."""

_DEFAULT_PASSWORD = "VelvetSweatshop"
_EXACT = 1 << 53
_LOCKED = "工作簿设有打开密码，无法读取：请去掉密码后重报"
_BROKEN = "不是可读的 Excel 工作簿"
_COLUMN = re.compile(rb'<(?:\w+:)?c (?:[^>]*? )?r="([A-Z]{2,3})\d')
_ROW = re.compile(rb'<(?:\w+:)?row (?:[^>]*? )?r="(\d{4,7})"')
_FILLED = re.compile(rb'<(?:\w+:)?c (?:[^>]*? )?r="([A-Z]{1,3})(\d{1,7})"[^>/]*>')
_NO_ZIP = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip


def text_of(value: Any) -> str:
    """Return a workbook's cell as the text a person reads; numbers keep Excel's 15 digits.

    A whole number beyond 2^53 is written with its power of ten: its last digits are lost.
    """
    if value is None or isinstance(value, str):
        return (value or "").replace("\x00", "").strip(CONTROLS)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float | int):
        if abs(value) > _EXACT:
            made = Rounded(f"{value:.14E}")
            made.figure = format(Decimal(f"{value:.15g}"), "f")
            return made
        return format(Decimal(f"{value:.15g}").normalize() + 0, "f") if value % 1 else str(int(value))
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _merges(sheet: CalamineSheet) -> dict[int, list[tuple[int, int, int]]]:
    """Map row -> merged ranges that cover it, as (first row, first column, last column), from 0."""
    cover: dict[int, list[tuple[int, int, int]]] = {}
    last = (sheet.end or (0, 0))[0]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        for row in range(top, min(bottom, last) + 1):
            cover.setdefault(row, []).append((top, left, right))
    return cover


def _wide(sheet: CalamineSheet) -> frozenset[int]:
    """Return the first lines of the ranges that are merged side by side."""
    return frozenset(top for (top, left), (_, right) in sheet.merged_cell_ranges or [] if right > left)


def _sheet(
    page: CalamineSheet, told: Iterator[tuple[int, list[Mark]]], hidden: bool, since_1904: bool
) -> Sheet:
    cover = _merges(page)
    spans = {row + 1: [(left, right) for _, left, right in ranges] for row, ranges in cover.items()}
    marks: dict[int, list[Mark]] = {}
    rows = _sheet_rows(page, cover, Marker(told, marks, since_1904))
    return Sheet(
        page.name, rows, page.height, _wide(page), spans, hidden=hidden, since_1904=since_1904, marks=marks
    )


def _sheet_rows(
    sheet: CalamineSheet, cover: dict[int, list[tuple[int, int, int]]], marker: Marker
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a sheet; every cell of a merged range gives the range's value."""
    anchors: dict[tuple[int, int], str] = {}
    # The reader gives the empty rows above the first cell, but not the empty columns left of it.
    indent = (sheet.start or (0, 0))[1]
    empty = [""] * indent
    for row, values in enumerate(sheet.iter_rows()):
        cells = empty + [text_of(v) for v in values]
        marker.look(row, cells, values, indent)
        for top, left, right in cover.get(row, []):
            if top == row:
                anchors[(top, left)] = cells[left] if left < len(cells) else ""
            for column in range(left, min(right, len(cells) - 1) + 1):
                cells[column] = anchors.get((top, left), "")
        yield row + 1, cells
    yield from ((row + 1, []) for row in marker.rest())


def _extent(book: zipfile.ZipFile, name: str, exact: bool) -> tuple[int, int]:
    """Return rows and columns that a sheet spans; cells without a value count only in the quick look."""
    rows, columns = 1, 26
    with book.open(name) as part:
        for chunk in chunks(part, b"<"):
            if exact:
                for letters, row in _FILLED.findall(chunk):
                    rows, columns = max(rows, int(row)), max(columns, number_of(letters))
            else:
                rows = max([rows, *map(int, _ROW.findall(chunk))])
                columns = max([columns, *map(number_of, set(_COLUMN.findall(chunk)))])
    return rows, columns


def _refuse_huge(source: BinaryIO) -> None:
    """Refuse a workbook whose sheets span more than fits in memory (one stray cell far out suffices)."""
    with zipfile.ZipFile(source) as book:
        names = {i.filename: i.file_size for i in book.infolist()}
        if "word/document.xml" in names or "ppt/presentation.xml" in names:
            raise Unreadable("内容是 Word 或 PowerPoint 文档，不是 Excel 工作簿")
        if sum(names.values()) > MOST_BYTES:
            raise Unreadable(f"工作簿解压后超过 {MOST_BYTES >> 30} GB，请改报 CSV")
        for name in names:
            if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                continue
            rows, columns = _extent(book, name, exact=False)
            if rows * columns > MOST_CELLS:
                rows, columns = _extent(book, name, exact=True)
            if rows * columns > MOST_CELLS:
                raise Unreadable(
                    f"工作表占 {rows} 行 × {columns} 列，超过 {MOST_CELLS // 10_000} 万格："
                    "请删除右边和下边多余的单元格后重报，或改报 CSV"
                )


def _decrypted(source: BinaryIO) -> BinaryIO:
    """Return a workbook without the password that Excel sets by itself.

    Raises
    ------
    Unreadable
        If it has another one, or is no workbook of Excel 97 or later.
    """
    refuse_others(source)
    try:
        file = msoffcrypto.OfficeFile(source)
        if not file.is_encrypted():
            return source
        out = io.BytesIO()
        file.load_key(password=_DEFAULT_PASSWORD)
        file.decrypt(out)
    except (InvalidKeyError, DecryptionError) as error:
        raise Unreadable(_LOCKED) from error
    except (
        FileFormatError,
        ParseError,
        OSError,
        struct.error,
        ValueError,
        LookupError,
        AssertionError,
    ) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Unreadable(f"{_BROKEN}：文件已损坏或没有传完") from error
    out.seek(0)
    return out


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a workbook, decrypted and looked over."""
    with path.open("rb") as f:
        source = f if f.read(2) == b"PK" else _decrypted(f)
        source.seek(0)
        if source.read(2) == b"PK":
            _refuse_huge(source)
        source.seek(0)
        yield source


@contextmanager
def _told(source: BinaryIO) -> Iterator[Ooxml | Biff]:
    """Open what the workbook says beside its values, in either format."""
    source.seek(0)
    if source.read(2) != b"PK":
        yield Biff(source)
        return
    # By its name: who reads a sheet on does so after the workbook was left, and the part keeps the file open for it.
    with zipfile.ZipFile(source if isinstance(source, io.BytesIO) else source.name) as book:
        yield Ooxml(book)


def workbook(path: Path) -> Iterator[Sheet]:
    """Yield the sheets of a workbook that hold anything, one after the other.

    Raises
    ------
    Unreadable
        If it is broken, locked or too large.
    """
    try:
        with (
            _opened(path) as source,
            _told(source) as told,
            CalamineWorkbook.from_filelike(_rewound(source)) as book,
        ):
            for about in book.sheets_metadata:
                page = book.get_sheet_by_name(about.name)
                if page.height:
                    hidden = about.visible != SheetVisibleEnum.Visible
                    yield _sheet(page, told.marks(about.name), hidden, told.since_1904)
    except PasswordError as error:
        raise Unreadable(_LOCKED) from error
    except (CalamineError, OSError, ValueError, LookupError, *_NO_ZIP) as error:
        if isinstance(error, Unreadable) or (
            isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)
        ):
            # Said already, or the machine's trouble; a broken list of parts points before the file's beginning.
            raise
        raise Unreadable(f"{_BROKEN}{_cut_off(path)}") from error
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise Unreadable(f"{_BROKEN}：内容有误，读到一半中断") from error


def _rewound(source: BinaryIO) -> BinaryIO:
    source.seek(0)
    return source


def _cut_off(path: Path) -> str:
    """Return what is wrong with a broken workbook, as far as the archive around it shows."""
    with path.open("rb") as f:
        new = f.read(2) == b"PK"
    return "：文件被截断，像是没有传完" if new and not zipfile.is_zipfile(path) else "：文件已损坏"
