"""The steps up to a publication as a row of installations, each one step further than the one before.

A test copies the installation before the step it disturbs, so that no test pays for the steps before. The first stop of
the business clock is published in all of them: there is something to be read, and the second stop replaces it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable

from jobs.settings import REPO
from tests.support.builder import Builder
from tests.support.installation import SANDBOX_FEEDS, STOPS, Installation, ledger_rows, release, take_in

FEED = "stat_finance"
"""The feed that is disturbed; the others are taken in before."""

STEPS = ("ingest", "compute", "audit", "approve", "publish")
"""Steps in their order; stage ``compute`` is the installation in which ``compute`` comes next."""


def environ(installation: Installation) -> dict[str, str]:
    """Environment of a process that works in an installation."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ZJTX_", "AIRFLOW_"))}
    return kept | installation.env | {"PYTHONPATH": str(REPO)}


def start(installation: Installation, *command: str) -> subprocess.Popen[bytes]:
    """Start a command of the installation in a process of its own."""
    out = (installation.home / "process.log").open("ab")
    return subprocess.Popen(
        command, env=environ(installation), cwd=REPO, stdout=out, stderr=subprocess.STDOUT
    )


def zjtx(installation: Installation, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a zjtx command of the installation."""
    return start(installation, str(REPO / ".venv" / "bin" / "zjtx"), *arguments)


def step(installation: Installation, name: str, place: str = "never") -> subprocess.Popen[bytes]:
    """Start a step that dies at a place; see :mod:`tests.faults.dying`."""
    arguments = [FEED] if name == "ingest" else []
    return start(installation, sys.executable, "-m", "tests.faults.dying", place, name, *arguments)


def log_of(installation: Installation) -> str:
    """End of what the installation's processes printed."""
    return (installation.home / "process.log").read_text(encoding="utf-8")[-4000:]


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes], limit: float = 300.0) -> bool:
    """Wait for a condition while a process runs; tell whether it came true first."""
    deadline = time.monotonic() + limit
    while process.poll() is None:
        assert time.monotonic() < deadline
        if condition():
            return True
        time.sleep(0.01)
    return False


def walk(name: str) -> None:
    """Run a step of the active installation in this process, whatever of it was done before."""
    from tests.faults import dying

    if name == "ingest":
        take_in((FEED,))
    else:
        dying.STEPS[name]()


def finish(installation: Installation) -> None:
    """Run every step once more, as an operator or Airflow does after a death."""
    with installation.active():
        for name in STEPS:
            walk(name)


def kept(installation: Installation) -> dict[str, Any]:
    """What the feed left in lake and ledger, but for ids of polls."""
    lake = installation.env["ZJTX_LAKE"]

    def lines(table: str) -> list[tuple[Any, ...]]:
        rows = DeltaTable(f"{lake}/{table}").to_pyarrow_table(columns=["file_name", "row_no"]).to_pylist()
        return sorted((r["file_name"], r["row_no"] or 0) for r in rows)

    counts = "seq, scope, landed, silver, quarantined, duplicates, withdrawn"
    return {
        "bronze": lines(f"bronze/{FEED}"),
        "silver": lines(f"silver/{FEED}"),
        "quarantine": lines("quarantine/rows"),
        "batches": ledger_rows(installation, f"select {counts} from batch order by seq"),
        "files": ledger_rows(installation, "select path, ordinal, verdict from file order by path, ordinal, verdict"),
        "open": ledger_rows(installation, "select count(*) from poll where done_at is null"),
        "releases": ledger_rows(installation, "select release_id, programme, period, revision, status, state from release "
                                       "order by 1, 2, 3"),
    }  # fmt: skip


def content(installation: Installation) -> list[str]:
    """Content hashes of the publications, oldest first."""
    rows = ledger_rows(installation, "select content_hash from publication order by publication_id")
    return [str(r[0]) for r in rows]


def seen_rows(installation: Installation) -> list[tuple[Any, ...]]:
    """Rows of the feed that a reader of the lake gets."""
    with installation.active():
        return sorted((r["file_name"], r["row_no"], r["seq"]) for r in installation.rows(FEED))


@dataclass
class Reader:
    """Reads the served file of an installation without pause, as dashboards do, and keeps what was wrong."""

    installation: Installation
    known: dict[str, tuple[int, ...]]
    """Content hash -> rows per table of the publications that may be seen."""
    reads: int = 0
    seen: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    TABLES = ("kpi_region", "kpi_enterprise", "enterprise_statement", "target_progress", "region_ranking")

    @classmethod
    def look(cls, path: Path) -> tuple[str, str, tuple[int, ...]]:
        """Publication id, content hash and rows per table, all of one open file."""
        with duckdb.connect(str(path.resolve()), read_only=True) as con:
            ((number, whole),) = con.execute(
                "select distinct publication_id, content_hash from publication"
            ).fetchall()
            counts = []
            for table in cls.TABLES:
                ((n, low, high),) = con.execute(
                    f'select count(*), min(publication_id), max(publication_id) from "{table}"'
                ).fetchall()
                if (low, high) != (number, number):
                    raise AssertionError(f"{table}：{low}—{high} 混在 {number} 中")
                counts.append(n)
        return number, whole, tuple(counts)

    def once(self) -> None:
        """Read once."""
        try:
            _, whole, counts = self.look(self.installation.served_file)
            if self.known.get(whole) != counts:
                self.wrong.append(f"unknown content {whole[:12]} {counts}")
            if self.seen[-1:] != [whole]:
                self.seen.append(whole)
        except Exception as error:
            self.wrong.append(repr(error))
        self.reads += 1

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Read for as long as the block runs."""
        over = threading.Event()

        def loop() -> None:
            while not over.wait(0.03):
                self.once()

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join()


@dataclass
class Stages:
    """The installations, and what undisturbed steps leave."""

    builder: Builder
    installations: dict[str, Installation] = field(default_factory=dict)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    content: list[str] = field(default_factory=list)
    served: dict[str, tuple[int, ...]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def build(cls, builder: Builder, files: Path) -> Stages:
        """Take every step once, and keep an installation of every stage."""
        made = cls(builder)
        installation = builder.new()
        shutil.copytree(files, installation.source, dirs_exist_ok=True)
        whole = builder.platform.site.home / "files"
        shutil.copytree(files, whole)
        installation.at(STOPS[0])
        installation.hide_after(STOPS[0])
        with installation.active():
            take_in()
            release()
        shutil.copytree(whole, installation.source, dirs_exist_ok=True)
        installation.at(STOPS[1])
        installation.hide_after(STOPS[1])
        with installation.active():
            take_in([f for f in SANDBOX_FEEDS if f != FEED])
        made._keep("ingest", installation)
        for name, following in zip(STEPS, (*STEPS[1:], "end"), strict=True):
            installation = builder.copy(installation)
            with installation.active():
                walk(name)
            made._keep(following, installation)
        made.content = content(installation)
        assert len(set(made.content)) == 2, "the second stop changes something"
        return made

    def _keep(self, stage: str, installation: Installation) -> None:
        self.installations[stage] = installation
        self.kept[stage] = kept(installation)
        self.rows[stage] = seen_rows(installation)
        _, whole, counts = Reader.look(installation.served_file)
        self.served[whole] = counts

    @contextmanager
    def at(self, stage: str) -> Iterator[Installation]:
        """A copy of the installation of a stage, with a reader at its served file; nobody may be disturbed."""
        installation = self.builder.copy(self.installations[stage])
        reader = Reader(installation, self.served)
        try:
            with reader.reading():
                yield installation
            assert reader.wrong == []
            assert reader.reads > 0
        finally:
            self.builder.drop(installation)

    def is_at_the_end(self, installation: Installation) -> None:
        """Assert that an installation stands where the undisturbed steps ended."""
        assert content(installation) == self.content
        assert kept(installation) == self.kept["end"]
