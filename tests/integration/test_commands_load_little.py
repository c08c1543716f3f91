"""Commands that look something up, on the loaded installation: answered, and without the engine's libraries."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from jobs.settings import REPO
from tests.support.house import House

pytestmark = pytest.mark.spark

ASKED = (
    ["status"], ["targets"], ["ranking"], ["file", "list"], ["file", "show", "5"], ["quarantine", "list"],
    ["trace", "2026Q2", "revenue_growth", "220000"],
)  # fmt: skip
"""The last one counts a figure again by the models: their parameters are arrays, and pyarrow loads pandas with the first."""
HEAVY = ("pyspark", "great_expectations", "pandas", "apprise")
_TEXT = f"""
import json, sys
from jobs.cli import app
codes, loaded = [], []
for arguments in {ASKED}:
    try:
        app(arguments)
    except SystemExit as end:
        codes.append(end.code)
    loaded.append([name for name in {HEAVY} if name in sys.modules])
print(json.dumps([codes, loaded]))
"""


def test_looking_things_up_needs_no_engine(loaded: House) -> None:
    done = subprocess.run([sys.executable, "-c", _TEXT], cwd=REPO, capture_output=True, text=True, check=True)
    codes, loaded = json.loads(done.stdout.splitlines()[-1])
    assert codes == [0] * len(ASKED)
    assert loaded[:-1] == [[]] * (len(ASKED) - 1)
    assert set(loaded[-1]) <= {"pandas"}
