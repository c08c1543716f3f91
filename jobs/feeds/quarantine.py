"""Quarantined rows and what became of each, from ledger and lake, without Spark.

A row is open until a person corrects or drops it, or until a later file overtakes it: another file of
the same scope where files replace their scope, or a newer good row of the same key.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from jobs.definitions.contract import load_feed
from jobs.definitions.wording import key_text
from jobs.lake.scan import view
from jobs.ledger import batches, repairs
from jobs.ledger.models import Batch
from jobs.ledger.repairs import Place

OPEN, OVERTAKEN = "open", "overtaken"
STATES = {OPEN: "未处理", repairs.CORRECTED: "已更正", repairs.DROPPED: "已放弃", OVERTAKEN: "已被新文件取代"}

_COLUMNS = ("feed", "batch_id", "file_id", "file_name", "sheet", "row_no", "scope", "key", "cells", "reasons")
CONFLICT, ELSEWHERE = "KEY_CONFLICT", "KEY_OTHER_SCOPE"


@dataclass(frozen=True)
class Row:
    """A quarantined row of an accepted batch.

    Attributes
    ----------
    seq : int
        Sequence number of its batch.
    cells : dict
        Contract column, or header of a further column of the file, -> text as sent.
    reasons : tuple of dict
        ``column, header, value, rule, message`` each.
    state : str
        One of :data:`STATES`.
    by : str
        Who or what changed the state: a person, or the batch that overtook the row.
    """

    feed: str
    batch_id: str
    seq: int
    file_id: int
    file_name: str
    sheet: str
    row_no: int
    scope: str
    reporter: str | None
    key: str
    cells: dict[str, str]
    reasons: tuple[dict[str, str], ...]
    state: str = OPEN
    by: str = ""

    @property
    def place(self) -> Place:
        """What names the row."""
        return self.batch_id, self.sheet, self.row_no

    @property
    def rules(self) -> set[str]:
        """Names of the rules it breaks."""
        return {r["rule"] for r in self.reasons}

    @property
    def owner(self) -> str:
        """Whose the row is."""
        return self.reporter or self.scope

    def fingerprint(self) -> str:
        """Return what changes when anything of the row as quarantined does."""
        told = [self.place, sorted(self.cells.items()), [sorted(r.items()) for r in self.reasons]]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]


def rows(feed: str | None = None, known_by: int | None = None) -> list[Row]:
    """Return the quarantined rows of the accepted batches, each with its state.

    Parameters
    ----------
    feed : str, optional
        Default: all feeds.
    known_by : int, optional
        Sequence number up to which batches and decisions are known; default: all.
    """
    return rows_of(batches.accepted(feed, known_by), known_by)


def rows_of(accepted: Iterable[Batch], known_by: int | None = None) -> list[Row]:
    """Return the quarantined rows of accepted batches, each with its state; of a feed they must be all that are known."""
    known = {b.batch_id: b for b in accepted}
    with duckdb.connect() as con:
        return _rows(con, known, known_by)


def _rows(con: duckdb.DuckDBPyConnection, known: dict[str, Batch], known_by: int | None) -> list[Row]:
    rows = _landed(con, known)
    if not rows:
        return []
    decided = repairs.decided(known_by)
    latest = _latest_of_scope(known.values(), repairs.batch_ids(known_by))
    rows = [_judged(row, decided, latest) for row in rows]
    waiting = [r for r in rows if r.state == OPEN and readable(r)]
    newer = {
        f: _good_rows(con, f, [r.key for r in waiting if r.feed == f], known)
        for f in {r.feed for r in waiting}
    }
    return [_outlived(r, newer.get(r.feed, {}).get(r.key, [])) for r in rows]


def open_rows(feed: str | None = None, known_by: int | None = None) -> list[Row]:
    """Return the quarantined rows that nobody has repaired or dropped and nothing overtook (see :func:`rows`)."""
    return [r for r in rows(feed, known_by) if r.state == OPEN]


def period_of(row: Row) -> str | None:
    """Return the source period of a row, None where its feed has none or the cell is unreadable."""
    contract = load_feed(row.feed)
    at = [i for i, k in enumerate(contract.key) if contract.column(k).is_period]
    parts = row.key.split("|")
    return parts[at[0]] or None if at and len(parts) == len(contract.key) else None


def told_period(row: Row) -> str:
    """Return the source period of a row, else the one that the name of its file tells; empty where neither does."""
    match = re.fullmatch(load_feed(row.feed).feed.pattern, repairs.repaired_path(row.file_name))
    return period_of(row) or (match and match.groupdict().get("period")) or ""


def _landed(con: duckdb.DuckDBPyConnection, known: dict[str, Batch]) -> list[Row]:
    wanted = [i for i, b in known.items() if b.quarantined]
    if not wanted:
        return []
    view(con, "rows", ("quarantine", "rows"), _COLUMNS, ("feed", sorted({known[i].feed for i in wanted})))
    rows = con.execute("SELECT * FROM rows WHERE list_contains(?, batch_id)", [wanted]).fetchall()
    landed = [
        Row(
            feed=r["feed"], batch_id=r["batch_id"], seq=known[r["batch_id"]].seq, file_id=r["file_id"],
            file_name=r["file_name"], sheet=r["sheet"] or "", row_no=r["row_no"], scope=r["scope"] or "",
            reporter=known[r["batch_id"]].reporter, key=r["key"] or "", cells=r["cells"] or {},
            reasons=tuple({k: v or "" for k, v in x.items()} for x in r["reasons"]),
        )
        for r in (dict(zip(_COLUMNS, row, strict=True)) for row in rows)
    ]  # fmt: skip
    return sorted(landed, key=lambda r: (r.feed, r.seq, r.sheet, r.row_no))


def _latest_of_scope(known: Iterable[Batch], repairing: set[str]) -> dict[tuple[str, str], Batch]:
    """Return the latest file from the source of every scope whose files replace each other."""
    latest = {}
    for batch in sorted(known, key=lambda b: b.seq):
        if batch.batch_id not in repairing and load_feed(batch.feed).feed.mode == "replace":
            latest[batch.feed, batch.scope] = batch
    return latest


def _judged(row: Row, decided: dict[Place, Any], latest: dict[tuple[str, str], Batch]) -> Row:
    if done := decided.get(row.place):
        return replace(row, state=done.action, by=f"{done.decided_by}（{done.batch_id}）")
    last = latest.get((row.feed, row.scope))
    return replace(row, state=OVERTAKEN, by=last.batch_id) if last and last.seq > row.seq else row


def readable(row: Row) -> bool:
    """Return whether the row's key can be told: no key column is broken."""
    key = load_feed(row.feed).key
    return all(r["column"] not in key or r["rule"] in (CONFLICT, ELSEWHERE) for r in row.reasons)


def _good_rows(
    con: duckdb.DuckDBPyConnection, feed: str, keys: list[str], known: dict[str, Batch]
) -> dict[str, list[tuple[int, str, str]]]:
    """Return key -> (sequence number, owner, batch) of its good rows."""
    contract = load_feed(feed)
    columns = list(dict.fromkeys([*contract.key, "batch_id", "reporter", "scope", "deleted"]))
    view(con, "silver", ("silver", feed), columns)
    answer = con.execute(
        f"SELECT DISTINCT key, batch_id, coalesce(reporter, scope) FROM (SELECT *, {key_text(contract)} AS key "
        "FROM silver) SEMI JOIN (SELECT unnest(?) AS key) USING (key) WHERE NOT deleted",
        [sorted(set(keys))],
    ).fetchall()
    good: dict[str, list[tuple[int, str, str]]] = {}
    for key, batch_id, owner in answer:
        if batch_id in known:
            good.setdefault(key, []).append((known[batch_id].seq, owner, batch_id))
    return good


def _outlived(row: Row, good: list[tuple[int, str, str]]) -> Row:
    """Judge by newer good rows of the key; where two contest it, only by one of the row's own owner."""
    if row.state != OPEN:
        return row
    later = [g for g in good if g[0] > row.seq and (ELSEWHERE not in row.rules or g[1] == row.owner)]
    return replace(row, state=OVERTAKEN, by=max(later)[2]) if later else row
