"""Counting a poll's rows: what landed, and what became of it, per batch."""

from __future__ import annotations

import duckdb

from jobs.definitions.contract import Contract
from jobs.feeds.balance import Tally
from jobs.feeds.classify import SILVER
from jobs.sqltext import name

_COUNT = """
SELECT batch_id, part, count(*), list_sort(list_distinct(list(period) FILTER (period IS NOT NULL))), min(first_date)
FROM (
    SELECT _place, fate AS part, {period} AS period, {date} AS first_date FROM typed JOIN judged ON typed.rowid = row
    UNION ALL SELECT _place, 'landed', NULL, NULL FROM landed
    {gone}
) JOIN files ON _place = place GROUP BY batch_id, part
"""
_GONE = "UNION ALL SELECT place, CASE WHEN held THEN 'held_back' ELSE 'withdrawn' END, NULL, NULL FROM gone"


def tally(con: duckdb.DuckDBPyConnection, contract: Contract, withdraws: bool) -> dict[str, Tally]:
    """Count a poll's rows per batch, by what became of them; the landed ones are counted where they landed.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        As :func:`jobs.feeds.classify.split` leaves it.
    contract : Contract
    withdraws : bool
        Whether there is a table of keys that were left out.
    """
    periods = [name(c.name) for c in contract.columns if c.is_period]
    dates = [name(c.name) for c in contract.columns if c.type == "DATE" and c.required]
    query = _COUNT.format(
        period=f"CAST({periods[0]} AS VARCHAR)" if periods else "NULL",
        date=dates[0] if dates else "NULL::DATE",
        gone=_GONE if withdraws else "",
    )
    fields: dict[str, dict[str, object]] = {}
    for batch, part, n, counted, date in con.execute(query).fetchall():
        of_batch = fields.setdefault(batch, {})
        of_batch[part] = n
        if part == SILVER:
            of_batch |= {"periods": tuple(counted or ()), "first_date": date}
    return {batch: Tally(**values) for batch, values in fields.items()}  # type: ignore[arg-type]
