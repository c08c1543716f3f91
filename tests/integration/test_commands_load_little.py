"""Commands that look something up, on the loaded installation: answered, and without the engine's libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jobs.settings import REPO
from tests.support.installation import Installation

pytestmark = pytest.mark.spark

ASKED = (
    "status", "targets", "ranking", "file list", "file show 5", "quarantine list", "rule list",
    "trace 2026Q2 revenue_growth 220000", "trace 2026Q2 rd_intensity 220000",
)  # fmt: skip
"""The first figure's enterprises are published themselves; the lines of the second are gathered again by the models."""
_TEXT = """
import atexit, sys
heavy = ("pyspark", "great_expectations", "pandas", "apprise")
atexit.register(lambda: print(*[name for name in heavy if name in sys.modules], file=sys.stderr))
from jobs.cli import app
app(sys.argv[1:])
"""


@pytest.mark.parametrize("command", ASKED)
def test_looking_something_up_needs_no_engine(loaded: Installation, command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TEXT, *command.split()], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.split()) == (0, [])
