"""Tables of the lake, created from contracts; no job creates or widens one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deltalake import DeltaTable

from jobs.contract import Contract, feed_ids, load_feed, load_table, table_names
from jobs.lineage import LINEAGE, SILVER_TAIL
from jobs.settings import settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

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


def silver_columns(contract: Contract) -> dict[str, str]:
    """Return name -> type of a silver table: the contract's columns, then lineage."""
    own = {c.name: c.type for c in contract.columns}
    year = {} if "year" in own else {"year": "INT"}
    return own | year | LINEAGE | SILVER_TAIL


def gold_columns(contract: Contract) -> dict[str, str]:
    """Return name -> type of a gold table."""
    return {c.name: c.type for c in contract.columns}


def _create(
    spark: SparkSession,
    layer: str,
    name: str,
    columns: dict[str, str],
    partition: str | None,
    comments: dict[str, str],
) -> None:
    def line(column: str, kind: str) -> str:
        label = comments.get(column, "").replace("'", "")
        return f"`{column}` {kind}" + (f" COMMENT '{label}'" if label else "")

    body = ", ".join(line(c, k) for c, k in columns.items())
    part = f" PARTITIONED BY ({partition})" if partition else ""
    path = path_of(layer, name)
    spark.sql(f"CREATE TABLE IF NOT EXISTS delta.`{path}` ({body}) USING DELTA{part}").collect()
    have = {f.name for f in DeltaTable(path).schema().fields}
    if new := ", ".join(line(c, k) for c, k in columns.items() if c not in have):
        spark.sql(f"ALTER TABLE delta.`{path}` ADD COLUMNS ({new})").collect()


def every_table() -> list[tuple[str, str]]:
    """Return layer and name of all tables that the contracts ask for."""
    feeds = [(layer, feed) for feed in feed_ids() for layer in ("bronze", "silver")]
    return [*feeds, *(("gold", name) for name in table_names()), ("quarantine", "rows")]


def create_all(spark: SparkSession) -> list[str]:
    """Create every table that does not exist yet, and the columns that a contract has got since.

    Returns
    -------
    list of str
        ``layer/name`` of all tables the lake now has.
    """
    for feed in feed_ids():
        contract = load_feed(feed)
        labels = {c.name: c.label for c in contract.columns}
        _create(spark, "bronze", feed, BRONZE, None, {})
        _create(spark, "silver", feed, silver_columns(contract), "year", labels)
    _create(spark, "quarantine", "rows", QUARANTINE, "feed", {})
    for name in table_names():
        contract = load_table(name)
        labels = {c.name: c.label for c in contract.columns}
        _create(spark, "gold", name, gold_columns(contract), "release", labels)
    return [f"{layer}/{name}" for layer, name in every_table()]
