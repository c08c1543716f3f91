"""What the files of the regions cost beside the whole served file: seconds of publishing, and disk.

``python -m benchmarks.scopes [FILE]``: FILE is a served file (default: the one served now); it is copied first.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.table import Table

from benchmarks.site import out
from jobs.serve import publish, scopes

_MB = 1_000_000


def _rows(path: Path) -> tuple[int, int]:
    """Return a file's rows about firms, and those of regions."""
    with duckdb.connect(str(path), read_only=True) as con:
        tables = ("enterprise_statement", "kpi_enterprise", "criteria_condition", "warning")
        firms = sum(len(con.table(t)) for t in tables)
        return firms, len(con.table("kpi_region"))


def _copied(file: Path, folder: str) -> tuple[Path, float]:
    begun = time.perf_counter()
    copy = Path(shutil.copy(os.path.realpath(file), Path(folder) / publish.FILE))
    return copy, time.perf_counter() - begun


def main(file: Annotated[Path | None, typer.Argument()] = None) -> None:
    """Write the scopes of a served file and print what each takes."""
    table = Table("file", "MB", "rows of firms (4 tables)", "kpi_region", "seconds", "CPU seconds")
    with tempfile.TemporaryDirectory() as folder:
        whole, copying = _copied(file or publish.current(), folder)
        table.add_row("whole", f"{whole.stat().st_size / _MB:.1f}", *map(str, _rows(whole)), "", "")
        wall, cpu = time.perf_counter(), time.process_time()
        scopes.write(whole)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        added = 0
        for scope in scopes.scopes():
            path = scopes.file_of(whole, scope)
            size = 0 if path.is_symlink() else path.stat().st_size
            added += size
            shown = "link" if path.is_symlink() else f"{size / _MB:.1f}"
            table.add_row(scope, shown, *map(str, _rows(path)), "", "")
        table.add_row("all scopes", f"{added / _MB:.1f}", "", "", f"{wall:.1f}", f"{cpu:.1f}")
    out.print(table)
    out.print(f"copying the whole file: {copying:.1f} s")


if __name__ == "__main__":
    typer.run(main)
