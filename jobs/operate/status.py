"""What is due, arrived, late, refused and waiting, per feed and source period; and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from jobs import clock
from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.period import parse
from jobs.definitions.readable import readable
from jobs.definitions.reference import regions
from jobs.feeds import quarantine
from jobs.ledger import batches, repairs
from jobs.ledger.models import Batch, File
from jobs.operate.files import listing
from jobs.operate.source_periods import ANY, shown
from jobs.release.completeness import arrival, due_at, late_since


@dataclass
class Cell:
    """One feed in one source period.

    Attributes
    ----------
    due : datetime or None
        Deadline; None where the contract has none.
    expected, arrived : list of str
        Reporters; ``*`` where nobody in particular must report.
    missing : list of str
        Reporters that are overdue: the deadline has passed and the source was read after it.
    late : list of str
        Reporters that delivered after the deadline; what is pulled only if somebody had looked for it in vain.
    refused : list of int
        Files refused and not followed by a good one of the same sender and period.
    open : int
        Quarantined rows that wait for somebody.
    open_since : datetime or None
        When the oldest of them was received.
    landed, used : int
        Rows received and rows in use, of the files that stand.
    """

    feed: str
    period: str
    due: datetime | None
    expected: list[str]
    arrived: list[str]
    missing: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    open: int = 0
    open_since: datetime | None = None
    landed: int = 0
    used: int = 0

    @property
    def coverage(self) -> float | None:
        """Share of the rows received that are in use, None where nothing came."""
        return self.used / self.landed if self.landed else None

    def as_dict(self) -> dict[str, Any]:
        """Return the cell for JSON."""
        return asdict(self) | {"coverage": self.coverage}


def matrix(feed: str | None = None, since: str | None = None) -> list[Cell]:
    """Return the cells of all feeds, or of one, by feed and period.

    Parameters
    ----------
    feed : str, optional
    since : str, optional
        First source period to be shown; default: the last few of each feed.
    """
    contracts = [load_feed(feed)] if feed else list(readable())
    names, now, matrix_cells = [c.id for c in contracts], clock.now(), []
    by_feed: dict[str, list[Batch]] = {name: [] for name in names}
    files_of: dict[str, dict[int, File]] = {name: {} for name in names}
    for batch in batches.accepted(feed):
        if batch.feed in by_feed:
            by_feed[batch.feed].append(batch)
    for file in listing(feed):
        if file.feed in files_of:
            files_of[file.feed][file.file_id] = file
    waiting, looked = _open_by_feed(by_feed), batches.look_moments(names, now)
    for contract in contracts:
        name, accepted, files = contract.id, by_feed[contract.id], files_of[contract.id]
        looks = looked.get(name, [])
        cells = [
            _cell(contract, key, accepted, files, looks) for key in shown(contract, accepted, now, since)
        ]
        _add_open(cells, waiting.get(name, []), {b.batch_id: b.accepted_at for b in accepted})
        matrix_cells += cells
    return matrix_cells


def _open_by_feed(accepted: Mapping[str, list[Batch]]) -> dict[str, list[quarantine.Row]]:
    """Return the open rows of the feeds of which the ledger says that some may be open."""
    waiting = repairs.undecided([b for own in accepted.values() for b in own])
    some = [own for own in accepted.values() if sum(waiting.get(b.batch_id, 0) for b in own)]
    rows: dict[str, list[quarantine.Row]] = {}
    for row in quarantine.rows_of(b for own in some for b in own) if some else []:
        if row.state == quarantine.OPEN:
            rows.setdefault(row.feed, []).append(row)
    return rows


def attributes(contract: Contract, file: File) -> dict[str, str]:
    """Return what a file's path tells of it by the contract's pattern: reporter, period and the like."""
    match = re.fullmatch(contract.feed.pattern, repairs.repaired_path(file.path))
    return {k: v for k, v in (match.groupdict() if match else {}).items() if v}


def late_reporters(
    contract: Contract, due: datetime | None, delivered: Mapping[str, datetime], looks: Iterable[datetime]
) -> list[str]:
    """Return who delivered late, by the rule of the table ``data_status``."""
    moments = list(looks)
    return sorted(r for r, moment in delivered.items() if due and late_since(contract, due, moment, moments))


def _cell(
    contract: Contract, key: str, accepted: list[Batch], files: dict[int, File], looks: list[datetime]
) -> Cell:
    events = key == ANY
    due = due_at(contract, parse(key)) if contract.feed.calendar and not events else None
    own = [b for b in accepted if events or key in b.periods]
    if events:
        cell = Cell(contract.id, key, None, [ANY], [ANY] if own else [])
    else:
        arrived = arrival(contract, key, accepted, {contract.id: max(looks)} if looks else {})
        cell = Cell(contract.id, key, arrived.due, list(arrived.expected), list(arrived.arrived))
        cell.missing = list(arrived.missing) if arrived.overdue else []
    delivered: dict[str, datetime] = {}
    for batch in own:
        moment = files[batch.file_id].modified_at
        delivered.setdefault(batch.reporter or ANY, moment)
    cell.late = late_reporters(contract, due, delivered, looks)
    cell.refused = _refused(contract, key, files.values())
    standing = _standing(own, files, replaces=contract.feed.mode == "replace")
    cell.landed = sum(
        b.landed - b.duplicates for b in standing if not repairs.is_repair(files[b.file_id].path)
    )
    cell.used = sum(b.silver for b in standing)
    return cell


def _standing(own: list[Batch], files: dict[int, File], replaces: bool) -> list[Batch]:
    """Return the batches that stand: of files that replace their scope the last one and its repairs."""
    if not replaces:
        return own
    last: dict[str, list[Batch]] = {}
    for batch in own:
        if repairs.is_repair(files[batch.file_id].path):
            last.setdefault(batch.scope, []).append(batch)
        else:
            last[batch.scope] = [batch]
    return [b for batches_of in last.values() for b in batches_of]


def _refused(contract: Contract, key: str, files: Iterable[File]) -> list[int]:
    """Return the refused files of a period that no good one of the same sender and period followed."""
    sender: dict[tuple[str | None, str | None, str], File] = {}
    for file in sorted(files, key=lambda f: (f.modified_at, f.file_id)):
        told = attributes(contract, file)
        period = told.get("period") or told.get("year")
        if key == ANY or period is None or key.startswith(period):
            # Events have no period of their own: there each file stands for itself.
            sender[told.get("reporter"), period, file.path if key == ANY else ""] = file
    return sorted(f.file_id for f in sender.values() if f.verdict == "refused")


def _add_open(cells: list[Cell], rows: list[quarantine.Row], received: dict[str, datetime]) -> None:
    """Count open rows in their periods; a row whose period cannot be told counts in the file's latest one."""
    for row in rows:
        period = quarantine.told_period(row)
        fits = [c for c in cells if c.period == ANY or (period and c.period.startswith(period))]
        for cell in fits[-1:]:
            cell.open += 1
            cell.open_since = min(cell.open_since or received[row.batch_id], received[row.batch_id])


def names(reporters: Iterable[str]) -> str:
    """Return reporters by name."""
    known = regions()
    return "、".join(known[r].name if r in known else r for r in reporters)
