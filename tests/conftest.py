"""The servers of a test session and the installations in them: real PostgreSQL, Spark Connect, SFTP and Superset."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from infra.measurements import Measured, record
from infra.spark.server import THOROUGH_JAVA_OPTIONS
from tests.support.airflow_site import Site, running
from tests.support.builder import Builder
from tests.support.installation import (
    SANDBOX_FEEDS,
    SERVICE_FEEDS,
    STOPS,
    Installation,
    environment,
    release,
    take_in,
    wanted,
)
from tests.support.order import grouped, needs
from tests.support.shared import bring, keep, once

TERMINAL = (
    "COLUMNS",
    "LINES",
    "TERMINAL_WIDTH",
    "FORCE_COLOR",
    "NO_COLOR",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
)
"""By these commands print wider or in colour: a test says itself how wide its terminal is."""


MARKERS = "not faults and not fuzz and not pages"
"""What a run of all leaves out."""
BEGUN = time.monotonic()
"""When this process began to look for tests."""


TOLD_TO_END: list[int] = []
"""Signals that asked for the end of the run."""


def _end(number: int, frame: FrameType | None) -> None:
    TOLD_TO_END.append(number)
    signal.default_int_handler(number, frame)


def pytest_runtest_setup() -> None:
    """End where the interruption was lost: DuckDB makes an error of it, which fails the test and nothing else."""
    if TOLD_TO_END:
        pytest.exit(f"told to end by signal {TOLD_TO_END[0]}")


def pytest_configure() -> None:
    """Keep loopback traffic away from a proxy, as every process of the platform does; forget the caller's terminal.

    A run that is told to end (a time limit, a closed terminal) ends its servers as well.
    """
    for name in TERMINAL:
        os.environ.pop(name, None)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, ["127.0.0.1,localhost", os.environ.get(name)]))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the option of ``make test-fast``, and the one that keeps how long the tests took."""
    parser.addoption("--no-server", action="store_true", help="only tests that start no server")
    parser.addoption("--record", action="store_true", help="write the seconds to docs/measurements.md")


RUN_FOLDER = pytest.StashKey[Path]()
"""A folder that all processes of the run share."""


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker process where the folder of the run is."""
    if RUN_FOLDER not in node.config.stash:
        node.config.stash[RUN_FOLDER] = Path(tempfile.mkdtemp(prefix="zjtx-run-"))
    node.workerinput["run_folder"] = str(node.config.stash[RUN_FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the folder of the run away once all processes have ended."""
    if RUN_FOLDER in config.stash:
        shutil.rmtree(config.stash[RUN_FOLDER], ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the tests, and group them for worker processes (tests/support/order.py)."""
    if config.getoption("no_server"):
        config.hook.pytest_deselected(items=[item for item in items if needs(item)])
        items[:] = [item for item in items if not needs(item)]
    items.sort(key=needs)
    if hasattr(config, "workerinput"):
        items[:] = grouped(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to go on where the groups do not hold: every process would build the loaded installation."""
    if hasattr(session.config, "workerinput") and any("@" not in item.nodeid for item in session.items):
        raise pytest.UsageError("pytest-xdist does not keep the groups of tests together")


def _durations(reporter: pytest.TerminalReporter, whole: float) -> Iterator[Measured]:
    """Give the seconds of the whole, and those of the session's processes in the tests of each folder."""
    reports = [r for kind in ("passed", "skipped", "xfailed") for r in reporter.stats.get(kind, ())]
    took: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for report in reports:
        folder = "/".join(report.nodeid.split("/")[:2])
        took[folder] += report.duration
        tests[folder] += report.when == "call"
    remark = "代码检查同时进行，不含安装 with lint beside, without installing"
    yield {"name": "全部 whole", "value": whole, "unit": "s", "n": tests.total(), "remark": remark}
    for folder, seconds in sorted(took.items()):
        yield {
            "name": folder,
            "value": seconds,
            "unit": "s",
            "n": tests[folder],
            "remark": "各进程之和 of all processes",
        }


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Record how long the tests took, of a run of all in which all passed."""
    config = session.config
    chosen = [
        config.getoption("file_or_dir"),
        config.getoption("keyword"),
        config.getoption("markexpr") != MARKERS,
    ]
    if not config.getoption("record") or hasattr(config, "workerinput") or exitstatus or any(chosen):
        return
    reporter = config.pluginmanager.getplugin("terminalreporter")
    command = "make test-fast" if config.getoption("no_server") else "make test"
    record(command, _durations(reporter, time.monotonic() - BEGUN))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of attempts (tests/security): tried and held by person, controls apart."""
    tried: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            for kind, who in getattr(report, "user_properties", ()):
                if kind not in ("person", "control") or (outcome == "passed" and report.when != "call"):
                    continue
                name = who if kind == "person" else f"{who}（对照）"
                tried[name] += 1
                held[name] += outcome == "passed"
    if tried:
        terminalreporter.section("attempts: tried, held")
        for name in sorted(tried):
            terminalreporter.write_line(f"{name}\t{tried[name]}\t{held[name]}")


HARD_WORKING = {"ZJTX_SPARK_MEMORY": "4g", "ZJTX_SPARK_JAVA_OPTIONS": THOROUGH_JAVA_OPTIONS}
"""The session's Spark computes some twenty releases in one life: there the second compiler pays."""


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Iterator[Any]:
    """PostgreSQL and Spark Connect of the session, at ports nobody else uses; logs stay when a test failed."""
    from infra.local.services import Platform, Ports

    # pytest's own directories are closed to the account PostgreSQL runs as under root.
    home = Path(tempfile.mkdtemp(prefix="zjtx-session-"))
    home.chmod(0o755)
    with environment({}):
        made = Platform(home, Ports.free(), given=HARD_WORKING)
    try:
        made.start(["postgres", "spark"])
        yield made
    finally:
        made.stop()
        kept = {"log"} if request.session.testsfailed else set()
        for path in home.iterdir():
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        if not kept:
            home.rmdir()


@pytest.fixture
def env(platform: Any) -> Iterator[dict[str, str]]:
    """The environment of the session's servers, for one test."""
    values = wanted(platform.env())
    with environment(values):
        yield values


@pytest.fixture(scope="session")
def spark(platform: Any) -> Iterator[Any]:
    """A Spark Connect session for tests of pure functions."""
    from jobs.lake import connect

    with environment(wanted(platform.env())):
        opened = connect(deadline=7200)
        session = opened.__enter__()
    yield session
    opened.__exit__(None, None, None)


@pytest.fixture(scope="session")
def installations(platform: Any) -> Builder:
    """Where installations are made: each has its own ledger, lake, landing and clock."""
    return Builder(platform)


@pytest.fixture
def fresh_installation(installations: Builder) -> Iterator[Installation]:
    """An empty installation for one test, active."""
    installation = installations.new()
    with installation.active():
        yield installation
    installations.drop(installation)


@pytest.fixture
def clock(fresh_installation: Installation) -> Callable[[str], None]:
    """Set the business clock of the fresh installation."""
    return fresh_installation.at


@pytest.fixture(scope="session")
def run_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that all processes of the run share; of a single process its own."""
    if given := getattr(request.config, "workerinput", {}).get("run_folder"):
        yield Path(given)
        return
    made = tmp_path_factory.mktemp("run")
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def sandbox_files(run_folder: Path) -> Path:
    """The small sandbox, made once for all processes: what is sent (``sftp``), and the truth. Read only."""
    from infra.sandbox.generate import SMALL_SIZE, generate

    return once(
        run_folder,
        "sandbox",
        lambda to: generate(to / "sftp", to / "truth", 20260120, SMALL_SIZE, quiet=True),
    )


@pytest.fixture(scope="session")
def sandbox(platform: Any, sandbox_files: Path) -> Path:
    """Files of the small sandbox behind a real SFTP server; returns the folder of the truth."""
    home = platform.site.home
    shutil.copytree(sandbox_files, home / "sandbox", dirs_exist_ok=True)
    (home / "clock").write_text(STOPS[0], encoding="utf-8")
    platform.start(["sftp"])
    return home / "sandbox" / "truth"


@pytest.fixture(scope="session")
def loaded_installation(platform: Any, sandbox: Path, run_folder: Path) -> Installation:
    """All feeds of the small sandbox taken in, computed, audited, approved and published at the four stops. Read only.

    One process of the run does so, through its own servers; the others' installations are copies of that one's.
    """
    from infra.local import finance

    finance.fill(platform.site)
    platform.start(["tax"])
    installation = Installation(wanted(platform.env()), platform.site.home / "sandbox" / "sftp")
    built_here = False

    def build(kept: Path) -> None:
        nonlocal built_here
        _go_through_the_stops(platform, installation)
        keep(installation, kept)
        built_here = True

    kept = once(run_folder, "loaded", build)
    if not built_here:
        bring(kept, installation)
    installation.seen["truth"] = sandbox
    return installation


def _go_through_the_stops(platform: Any, installation: Installation) -> None:
    from infra.local.hooks import HOOKS
    from jobs.operate import state_file

    for _, _, work in HOOKS:
        work(platform.site)
    installation.seen = {"releases": []}
    with installation.active():
        for stop in STOPS:
            installation.at(stop)
            take_in((*SANDBOX_FEEDS, *SERVICE_FEEDS))
            installation.seen["releases"].append(release())
        # As the command that publishes does it, for the page of the operators.
        state_file.refresh()


@pytest.fixture
def loaded(loaded_installation: Installation) -> Iterator[Installation]:
    """The loaded installation, active for one test that only reads."""
    with loaded_installation.active():
        yield loaded_installation


@pytest.fixture(scope="session")
def served_file(loaded_installation: Installation) -> Path:
    """The served DuckDB file of the loaded installation."""
    return loaded_installation.served_file


@pytest.fixture(scope="session")
def superset_url(platform: Any, served_file: Path) -> str:
    """A real Superset on the served file."""
    platform.start(["superset"])
    return f"http://127.0.0.1:{platform.site.ports.superset}"


@pytest.fixture(scope="session")
def passwords(platform: Any, superset_url: str) -> Mapping[str, str]:
    """Superset's users and their passwords."""
    from infra.local.superset import passwords_file

    return json.loads(passwords_file(platform.site).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def airflow_site() -> Iterator[Site]:
    """Airflow's API server with a PostgreSQL of its own; nothing else of the platform is needed for it."""
    from infra.local.services import Platform, Ports

    home = Path(tempfile.mkdtemp(prefix="zjtx-airflow-"))
    home.chmod(0o755)
    with environment({}):
        platform = Platform(home, Ports.free())
        try:
            platform.start(["postgres"])
            with running(platform) as site:
                yield site
        finally:
            platform.stop()
            shutil.rmtree(home, ignore_errors=True)
