"""Files as they really come: samples of our own making for each defect, and how a test reads them."""

from __future__ import annotations

import csv
import hashlib
import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import xlsxwriter
import xlwt
from open_data_contract_standard.model import OpenDataContractStandard
from xlwt.CompoundDoc import XlsDoc

from jobs import yamlfile
from jobs.definitions.contract import Contract
from jobs.sheets.choice import Refused
from jobs.sheets.parse import Parsed, parse

HERE = Path(__file__).parents[1] / "messy"
REGION_ROWS = [
    ["全国", 500, 300, 9000.5],
    ["北京", 60, 40, 2000],
    ["吉林", 28, 16, 210.25],
    ["山东", 90, 70, 1800],
]
"""Region, 有R&D活动, 有研发机构, 研究与试验发展经费内部支出."""

Line = Sequence[object]
Rows = Sequence[Line]
Merge = tuple[int, int, int, int]


def region_table(**changes: Any) -> Contract:
    """A contract keyed by the names of regions, as a yearbook's tables are."""
    model = OpenDataContractStandard.model_validate(yamlfile.read(HERE / "region_table.yaml"))
    made = Contract(model)
    made.custom["feed"] |= changes
    return made


def read(
    folder: Path, contract: Contract, content: bytes, received: date | None = None, **attributes: str
) -> tuple[Parsed, list[tuple[int, dict[str, str]]]]:
    """Parse bytes; return what the parser found and its rows as (row number, cells)."""
    source, target = folder / "source", folder / "rows.parquet"
    source.write_bytes(content)
    parsed = parse(contract, source, attributes, target, received)
    rows = [(r["row_no"], dict(r["cells"])) for r in pq.read_table(target).to_pylist()]
    assert parsed.rows == len(rows)
    return parsed, rows


def refusal(
    folder: Path, contract: Contract, content: bytes, received: date | None = None, **attributes: str
) -> str:
    """Return why a file is refused."""
    try:
        read(folder, contract, content, received, **attributes)
    except Refused as refused:
        return str(refused)
    raise AssertionError("the file was accepted")


def text_file(rows: Rows, encoding: str = "utf-8", delimiter: str = ",", mark: bytes = b"") -> bytes:
    """Return a text table."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return mark + out.getvalue().encode(encoding)


def book(
    sheets: dict[str, Rows], merges: dict[str, Sequence[Merge]] | None = None,
    more: Callable[[Any], object] = lambda _: None,
) -> bytes:  # fmt: skip
    """Return a workbook; a merged range shows the value of its first cell; dates become date cells."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        day = made.add_format({"num_format": "yyyy年m月"})
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, date):
                        page.write_datetime(r, c, value, day)
                    elif value is not None and value != "":
                        page.write(r, c, value)
            for merge in (merges or {}).get(name, ()):
                page.merge_range(*merge, rows[merge[0]][merge[1]])
            more(page)
    return out.getvalue()


def without(content: bytes, *parts: str) -> bytes:
    """Return a workbook without some of its parts; what refers to them stays."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        assert set(parts) <= set(old.namelist())
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
    return out.getvalue()


def _xls_stream(rows: Rows, sheet: str) -> bytes:
    made = xlwt.Workbook()
    page = made.add_sheet(sheet)
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value not in (None, ""):
                page.write(r, c, value)
    return made.get_biff_data()


def _compound(stream: bytes) -> bytes:
    out = io.BytesIO()
    XlsDoc().save(out, stream)
    return out.getvalue()


def xls(rows: Rows, sheet: str = "表") -> bytes:
    """Return a workbook of the old format."""
    return _compound(_xls_stream(rows, sheet))


def _rc4(key: bytes, length: int) -> bytes:
    state, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for _ in range(length):
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(state[(state[i] + state[j]) % 256])
    return bytes(out)


def _xor(data: bytes, key: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(data, key, strict=True))


def encrypted_xls(rows: Rows, password: str, sheet: str = "表") -> bytes:
    """Return a workbook of the old format, encrypted as Excel 97 does it (RC4, MS-OFFCRYPTO 2.3.6)."""
    salt, verifier = bytes(range(16)), bytes(range(50, 66))
    short = hashlib.md5((hashlib.md5(password.encode("utf-16-le")).digest()[:5] + salt) * 16).digest()[:5]

    def block(number: int) -> bytes:
        return hashlib.md5(short + struct.pack("<I", number)).digest()

    sealed = _xor(verifier + hashlib.md5(verifier).digest(), _rc4(block(0), 32))
    plain, out, mask, at = _xls_stream(rows, sheet), bytearray(), bytearray(), 0
    # A record that nobody reads makes the length a multiple of four: the zeros after the end count as records.
    filler = struct.pack("<HH", 0x863, -(len(plain) + 62) % 4) + bytes(-(len(plain) + 62) % 4)
    filepass = struct.pack("<HHHHH", 0x2F, 54, 1, 1, 1) + salt + sealed + filler
    while at < len(plain):
        kind, size = struct.unpack_from("<HH", plain, at)
        body = plain[at + 4 : at + 4 + size]
        if kind == 0x85:  # where a sheet begins, moved by the record put in, is not encrypted
            body = struct.pack("<I", struct.unpack("<I", body[:4])[0] + len(filepass)) + body[4:]
        out += plain[at : at + 4] + body
        mask += bytes(4) + (
            bytes(size) if kind == 0x809 else bytes(4) + b"\1" * (size - 4) if kind == 0x85 else b"\1" * size
        )
        if at == 0:
            out += filepass
            mask += bytes(len(filepass) - len(filler) + 4) + b"\1" * (len(filler) - 4)
        at += 4 + size
    key = b"".join(_rc4(block(n), 1024) for n in range(len(out) // 1024 + 1))
    return _compound(bytes(b ^ k if m else b for b, k, m in zip(out, key, mask, strict=False)))


def edited(content: bytes, part: str, *changes: tuple[str, str]) -> bytes:
    """Return a workbook in one of whose parts texts are replaced; each must be there."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name).decode("utf-8")
            for before, after in changes if name == part else ():
                assert before in text, f"{before} is not in {part}"
                text = text.replace(before, after)
            new.writestr(name, text)
    return out.getvalue()


def styled_xls(rows: Rows, styles: dict[tuple[int, int], Any], change: Callable[[Any, Any], object]) -> bytes:
    """Return a workbook of the old format with styles at some cells; ``change`` gets workbook and sheet."""
    made = xlwt.Workbook()
    page = made.add_sheet("表", cell_overwrite_ok=True)
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value not in (None, ""):
                page.write(r, c, value, *([styles[r, c]] if (r, c) in styles else []))
    change(made, page)
    return _compound(made.get_biff_data())
