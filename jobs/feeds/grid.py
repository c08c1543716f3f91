"""Files as rows of text cells, whatever their format: text tables in any Chinese encoding, XLSX, XLS."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import charset_normalizer

_SNIFF = 1 << 16
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_KINDS = {
    b"%PDF": "PDF", b"Rar!": "RAR 压缩包", b"7z\xbc\xaf": "7z 压缩包", b"\x1f\x8b": "gzip 压缩包", b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片", b"GIF8": "图片", b"{\\rt": "RTF 文档",
}  # fmt: skip
_TITLE = re.compile(r"<title[^>]*>\s*([^<]{1,60}?)\s*<", re.I)

PANIC = "PanicException"
"""Name of what the workbook reader's own library raises when it gives up; it is no ``Exception``."""


class Unreadable(ValueError):
    """The bytes are no table; the message says why, in Chinese."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name and its rows, each with the line number a person sees (from 1).

    Attributes
    ----------
    expected : int
        About how many rows there are.
    merged : frozenset of int
        Lines, from 0, in which cells are merged side by side; each shows its range's value.
    spans : mapping
        Line number -> first and last column of the merged ranges that cover it.
    delimited : bool
        Whether a row's cells come from a line of text, where a stray delimiter shifts what follows.
    """

    name: str
    rows: Iterator[tuple[int, list[str]]]
    expected: int = 0
    merged: frozenset[int] = frozenset()
    spans: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    delimited: bool = False


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
    if b"\x00" in head:
        return _utf_16_without_mark(head)
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


def _utf_16_without_mark(head: bytes) -> str:
    """Tell the byte order by the half in which delimiters, digits and line ends have their zero byte."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < 8 * min(even, odd) or max(even, odd) < len(head) // 20:
        raise Unreadable("含有二进制内容，不是文本文件")
    return "utf-16-le" if odd > even else "utf-16-be"


def _refuse_page(text: str) -> None:
    start = text.lstrip("\ufeff \t\r\n")
    if not start.startswith("<"):
        return
    if "<table" in start.lower() or "urn:schemas-microsoft-com:office" in start:
        raise Unreadable("内容是网页格式的表格（HTML/XML），请用表格软件打开后另存为 xlsx 再报")
    title = _TITLE.search(start)
    shown = f"（标题“{title[1]}”）" if title else ""
    raise Unreadable(f"内容是网页（HTML/XML）{shown}，不是数据文件")


def _read(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding=encoding, newline="") as f:
        reader = csv.reader(f, delimiter=delimiter)
        line, widest = 0, 0
        try:
            for cells in reader:
                if reader.line_num > line + 1:
                    _refuse_open_quote(cells, delimiter, widest, line + 1)
                # A quoted cell may span lines: the number is that of the row's last line.
                line, widest = reader.line_num, max(widest, len(cells))
                if "\x00" in "".join(cells):
                    raise Unreadable(f"第{line}行含有二进制内容，不是文本文件")
                yield line, cells
        except UnicodeError as error:
            raise Unreadable(
                f"第{_broken_line(path, encoding)}行不能按 {encoding} 编码读出（{error}）"
            ) from error
        except csv.Error as error:
            raise Unreadable(f"第{reader.line_num}行不能分成各列（{error}）") from error


def _broken_line(path: Path, encoding: str) -> int:
    """Return the line in which a text file stops being text."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with path.open("rb") as f:
        while piece := f.read(64):
            try:
                line += decoder.decode(piece).count("\n")
            except UnicodeError:
                break
    return line


def _refuse_open_quote(cells: Iterable[str], delimiter: str, widest: int, line: int) -> None:
    """Refuse a quoted cell that has swallowed whole lines: rows would be lost in it."""
    for cell in cells:
        if any(2 * (part.count(delimiter) + 1) > widest > 2 for part in cell.splitlines()[1:]):
            raise Unreadable(f"第{line}行的引号没有成对，后面的行被并入同一格，无法判断")


def _text(path: Path) -> Iterator[Sheet]:
    with path.open("rb") as f:
        head = f.read(_SNIFF)
    if not head.strip():
        raise Unreadable("文件为空")
    for magic, kind in _KINDS.items():
        if head.startswith(magic):
            raise Unreadable(f"内容是{kind}，不是数据文件")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        _refuse_page(head.decode(encoding_of(head), "replace"))
    encoding = encoding_of(head)
    sample = head.decode(encoding, "ignore")
    if not sample.strip("\ufeff \t\r\n"):
        raise Unreadable("文件为空")
    _refuse_page(sample)
    lines = max(1, sample.count("\n"))
    expected = path.stat().st_size * lines // len(head)
    # Which of them divides the cells is told by the header that it shows.
    for delimiter in [d for d in ",\t;|" if d in sample] or [","]:
        yield Sheet("", _read(path, encoding, delimiter), expected, delimited=True)


def sheets(path: Path) -> Iterator[Sheet]:
    """Yield the sheets of a file; a text file is one sheet without a name for each delimiter it may have.

    Raises
    ------
    Unreadable
        If the file is neither a workbook nor a text table.
    """
    with path.open("rb") as f:
        magic = f.read(4)
    if magic in _EXCEL:
        from jobs.feeds.workbook import workbook

        return workbook(path)
    if magic.startswith(b"{"):
        from jobs.feeds.pages import records

        return iter([Sheet("", records(path))])
    return _text(path)
