"""What the audit sees of silver: the latest rows of new batches, piece by piece, and counts against the ledger.

Rows are cut by their key, so that all versions of a key are in one piece and memory stays bounded however
many rows a batch has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import duckdb
import pandas as pd

from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.wording import key_sql
from jobs.lake.scan import view
from jobs.lake.tables import silver_columns
from jobs.ledger import batches
from jobs.ledger.models import Batch
from jobs.quality.suites import NOT_AUDITED, UNITS, rule_name
from jobs.quality.witness import PLACE, scratch

PIECE = 100_000
"""Rows of a piece, about."""
TABLE = "piece"
"""Name of a piece in DuckDB."""


def new_batches(feed: str, since: int, until: int) -> list[Batch]:
    """Return the batches of a feed that were accepted after ``since`` and up to ``until``."""
    return [b for b in batches.accepted(feed, until) if b.seq > since]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _units(contract: Contract) -> str:
    """Return an expression for the units of a row's amounts; an amount without a unit is told as 缺."""
    texts = ", ".join(
        f"CASE WHEN \"{c.name}\" IS NOT NULL THEN coalesce(map_extract(units, '{c.name}')[1], '缺') END"
        for c in contract.columns
        if c.money
    )
    return f"nullif(array_to_string(list_sort(list_distinct([{texts}])), '、'), '') AS {UNITS}"


def pieces(feed: str, new: list[Batch]) -> list[AbstractContextManager[duckdb.DuckDBPyConnection]]:
    """Return the latest rows of new batches, cut by key; rows that a later new batch overtook are left out.

    Parameters
    ----------
    feed : str
    new : list of Batch
        The newest accepted batches of the feed: no row of an older one can overtake theirs.

    Returns
    -------
    list of context manager
        Each opens a connection that holds a piece as the table :data:`TABLE`.
    """
    count = max(1, -(-sum(b.silver for b in new) // PIECE))
    return [_piece(load_feed(feed), new, number, count) for number in range(count)]


@contextmanager
def _piece(
    contract: Contract, new: list[Batch], number: int, count: int
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open one of ``count`` pieces."""
    key = key_sql(contract)
    parts = ", ".join(f"{part} AS part_{n}" for n, part in enumerate(key))
    same = " AND ".join(f"latest.part_{n} IS NOT DISTINCT FROM {part}" for n, part in enumerate(key))
    own = f"FROM rows JOIN known USING (batch_id) WHERE hash({', '.join(key)}) % {count} = {number}"
    with scratch() as con:
        view(con, "rows", ("silver", contract.id), list(silver_columns(contract)))
        con.register(
            "known", pd.DataFrame({"batch_id": [b.batch_id for b in new], "seq": [b.seq for b in new]})
        )
        con.execute(f"CREATE TABLE latest AS SELECT {parts}, max(seq) AS seq {own} GROUP BY ALL")
        con.execute(
            f"CREATE TABLE kept AS SELECT {', '.join(_shown(contract))} FROM (SELECT * {own}) AS known_rows "
            f"JOIN latest ON latest.seq = known_rows.seq AND {same} WHERE NOT deleted"
        )
        con.execute(f"CREATE VIEW {TABLE} AS SELECT 0 AS {PLACE[0]}, rowid AS {PLACE[1]}, * FROM kept")
        yield con


def _shown(contract: Contract) -> list[str]:
    """Return what is audited of a row, as SQL: its columns, its units, and of each rule the text where it is broken."""
    shown = [f'"{c}"' for c in silver_columns(contract) if c not in NOT_AUDITED]
    if any(c.money for c in contract.columns):
        shown.append(_units(contract))
    return shown + [
        f"CASE WHEN NOT ({rule.condition}) THEN {_literal(rule.text)} END AS {rule_name(rule)}"
        for column in contract.columns
        for rule in column.rules
    ]


def conservation(batches_of: dict[str, list[Batch]]) -> pd.DataFrame:
    """Return pairs that must be equal: what the ledger counted of each batch, and what lies in the lake.

    Parameters
    ----------
    batches_of : dict
        Feed -> its new batches.

    Returns
    -------
    DataFrame
        Columns ``check, subject, left, right``; the subject names file and batch.
    """
    files = {k: path for k, (path, _) in batches.arrivals([*batches_of]).items()}
    parts = []
    with scratch() as con:
        view(con, "quarantine", ("quarantine", "rows"), ["batch_id"], ("feed", [*batches_of]))
        con.execute("CREATE TABLE q AS SELECT batch_id, count(*) AS n FROM quarantine GROUP BY 1")
        for feed, new in batches_of.items():
            told = pd.DataFrame(
                [(b.batch_id, f"{feed}/{files[b.file_id]}/{b.batch_id}", b.landed, b.silver, b.quarantined, b.duplicates, b.withdrawn)
                 for b in new],
                columns=["batch_id", "subject", "landed", "silver", "quarantined", "duplicates", "withdrawn"],
            )  # fmt: skip
            con.register("told", told)
            view(con, "bronze", ("bronze", feed), ["batch_id"])
            view(con, "silver", ("silver", feed), ["batch_id", "deleted"])
            parts.append(con.execute(_CONSERVED).df())
    return pd.concat(parts, ignore_index=True)


_CONSERVED = """
WITH b AS (SELECT batch_id, count(*) AS n FROM bronze SEMI JOIN told USING (batch_id) GROUP BY 1),
     s AS (SELECT batch_id, count(*) FILTER (NOT deleted) AS n, count(*) FILTER (deleted) AS gone
           FROM silver SEMI JOIN told USING (batch_id) GROUP BY 1),
     both_sides AS (
       SELECT subject, landed, silver, quarantined, duplicates, withdrawn, coalesce(b.n, 0) AS in_bronze,
              coalesce(s.n, 0) AS in_silver, coalesce(s.gone, 0) AS gone, coalesce(q.n, 0) AS in_quarantine
       FROM told LEFT JOIN b USING (batch_id) LEFT JOIN s USING (batch_id) LEFT JOIN q USING (batch_id))
SELECT unnest(['落地行数', '入库行数', '隔离行数', '撤下主键数', '行数守恒']) AS "check", subject,
       unnest([landed, silver, quarantined, withdrawn, in_bronze]) AS "left",
       unnest([in_bronze, in_silver, in_quarantine, gone, in_silver + in_quarantine + duplicates]) AS "right"
FROM both_sides ORDER BY subject
"""
