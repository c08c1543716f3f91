"""Writing: idempotent appends and the replacement of a candidate by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.transaction import AddAction, RemoveAction

from jobs.lake import store
from jobs.lake.staging import stage
from jobs.lake.tables import PARTITION, open_table

AT_ONCE = 3
"""Writes under way together: a small write mostly waits for planning and for its commit."""


def together(writes: list[Callable[[], None]]) -> None:
    """Run writes of different tables side by side; the first error is raised once all have ended."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(w) for w in writes]:
            done.result()


_VERSION = 1
"""Version that every named append carries; Delta keeps the highest one of each name."""


def append(rows: pa.RecordBatchReader, layer: str, name: str, transaction: str) -> None:
    """Append rows once.

    Parameters
    ----------
    rows : pyarrow.RecordBatchReader
        In the shape of the table; read piece by piece.
    layer, name : str
        The table.
    transaction : str
        Name of the append; of one name one append counts. Delta itself would take it again: it is looked for first, under
        the writer's lock, and of two that both found none the later commit fails.
    """
    table, known_as = open_table(layer, name), f"{transaction}:{layer}/{name}"
    if table.transaction_version(known_as) is None:
        once = CommitProperties(app_transactions=[Transaction(known_as, _VERSION)])
        write_deltalake(table, rows, mode="append", commit_properties=once)


def replace_release(
    table: str,
    files: Sequence[str],
    release: str,
    programme: str,
    periods: Sequence[str],
    sure: Callable[[], None] = lambda: None,
) -> None:
    """Make staged files a candidate's rows of a gold table, in place of what the same candidate wrote before: one commit.

    Only the candidate's own periods are touched: a release of the same state of knowledge may have been
    approved for others, and hold other programmes' rows.

    Parameters
    ----------
    table : str
    files : sequence of str
        Staged beside the table (:meth:`jobs.lake.staging.Attempt.in_table`), in the shape of its contract.
    release, programme : str
    periods : sequence of str
    sure : callable
        Called just before the commit; raises if this process is not the lake's writer any more.
    """
    delta = open_table("gold", table)
    own = delta.to_pyarrow_dataset(file_pruning_predicate=[(PARTITION, "=", release)])
    mine = (ds.field("programme") == programme) & ds.field("period").isin(list(periods))
    added, removed = [f for f in files if store.rows_in(f)], []
    # Almost always there is nothing to replace.
    if own.count_rows(filter=mine):
        removed = _partition(delta, release, _staged_at(files))
        if own.count_rows(filter=~mine):
            rest = f"{files[0].removesuffix('.parquet')}-rest.parquet"
            added.append(stage(own.filter(~mine), table, rest))
    if added or removed:
        actions: list[AddAction | RemoveAction] = [*(_add(f, release) for f in added), *removed]
        sure()
        delta.create_write_transaction(actions, "append", delta.schema(), [PARTITION])


def _staged_at(files: Sequence[str]) -> int:
    """Return when the newest file was staged, in ms: by the clock of where it lies, as Delta's retention counts."""
    return max(store.size_and_time(f)[1] for f in files)


def _partition(delta: DeltaTable, release: str, at: int) -> list[RemoveAction]:
    """Return the removal of all files of a release."""
    lying = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    return [
        RemoveAction(a["path"], True, at, a["size_bytes"], {PARTITION: release})
        for a in lying
        if a[f"partition.{PARTITION}"] == release
    ]


_BOUNDED = ("programme", "period")
"""Columns of which the log tells the smallest and the largest value, so that readers skip files."""


def _add(file: str, release: str) -> AddAction:
    told, (size, at) = store.metadata(file), store.size_and_time(file)
    stats: dict[str, Any] = {"numRecords": told.num_rows, "minValues": {}, "maxValues": {}}
    place = {told.schema.column(n).path: n for n in range(told.num_columns)}
    for name in _BOUNDED:
        groups = [told.row_group(g).column(place[name]).statistics for g in range(told.num_row_groups)]
        if all(g is not None and g.has_min_max for g in groups):
            stats["minValues"][name] = min(g.min for g in groups)
            stats["maxValues"][name] = max(g.max for g in groups)
    path = "/".join(file.rsplit("/", 2)[1:])
    return AddAction(path, size, {PARTITION: release}, at, True, json.dumps(stats))
