"""Corrected sheets as files: the layout of a sheet, and reading what it says of one batch.

One sheet per feed, named by the feed's id; the first row is the header. The first columns name the
quarantined row and say what to do with it, then come the contract's columns and those that the file had
beside them. What a sheet corrects is taken in like any file's rows: same bronze, same row rules.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xlsxwriter.utility import xl_col_to_name as letter

from jobs.definitions.contract import Contract
from jobs.feeds.landing import landed
from jobs.ledger import repairs
from jobs.ledger.models import Batch, File, Repair
from jobs.settings import settings
from jobs.sheets.files import sheets
from jobs.sheets.landed_rows import LandedRow, write_rows
from jobs.sheets.parse import Parsed

FIXED = ("批次", "工作表", "行号", "指纹", "文件", "处理", "原因", "单位")
"""Columns before the cells; the first four name the row and what it was when it was exported."""
ACTION = FIXED.index("处理")
CORRECT, DROP, LEAVE = "更正", "放弃", "留待"
ACTIONS = {CORRECT: repairs.CORRECTED, DROP: repairs.DROPPED}
GUIDE = "说明"
"""Sheet with the instructions; not read."""


@dataclass(frozen=True)
class Entry:
    """One row of a sheet.

    Attributes
    ----------
    number : int
        Row number as a person sees it.
    fixed : tuple of str
        The columns of :data:`FIXED`.
    cells : dict
        Contract column, or the header of a further column of the file, -> text; without blanks.
    """

    number: int
    fixed: tuple[str, ...]
    cells: dict[str, str]

    @property
    def place(self) -> repairs.Place:
        """Batch, sheet and row of the quarantined row; row 0 where the number cannot be read."""
        batch, sheet, row = self.fixed[:3]
        return batch, sheet, int(row) if row.isdecimal() else 0

    @property
    def action(self) -> str:
        """What to do, as written."""
        return self.fixed[ACTION].strip()


def header(contract: Contract) -> list[str]:
    """Return the header of a feed's sheet, up to the contract's last column."""
    return [*FIXED, *(c.label for c in contract.cells)]


def entries(contract: Contract, found: list[str], rows: Iterator[tuple[int, list[str]]]) -> Iterator[Entry]:
    """Read the rows of a sheet under its header ``found``; rows without any text are none."""
    names = [c.name for c in contract.cells] + found[len(header(contract)) :]
    for number, row in rows:
        texts = [*row, *[""] * (len(FIXED) + len(names) - len(row))]
        if any(t.strip() for t in texts):
            cells = dict(zip(names, texts[len(FIXED) :], strict=False))
            yield Entry(number, tuple(texts[: len(FIXED)]), {n: t for n, t in cells.items() if t.strip()})


def land(source: Path) -> tuple[str, int]:
    """Copy a sheet's bytes into landing and return their hash and size."""
    content = source.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    target = landed(sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=settings().landing, delete=False) as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.replace(out.name, target)
    return sha256, len(content)


def entries_of(contract: Contract, file: File) -> list[Entry]:
    """Return what a landed sheet says of the batch that ``file`` repairs."""
    of_batch = (file.details or {})[repairs.DETAIL]["of_batch"]
    for sheet in sheets(landed(file.sha256)):
        if sheet.name == contract.id:
            _, header = next(sheet.rows)
            return [e for e in entries(contract, header, sheet.rows) if e.fixed[0] == of_batch]
    return []


def _row(contract: Contract, entry: Entry, fixed_names: dict[int, str]) -> LandedRow:
    # A row corrected before has the line it came from among its cells: this sheet's own is the nearer one.
    cells = entry.cells | {name: entry.fixed[i] for i, name in fixed_names.items() if entry.fixed[i]}
    return LandedRow(contract.id, entry.number, tuple(cells), list(cells.values()))


def parse(contract: Contract, file: File, target: Path) -> Parsed:
    """Write the corrected rows of a sheet for one batch, as :func:`jobs.sheets.parse.parse` does for a file.

    What holds for all rows of the file (period, reporter, units) is the repaired file's.
    """
    _, original = repairs.original_of(file)
    told = original.details or {}
    fixed_names = {i: f"+{name}（{letter(i)}列）" for i, name in enumerate(FIXED[:3])}
    rows = write_rows(
        (_row(contract, e, fixed_names) for e in entries_of(contract, file) if e.action == CORRECT), target
    )
    places = enumerate(contract.cells, start=len(FIXED))
    return Parsed(
        sheet=contract.id,
        attributes=told.get("attributes", {}),
        headers={c.name: f"{c.label}（{letter(i)}列）" for i, c in places},
        units=told.get("units", {}),
        assumed=told.get("units_assumed", []),
        extra=[],
        rows=rows,
    )


def conclude(contract: Contract, files: list[File], new: list[Batch]) -> list[Repair]:
    """Return what a finished poll of a sheet decides.

    A batch that drops rows also names the periods of the batch they came with: figures that were
    marked because of such a row change their mark.
    """
    by_file = {b.file_id: b for b in new}
    made = []
    for file in files:
        if file.file_id not in by_file or not repairs.is_repair(file.path):
            continue
        batch, (of_batch, _) = by_file[file.file_id], repairs.original_of(file)
        for entry in entries_of(contract, file):
            if entry.action in ACTIONS:
                _, sheet, row_no = entry.place
                made.append(
                    Repair(
                        of_batch=of_batch.batch_id, sheet=sheet, row_no=row_no, action=ACTIONS[entry.action],
                        batch_id=batch.batch_id, decided_by=(file.details or {})[repairs.DETAIL]["by"],
                        decided_at=file.received_at,
                    )
                )  # fmt: skip
            if entry.action == DROP:
                batch.periods = sorted({*batch.periods, *of_batch.periods})
                batch.first_date = batch.first_date or of_batch.first_date
    return made
