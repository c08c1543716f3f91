"""The balance of a poll: one batch per accepted file, and no row lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jobs import clock
from jobs.definitions.contract import Contract
from jobs.feeds.notices import HELD_BACK
from jobs.ledger.models import Batch, File, Poll
from jobs.sheets.parse import Parsed


@dataclass(frozen=True)
class Tally:
    """Counts of one batch."""

    landed: int = 0
    silver: int = 0
    quarantined: int = 0
    duplicates: int = 0
    withdrawn: int = 0
    held_back: int = 0
    periods: tuple[str, ...] = ()
    first_date: date | None = None


def batch_id(file: File, token: str) -> str:
    """Return an id that no other ledger gives: a lake may outlive its ledger."""
    return f"{file.feed}-{token}-{file.ordinal:05d}"


def batches_of(
    contract: Contract,
    files: list[File],
    parsed: dict[int, Parsed],
    tallies: dict[str, Tally],
    opened: Poll,
    run_id: str | None,
) -> list[Batch]:
    """Return the batches of the accepted files, and keep with each file what it could not withdraw.

    Raises
    ------
    RuntimeError
        If a row that was parsed did not land, or landed and is neither kept, quarantined nor a duplicate.
    """
    made = []
    for file in files:
        if file.verdict != "accepted":
            continue
        own = batch_id(file, opened.token)
        t = tallies.get(own, Tally())
        if not parsed[file.file_id].rows == t.landed == t.silver + t.quarantined + t.duplicates:
            raise RuntimeError(f"{file.path}：行数不守恒 {t}")
        if t.held_back:
            file.details = (file.details or {}) | {HELD_BACK: t.held_back}
        made.append(
            Batch(
                batch_id=own, feed=contract.id, file_id=file.file_id, poll_id=opened.poll_id,
                accepted_at=clock.now(), scope=file.scope or "", reporter=file.reporter, periods=list(t.periods),
                first_date=t.first_date, landed=t.landed, silver=t.silver, quarantined=t.quarantined,
                duplicates=t.duplicates, withdrawn=t.withdrawn, run_id=run_id,
            )
        )  # fmt: skip
    return made
