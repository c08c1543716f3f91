"""Named appends: whoever makes one, and however often, its rows are in the table once."""

from __future__ import annotations

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from jobs import lake
from jobs.lake import write
from tests.support.installation import Installation, delta_rows

pytestmark = pytest.mark.spark

FEED, NAME = "stat_finance", "poll-1"
COLUMNS = pa.schema(
    [("batch_id", pa.string()), ("file_id", pa.int64()), ("file_name", pa.string()), ("sheet", pa.string()),
     ("row_no", pa.int32()), ("cells", pa.map_(pa.string(), pa.string()))]
)  # fmt: skip
ROWS = [
    {"batch_id": "b", "file_id": 1, "file_name": "a.csv", "sheet": None, "row_no": 2, "cells": [("甲", "1")]},
    {
        "batch_id": "b",
        "file_id": 1,
        "file_name": "a.csv",
        "sheet": None,
        "row_no": 3,
        "cells": [("甲", None)],
    },
]


def as_read() -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(COLUMNS, pa.Table.from_pylist(ROWS, COLUMNS).to_batches())


def in_bronze(installation: Installation) -> list[tuple[int, object]]:
    rows = delta_rows(f"{installation.env['ZJTX_LAKE']}/bronze/{FEED}")
    return sorted((r["row_no"], r["cells"]) for r in rows)


def test_an_append_is_made_once_and_spark_reads_it(fresh_installation: Installation) -> None:
    for _ in range(2):
        lake.append(as_read(), "bronze", FEED, NAME)
    assert in_bronze(fresh_installation) == [(2, [("甲", "1")]), (3, [("甲", None)])]
    with lake.connect() as spark:
        rows = spark.read.format("delta").load(lake.path_of("bronze", FEED))
        assert [(r.row_no, r.cells) for r in rows.orderBy("row_no").collect()] == [
            (2, {"甲": "1"}),
            (3, {"甲": None}),
        ]


def test_a_predecessor_that_commits_late_fails_and_leaves_nothing(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_before = DeltaTable(lake.path_of("bronze", FEED))
    lake.append(as_read(), "bronze", FEED, NAME)
    monkeypatch.setattr(write, "open_table", lambda *_: looked_before)
    with pytest.raises(CommitFailedError):
        lake.append(as_read(), "bronze", FEED, NAME)
    assert len(in_bronze(fresh_installation)) == 2
