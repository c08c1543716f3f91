"""Staged files become a gold table's rows by one commit; killed before it, or repeated, nothing else is seen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, Field, Schema
from deltalake.schema import PrimitiveType

from jobs.lake import staging
from jobs.lake.arrow import gold_arrow
from jobs.lake.content import lake_hashes, period_hashes
from jobs.lake.shape import arrow_rows, columns_of
from jobs.lake.staging import Attempt, in_lake, stage
from jobs.lake.write import replace_release
from jobs.settings import settings

TABLE = "coverage"
KINDS = {"STRING": "string", "BIGINT": "long", "DOUBLE": "double"}
Q4, Q1 = "2025Q4", "2026Q1"


@pytest.fixture(autouse=True)
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A lake with one empty gold table, in a folder whose name has to be quoted."""
    root = tmp_path / "it's a 湖"
    monkeypatch.setenv("ZJTX_LAKE", str(root))
    settings.cache_clear()
    fields = [Field(n, PrimitiveType(KINDS[k])) for n, k in columns_of(TABLE).items()]
    DeltaTable.create(str(root / "gold" / TABLE), Schema(fields), partition_by=["release"])
    yield root
    settings.cache_clear()


def rows(period: str, feeds: str, release: str = "R9", programme: str = "JL") -> pa.Table:
    """Return a row for each letter."""
    same = {"release": release, "programme": programme, "period": period, "region_code": "10", "expected": 1}
    return arrow_rows(TABLE, [same | {"feed": f} for f in feeds])


def staged(attempt: Attempt, *tables: pa.Table) -> list[str]:
    return [stage(t, TABLE, attempt.in_table(TABLE)) for t in tables]


def write(period: str, feeds: str, programme: str = "JL", sure: Callable[[], None] = lambda: None) -> None:
    """Stage rows in a file each, and commit them."""
    with in_lake("R9") as attempt:
        files = staged(attempt, *(rows(period, f, programme=programme) for f in feeds))
        replace_release(TABLE, files, "R9", programme, [period], sure)


def seen(programme: str = "JL") -> list[tuple[str, str]]:
    found = gold_arrow(TABLE, "R9", programme).to_pylist()
    return sorted((r["period"], r["feed"]) for r in found)


def parquet(lake: Path) -> set[str]:
    return {p.name for p in (lake / "gold" / TABLE).glob("release=*/*.parquet")}


def commits(lake: Path) -> int:
    return DeltaTable(str(lake / "gold" / TABLE)).version()


def test_the_files_of_all_slices_are_seen_by_one_commit(lake: Path) -> None:
    write(Q4, "abc")
    assert seen() == [(Q4, "a"), (Q4, "b"), (Q4, "c")]
    assert commits(lake) == 1
    assert len(parquet(lake)) == 3
    assert not list((lake / staging.FOLDER).iterdir())


def test_a_computation_repeated_takes_the_place_of_the_first(lake: Path) -> None:
    write(Q4, "ab")
    write(Q4, "cd")
    assert seen() == [(Q4, "c"), (Q4, "d")]
    assert commits(lake) == 2


def test_other_periods_and_programmes_of_the_release_stay(lake: Path) -> None:
    write(Q4, "ab")
    write(Q1, "c")
    write(Q4, "x", programme="SD")
    write(Q4, "d")
    assert seen() == [(Q4, "d"), (Q1, "c")]
    assert seen("SD") == [(Q4, "x")]


def test_nothing_is_committed_without_rows(lake: Path) -> None:
    write(Q4, "")
    with in_lake("R9") as attempt:
        replace_release(TABLE, staged(attempt, rows(Q4, "")), "R9", "JL", [Q4])
    assert commits(lake) == 0
    assert parquet(lake) == set()


def test_rows_that_are_no_longer_there_go_with_the_next_computation(lake: Path) -> None:
    write(Q4, "ab")
    with in_lake("R9") as attempt:
        replace_release(TABLE, staged(attempt, rows(Q4, "")), "R9", "JL", [Q4])
    assert seen() == []


def test_who_lost_the_lock_commits_nothing_and_leaves_nothing(lake: Path) -> None:
    write(Q4, "a")
    before = parquet(lake)

    def lost() -> None:
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError, match="lost"):
        write(Q4, "b", sure=lost)
    assert seen() == [(Q4, "a")]
    assert parquet(lake) == before


def test_killed_between_staging_and_commit_nothing_is_seen_and_upkeep_removes_it(lake: Path) -> None:
    write(Q4, "a")
    before = parquet(lake)
    pid = os.fork()
    if pid == 0:
        with in_lake("R9") as attempt:
            staged(attempt, rows(Q4, "b"))
            Path(attempt.interim("cells")).write_bytes(b"")
            os._exit(9)
    os.waitpid(pid, 0)
    assert seen() == [(Q4, "a")]
    assert len(parquet(lake)) == 2
    assert len(staging.left_over()) == 1
    write(Q4, "c")
    assert staging.clear() == 1
    assert staging.left_over() == []
    assert seen() == [(Q4, "c")]
    assert len(parquet(lake) - before) == 1


def test_a_file_is_named_by_its_attempt_and_never_twice(lake: Path) -> None:
    with in_lake("R9") as attempt:
        first, second = attempt.in_table(TABLE), attempt.in_table(TABLE)
        assert first != second
        assert Path(first).parent == lake / "gold" / TABLE / "release=R9"
        assert Path(first).name.startswith(attempt.name)


def test_the_log_tells_readers_which_files_they_need(lake: Path) -> None:
    write(Q4, "a")
    write(Q1, "b", programme="SD")
    actions = pa.table(DeltaTable(str(lake / "gold" / TABLE)).get_add_actions(flatten=True)).to_pylist()
    told = {(a["min.programme"], a["max.period"], a["num_records"], a["partition.release"]) for a in actions}
    assert told == {("JL", Q4, 1, "R9"), ("SD", Q1, 1, "R9")}


def test_content_is_the_same_at_hand_in_staged_files_and_in_the_lake() -> None:
    together = pa.concat_tables([rows(Q4, "ab"), rows(Q1, "c")])
    with in_lake("R9") as attempt:
        files = staged(attempt, rows(Q4, "a"), rows(Q1, "c"), rows(Q4, "b"))
        replace_release(TABLE, files, "R9", "JL", [Q4, Q1])
        found = period_hashes({TABLE: together}, [Q4, Q1])
        assert period_hashes({TABLE: tuple(files)}, [Q4, Q1]) == found
    assert lake_hashes([TABLE], "R9", "JL", [Q4, Q1]) == found
    assert set(found) == {Q4, Q1}
    assert found[Q4] != found[Q1]
