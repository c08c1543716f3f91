"""What upkeep does to one table: rows that nobody needs go, small files are joined; nothing once the lock is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, Field, Schema

from jobs.lake import upkeep
from jobs.lake.arrow import gold_arrow
from jobs.lake.shape import arrow_rows, columns_of
from jobs.lake.staging import in_lake, stage
from jobs.lake.tables import open_table, path_of
from jobs.lake.types import arrow_type
from jobs.lake.write import replace_release
from jobs.ledger.database import WriterBusy
from jobs.settings import settings

TABLE = "coverage"
Q4, Q1 = "2025Q4", "2026Q1"


class Holder:
    """A writer that holds the lock for some questions, then no more."""

    def __init__(self, times: int) -> None:
        self.times = times

    def sure(self) -> None:
        self.times -= 1
        if self.times < 0:
            raise WriterBusy("lost")


@pytest.fixture(autouse=True)
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A lake with a release in two files, and one that nobody needs."""
    monkeypatch.setenv("ZJTX_LAKE", str(tmp_path / "湖"))
    settings.cache_clear()
    columns = [pa.field(n, arrow_type(k)) for n, k in columns_of(TABLE).items()]
    shape = Schema([Field.from_arrow(c) for c in columns])
    DeltaTable.create(path_of("gold", TABLE), shape, partition_by=["release"])
    for release, period, feed in (("R9", Q4, "a"), ("R9", Q1, "b"), ("R8", Q4, "c")):
        row = {"release": release, "programme": "JL", "period": period, "region_code": "10", "feed": feed}
        with in_lake(release) as attempt:
            file = stage(arrow_rows(TABLE, [row | {"expected": 1}]), TABLE, attempt.in_table(TABLE))
            replace_release(TABLE, [file], release, "JL", [period])
    yield
    settings.cache_clear()


def planned() -> upkeep.Plan:
    return upkeep._plan("gold", TABLE, {("R9", "JL", Q4), ("R9", "JL", Q1)})


def tend(times: int) -> list[str]:
    """Tend the table with a lock that is held so often."""
    told: list[str] = []
    holder: Any = Holder(times)
    upkeep._tend(holder, planned(), lambda: told.append(TABLE))
    return told


def feeds(release: str) -> list[str]:
    return sorted(r["feed"] for r in gold_arrow(TABLE, release, "JL").to_pylist())


def test_rows_of_nobody_go_and_files_are_joined_each_by_a_commit() -> None:
    before = open_table("gold", TABLE).version()
    assert (planned().compact, list(planned().dropped)) == (True, [("R8", "JL", Q4)])
    assert tend(2) == [TABLE]
    assert (feeds("R9"), feeds("R8")) == (["a", "b"], [])
    assert not (planned().compact or planned().dropped)
    assert len(open_table("gold", TABLE).file_uris()) == 1
    assert open_table("gold", TABLE).version() == before + 2


def test_who_lost_the_lock_goes_no_further() -> None:
    before = open_table("gold", TABLE).version()
    with pytest.raises(WriterBusy):
        tend(1)
    assert open_table("gold", TABLE).version() == before + 1
    assert feeds("R9") == ["a", "b"]
