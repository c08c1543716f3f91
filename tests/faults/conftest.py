"""Servers of the fault tests alone (they are killed), the stages up to a publication, and the table of what was killed."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local.services import Platform, Ports
from tests.faults.stages import Stages
from tests.support.builder import Builder
from tests.support.installation import environment

KILLED = pytest.StashKey[list[tuple[str, str, str, float]]]()
"""What was killed, when, the result, seconds."""


@pytest.fixture(scope="session")
def own() -> Iterator[Builder]:
    """Servers of these tests alone."""
    home = Path(tempfile.mkdtemp(prefix="zjtx-faults-"))
    home.chmod(0o755)
    with environment({}):
        platform = Platform(
            home, Ports.free(), extra={"ZJTX_AUTO_APPROVE": "1"}, given={"ZJTX_REAL_DATA": str(home / "none")}
        )
    try:
        platform.start(["postgres", "spark"])
        yield Builder(platform)
    finally:
        platform.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the reporting units of the small sandbox deliver, all of it."""
    from infra.sandbox.generate import SMALL_SIZE, generate

    folder = tmp_path_factory.mktemp("sandbox")
    generate(folder / "sftp", folder / "truth", 20260120, SMALL_SIZE, quiet=True)
    return folder / "sftp"


@pytest.fixture(scope="session")
def stages(own: Builder, files: Path) -> Stages:
    """Every step taken once, undisturbed."""
    return Stages.build(own, files)


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Callable[..., object]:
    """Note what a test kills and when; the table is printed at the end of the run."""

    @contextmanager
    def note(victim: str, moment: str) -> Iterator[None]:
        rows = request.config.stash.setdefault(KILLED, [])
        since, result = time.monotonic(), "失败 / failed"
        try:
            yield
            result = "相同 / same"
        finally:
            rows.append((victim, moment, result, time.monotonic() - since))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was killed, when, and what came of it."""
    rows = config.stash.get(KILLED, [])
    if rows:
        terminalreporter.section("杀掉了什么 / what was killed")
        for victim, moment, result, seconds in rows:
            terminalreporter.write_line(f"{victim:<12} {moment:<66} {result:<14} {seconds:6.1f} s")
        same = sum(r[2].startswith("相同") for r in rows)
        terminalreporter.write_line(
            f"{len(rows)} 次，结果相同 {same} 次 / {len(rows)} kills, {same} with the same result"
        )
