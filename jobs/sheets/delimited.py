"""Text tables: their encoding, their lines, and what is no table at all."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import charset_normalizer

from jobs.sheets.grid import CONTROLS, Sheet, Unreadable

_SNIFF = 1 << 16
_KINDS = {
    b"%PDF": "PDF", b"Rar!": "RAR 压缩包", b"7z\xbc\xaf": "7z 压缩包", b"\x1f\x8b": "gzip 压缩包", b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片", b"GIF8": "图片", b"{\\rt": "RTF 文档",
}  # fmt: skip
_OLD_EXCEL = (
    b"\x09\x00\x04\x00",
    b"\x09\x02\x06\x00",
    b"\x09\x04\x06\x00",
    b"\x09\x08\x08\x00",
    b"\x09\x08\x10\x00",
)
"""First record of Excel 2 to 5 without the container of later ones."""
_TITLE = re.compile(r"<title[^>]*>\s*([^<]{1,60}?)\s*<", re.I)
_ARCHIVE = re.compile(
    rb"\s*(?:From:[^\n]*Saved by|(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*(?:MIME-Version:|Content-Type:\s*multipart/related))",
    re.I,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200d\u2060\ufeff]")
_MOST_BROKEN = 0.1
"""Share of Chinese characters that may be broken in a text of which the encoding is still beyond doubt."""
_NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "gb18030": "GB18030（GBK）"}
"""Encodings of which lines can be told apart in the bytes, by their usual names."""
_CODE = re.compile(r"[0-9A-Z]{15,18}|[+-]?\d[\d.,]*")


def encoding_of(head: bytes) -> str:
    """Return the encoding of a text file from its first bytes; single broken characters do not change it.

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
    # The sniffed head may end inside a character.
    whole = head if len(head) < _SNIFF else head[: max(head.rfind(b"\n"), len(head) - 4)]
    for encoding in ("utf-8", "gb18030"):
        if _broken(whole, encoding) <= _MOST_BROKEN:
            return encoding
    guessed = charset_normalizer.from_bytes(head).best()
    if guessed is None:
        raise Unreadable("不是文本文件，编码无法识别")
    return guessed.encoding


def _broken(text: bytes, encoding: str) -> float:
    """Return which share of the characters beyond ASCII an encoding cannot read."""
    read = text.decode(encoding, "replace")
    return read.count("\ufffd") / max(1, sum(c > "\x7f" for c in read))


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


def _refuse_others(head: bytes) -> None:
    """Refuse what is no text table, by its first bytes."""
    if not head.strip():
        raise Unreadable("文件为空")
    for magic, kind in _KINDS.items():
        if head.startswith(magic):
            raise Unreadable(f"内容是{kind}，不是数据文件")
    if head.startswith(_OLD_EXCEL):
        raise Unreadable("内容是 Excel 5.0/95 或更早的旧格式，无法读取：请用表格软件打开后另存为 xlsx 再报")
    if _ARCHIVE.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise Unreadable("内容是网页存档（MHTML，“单个文件网页”），请用表格软件打开后另存为 xlsx 再报")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        _refuse_page(head.decode(encoding_of(head), "replace"))


class _Source:
    """The lines of a file for the reader of cells, which remembers those of the row under way."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.lines: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self.file:
            self.lines.append(line)
            yield line


def _read(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding=encoding, newline="") as f:
        source = _Source(f)
        reader = csv.reader(source, delimiter=delimiter)
        line = 0
        try:
            for cells in reader:
                if reader.line_num > line + 1:
                    _refuse_open_quote(cells, source.lines, delimiter, line + 1)
                source.lines.clear()
                # A quoted cell may span lines: the number is that of the row's last line.
                line = reader.line_num
                yield line, cells if _is_clean("".join(cells)) else _without_control(cells, line)
        except UnicodeError as error:
            raise _half_character(path, encoding) from error
        except csv.Error as error:
            raise Unreadable(
                f"第{line + 1}行起不能分成各列：有一格超过 {csv.field_size_limit()} 个字，多半是引号没有成对"
            ) from error


def _is_clean(text: str) -> bool:
    """Whether a text has no control characters; nearly every text is printable, which is told at once, and has none."""
    return text.isprintable() or not _CONTROL.search(text)


def _without_control(cells: list[str], line: int) -> list[str]:
    """Return cells without the control characters around them."""
    if "\x00" in "".join(cells):
        raise Unreadable(f"第{line}行含有二进制内容，不是文本文件")
    return [c.strip(CONTROLS) for c in cells]


def _half_character(path: Path, encoding: str) -> Unreadable:
    """Return the refusal of a text in which a character cannot be read, with its line."""
    decoder, line, read, wrong = codecs.getincrementaldecoder(encoding)(), 0, b"", b""
    with path.open("rb") as f:
        for read in f:
            line += 1
            try:
                decoder.decode(read)
            except UnicodeDecodeError as error:
                wrong = error.object[error.start : error.start + 2]
                break
        else:
            wrong = read[-1:]
    shown = read.decode(encoding, "replace").partition("\ufffd")[0][-12:] if encoding in _NAMES else ""
    near = f"“{shown}”之后" if shown.strip() else "开头"
    seen = f"（字节 {wrong.hex(' ').upper()}）" if wrong else ""
    name = _NAMES.get(encoding, encoding.upper())
    return Unreadable(
        f"第{line}行{near}有半个汉字或乱码{seen}，不能按 {name} 编码读出：请在原系统改正该字后重新导出"
    )


def _refuse_open_quote(cells: list[str], lines: list[str], delimiter: str, first: int) -> None:
    """Refuse a quoted cell that has swallowed whole lines: rows would be lost in it.

    A quote that nothing closes shows by what follows it. Where another stray quote closes it, the cell holds
    lines that look like rows.
    """
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        pass
    else:
        if not any(_like_a_row(part, delimiter) for cell in cells for part in cell.splitlines()[1:]):
            return
    raise Unreadable(f"第{first}行的引号没有成对，后面的行被并入同一格，无法判断")


def _like_a_row(part: str, delimiter: str) -> bool:
    """Whether a line within a cell has the codes and figures of a row."""
    texts = [t for t in part.split(delimiter) if t.strip()]
    return len(texts) > 2 and sum(bool(_CODE.fullmatch(t.strip())) for t in texts) * 2 > len(texts)


def delimited(path: Path) -> Iterator[Sheet]:
    """Yield a text file as a sheet for each delimiter that it may have.

    Raises
    ------
    Unreadable
        If it is no text table.
    """
    with path.open("rb") as f:
        head = f.read(_SNIFF)
        size = f.seek(0, 2)
        f.seek(max(0, size - 4))
        tail = f.read()
    _refuse_others(head)
    encoding = encoding_of(head)
    sample = head.decode(encoding, "ignore")
    if not sample.strip("\ufeff \t\r\n"):
        raise Unreadable("文件为空")
    _refuse_page(sample)
    expected = size * max(1, sample.count("\n")) // len(head)
    cut = not tail.rstrip(b"\x00\x1a").endswith((b"\n", b"\r"))
    # Which of them divides the cells is told by the header that it shows.
    for delimiter in [d for d in ",\t;|" if d in sample] or [","]:
        yield Sheet("", _read(path, encoding, delimiter), expected, delimited=True, cut=cut)
