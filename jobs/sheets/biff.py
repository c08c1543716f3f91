"""What an XLS workbook (Excel 97 to 2003) says of its cells beside their values; older ones are refused."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

import olefile

from jobs.sheets.grid import ERROR, FORMAT, FORMULA, STRUCK, Mark, Unreadable
from jobs.sheets.number_formats import meaning
from jobs.sheets.ooxml import Style

_EOF, _BOF = 0x0A, 0x809
_DATEMODE, _FONT, _FORMAT, _XF, _SHEET, _ENGINE = 0x22, 0x31, 0x41E, 0xE0, 0x85, 0x1C1
_FORMULA, _MULRK, _BOOLERR = 0x06, 0xBD, 0x205
_SINGLE = {_FORMULA, _BOOLERR, 0x203, 0x27E, 0xFD, 0x204, 0xD6}
"""Records of one cell with a value: row, column, style."""
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_PER_CENT = {9: "0%", 10: "0.00%"}
_OTHERS = {"WordDocument": "Word 文档", "PowerPoint Document": "PowerPoint 文档"}

Record = tuple[int, bytes]


def refuse_others(source: BinaryIO) -> None:
    """Refuse what shares the container of Excel 97 and is something else, or an older workbook."""
    source.seek(0)
    try:
        with olefile.OleFileIO(source.read()) as container:
            inside = {stream[0] for stream in container.listdir()}
    except (OSError, ValueError, LookupError, TypeError, struct.error) as error:
        raise Unreadable("不是可读的 Excel 工作簿：文件已损坏或没有传完") from error
    finally:
        source.seek(0)
    for stream, kind in _OTHERS.items():
        if stream in inside:
            raise Unreadable(f"内容是 {kind}，不是 Excel 工作簿")
    if "Book" in inside and "Workbook" not in inside:
        raise Unreadable("内容是 Excel 5.0/95 的旧格式，无法可靠读取：请用表格软件打开后另存为 xlsx 再报")


def _records(stream: bytes, at: int) -> Iterator[Record]:
    """Yield the records from a place on, up to the end of what begins there; what lies within is left out."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        if depth <= 0:
            return
        at += 4 + size


def _text(data: bytes, length: int) -> str:
    """Return a text behind its byte of flags."""
    wide = data[0] & 1
    return data[1 : 1 + length * (1 + wide)].decode("utf-16-le" if wide else "latin-1", "replace")


class Biff:
    """An opened XLS workbook."""

    def __init__(self, source: BinaryIO) -> None:
        source.seek(0)
        with olefile.OleFileIO(source.read()) as container:
            self.stream: bytes = container.openstream("Workbook").read()
        self.since_1904 = False
        # Excel notes which of its engines calculated; a program that cannot calculate leaves it out or writes zero.
        self.unsettled = True
        self.sheets: dict[str, int] = {}
        fonts: list[bool] = []
        codes = dict(_PER_CENT)
        kinds: list[tuple[int, int]] = []
        for kind, data in _records(self.stream, 0):
            if kind == _DATEMODE:
                self.since_1904 = data[:1] == b"\1"
            elif kind == _ENGINE:
                self.unsettled = not any(data[4:8])
            elif kind == _FONT:
                fonts.append(bool(struct.unpack_from("<H", data, 2)[0] & 8))
            elif kind == _FORMAT:
                number, length = struct.unpack_from("<HH", data)
                codes[number] = _text(data[4:], length)
            elif kind == _XF:
                kinds.append(struct.unpack_from("<HH", data))
            elif kind == _SHEET:
                self.sheets[_text(data[7:], data[6])] = struct.unpack_from("<I", data)[0]
        # There is no font of number 4.
        self.styles = [
            Style(meaning(codes.get(code, "")), any(fonts[font - (font > 4) :][:1])) for font, code in kinds
        ]

    def marks(self, sheet: str) -> Iterator[tuple[int, list[Mark]]]:
        """Yield the rows (from 0) of a sheet of which there is anything to say, from top to bottom."""
        marked: dict[int, list[Mark]] = {}
        for kind, data in _records(self.stream, self.sheets.get(sheet, len(self.stream))):
            if kind == _MULRK:
                row, first = struct.unpack_from("<HH", data)
                for i, at in enumerate(range(4, len(data) - 2, 6)):
                    marked.setdefault(row, []).extend(self._of_style(first + i, data[at : at + 2]))
            elif kind in _SINGLE:
                row, column = struct.unpack_from("<HH", data)
                marks = [*self._of_value(kind, column, data), *self._of_style(column, data[4:6])]
                marked.setdefault(row, []).extend(marks)
        yield from sorted((row, marks) for row, marks in marked.items() if marks)

    def _of_style(self, column: int, number: bytes) -> Iterator[Mark]:
        at = int.from_bytes(number, "little")
        style = self.styles[at] if at < len(self.styles) else Style()
        if style.format:
            yield Mark(column, FORMAT, format=style.format)
        if style.struck:
            yield Mark(column, STRUCK)

    def _of_value(self, kind: int, column: int, data: bytes) -> Iterator[Mark]:
        if kind == _BOOLERR and data[7:8] == b"\1":
            yield Mark(column, ERROR, _ERRORS.get(data[6], "#ERROR!"))
        if kind == _FORMULA:
            result, flags = data[6:14], data[14] if len(data) > 14 else 0
            if result[6:] == b"\xff\xff" and result[0] == 2:
                yield Mark(column, ERROR, _ERRORS.get(result[2], "#ERROR!"))
            elif self.unsettled or flags & 3:
                # Two flags ask for a calculation whenever the workbook is opened.
                yield Mark(column, FORMULA)
