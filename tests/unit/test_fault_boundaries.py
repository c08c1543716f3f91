"""The long fault tests name functions of the jobs in words: a name that is gone would be found out only there."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from jobs.settings import REPO
from tests.faults.test_boundaries import BOUNDARIES


@pytest.mark.parametrize("name", BOUNDARIES)
def test_every_boundary_at_which_a_step_is_killed_is_a_function(name: str) -> None:
    module, function = BOUNDARIES[name].place.split()[1].rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), function))


def test_importing_all_jobs_starts_none() -> None:
    """In a process of its own: here most of them are imported already."""
    told = "from tests.faults.dying import import_all; import_all(); print('all imported')"
    done = subprocess.run(
        [sys.executable, "-c", told, "status"], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "all imported\n"), done.stderr[-2000:]
