"""Certificate notices at a state of knowledge, without Spark: their lines, people's words on them, and what matches nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from jobs.definitions.wording import folded_sql
from jobs.kpi.unmatched import CONTINUES, Key, NoticeLine, Word, unmatched
from jobs.lake.scan import standing, view
from jobs.ledger import batches, settlements
from jobs.ledger.models import Settlement

_COLUMNS = ("document_date", "uscc", "unit_name", "county_name", "valid_to", "file_name", "sheet", "row_no")


@dataclass(frozen=True)
class Notices:
    """The notices of a feed.

    Attributes
    ----------
    lines : tuple of NoticeLine
        As sent.
    words : tuple of Word
        What people's words make of lines.
    waiting : tuple of NoticeLine
        Withdrawals and reviews that match no holder and that nobody settled.
    """

    lines: tuple[NoticeLine, ...] = ()
    words: tuple[Word, ...] = ()
    waiting: tuple[NoticeLine, ...] = ()


def lines_of(feed: str, known_by: int | None = None) -> tuple[NoticeLine, ...]:
    """Return the lines of a feed's notices that stand at a state of knowledge."""
    if not batches.accepted(feed, known_by):
        return ()
    # Twenty thousand lines: names are folded and lines put in order where they lie.
    told = ", ".join(_COLUMNS)
    with duckdb.connect() as con:
        rows = con.execute(
            f"SELECT document_no, tier, event, {folded_sql('name')}, name, {told} "
            f"FROM ({standing(con, feed, _COLUMNS, known_by)}) "
            "ORDER BY document_date, document_no, file_name, row_no, sheet"
        ).fetchall()
    return tuple(
        NoticeLine(
            (document_no, tier, event, name), day, uscc, unit, county, valid_to, file_name, sheet or "", row_no, printed
        )
        for document_no, tier, event, name, printed, day, uscc, unit, county, valid_to, file_name, sheet, row_no in rows
    )  # fmt: skip


def words_of(said: dict[Key, Settlement]) -> tuple[Word, ...]:
    """Return what people's words make of lines: of the line each is about, and of the certificate it names."""
    words = []
    for key, word in said.items():
        if word.decision == settlements.REOPENED:
            continue
        words.append(Word(key, word.stated, word.uscc))
        if word.certificate:
            words.append(Word(tuple(word.certificate), None, word.uscc))
    return tuple(words)


def _registered(register: str, codes: Iterable[str], known_by: int | None) -> set[str]:
    """Return which codes a register knows at a state of knowledge."""
    wanted, ids = sorted(codes), [b.batch_id for b in batches.accepted(register, known_by)]
    if not wanted or not ids:
        return set()
    with duckdb.connect() as con:
        view(con, "rows", ("silver", register), ["uscc", "batch_id"])
        asked = "SELECT DISTINCT uscc FROM rows WHERE list_contains(?, uscc) AND list_contains(?, batch_id)"
        return {uscc for (uscc,) in con.execute(asked, [wanted, ids]).fetchall()}


def notices_at(
    certificates: str, register: str, known_by: int | None = None, settled: int | None = None
) -> Notices:
    """Return a feed's notices at a state of knowledge.

    Parameters
    ----------
    certificates, register : str
        A programme's feeds of those roles.
    known_by : int, optional
        Sequence number of the last batch to be known; default: all.
    settled : int, optional
        Number of the last word to be known; default: all.
    """
    lines, words = lines_of(certificates, known_by), words_of(settlements.words(certificates, settled))
    waiting = unmatched(lines, words)
    open_codes = {line.uscc for line in waiting if line.event == CONTINUES and line.uscc}
    if registered := _registered(register, open_codes, known_by):
        waiting = unmatched(lines, words, registered)
    return Notices(lines, words, tuple(waiting))
