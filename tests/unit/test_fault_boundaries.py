"""The long fault tests name functions of the jobs in words: a name that is gone would be found out only there."""

from __future__ import annotations

import importlib
import sys

import pytest

from tests.faults.dying import import_all
from tests.faults.test_boundaries import BOUNDARIES


@pytest.mark.parametrize("name", BOUNDARIES)
def test_every_boundary_at_which_a_step_is_killed_is_a_function(name: str) -> None:
    module, function = BOUNDARIES[name].place.split()[1].rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), function))


def test_importing_all_jobs_starts_none(capsys: pytest.CaptureFixture[str]) -> None:
    import_all()
    assert "jobs.cli.__main__" in sys.modules
    assert capsys.readouterr() == ("", "")
