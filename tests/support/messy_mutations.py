"""A seeded mutator of real files: their rows, formats, encodings, bytes, truncation, duplication."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from tests.support.messy_files import encrypted_xls, xls
from tests.support.row_mutations import Grid, mutated_rows

ENCODINGS = [("gb18030", b""), ("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"),
             ("utf-16-le", b"")]  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A file to be mutated: its feed, its path up to the suffix, its rows as it came, and its bytes."""

    feed: str
    path: str
    rows: Grid
    content: bytes
    suffix: str


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
