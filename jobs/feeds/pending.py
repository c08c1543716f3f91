"""Quarantined rows that still wait, for the indicators: figures that use an older value are marked."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.definitions.contract import load_feed
from jobs.feeds.quarantine import OPEN, Row, readable, rows_of
from jobs.ledger.models import Batch

Waiting = tuple[str, dict[str, str | None]]
"""Feed as it is read, and key column -> text."""


def _keys(row: Row) -> dict[str, str | None]:
    return {k: v or None for k, v in zip(load_feed(row.feed).key, row.key.split("|"), strict=True)}


def waiting(read_as: Mapping[str, str], accepted: Mapping[str, list[Batch]], known_by: int) -> list[Waiting]:
    """Return the keys of the rows that wait at a state of knowledge.

    A row whose key cannot be read stands for nobody and is left out.

    Parameters
    ----------
    read_as : dict
        Feed -> the name it is read under: its group's, or its own.
    accepted : mapping
        Feed -> its batches that are known.
    known_by : int
        Sequence number of the last batch to be known.
    """
    rows = rows_of([b for feed in read_as for b in accepted[feed]], known_by)
    return [(read_as[row.feed], _keys(row)) for row in rows if row.state == OPEN and readable(row)]
