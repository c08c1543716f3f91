"""A seeded mutator of real layouts: bytes, cells, rows, columns, headers, encodings, truncation, duplication."""

from __future__ import annotations

import csv
import io
import random
import string
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from tests.support.messy_files import encrypted_xls, xls
from tests.support.unit_statements import LINES as LINES_OF_UNITS
from tests.support.unit_statements import NO_STATEMENT, NOT_UNDERSTOOD, SCALE

Grid = list[list[object]]
ENCODINGS = [("gb18030", b""), ("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"),
             ("utf-16-le", b"")]  # fmt: skip
ODD: list[object] = [
    "", " ", "-", "…", "#", "—", "合计", "小 计", "注：", "1,234", "１２３", "1e9", "1e99", "9" * 60, "-0", "NaN", "#REF!", "TRUE",
    "9.12E+17", 912201010000000100, 45536, "45536", "2024年9月", "2024.10", "202613", "吉 林", "全    国", "_x000D_", "上\n下",
    '甲"乙', "'", "=1+1", "\u200b", "\ufeff", "😀", "𠮷", "a" * 3000, "\x07", "\\", "%", 1e300, -1e-300, 0.1, True, "填表人：甲",
    "单位：百万元", "单位：万元", "元", "(千元)", "110", "在　册",
    "#N/A", "########", "Err:502", "1.23457E+08", '="912201010000000100"', "'500", "\x1a", "220102000000", "一、长春市（2户）", "12.3%",
]  # fmt: skip
LINES: list[list[object]] = [
    ["合计", 1, 2, 3], ["", "", "小计", 9], ["注：以上"], ["说明"], ["资料来源：某局"], ["续表"], ["单位：万元"], ["单位", "千元"],
    ["Region", "Name"], ["一、长春市（2户）"], ["打印时间：2026-03-10 10:22"], ["*为快报数"], ["（本页无正文）"], ["\x1a"], ["第1页 共3页"],
    ["长春市"], ["注 1月免报"],
    ["甲", "乙", 1, 2], [""], ["x"] * 40, ["各地区企业"], ["", "", "", "", "(千元)"],
]  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A file to be mutated: its feed, its path up to the suffix, its rows as it came, and its bytes."""

    feed: str
    path: str
    rows: Grid
    content: bytes
    suffix: str


def _cell(rng: random.Random, value: object) -> object:
    text = str(value)
    tricks: list[Callable[[], object]] = [
        lambda: rng.choice(ODD),
        lambda: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
        lambda: " ".join(text),
        lambda: text[: rng.randrange(len(text) + 1)],
        lambda: text + rng.choice(string.printable),
        lambda: text * rng.randrange(2, 4),
        lambda: text.replace("，", "").replace("1", ",1"),
        lambda: f"{text}\r\n{text}",
        lambda: float(text.replace(",", "")) if text.replace(",", "").replace(".", "").isdigit() else text,
    ]
    return rng.choice(tricks)()


def _columns(rng: random.Random, rows: Grid) -> None:
    width = max([1, *map(len, rows)])
    for row in rows:
        row.extend([""] * (width - len(row)))
    a, b, kind = rng.randrange(width), rng.randrange(width), rng.randrange(4)
    for row in rows:
        if kind == 0:
            row[a], row[b] = row[b], row[a]
        elif kind == 1:
            del row[a]
        elif kind == 2:
            row.insert(b, row[a])
        else:
            row.insert(a, "")


def _lines(rng: random.Random, rows: Grid) -> None:
    at, kind = rng.randrange(len(rows)), rng.randrange(6)
    if kind == 0:
        rows.insert(at, list(rng.choice(LINES)))
    elif kind == 1:
        rows.insert(rng.randrange(len(rows)), list(rows[at]))
    elif kind == 2 and len(rows) > 1:
        del rows[at]
    elif kind == 3:
        rows[at] = rows[at][: rng.randrange(len(rows[at]) + 1)]
    elif kind == 4:
        rows[at] = [*rows[at], rng.choice(ODD)]
    else:
        rng.shuffle(rows)


def _header(rng: random.Random, rows: Grid) -> None:
    """Spoil the upper rows: where header, title and unit stand."""
    at = rng.randrange(min(5, len(rows)))
    row = rows[at]
    if not row:
        return
    i, kind = rng.randrange(len(row)), rng.randrange(4)
    text = str(row[i])
    if kind == 0:
        row[i] = _cell(rng, text)
    elif kind == 1 and text:
        cut = rng.randrange(len(text))
        below: list[object] = [""] * len(row)
        row[i], below[i] = text[:cut], text[cut:]
        rows.insert(at + 1, below)
    elif kind == 2:
        row[i] = f"{text}\n{rng.choice(['Name', 'Value', '(万元)', '（千元）', '（百万元）'])}"
    else:
        row[i] = ""


def unit_line(rng: random.Random, rows: Grid) -> str | None:
    """Put in a line about a unit; return the unit that it states, "" for none, None for one that nobody knows."""
    unit = rng.choice(list(SCALE))
    ways = [way for ways in LINES_OF_UNITS.values() for way in ways]
    text, meant = rng.choice([
        (rng.choice(NOT_UNDERSTOOD), None),
        (rng.choice(NO_STATEMENT), ""),
        (rng.choice(ways).format(unit), unit),
        (rng.choice(ways).format(unit), unit),
    ])  # fmt: skip
    line: list[object] = [""] * max([1, *map(len, rows)])
    line[rng.choice([0, -1, rng.randrange(len(line))])] = text
    rows.insert(rng.choice([0, 0, len(rows), rng.randrange(len(rows) + 1)]), line)
    return meant


def unit_in_header(rng: random.Random, row: list[object]) -> None:
    """Let one cell of a header say a unit, or something else, in a remark."""
    if not row:
        return
    i = rng.randrange(len(row))
    words = (*SCALE, "人", "百万元", "万美元", "不含税", "含税", "预计", "1-本月", "万元，不含税")
    form = rng.choice(("{}（{}）", "{}【{}】", "{}/{}", "{} {}", "{}，{}", "{}（单位：{}）", "{}（{}"))
    row[i] = form.format(row[i], rng.choice(words))


def second_header(rng: random.Random, rows: Grid, first: int) -> None:
    """Begin the table again somewhere below its header, with the columns in another order, or in the same."""
    width = max([1, *map(len, rows)])
    order = list(range(width))
    if rng.random() < 0.7:
        rng.shuffle(order)
    at = rng.randrange(first + 1, len(rows) + 1)
    below = [rows[first], *rows[at:]]
    rows[at:] = [[row[i] if i < len(row) else "" for i in order] for row in below]


def mutated_rows(rng: random.Random, rows: Grid) -> Grid:
    """Return rows with some of their cells, lines, columns and header names spoilt."""
    made = [list(r) for r in rows]
    for _ in range(rng.choice([0, 1, 1, 2, 3, 8])):
        kind = rng.randrange(8)
        if kind == 5:
            unit_line(rng, made)
        elif kind == 6:
            unit_in_header(rng, made[rng.randrange(min(5, len(made)))])
        elif kind == 7:
            second_header(rng, made, rng.randrange(min(5, len(made))))
        elif kind <= 1:
            row = rng.choice(made)
            if row:
                i = rng.randrange(len(row))
                row[i] = _cell(rng, row[i])
        else:
            (_lines, _columns, _header)[kind - 2](rng, made)
        made = made or [[""]]
    return made


def _csv(rng: random.Random, rows: Grid) -> bytes:
    out = io.StringIO()
    quoted = rng.random() < 0.9
    delimiter = rng.choice([",", ",", ",", ";", "\t", "|"])
    if quoted:
        csv.writer(out, delimiter=delimiter, lineterminator=rng.choice(["\r\n", "\n"])).writerows(rows)
    else:
        out.write("\n".join(delimiter.join(map(str, r)) for r in rows))
    encoding, mark = rng.choice(ENCODINGS)
    return mark + out.getvalue().encode(encoding, "replace")


FORMATS: list[dict[str, object]] = [
    {"num_format": "0!.0,"}, {"num_format": "0.00,,"}, {"num_format": "0.0%"}, {"num_format": '0"."0,"万元"'}, {"num_format": ";;;"},
    {"num_format": "#,##0.00"}, {"num_format": "[$$-409]#,##0"}, {"num_format": "yyyy-mm-dd"}, {"font_strikeout": True},
]  # fmt: skip
FORMULAS = ["#REF!", "#DIV/0!", "#N/A", 0, "", 12.5]
"""Results of formulas, as they are stored."""


def _page(rng: random.Random, book: xlsxwriter.Workbook, page: Any, rows: Grid) -> None:
    """Write the rows; some cells get a format, or are formulas with an error, zero or nothing for a value."""
    styles = [book.add_format(f) for f in FORMATS]
    odd = rng.choice([0, 0, 0, 0.01, 0.05])
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            style = rng.choice(styles) if rng.random() < odd else None
            if rng.random() < odd / 2:
                page.write_formula(r, c, "=A1/0", style, rng.choice(FORMULAS))
            elif isinstance(value, bool) or not isinstance(value, int | float):
                page.write_string(r, c, str(value), style) if value != "" else None
            else:
                page.write_number(r, c, value, style)


def _xlsx(rng: random.Random, rows: Grid) -> bytes:
    out = io.BytesIO()
    width = max(map(len, rows)) or 1
    options = {"in_memory": True, "date_1904": rng.random() < 0.05}
    with xlsxwriter.Workbook(out, options) as book:
        if rng.random() < 0.2:
            book.add_worksheet("CNKI").write_row(0, 0, [str(c) for c in rng.choice(rows)])
        page = book.add_worksheet("数据")
        _page(rng, book, page, rows)
        if rng.random() < 0.15:
            draft = book.add_worksheet("草稿")
            _page(rng, book, draft, [[*row, "备用"] for row in rows])
            rng.choice([draft, draft, page]).hide()
        if rng.random() < 0.3:
            top, left = rng.randrange(len(rows)), rng.randrange(width)
            bottom, right = top + rng.randrange(3), left + 1 + rng.randrange(4)
            text = rows[top][left] if left < len(rows[top]) else ""
            page.merge_range(top, left, bottom, right, str(text))
        if rng.random() < 0.1:
            sheet = book.add_worksheet("第二张")
            for r, row in enumerate(rows):
                sheet.write_row(r, 0, [str(c) for c in row])
    return out.getvalue()


def _old(rng: random.Random, rows: Grid) -> bytes:
    short = [[c[:300] if isinstance(c, str) else c for c in r[:200]] for r in rows]
    return (
        encrypted_xls(short, rng.choice(["VelvetSweatshop", "VelvetSweatshop", "x"]))
        if rng.random() < 0.3
        else xls(short)
    )


def _inside(rng: random.Random, content: bytes) -> bytes:
    """Spoil the text of one part of a workbook, which stays a sound archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        victim = rng.choice(old.namelist())
        for name in old.namelist():
            data = old.read(name)
            if name != victim:
                new.writestr(name, data)
            elif rng.random() < 0.7:
                new.writestr(name, mutated_bytes(rng, data))
    return out.getvalue()


def mutated_bytes(rng: random.Random, content: bytes) -> bytes:
    """Return bytes that are cut, flipped, repeated, left out or put in."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 10])):
        at, size, kind = rng.randrange(len(data) + 1), rng.choice([1, 2, 16, 300]), rng.randrange(6)
        if kind == 0:
            del data[at:]
        elif kind == 1:
            data[at : at + size] = rng.randbytes(size)
        elif kind == 2:
            del data[at : at + size]
        elif kind == 3:
            data[at:at] = data[at : at + size]
        elif kind == 4:
            data[at:at] = rng.choice(
                [b"\x00", b'"', b",", b"\n", b"\xff\xfe", b"<html>", "，".encode("gb18030")]
            )
        elif at < len(data):
            data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def mutant(rng: random.Random, sample: Sample) -> tuple[str, bytes]:
    """Return path and bytes of a mutated file."""
    if rng.random() < 0.25:
        content, suffix = sample.content, sample.suffix
    else:
        suffix = rng.choice([".csv", ".csv", ".xlsx", ".xlsx", ".xls"])
        make = {".csv": _csv, ".xlsx": _xlsx, ".xls": _old}[suffix]
        content = make(rng, mutated_rows(rng, sample.rows))
    fate = rng.random()
    if fate < 0.15:
        content = mutated_bytes(rng, content)
    elif fate < 0.25 and content[:2] == b"PK":
        content = _inside(rng, content)
    elif fate < 0.27:
        content = content + content
    return sample.path + (suffix if rng.random() < 0.95 else rng.choice([".csv", ".xlsx"])), content
