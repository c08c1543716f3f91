"""Quarantined rows that still wait, for the indicators: figures that use an older value are marked."""

from __future__ import annotations

from jobs.definitions.contract import load_feed
from jobs.feeds.quarantine import OPEN, Row, readable, rows_of
from jobs.ledger import batches

Waiting = tuple[str, dict[str, str | None]]
"""Feed as it is read, and key column -> text."""


def _keys(row: Row) -> dict[str, str | None]:
    return {k: v or None for k, v in zip(load_feed(row.feed).key, row.key.split("|"), strict=True)}


def waiting(read_as: dict[str, str], known_by: int) -> list[Waiting]:
    """Return the keys of the rows that wait at a state of knowledge.

    A row whose key cannot be read stands for nobody and is left out.

    Parameters
    ----------
    read_as : dict
        Feed -> the name it is read under: its group's, or its own.
    known_by : int
        Sequence number of the last batch to be known.
    """
    known = (b for b in batches.accepted(known_by=known_by) if b.feed in read_as)
    still = [row for row in rows_of(known, known_by) if row.state == OPEN and readable(row)]
    return [(name, _keys(row)) for feed, name in read_as.items() for row in still if row.feed == feed]
