"""A file of a million rows: loaded end to end, with progress, while the process stays small; no row is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.support.builder import Builder
from tests.support.files import COUNTY, FINANCE, code, finance_path
from tests.support.installation import Installation, environment

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(3000)]

ROWS = 1_000_000
SPOILT, TWICE = 1000, 5000
"""Every 1000th figure is no number; every 5000th row stands a second time at the end."""
MOST = 1000 << 20
"""Bytes by which the process may grow while it loads a text file, whatever its length: half of them are the database's."""

CHILD = """
import json, sys
from pathlib import Path

def peak():
    # Not getrusage: it begins with the size of the process that started this one.
    told = Path("/proc/self/status").read_text().partition("VmHWM:")[2]
    return int(told.split()[0]) * 1024

told = []
if sys.argv[1] == "poll":
    from jobs.feeds.ingest import poll
    import jobs.feeds.load
    before = peak()
    done = poll("stat_finance", progress=lambda *step: told.append(step))
    counts = [(b.landed, b.silver, b.quarantined, b.duplicates) for b in done.accepted]
else:
    from datetime import date
    from jobs.definitions.contract import load_feed
    from jobs.sheets.parse import parse
    import jobs.sheets.workbook
    before = peak()
    source = Path(sys.argv[2])
    found = parse(load_feed("stat_finance"), source, {"period": "202602"}, source.with_suffix(".parquet"),
                  date(2026, 3, 19), lambda *step: told.append(("", *step)))
    counts = [found.rows]
print(json.dumps({"before": before, "peak": peak(), "counts": counts, "told": told}))
"""


def lines() -> Iterator[list[Any]]:
    yield list(FINANCE)
    for n in [*range(ROWS), *range(0, ROWS, TWICE)]:
        revenue = "待核实" if n % SPOILT == 1 else n
        yield ["202602", code(n), f"测试企业{n}", COUNTY, revenue, n % 977, 20]


def run(installation: Installation, *arguments: str) -> dict[str, Any]:
    """Run the child in an installation and return what it measured."""
    with environment(installation.env):
        made = subprocess.run(
            [sys.executable, "-c", CHILD, *arguments],
            capture_output=True,
            text=True,
            env=os.environ | installation.env,
            check=False,
        )
    assert made.returncode == 0, made.stderr[-3000:]
    return json.loads(made.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def installation(installations: Builder) -> Iterator[Installation]:
    made = installations.new()
    made.at("2026-03-19T09:00:00+08:00")
    yield made
    installations.drop(made)


def shown(name: str, measured: dict[str, Any]) -> None:
    grown = (measured["peak"] - measured["before"]) >> 20
    print(
        f"\n{name}: {measured['before'] >> 20} MB after the imports, peak {measured['peak'] >> 20} MB, grown by {grown} MB"
    )


@pytest.mark.spark
def test_a_text_file_of_a_million_rows_loads_in_bounded_memory(installation: Installation) -> None:
    target = installation.deliver(finance_path(), b"", "2026-03-18T09:30:00+08:00")
    stamp = target.stat()
    with target.open("w", encoding="gb18030", newline="") as f:
        f.writelines(",".join(map(str, row)) + "\r\n" for row in lines())
    os.utime(target, (stamp.st_atime, stamp.st_mtime))
    measured = run(installation, "poll")
    shown(f"CSV {target.stat().st_size >> 20} MB", measured)
    twice = ROWS // TWICE
    spoilt = ROWS // SPOILT
    assert measured["counts"] == [[ROWS + twice, ROWS - spoilt, spoilt, twice]]
    steps = [s for s in measured["told"] if s[0].endswith("（行）")]
    assert len(steps) > ROWS // 25_000 and steps[-1][1] == ROWS + twice
    assert [s[1] for s in steps] == sorted(s[1] for s in steps)
    assert abs(steps[0][2] - ROWS) < ROWS / 4, "the length is guessed from the first lines"
    assert measured["peak"] - measured["before"] < MOST


def test_a_workbook_of_a_million_rows_is_read_within_what_its_reader_needs(
    installation: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "million.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        page = book.add_worksheet("B203")
        for r, row in enumerate(lines()):
            page.write_row(r, 0, row)
    measured = run(installation, "parse", str(path))
    shown(f"XLSX {path.stat().st_size >> 20} MB", measured)
    assert measured["counts"] == [ROWS + ROWS // TWICE]
    # The reader keeps the whole sheet: about 1 GB for a sheet as long as Excel allows, of seven columns.
    assert measured["peak"] - measured["before"] < 2 * MOST
