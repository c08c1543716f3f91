"""The table data_status: per feed and reporter, what came for which source period, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jobs.contract import load_feed
from jobs.ledger import batches, repairs
from jobs.ledger.models import Batch
from jobs.period import parse
from jobs.policy.model import Programme
from jobs.reference import reporter_name
from jobs.release.completeness import arrival, periodic, source_period

STATUS_COLUMNS = (
    "release STRING, programme STRING, period STRING, feed STRING, reporter STRING, reporter_name STRING, "
    "source_period STRING, state STRING, arrived_at TIMESTAMP, rows_landed BIGINT, rows_silver BIGINT, "
    "rows_quarantined BIGINT, rows_duplicate BIGINT, file_name STRING"
)

Row = tuple[Any, ...]


def _own(accepted: list[Batch], reporter: str, key: str) -> list[Batch]:
    return [b for b in accepted if (b.reporter or "*") == reporter and key in b.periods]


def _state(batch: Batch | None, delivered: datetime | None, due: datetime | None, waiting: int) -> str:
    """Judge by when the sender delivered, not by when somebody looked."""
    if batch is None or delivered is None:
        return "缺报"
    if due is not None and delivered > due:
        return "迟报"
    return "待核实" if waiting else "按时"


def status_rows(programme: Programme, periods: list[str], accepted: dict[str, list[Batch]]) -> list[Row]:
    """Return the rows of ``data_status`` without release and programme.

    Only feeds that somebody must deliver by a date have rows: the source period that the programme's own
    period asks of each, one row per reporter.
    """
    files = batches.arrivals(programme.feed_ids)
    waiting = repairs.undecided(b for own in accepted.values() for b in own)
    rows: list[Row] = []
    for key in periods:
        for use in periodic(programme):
            contract = load_feed(use.feed)
            if not (contract.feed.calendar and contract.feed.reporters):
                continue
            source = source_period(use, parse(key))
            found = arrival(contract, source, accepted[use.feed])
            for reporter in found.expected:
                # A corrected sheet is no report: its rows count with the file that they repair.
                own = [
                    b
                    for b in _own(accepted[use.feed], reporter, source)
                    if not repairs.is_repair(files[b.file_id][0])
                ]
                batch = own[-1] if own else None
                counts = (
                    (batch.landed, batch.silver, batch.quarantined, batch.duplicates)
                    if batch
                    else (None,) * 4
                )
                path = files[batch.file_id][0] if batch else None
                # In time is who delivered in time, also when a correction followed; the counts are the latest.
                delivered = files[own[0].file_id][1] if own else None
                state = _state(batch, delivered, found.due, waiting.get(batch.batch_id, 0) if batch else 0)
                rows.append(
                    (
                        key,
                        use.feed,
                        reporter,
                        reporter_name(reporter),
                        source,
                        state,
                        delivered,
                        *counts,
                        path,
                    )
                )
    return rows
