"""Parsing: a file's data rows as text cells under contract names, written as Parquet for Spark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.contract import MONEY_UNITS, Contract
from jobs.feeds.grid import Sheet, Unreadable, sheets
from jobs.feeds.header import AmbiguousHeader, Header, find

HEAD_ROWS = 20
"""Rows at the top of a sheet among which title, unit and header are looked for."""
CHUNK = 20_000

ROWS = pa.schema([
    ("sheet", pa.string()),
    ("row_no", pa.int32()),
    ("cells", pa.map_(pa.string(), pa.string())),
])  # fmt: skip

_UNIT_LINE = re.compile(
    r"单位\s*[:：]\s*(" + "|".join(sorted(MONEY_UNITS, key=len, reverse=True)) + r")(?!\w)"
)


class Refused(ValueError):
    """The file as a whole is refused; the message names rule and place, in Chinese."""


@dataclass
class Parsed:
    """What the parser found in a file.

    Attributes
    ----------
    attributes : dict
        Values that hold for all rows: from the path and the lines above the header.
    headers : dict
        Contract column -> header text and column letter of the file.
    units : dict
        Money column -> unit of the file's figures.
    rows : int
        Data rows written.
    """

    sheet: str
    attributes: dict[str, str]
    headers: dict[str, str]
    units: dict[str, str]
    extra: list[str]
    skipped: list[int] = field(default_factory=list)
    rows: int = 0

    def details(self) -> dict[str, Any]:
        """Return what the ledger keeps of it."""
        return {"sheet": self.sheet, "headers": self.headers, "units": self.units, "extra_columns": self.extra,
                "skipped_rows": self.skipped[:100], "attributes": self.attributes}  # fmt: skip


def letter(index: int) -> str:
    """Return the letters by which a spreadsheet calls a column (0 = A)."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def _preamble(contract: Contract, above: list[list[str]]) -> dict[str, str]:
    """Return what the lines above the header say; where they say two things, nobody can tell which holds."""
    text = "\n".join(" ".join(dict.fromkeys(c.strip() for c in row if c.strip())) for row in above)
    values = {}
    for rule in contract.feed.preamble:
        label, place = contract.column(rule.column).label, f"（第1—{max(len(above), 1)}行）"
        found = list(dict.fromkeys(match[1] for match in re.finditer(rule.pattern, text)))
        if not found:
            raise Refused(f"表头以上找不到“{label}”{place}")
        if len(found) > 1:
            raise Refused(f"表头以上有不止一种“{label}”，无法判断：{'、'.join(found)}{place}")
        values[rule.column] = found[0]
    return values


def _units(contract: Contract, header: Header, above: list[list[str]]) -> dict[str, str]:
    line = next((m[1] for row in above for cell in row if (m := _UNIT_LINE.search(cell))), None)
    default = line or contract.feed.unit
    units = {}
    for name, index in header.places.items():
        if contract.column(name).money:
            unit = header.unit_of(index) or default
            if unit is None:
                raise Refused(f"“{contract.column(name).label}”没有计量单位：文件和合同都未注明")
            units[name] = unit
    return units


def _choose(contract: Contract, path: Path) -> tuple[Sheet, Header, list[tuple[int, list[str]]]]:
    """Return the sheet that names most columns, its header, and the rows read so far."""
    best: tuple[Sheet, Header, list[tuple[int, list[str]]]] | None = None
    for sheet in sheets(path):
        head = list(islice(sheet.rows, HEAD_ROWS))
        header = find([cells for _, cells in head], contract.cells)
        if header and (best is None or len(header.places) > len(best[1].places)):
            best = (sheet, header, head)
    if best is None:
        wanted = "、".join(c.label for c in contract.cells if c.required)
        raise Refused(f"前 {HEAD_ROWS} 行找不到表头：应有列 {wanted}")
    missing = [c.label for c in contract.cells if c.required and c.name not in best[1].places]
    if missing:
        row = best[2][best[1].first][0]
        raise Refused(
            f"缺少必需列：{'、'.join(missing)}（表头在第{row}行，见到的列：{'、'.join(n for n in best[1].names if n)}）"
        )
    return best


def _data(
    contract: Contract, parsed: Parsed, header: Header, rows: Iterator[tuple[int, list[str]]]
) -> Iterator[dict[str, Any]]:
    footer = re.compile(contract.feed.footer)
    named = {i: n for n, i in header.places.items()}
    # No name of a contract column begins with "+", and no two columns of a file have one letter.
    extras = {i: f"+{n}（{letter(i)}列）" for i, n in enumerate(header.names) if n and i not in named}
    for number, cells in rows:
        first = next((c.strip() for c in cells if c.strip()), "")
        own = {n: cells[i] for i, n in named.items() if i < len(cells) and cells[i].strip()}
        if not own or footer.match(first):
            if first:
                parsed.skipped.append(number)
            continue
        rest = {n: cells[i] for i, n in extras.items() if i < len(cells) and cells[i].strip()}
        yield {
            "sheet": getattr(number, "page", parsed.sheet),
            "row_no": number,
            "cells": list((rest | own).items()),
        }


def parse(contract: Contract, source: Path, attributes: dict[str, str], target: Path) -> Parsed:
    """Read one file and write its data rows.

    Parameters
    ----------
    contract : Contract
        The feed's contract.
    source : Path
        The bytes in landing.
    attributes : dict
        Named groups of the file's path.
    target : Path
        Parquet file to write, in the shape of :data:`ROWS`; memory stays bounded by :data:`CHUNK` rows.

    Raises
    ------
    Refused
        If the file is no table or broken, lacks a required column or has no data row.
    """
    try:
        sheet, header, head = _choose(contract, source)
    except (Unreadable, AmbiguousHeader) as error:
        raise Refused(str(error)) from error
    above = [cells for _, cells in head[: header.first]]
    parsed = Parsed(
        sheet=sheet.name,
        attributes=attributes | _preamble(contract, above),
        headers={n: f"{header.names[i]}（{letter(i)}列）" for n, i in header.places.items()},
        units=_units(contract, header, above),
        extra=header.extra(),
    )
    rows = _data(contract, parsed, header, chain(head[header.first + header.depth :], sheet.rows))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with pq.ParquetWriter(target, ROWS) as writer:
            while chunk := list(islice(rows, CHUNK)):
                writer.write_table(pa.Table.from_pylist(chunk, schema=ROWS))
                parsed.rows += len(chunk)
    except Unreadable as error:
        raise Refused(str(error)) from error
    if parsed.rows == 0:
        raise Refused("没有数据行：表头以下全部为空")
    return parsed
