"""kill -9 at twenty random moments of ingest, compute, audit and publish; the seed makes them the same every time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from tests.faults.dying import READY
from tests.faults.stages import Stages, finish, log_of, step, wait_for

pytestmark = [pytest.mark.spark, pytest.mark.faults]

_RANDOM = random.Random(20260331)
MOMENTS = [
    (name, _RANDOM.random())
    for name, times in (("ingest", 6), ("compute", 6), ("audit", 4), ("publish", 4))
    for _ in range(times)
]
"""Step, and the part of its undisturbed time after which it dies."""


def lasting(stages: Stages, name: str) -> float:
    """Return how long an undisturbed step works once its process is up; measured once."""
    if name not in stages.seconds:
        with stages.at(name) as installation:
            process = step(installation, name)
            assert wait_for((installation.home / READY).exists, process)
            since = time.monotonic()
            assert process.wait(timeout=300) == 0, log_of(installation)
            stages.seconds[name] = time.monotonic() - since
    return stages.seconds[name]


@pytest.mark.parametrize(("name", "part"), MOMENTS, ids=[f"{n}-{p:.0%}" for n, p in MOMENTS])
def test_a_step_killed_at_a_random_moment_and_repeated_ends_like_an_undisturbed_one(
    stages: Stages, told: Callable[..., object], name: str, part: float
) -> None:
    after = part * lasting(stages, name)
    with told(name, f"random: {after:.2f} s after its start, {part:.0%}"), stages.at(name) as installation:
        process = step(installation, name)
        assert wait_for((installation.home / READY).exists, process)
        time.sleep(after)
        process.kill()
        process.wait()
        finish(installation)
        stages.is_at_the_end(installation)
