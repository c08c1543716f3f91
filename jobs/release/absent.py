"""Firms that a feed held in the year before and does not hold now: what is missing inside a report that has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.policy.influence import members
from jobs.definitions.wording import key_sql
from jobs.lake.scan import view
from jobs.ledger.models import Batch

Listed = Mapping[str, frozenset[str]]
"""Source period -> the firms that a feed holds for it."""

_LISTED = """
SELECT period, list(DISTINCT uscc) FROM (
    SELECT {period} AS period, uscc, arg_max(deleted, seq) AS gone
    FROM rows JOIN known USING (batch_id) WHERE {period} IN (SELECT unnest($wanted))
    GROUP BY {keys}, uscc
) WHERE NOT coalesce(gone, false) GROUP BY period
"""


def _period_column(contract: Contract) -> str:
    """Return the column of the key that holds the source period."""
    return "year" if contract.feed.frequency == "year" else "period"


def listed(feed: str, accepted: Iterable[Batch], wanted: Iterable[str]) -> Listed:
    """Return which firms a feed holds for some of its source periods, as far as the batches tell.

    Parameters
    ----------
    feed : str
        One of enterprises.
    accepted : iterable of Batch
        The batches that count.
    wanted : iterable of str
        Source periods.
    """
    asked = sorted(set(wanted))
    own = [b for b in accepted if set(b.periods) & set(asked)]
    if not own:
        return {}
    contract = load_feed(feed)
    period = f"CAST({_period_column(contract)} AS VARCHAR)"
    ids = [b.batch_id for b in own]
    columns = list(dict.fromkeys([*contract.key, "uscc", "batch_id", "deleted", _period_column(contract)]))
    with duckdb.connect() as con:
        view(con, "rows", ("silver", feed), columns)
        con.register("known", pa.table({"batch_id": ids, "seq": [b.seq for b in own]}))
        query = _LISTED.format(period=period, keys=", ".join(dict.fromkeys([*key_sql(contract), period])))
        rows = con.execute(query, {"wanted": asked}).fetchall()
    return {key: frozenset(firms) for key, firms in rows}


def together(feed: str, by_feed: Mapping[str, Listed]) -> Listed:
    """Return what all forms of a feed's group hold: a firm that changed its form is not missing."""
    group = members(load_feed(feed).feed.group or feed)
    periods = {key for name in group for key in by_feed.get(name, {})}
    return {
        key: frozenset().union(*(by_feed[name].get(key, frozenset()) for name in group if name in by_feed))
        for key in periods
    }


def asked_and_missing(
    firms: Iterable[str], own: Listed, group: Listed, now: str, earlier: Iterable[str]
) -> tuple[int, int]:
    """Return how many of some firms a feed is expected to hold now, and how many of these it does not.

    Parameters
    ----------
    firms : iterable of str
        Those who hold a certificate and have not closed, of the reporter's region.
    own, group : mapping
        What the feed, and all forms of its group, hold.
    now : str
        Source period.
    earlier : iterable of str
        Source periods of the year before: a firm that stood there is on the reporter's list.
    """
    before = frozenset().union(*(own.get(key, frozenset()) for key in earlier))
    here = own.get(now, frozenset())
    elsewhere = group.get(now, frozenset()) - here
    known = (before | here) & frozenset(firms) - elsewhere
    return len(known), len(known - here)
