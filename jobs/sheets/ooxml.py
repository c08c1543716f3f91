"""What an XLSX workbook says of its cells beside their values: errors, open formulas, number formats, struck-out text.

The reader of values tells nothing of it. Large sheets are looked through as bytes: only rows that hold
anything of the kind are taken apart.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import join, normpath
from typing import Any
from xml.etree import ElementTree

from jobs.sheets.grid import ERROR, FORMAT, FORMULA, OPEN, STRUCK, Mark, Unreadable
from jobs.sheets.number_formats import Meaning, meaning

_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])([^>]*)>")
_ROW_TAGS = (b"<row", b"<x:row")
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.S)
_PLACE = re.compile(rb"""\br=["']([A-Z]*)(\d+)["']""")
_TYPE = re.compile(rb"""\bt=["'](\w+)["']""")
_STYLE = re.compile(rb"""\bs=["'](\d+)["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>(.*?)</(?:\w+:)?v>", re.S)
_STRUCK = re.compile(rb"""<(?:\w+:)?strike(?!\s+val=["'](?:0|false)["'])[\s/>]""")
_STRING = re.compile(rb"<(?:\w+:)?si(?=[\s/>])[^>]*?(?:/>|>(.*?)</(?:\w+:)?si>)", re.S)
_PER_CENT = {9: "0%", 10: "0.00%"}
"""Formats that need no text of their own in the workbook."""


@dataclass(frozen=True)
class Style:
    """What a cell's style says of it."""

    format: Meaning | None = None
    struck: bool = False


@dataclass
class Told:
    """What a workbook says for all of its sheets.

    Attributes
    ----------
    since_1904 : bool
        Days are counted from 1904, not from 1900.
    unsettled : bool
        The values of formulas are those of a program that did not calculate: they wait for Excel.
    styles : dict
        Number of a style -> what it says, where it says anything.
    struck : set of bytes
        Numbers of shared texts of which a part is struck out.
    parts : dict
        Name of a sheet -> its part of the archive.
    """

    since_1904: bool = False
    unsettled: bool = False
    styles: dict[int, Style] = field(default_factory=dict)
    struck: set[bytes] = field(default_factory=set)
    parts: dict[str, str] = field(default_factory=dict)


def number_of(letters: bytes) -> int:
    """Return the number of a column's letters, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def chunks(part: Any, *tags: bytes) -> Iterator[bytes]:
    """Yield a part of the workbook piece by piece; pieces end where one of the tags begins, so that none is cut."""
    rest = b""
    while piece := part.read(1 << 20):
        rest += piece
        cut = max(map(rest.rfind, tags))
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
    yield rest


class Ooxml:
    """An opened XLSX workbook."""

    def __init__(self, book: zipfile.ZipFile) -> None:
        self.book = book
        self.names = {n.lower().replace("\\", "/").lstrip("/"): n for n in book.namelist()}
        self.told = Told()
        if (root := self._tree("xl/workbook.xml")) is None:
            raise Unreadable(
                "不是可读的 Excel 工作簿：压缩包内没有 xlsx 的内容（如 xlsb、ods 改了扩展名），请另存为 xlsx 再报"
            )
        self._workbook(root)
        self._styles()

    @property
    def since_1904(self) -> bool:
        """Whether days are counted from 1904."""
        return self.told.since_1904

    def _tree(self, name: str) -> ElementTree.Element | None:
        if (member := self.names.get(name.lower())) is None:
            return None
        text = self.book.read(member)
        try:
            return None if b"<!DOCTYPE" in text else ElementTree.fromstring(text)
        except ElementTree.ParseError as error:
            raise Unreadable(f"不是可读的 Excel 工作簿：其中的 {name} 已损坏") from error

    def _workbook(self, root: ElementTree.Element) -> None:
        links = {}
        strings = "xl/sharedstrings.xml"
        for link in _all(self._tree("xl/_rels/workbook.xml.rels"), "Relationship"):
            target = link.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
            links[link.get("Id")] = path
            strings = path if link.get("Type", "").endswith("/sharedStrings") else strings
        for sheet in _all(root, "sheet"):
            name = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), None)
            self.told.parts[sheet.get("name", "")] = links.get(name, "")
        self.told.since_1904 = any(_true(p.get("date1904")) for p in _all(root, "workbookPr"))
        calculation = _all(root, "calcPr")
        # Excel, WPS and LibreOffice all write the element; a program that cannot calculate asks for it, or leaves it out.
        self.told.unsettled = not calculation or any(
            _true(c.get("fullCalcOnLoad")) or c.get("calcCompleted") in ("0", "false") for c in calculation
        )
        self._strings(strings)

    def _strings(self, name: str) -> None:
        """Find the shared texts that are struck out in part."""
        member = self.names.get(name.lower())
        text = self.book.read(member) if member else b""
        if _STRUCK.search(text):
            self.told.struck = {
                str(i).encode() for i, m in enumerate(_STRING.finditer(text)) if _STRUCK.search(m[1] or b"")
            }

    def _styles(self) -> None:
        root = self._tree("xl/styles.xml")
        if root is None:
            return
        codes = _PER_CENT | {
            int(f.get("numFmtId", 0)): f.get("formatCode", "")
            for group in _all(root, "numFmts")
            for f in _all(group, "numFmt")
        }
        fonts = [
            any(not _false(s.get("val")) for s in _all(font, "strike"))
            for group in _all(root, "fonts")
            for font in _all(group, "font")
        ]
        kinds = [xf for group in _all(root, "cellXfs") for xf in _all(group, "xf")]
        for number, xf in enumerate(kinds):
            font = int(xf.get("fontId", 0))
            style = Style(
                meaning(codes.get(int(xf.get("numFmtId", 0)), "")), font < len(fonts) and fonts[font]
            )
            if style != Style():
                self.told.styles[number] = style

    def _signs(self) -> list[bytes]:
        """Return texts of which a row must hold one to be taken apart; looking for them costs next to nothing."""
        values = [("t", "e"), *(("s", str(n)) for n in self.told.styles)]
        if self.told.struck:
            values.append(("t", "s"))
        signs = [f" {name}={q}{value}{q}".encode() for name, value in values for q in "\"'"]
        signs += [b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/", b"strike"]
        return [*signs, b"<c ", b"<c>", b":c "] if 0 in self.told.styles else signs

    def marks(self, sheet: str) -> Iterator[tuple[int, list[Mark]]]:
        """Yield the rows (from 0) of a sheet of which there is anything to say, from top to bottom."""
        name = self.names.get(self.told.parts.get(sheet, "").lower())
        if name is None:
            raise Unreadable(f"不是可读的 Excel 工作簿：找不到工作表“{sheet}”的内容")
        signs, last = self._signs(), -1
        with self.book.open(name) as part:
            for piece in chunks(part, *_ROW_TAGS):
                wanted = any(sign in piece for sign in signs)
                if not wanted and (number := _last_row(piece)):
                    last = number - 1
                    continue
                starts = list(_ROW.finditer(piece))
                ends = [*(s.start() for s in starts[1:]), len(piece)]
                for start, end in zip(starts, ends, strict=False):
                    place = _PLACE.search(start[1])
                    last = int(place[2]) - 1 if place else last + 1
                    text = piece[start.end() : end] if wanted else b""
                    if any(sign in text for sign in signs) and (marked := self._row(text)):
                        yield last, marked

    def _row(self, text: bytes) -> list[Mark]:
        marks: list[Mark] = []
        column = -1
        for cell in _CELL.finditer(text):
            place = _PLACE.search(cell[1])
            column = number_of(place[1]) - 1 if place and place[1] else column + 1
            marks += self._cell(column, cell[1], cell[2] or b"")
        return marks

    def _cell(self, column: int, attributes: bytes, content: bytes) -> Iterator[Mark]:
        kind = m[1] if (m := _TYPE.search(attributes)) else b"n"
        value = m[1].strip() if (m := _VALUE.search(content)) else b""
        if kind == b"e":
            yield Mark(column, ERROR, value.decode("utf-8", "replace") or "#ERROR!")
        if _FORMULA.search(content):
            if not value and kind not in (b"str", b"inlineStr"):
                yield Mark(column, OPEN)
            elif value and self.told.unsettled:
                yield Mark(column, FORMULA)
        style = self.told.styles.get(int(m[1]) if (m := _STYLE.search(attributes)) else 0, Style())
        if style.format:
            yield Mark(column, FORMAT, format=style.format)
        if style.struck or _STRUCK.search(content) or (kind == b"s" and value in self.told.struck):
            yield Mark(column, STRUCK)


def _last_row(piece: bytes) -> int | None:
    """Return the number that the last row of a piece bears, None if it bears none."""
    row = _ROW.match(piece, max(0, *map(piece.rfind, _ROW_TAGS)))
    place = _PLACE.search(row[1]) if row else None
    return int(place[2]) if place else None


def _all(root: ElementTree.Element | None, name: str) -> list[ElementTree.Element]:
    """Return the elements of a name, whatever their namespace, in a tree or directly below a group."""
    return [] if root is None else [e for e in root.iter() if e.tag.rpartition("}")[2] == name]


def _true(text: str | None) -> bool:
    return text in ("1", "true", "on")


def _false(text: str | None) -> bool:
    return text in ("0", "false", "off")
