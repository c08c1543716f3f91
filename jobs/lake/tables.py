"""Tables of the lake, created from contracts; no job creates or widens one."""

from __future__ import annotations

from deltalake import DeltaTable, Field, Schema

from jobs.definitions.contract import Contract, feed_ids, load_feed, load_table, table_names
from jobs.definitions.lineage import LINEAGE, SILVER_TAIL
from jobs.lake import store
from jobs.lake.mark import claim
from jobs.settings import settings

BRONZE = {
    "batch_id": "STRING",
    "file_id": "BIGINT",
    "file_name": "STRING",
    "sheet": "STRING",
    "row_no": "INT",
    "cells": "MAP<STRING,STRING>",
}

REASON = "STRUCT<column:STRING,header:STRING,value:STRING,rule:STRING,message:STRING>"

QUARANTINE = {**BRONZE, "feed": "STRING", "scope": "STRING", "key": "STRING", "reasons": f"ARRAY<{REASON}>"}


PARTITION = "release"
"""Column by which gold tables are partitioned: it stands in the log and not in the files."""


def path_of(layer: str, name: str) -> str:
    """Return the path of a table, e.g. ``path_of("silver", "stat_rd")``."""
    return f"{settings().lake_root}/{layer}/{name}"


def open_table(layer: str, name: str) -> DeltaTable:
    """Return the newest version of a table."""
    path = path_of(layer, name)
    return DeltaTable(path, storage_options=store.options(path))


def silver_columns(contract: Contract) -> dict[str, str]:
    """Return name -> type of a silver table: the contract's columns, then lineage."""
    own = {c.name: c.type for c in contract.columns}
    year = {} if "year" in own else {"year": "INT"}
    return own | year | LINEAGE | SILVER_TAIL


def gold_columns(contract: Contract) -> dict[str, str]:
    """Return name -> type of a gold table."""
    return {c.name: c.type for c in contract.columns}


def _create(
    layer: str, name: str, columns: dict[str, str], partition: str | None, comments: dict[str, str]
) -> None:
    # Who asks only where a table lies makes none.
    import pyarrow as pa

    from jobs.lake.types import arrow_type

    def field(column: str, kind: str) -> Field:
        about = {"comment": label} if (label := comments.get(column, "")) else {}
        return Field.from_arrow(pa.field(column, arrow_type(kind), metadata=about))

    fields = [field(c, k) for c, k in columns.items()]
    parts = [partition] if partition else None
    path = path_of(layer, name)
    reach = store.options(path)
    table = DeltaTable.create(path, Schema(fields), mode="ignore", partition_by=parts, storage_options=reach)
    have = {f.name for f in table.schema().fields}
    if new := [f for f in fields if f.name not in have]:
        table.alter.add_columns(new)


def every_table() -> list[tuple[str, str]]:
    """Return layer and name of all tables that the contracts ask for."""
    feeds = [(layer, feed) for feed in feed_ids() for layer in ("bronze", "silver")]
    return [*feeds, *(("gold", name) for name in table_names()), ("quarantine", "rows")]


def create_all() -> list[str]:
    """Create every table that does not exist yet, and the columns that a contract has got since; only in a lake of this ledger.

    Returns
    -------
    list of str
        ``layer/name`` of all tables the lake now has.

    Raises
    ------
    OtherLedger
        If the lake takes the commits of another ledger.
    """
    claim()
    for feed in feed_ids():
        contract = load_feed(feed)
        labels = {c.name: c.label for c in contract.columns}
        _create("bronze", feed, BRONZE, None, {})
        _create("silver", feed, silver_columns(contract), "year", labels)
    _create("quarantine", "rows", QUARANTINE, "feed", {})
    for name in table_names():
        contract = load_table(name)
        labels = {c.name: c.label for c in contract.columns}
        _create("gold", name, gold_columns(contract), "release", labels)
    return [f"{layer}/{name}" for layer, name in every_table()]
