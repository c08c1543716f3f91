"""A database for one piece of work: bounded, without a way out, and gone with all that it laid down."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from jobs.feeds.landing import JUDGING, sweep
from jobs.lake.scratch import scratch
from jobs.settings import settings


def test_what_does_not_fit_is_laid_down_and_goes_with_the_database(tmp_path: Path) -> None:
    with scratch(tmp_path, JUDGING) as con:
        con.execute("SET memory_limit = '40MB'")
        con.execute("CREATE TABLE t AS SELECT range AS a, md5(range::VARCHAR) AS b FROM range(1_000_000)")
        (folder,) = tmp_path.iterdir()
        assert folder.name.startswith(JUDGING) and any(folder.iterdir())
        assert con.execute("SELECT count(DISTINCT b) FROM t").fetchone() == (1_000_000,)
    assert list(tmp_path.iterdir()) == []


def test_it_goes_also_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error), scratch(tmp_path, JUDGING) as con:
        con.execute("SELECT nothing")
    assert list(tmp_path.iterdir()) == []


def test_it_sees_no_variable_of_its_caller_and_loads_no_extension(tmp_path: Path) -> None:
    import pyarrow as pa

    rows = pa.table({"a": [1]})
    with scratch(tmp_path, JUDGING) as con:
        with pytest.raises(duckdb.CatalogException):
            con.execute("FROM rows")
        for name in ("autoinstall_known_extensions", "autoload_known_extensions"):
            assert con.execute(f"SELECT current_setting('{name}')").fetchone() == (False,)
    assert rows.num_rows == 1


def test_what_a_killed_predecessor_laid_down_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZJTX_HOME", str(tmp_path))
    settings.cache_clear()
    try:
        left = settings().landing / f"{JUDGING}x"
        left.mkdir(parents=True)
        (left / "duckdb_temp_storage_0.tmp").write_bytes(b"rest")
        kept = settings().landing / "rows"
        kept.mkdir()
        sweep()
        assert list(settings().landing.iterdir()) == [kept]
    finally:
        settings.cache_clear()
