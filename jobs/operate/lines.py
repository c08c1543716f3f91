"""Lines of received files, read again from the bytes in landing: what the sender wrote, cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from jobs.feeds.landing import landed
from jobs.ledger import repairs, session
from jobs.ledger.models import Batch, File
from jobs.ledger.repairs import Place
from jobs.sheets.files import sheets
from jobs.sheets.grid import Sheet, Unreadable

_LETTER = re.compile(r"（([A-Z]+)列）$")


@dataclass(frozen=True)
class ReceivedLine:
    """A line as it stands on disk.

    Attributes
    ----------
    place : tuple
        Batch, sheet and row number.
    file : File
        The ledger's entry of the file.
    texts : tuple of str
        The cells; empty where the line could not be read again, and ``trouble`` says why.
    """

    place: Place
    file: File
    texts: tuple[str, ...] = ()
    trouble: str = ""

    def header(self, column: str) -> str:
        """Return the file's header of a contract column, with its letter."""
        return str((self.file.details or {}).get("headers", {}).get(column, ""))

    def unit(self, column: str) -> str:
        """Return the money unit of a column's figures in the file."""
        return str((self.file.details or {}).get("units", {}).get(column, ""))

    def cell(self, column: str) -> str:
        """Return the very text of a contract column's cell."""
        match = _LETTER.search(self.header(column))
        index = _index(match[1]) if match else len(self.texts)
        return self.texts[index] if index < len(self.texts) else ""

    @property
    def original(self) -> Place | None:
        """The quarantined row that a line of a corrected sheet stands for."""
        if not repairs.is_repair(self.file.path) or not self.texts:
            return None
        batch, sheet, row = self.texts[:3]
        return batch, sheet, int(row)


def _index(letters: str) -> int:
    number = 0
    for char in letters:
        number = number * 26 + ord(char) - 64
    return number - 1


def files_of(batch_ids: Iterable[str]) -> dict[str, File]:
    """Return batch -> the file it came from."""
    query = select(Batch.batch_id, File).join(File, File.file_id == Batch.file_id)
    with session() as s:
        return dict(s.execute(query.where(Batch.batch_id.in_(list(batch_ids)))).all())


def read(places: Iterable[Place]) -> dict[Place, ReceivedLine]:
    """Read lines again, every file once.

    Parameters
    ----------
    places : iterable of (batch, sheet, row number)

    Returns
    -------
    dict
        Place -> line; also of the quarantined rows that lines of corrected sheets stand for.
    """
    wanted = set(places)
    files = files_of({batch for batch, _, _ in wanted})
    lines: dict[Place, ReceivedLine] = {}
    for batch, file in files.items():
        lines |= _read_file(file, {p for p in wanted if p[0] == batch})
    behind = {line.original for line in lines.values() if line.original} - set(lines)
    return lines | read(behind) if behind else lines


def _read_file(file: File, places: set[Place]) -> dict[Place, ReceivedLine]:
    rows = {(sheet, row): (batch, sheet, row) for batch, sheet, row in places}
    lines: dict[Place, ReceivedLine] = {}
    trouble = "文件中没有这一行"
    try:
        for sheet in sheets(landed(file.sha256)):
            read = _read_sheet(sheet, rows, file)
            if read is not None:
                lines |= read
    except (Unreadable, OSError) as error:
        trouble = f"原始字节无法读出：{error}"
    return {p: lines.get(p, ReceivedLine(p, file, trouble=trouble)) for p in places}


def _read_sheet(
    sheet: Sheet, rows: dict[tuple[str, int], Place], file: File
) -> dict[Place, ReceivedLine] | None:
    """Return the lines of a sheet, None where a text file is divided by another delimiter than the one that held.

    A record of an interface knows the page it stands on: that is its sheet.
    """
    last = max((row for name, row in rows if not sheet.name or name == sheet.name), default=0)
    first, header = (file.details or {}).get("header_rows") or (0, 0)
    widest, lines = 0, {}
    for number, texts in sheet.rows if last else ():
        widest = max(widest, len(texts)) if first <= number <= header else widest
        if sheet.delimited and number == header and widest <= _last_column(file):
            return None
        if place := rows.get((getattr(number, "page", sheet.name), number)):
            lines[place] = ReceivedLine(place, file, tuple(texts))
        if number >= last:
            break
    return lines


def _last_column(file: File) -> int:
    """Return the index of the last column of which the ledger knows the header."""
    letters = [_LETTER.search(h) for h in (file.details or {}).get("headers", {}).values()]
    return max((_index(m[1]) for m in letters if m), default=0)
