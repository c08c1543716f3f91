"""Reading without Spark: rows of accepted batches, the latest row per key, and the gold of a release."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable

from jobs.contract import Contract, load_feed
from jobs.lake.tables import path_of
from jobs.ledger import batches
from jobs.quality.widths import key_sql


def latest(contract: Contract) -> str:
    """Return SQL of the latest row per key that is not withdrawn, of ``silver_rows`` whose batches are ``known``.

    Parameters
    ----------
    contract : Contract
        Of the feed whose rows they are.
    """
    return (
        "SELECT * FROM (SELECT * FROM silver_rows JOIN known USING (batch_id) QUALIFY row_number() "
        f"OVER (PARTITION BY {', '.join(key_sql(contract))} ORDER BY seq DESC) = 1) WHERE NOT coalesce(deleted, false)"
    )


def standing(
    con: duckdb.DuckDBPyConnection, feed: str, columns: list[str], known_by: int | None = None
) -> str:
    """Return SQL of the latest accepted row per key of a feed, to be asked of a connection that has read no other feed.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Gets the table's rows, which are scanned piece by piece, and the accepted batches.
    feed : str
        Id of the feed's contract.
    columns : list of str
        Columns wanted; there are also the key's, ``batch_id``, ``deleted`` and ``seq``.
    known_by : int, optional
        Sequence number of the last batch to be known; default: all accepted so far.

    Notes
    -----
    What :func:`jobs.lake.read` gives through Spark; withdrawn keys are left out.
    """
    contract, known = load_feed(feed), batches.accepted(feed, known_by)
    own = dict.fromkeys([*contract.key, *columns, "batch_id", "deleted"])
    rows = DeltaTable(path_of("silver", feed)).to_pyarrow_dataset()
    con.register("silver_rows", rows.scanner(columns=list(own)))
    accepted = {"batch_id": [b.batch_id for b in known], "seq": [b.seq for b in known]}
    con.register("known", pa.table(accepted, pa.schema([("batch_id", pa.string()), ("seq", pa.int64())])))
    return latest(contract)


def arrow_dataset(layer: str, name: str, batch_ids: list[str]) -> ds.Dataset:
    """Return the rows of some batches in a table, to be scanned piece by piece."""
    rows = DeltaTable(path_of(layer, name)).to_pyarrow_dataset()
    return rows.filter(ds.field("batch_id").isin(batch_ids))


def gold_arrow(table: str, release: str, programme: str) -> pa.Table:
    """Return a gold table's rows of one release and programme, for audit and serving."""
    rows = DeltaTable(path_of("gold", table))
    return rows.to_pyarrow_table(filters=[("release", "=", release), ("programme", "=", programme)])
