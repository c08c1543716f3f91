"""Parsing: a file's data rows as text cells under contract names, written as Parquet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_col_to_name as letter

from jobs.definitions import period
from jobs.definitions.contract import RECEIVED, Contract
from jobs.sheets import editions, units
from jobs.sheets.captions import Captions, refuse_second_list, refuse_unit_elsewhere, said
from jobs.sheets.choice import Choice, Refused, choose
from jobs.sheets.grid import Unreadable
from jobs.sheets.header import AmbiguousHeader, Row
from jobs.sheets.landed_rows import write_rows
from jobs.sheets.rows import Rows
from jobs.sheets.skipped_lines import Skipped

Told = Callable[[int, int], None]
"""Told how many rows are read, of about how many."""


@dataclass
class Parsed:
    """What the parser found in a file.

    Attributes
    ----------
    attributes : dict
        Values that hold for all rows: from the path and the lines above the header; edition of the form.
    headers : dict
        Contract column -> header text and column letter of the file.
    units : dict
        Money column -> unit of the file's figures.
    general : str or None
        Unit of the money columns whose header names none.
    assumed : list of str
        Money columns whose unit is the contract's, because the file says nothing of it.
    header_rows : tuple of int
        Lines of the file from which to which the header stands.
    other_sheets : list of str
        Sheets that were not read.
    rows : int
        Data rows written.
    """

    sheet: str
    attributes: dict[str, str]
    headers: dict[str, str]
    units: dict[str, str]
    extra: list[str]
    skipped: Skipped = field(default_factory=Skipped)
    header_rows: tuple[int, int] = (0, 0)
    other_sheets: list[str] = field(default_factory=list)
    rows: int = 0
    general: str | None = None
    assumed: list[str] = field(default_factory=list)

    def details(self) -> dict[str, Any]:
        """Return what the ledger keeps of it."""
        return {"sheet": self.sheet, "headers": self.headers, "units": self.units, "units_assumed": self.assumed, "extra_columns": self.extra,
                "header_rows": list(self.header_rows), "skipped": self.skipped.counts, "skipped_rows": self.skipped.lines,
                "other_sheets": self.other_sheets, "attributes": self.attributes}  # fmt: skip


def _preamble(contract: Contract, above: list[Row]) -> dict[str, str]:
    """Return what the lines above the header say; where they say two things, nobody can tell which holds."""
    text = "\n".join(" ".join(dict.fromkeys(c.strip() for c in row if c.strip())) for row in above)
    values = {}
    for rule in contract.feed.preamble:
        label, place = contract.column(rule.column).label, f"（第1—{max(len(above), 1)}行）"
        stated = said(rule, text)
        if not stated:
            raise Refused(f"表头以上找不到“{label}”{place}")
        if len(stated) > 1:
            raise Refused(f"表头以上有不止一种“{label}”，无法判断：{'、'.join(stated)}{place}")
        values[rule.column] = stated[0]
    return values


def _begun(attributes: dict[str, str], received: date | None) -> dict[str, str]:
    """Return the attribute of the day of receipt; a file of a period that had not begun is refused."""
    if received is None:
        return {}
    if key := attributes.get("period"):
        try:
            begin = period.parse(key).begin
        except ValueError as error:
            raise Refused(f"文件名中的期间有误：{error}") from error
        if begin > received:
            raise Refused(f"期间 {key} 尚未开始（{begin} 起），收到日为 {received}：请核对文件名中的期间")
    return {RECEIVED: received.isoformat()}


def _found(contract: Contract, chosen: Choice, attributes: dict[str, str]) -> Parsed:
    header = chosen.header
    above = chosen.cells[: header.first]
    of_file = units.units(contract, header, chosen.head, chosen.sheet.name)
    refuse_unit_elsewhere(chosen, of_file)
    refuse_second_list(chosen)
    return Parsed(
        sheet=chosen.sheet.name,
        attributes=attributes | _preamble(contract, above),
        headers={n: f"{header.names[i]}（{letter(i)}列）" for n, i in header.places.items()},
        units=of_file.of,
        general=of_file.general,
        assumed=of_file.assumed,
        skipped=Skipped(listens=bool(of_file.of)),
        extra=header.extra(),
        header_rows=(chosen.head[header.first][0], chosen.head[header.first + header.depth - 1][0]),
        other_sheets=chosen.others,
    )


def _check_units(parsed: Parsed) -> None:
    """Refuse a file below whose header another unit is stated than its figures were taken in."""
    taken = units.Units(parsed.units, parsed.general, parsed.assumed)
    if odd := units.contradicted(taken, parsed.skipped.spoken):
        unit, number = odd
        raise Refused(
            f"第{number}行（表头以下）注明单位为{unit}，"
            f"与表头或合同的{'、'.join(sorted(set(parsed.units.values())))}不符，无法判断"
        )
    if parsed.skipped.spoken:
        parsed.assumed = []


def parse(
    contract: Contract,
    source: Path,
    attributes: dict[str, str],
    target: Path,
    received: date | None = None,
    told: Told = lambda *_: None,
) -> Parsed:
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
        Parquet file to write (:func:`jobs.sheets.landed_rows.write_rows`).
    received : date, optional
        Business date of receipt: what begins later is no report.
    told : callable
        Told how many rows are read, of about how many.

    Raises
    ------
    Refused
        If the file is no table or broken, lacks a required column, has no data row, is of another form or
        edition, or leaves open what it means.
    """
    try:
        attributes = attributes | _begun(attributes, received)
        edition = editions.of(contract, attributes)
        if edition:
            attributes = attributes | {"edition": edition.name}
        chosen = choose(contract, edition, source)
        parsed = _found(contract, chosen, attributes)
        captions = Captions(contract, parsed.attributes)
        rows = Rows(contract, chosen, parsed.units, parsed.skipped, captions)
        expected = chosen.sheet.expected
        parsed.rows = write_rows(rows, target, lambda read: told(read, max(read, expected)))
        _check_units(parsed)
    except (Unreadable, AmbiguousHeader, editions.Unknown, units.Unclear) as error:
        raise Refused(str(error)) from error
    if parsed.rows == 0:
        raise Refused(f"没有数据行：表头以下全部为空{chosen.hint}")
    return parsed
