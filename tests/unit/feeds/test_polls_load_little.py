"""A poll loads what it uses: an idle one no reader of files, one with rows neither pandas nor Spark."""

import subprocess
import sys

from jobs.settings import REPO

_IDLE = """
import sys
import jobs.feeds.account, jobs.feeds.ingest
print([name for name in ("pyarrow", "deltalake", "pandas", "pyspark", "great_expectations", "apprise") if name in sys.modules])
"""
_ROWS = """
import sys, tempfile
from pathlib import Path
from jobs.sparing import without_pandas
with without_pandas():
    from jobs.definitions.contract import load_feed
    from tests.support.files import csv_file, finance_path, line
    from tests.support.judging import Desk
    desk = Desk(load_feed("stat_finance"), Path(tempfile.mkdtemp()))
    assert len(desk.poll((finance_path(), csv_file([line(1, "100")]))).silver) == 1
    import jobs.lake.write
print([name for name in ("pandas", "pyspark", "great_expectations", "apprise") if name in sys.modules])
"""


def loaded(text: str) -> str:
    done = subprocess.run([sys.executable, "-c", text], cwd=REPO, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_look_that_finds_nothing_loads_no_readers_of_files() -> None:
    assert loaded(_IDLE) == "[]"


def test_rows_are_judged_without_pandas_and_spark() -> None:
    assert loaded(_ROWS) == "[]"
