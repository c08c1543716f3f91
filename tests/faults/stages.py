"""The road up to a publication as a row of houses, each one step further than the one before.

A test copies the house before the step it disturbs, so that no test pays for the steps before. The first stop of
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
from tests.support.house import SANDBOX_FEEDS, STOPS, Builder, House, ledger_rows, release, take_in

FEED = "stat_finance"
"""The feed that is disturbed; the others are taken in before."""

ROAD = ("ingest", "compute", "audit", "approve", "publish")
"""Steps in their order; stage ``compute`` is the house in which ``compute`` comes next."""


def environ(house: House) -> dict[str, str]:
    """Environment of a process that works in a house."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ZJTX_", "AIRFLOW_"))}
    return kept | house.env | {"PYTHONPATH": str(REPO)}


def start(house: House, *command: str) -> subprocess.Popen[bytes]:
    """Start a command of the house in a process of its own."""
    out = (house.home / "process.log").open("ab")
    return subprocess.Popen(command, env=environ(house), cwd=REPO, stdout=out, stderr=subprocess.STDOUT)


def zjtx(house: House, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a zjtx command of the house."""
    return start(house, str(REPO / ".venv" / "bin" / "zjtx"), *arguments)


def step(house: House, name: str, place: str = "never") -> subprocess.Popen[bytes]:
    """Start a step that dies at a place; see :mod:`tests.faults.dying`."""
    arguments = [FEED] if name == "ingest" else []
    return start(house, sys.executable, "-m", "tests.faults.dying", place, name, *arguments)


def log_of(house: House) -> str:
    """End of what the house's processes printed."""
    return (house.home / "process.log").read_text(encoding="utf-8")[-4000:]


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
    """Run a step of the active house in this process, whatever of it was done before."""
    from tests.faults import dying

    if name == "ingest":
        take_in((FEED,))
    else:
        dying.STEPS[name]()


def finish(house: House) -> None:
    """Run every step once more, as an operator or Airflow does after a death."""
    with house.active():
        for name in ROAD:
            walk(name)


def kept(house: House) -> dict[str, Any]:
    """What the feed left in lake and ledger, but for ids of polls."""
    lake = house.env["ZJTX_LAKE"]

    def lines(table: str) -> list[tuple[Any, ...]]:
        rows = DeltaTable(f"{lake}/{table}").to_pyarrow_table(columns=["file_name", "row_no"]).to_pylist()
        return sorted((r["file_name"], r["row_no"] or 0) for r in rows)

    counts = "seq, scope, landed, silver, quarantined, duplicates, withdrawn"
    return {
        "bronze": lines(f"bronze/{FEED}"),
        "silver": lines(f"silver/{FEED}"),
        "quarantine": lines("quarantine/rows"),
        "batches": ledger_rows(house, f"select {counts} from batch order by seq"),
        "files": ledger_rows(house, "select path, ordinal, verdict from file order by path, ordinal, verdict"),
        "open": ledger_rows(house, "select count(*) from poll where done_at is null"),
        "releases": ledger_rows(house, "select release_id, programme, period, revision, status, state from release "
                                       "order by 1, 2, 3"),
    }  # fmt: skip


def content(house: House) -> list[str]:
    """Content hashes of the publications, oldest first."""
    rows = ledger_rows(house, "select content_hash from publication order by publication_id")
    return [str(r[0]) for r in rows]


def seen_rows(house: House) -> list[tuple[Any, ...]]:
    """Rows of the feed that a reader of the lake gets."""
    with house.active():
        return sorted((r["file_name"], r["row_no"], r["seq"]) for r in house.rows(FEED))


@dataclass
class Reader:
    """Reads the served file of a house without pause, as dashboards do, and keeps what was wrong."""

    house: House
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
            _, whole, counts = self.look(self.house.served_file)
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
    """The houses, and what an undisturbed road leaves."""

    builder: Builder
    houses: dict[str, House] = field(default_factory=dict)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    content: list[str] = field(default_factory=list)
    served: dict[str, tuple[int, ...]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def build(cls, builder: Builder, files: Path) -> Stages:
        """Walk the road once, and keep a house of every stage."""
        made = cls(builder)
        house = builder.new()
        shutil.copytree(files, house.source, dirs_exist_ok=True)
        whole = builder.platform.site.home / "files"
        shutil.copytree(files, whole)
        house.at(STOPS[0])
        house.hide_after(STOPS[0])
        with house.active():
            take_in()
            release()
        shutil.copytree(whole, house.source, dirs_exist_ok=True)
        house.at(STOPS[1])
        house.hide_after(STOPS[1])
        with house.active():
            take_in([f for f in SANDBOX_FEEDS if f != FEED])
        made._keep("ingest", house)
        for name, following in zip(ROAD, (*ROAD[1:], "end"), strict=True):
            house = builder.copy(house)
            with house.active():
                walk(name)
            made._keep(following, house)
        made.content = content(house)
        assert len(set(made.content)) == 2, "the second stop changes something"
        return made

    def _keep(self, stage: str, house: House) -> None:
        self.houses[stage] = house
        self.kept[stage] = kept(house)
        self.rows[stage] = seen_rows(house)
        _, whole, counts = Reader.look(house.served_file)
        self.served[whole] = counts

    @contextmanager
    def at(self, stage: str) -> Iterator[House]:
        """A copy of the house of a stage, with a reader at its served file; nobody may be disturbed."""
        house = self.builder.copy(self.houses[stage])
        reader = Reader(house, self.served)
        try:
            with reader.reading():
                yield house
            assert reader.wrong == []
            assert reader.reads > 0
        finally:
            self.builder.drop(house)

    def is_at_the_end(self, house: House) -> None:
        """Assert that a house stands where the undisturbed road ended."""
        assert content(house) == self.content
        assert kept(house) == self.kept["end"]
