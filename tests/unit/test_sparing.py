"""What looks something up does not load pandas, though DuckDB and pyarrow ask for it with every value they are handed."""

from __future__ import annotations

import subprocess
import sys

from jobs.settings import REPO

_TEXT = """
import sys, duckdb, pyarrow as pa
from jobs.sparing import without_pandas
with without_pandas():
    asked = duckdb.execute("SELECT ? || unnest(?)", ["a", ["b", "c"]]).fetchall()
    made = pa.array(["a", None])
    print(asked, made.null_count, "pandas" in sys.modules)
import pandas as pd
frame = pd.DataFrame({"n": [1.0, None]})
print(pa.Table.from_pandas(frame)["n"].null_count, duckdb.execute("SELECT count(n) FROM frame").fetchone())
with without_pandas():
    print(duckdb.execute("SELECT ?", [pd.NaT]).fetchall())
"""


def test_values_are_handed_over_without_pandas_and_frames_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", _TEXT], cwd=REPO, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[('ab',), ('ac',)] 1 False", "1 (1,)", "[(None,)]"]
