"""Paths of the lake say where a file lies; a lake takes the commits of one ledger only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from pydantic import ValidationError

from jobs.lake import mark, store
from jobs.lake.tables import create_all, path_of
from jobs.refusals import Refusal
from jobs.settings import settings

REMOTE = {
    "ZJTX_LAKE": "s3://lake/zjtx/",
    "ZJTX_S3_ENDPOINT": "http://127.0.0.1:9",
    "ZJTX_S3_KEY": "key",
    "ZJTX_S3_SECRET": "it's a secret",
}


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A lake in a folder whose name has to be quoted."""
    root = tmp_path / "it's a 湖"
    monkeypatch.setenv("ZJTX_LAKE", str(root))
    settings.cache_clear()
    yield root
    settings.cache_clear()


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A lake in an object store that nobody asks."""
    for name, value in REMOTE.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("remote")
def test_a_table_in_a_store_is_reached_as_the_settings_say() -> None:
    path = path_of("gold", "coverage")
    assert path == "s3://lake/zjtx/gold/coverage"
    reach = store.options(path)
    assert reach is not None
    assert (reach["AWS_ENDPOINT_URL"], reach["AWS_ALLOW_HTTP"]) == ("http://127.0.0.1:9", "true")
    assert reach["AWS_CONDITIONAL_PUT"] == "etag"
    system, inside = store.place(path)
    assert (system.type_name, inside) == ("s3", "lake/zjtx/gold/coverage")


@pytest.mark.usefixtures("remote")
def test_a_store_without_an_address_is_reached_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZJTX_S3_ENDPOINT", "")
    settings.cache_clear()
    reach = store.options("s3://lake/x")
    assert reach is not None
    assert "AWS_ENDPOINT_URL" not in reach
    assert reach["AWS_ALLOW_HTTP"] == "false"


@pytest.mark.usefixtures("remote")
@pytest.mark.parametrize("name", ["ZJTX_S3_KEY", "ZJTX_S3_SECRET"])
def test_a_store_is_not_asked_with_an_empty_key(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, " ")
    settings.cache_clear()
    path = path_of("gold", "coverage")
    with duckdb.connect() as con:
        for reach in (store.options, store.names_in, lambda p: store.attach(con, [p])):
            with pytest.raises(Refusal, match=f"{name} 没有写或是空的"):
                reach(path)


@pytest.mark.usefixtures("remote")
def test_duckdb_reaches_a_store_by_an_extension_that_the_lock_carries() -> None:
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as con:
        scan = store.parquet(con, ["s3://lake/it's.parquet"], "hive_partitioning = false")
        assert scan == "read_parquet(['s3://lake/it''s.parquet'], hive_partitioning = false)"
        ((name, scope, told),) = con.execute(
            "SELECT name, scope, secret_string FROM duckdb_secrets()"
        ).fetchall()
        assert (name, scope) == ("lake", ["s3://"])
        assert "it's a secret" not in told


def test_a_lake_of_another_kind_is_no_folder_of_that_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZJTX_LAKE", "s3a://lake/zjtx")
    settings.cache_clear()
    with pytest.raises(ValidationError, match="s3://bucket/prefix"):
        settings()
    settings.cache_clear()


@pytest.mark.parametrize("seconds", ["", "0", "inf", "1e300"])
def test_a_deadline_is_a_time_that_can_be_waited_for(monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    monkeypatch.setenv("ZJTX_SPARK_DEADLINE", seconds)
    settings.cache_clear()
    with pytest.raises(ValidationError):
        settings()


def test_files_of_a_folder(tmp_path: Path) -> None:
    folder = f"{tmp_path}/it's a 湖/x"
    path = f"{folder}/a.parquet"
    assert (store.options(path), store.names_in(folder)) == (None, [])
    store.make_way(path)
    pq.write_table(pa.table({"n": [1, 2]}), path)
    size, at = store.size_and_time(path)
    seen = Path(path).stat()
    assert (size, at) == (seen.st_size, int(seen.st_mtime * 1000))
    assert (store.names_in(folder), store.rows_in(path)) == (["a.parquet"], 2)
    for _ in range(2):
        store.remove(path)
        store.remove_folder(folder)
    assert not Path(folder).exists()


def test_a_lake_takes_the_commits_of_the_ledger_that_came_first(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        monkeypatch.setattr(mark.identity, "name", lambda: "first")
        mark.claim()
    monkeypatch.setattr(mark.identity, "name", lambda: "second")
    for write in (mark.claim, create_all):
        with pytest.raises(mark.OtherLedger, match="属于另一个台账，没有写入"):
            write()
    assert store.names_in(str(lake)) == [mark.NAME]
    assert DeltaTable(str(lake / mark.NAME)).metadata().name == "first"
