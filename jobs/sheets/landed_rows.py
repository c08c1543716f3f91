"""The rows of a file as they land: text cells under names, in one Parquet file, with the sheet and line they stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 20_000
"""Rows that are held in memory at a time."""
ROWS = pa.schema([
    ("sheet", pa.string()),
    ("row_no", pa.int32()),
    ("cells", pa.map_(pa.string(), pa.string())),
])  # fmt: skip


class LandedRow(NamedTuple):
    """One row: its cells' names and texts side by side, no name twice."""

    sheet: str
    number: int
    names: tuple[str, ...]
    texts: Sequence[str]


def _cells(chunk: Sequence[LandedRow]) -> pa.Array:
    """Return the cells of rows; most rows have the same names, which become an array once."""
    named = {names: pa.array(names, pa.string()) for names in {row.names for row in chunk}}
    ends = [0]
    for row in chunk:
        ends.append(ends[-1] + len(row.names))
    texts = pa.array([text for row in chunk for text in row.texts], pa.string())
    return pa.MapArray.from_arrays(
        pa.array(ends, pa.int32()), pa.concat_arrays([named[row.names] for row in chunk]), texts
    )


def write_rows(rows: Iterable[LandedRow], target: Path, told: Callable[[int], None] = lambda _: None) -> int:
    """Write rows; memory stays bounded by :data:`CHUNK` of them.

    Parameters
    ----------
    rows : iterable of LandedRow
    target : Path
        Parquet file to write, in the shape of :data:`ROWS`.
    told : callable
        Told how many rows are written so far.

    Returns
    -------
    int
        How many rows there were.
    """
    rows, written = iter(rows), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    # Nobody skips a part of it by smallest and largest values.
    with pq.ParquetWriter(target, ROWS, write_statistics=False) as writer:
        while chunk := list(islice(rows, CHUNK)):
            columns = [
                pa.array([r.sheet for r in chunk], pa.string()),
                pa.array([r.number for r in chunk], pa.int32()),
                _cells(chunk),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=ROWS))
            written += len(chunk)
            told(written)
    return written
