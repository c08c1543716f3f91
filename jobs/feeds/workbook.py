"""Workbooks as sheets of text: XLSX and XLS, also encrypted ones that any Excel opens, and odd ones."""

from __future__ import annotations

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
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from jobs.feeds.grid import PANIC, Sheet, Unreadable

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
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


def text_of(value: Any) -> str:
    """Return a workbook's cell as the text a person reads; numbers keep Excel's 15 digits.

    A whole number beyond 2^53 is written with its power of ten: its last digits are lost.
    """
    if value is None or isinstance(value, str):
        return (value or "").replace("\x00", "")
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float | int):
        if abs(value) > _EXACT:
            return f"{value:.14E}"
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


def _sheet(page: CalamineSheet) -> Sheet:
    cover = _merges(page)
    spans = {row + 1: [(left, right) for _, left, right in ranges] for row, ranges in cover.items()}
    return Sheet(page.name, _sheet_rows(page, cover), page.height, _wide(page), spans)


def _sheet_rows(
    sheet: CalamineSheet, cover: dict[int, list[tuple[int, int, int]]]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a sheet; every cell of a merged range gives the range's value."""
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


def _number(letters: bytes) -> int:
    """Return the number of a column's letters, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _chunks(part: Any) -> Iterator[bytes]:
    """Yield a part of the workbook piece by piece; pieces end at a tag, so that none is cut."""
    rest = b""
    while piece := part.read(1 << 20):
        cut = piece.rfind(b"<")
        if cut < 0:
            rest += piece
            continue
        yield rest + piece[:cut]
        rest = piece[cut:]
    yield rest


def _extent(book: zipfile.ZipFile, name: str, exact: bool) -> tuple[int, int]:
    """Return rows and columns that a sheet spans; cells without a value count only in the quick look."""
    rows, columns = 1, 26
    with book.open(name) as part:
        for chunk in _chunks(part):
            if exact:
                for letters, row in _FILLED.findall(chunk):
                    rows, columns = max(rows, int(row)), max(columns, _number(letters))
            else:
                rows = max([rows, *map(int, _ROW.findall(chunk))])
                columns = max([columns, *map(_number, set(_COLUMN.findall(chunk)))])
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
        If it has another one.
    """
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
        raise Unreadable(f"{_BROKEN}（{error}）") from error
    out.seek(0)
    return out


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a workbook, decrypted and looked over."""
    with path.open("rb") as f:
        source = f if f.read(2) == b"PK" else _decrypted(f)
        source.seek(0)
        if source.read(2) == b"PK":
            try:
                _refuse_huge(source)
            except _NO_ZIP as error:
                hint = "" if zipfile.is_zipfile(source) else "：文件被截断，像是没有传完"
                raise Unreadable(f"{_BROKEN}{hint}（{error}）") from error
        source.seek(0)
        yield source


def workbook(path: Path) -> Iterator[Sheet]:
    """Yield the sheets of a workbook that hold anything, one after the other.

    Raises
    ------
    Unreadable
        If it is broken, locked or too large.
    """
    try:
        with _opened(path) as source, CalamineWorkbook.from_filelike(source) as book:
            for name in book.sheet_names:
                page = book.get_sheet_by_name(name)
                if page.height:
                    yield _sheet(page)
    except PasswordError as error:
        raise Unreadable(_LOCKED) from error
    except (CalamineError, OSError, ValueError) as error:
        if isinstance(error, Unreadable) or (isinstance(error, OSError) and error.errno is not None):
            # Said already, or the machine's trouble, not the file's.
            raise
        raise Unreadable(f"{_BROKEN}（{error}）") from error
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise Unreadable(f"{_BROKEN}（内容有误，读到一半中断）") from error
