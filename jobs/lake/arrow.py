"""Reading the lake without Spark, as Arrow."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable

from jobs.lake.tables import path_of


def arrow_dataset(layer: str, name: str, batch_ids: list[str]) -> ds.Dataset:
    """Return the rows of some batches in a table without Spark, to be scanned piece by piece."""
    rows = DeltaTable(path_of(layer, name)).to_pyarrow_dataset()
    return rows.filter(ds.field("batch_id").isin(batch_ids))


def gold_arrow(table: str, release: str, programme: str) -> pa.Table:
    """Return a gold table's rows of one release and programme without Spark, for audit and serving."""
    rows = DeltaTable(path_of("gold", table))
    return rows.to_pyarrow_table(filters=[("release", "=", release), ("programme", "=", programme)])
