"""What a publication costs: written from nothing, and with one more period; with a file for every region.

``python -m benchmarks.publishing [FILE]``: FILE is a served file (default: the one served now). The releases that it
names are published again from the lake, into a temporary folder; neither ledger nor server is asked. Beside it stands
DuckDB alone, copying the same rows of all these files once into empty ones.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
import yaml
from rich.table import Table

from benchmarks.site import out
from infra.measurements import Record, keep
from jobs.definitions.policy.model import load
from jobs.ledger.models import Release
from jobs.serve import publish, renewal, scopes
from jobs.serve.build import Approved, build
from jobs.settings import settings

_MB = 1_000_000


def _approved(file: Path) -> Approved:
    """Return the releases that a served file names; their hashes stand in the ledger and are left out."""
    columns = ("programme", "period", "release_id", "status", "revision", "seq", "data_as_of", "provisional")
    with duckdb.connect(str(file), read_only=True) as con:
        asked = f"SELECT {', '.join(columns).replace('release_id', 'release')} FROM publication ORDER BY ALL"
        rows = [dict(zip(columns, row, strict=True)) for row in con.execute(asked).fetchall()]
    return {(r["programme"], r["period"]): Release(**r, hashes={}) for r in rows}


def _everyone(path: Path, approved: Approved) -> None:
    """Write an access file with an official of each region that the programmes count in, and let it be read."""
    programmes = [load(p) for p in sorted({programme for programme, _ in approved})]
    regions = sorted({r for p in programmes if p.entity == "enterprise" for r in (p.region_code, *p.units)})
    officials = [{"username": f"u{r}", "region": r} for r in regions]
    path.write_text(yaml.safe_dump({"officials": officials}), encoding="utf-8")
    os.environ["ZJTX_ACCESS"] = str(path)
    settings.cache_clear()


def _timed(table: Table, label: str, work: Callable[[], Any], weigh: Callable[[], int]) -> float:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    table.add_row(label, f"{wall:.1f}", f"{cpu:.1f}", f"{weigh() / _MB:.1f}")
    return wall


def _files(whole: Path) -> list[Path]:
    of_regions = [scopes.file_of(whole, s.name) for s in scopes.scopes()]
    return [whole, *(f for f in of_regions if f.exists() and not f.is_symlink())]


def _size(whole: Path) -> int:
    return sum(f.stat().st_size for f in _files(whole))


def _publish(
    table: Table, label: str, file: Path, approved: Approved, base: Path | None = None
) -> tuple[float, float]:
    """Publish, and return the seconds of the whole file and of those of the regions."""
    file.parent.mkdir()
    whole = _timed(
        table,
        f"{label}: the whole file",
        lambda: build(file, "P1", None, approved, base),
        lambda: _size(file),
    )
    return whole, _timed(
        table,
        f"{label}: and {len(scopes.scopes())} of regions",
        lambda: scopes.write(file, base),
        lambda: _size(file),
    )


def _copy(files: list[Path], folder: Path) -> None:
    folder.mkdir()
    with duckdb.connect() as con:
        for number, file in enumerate(files):
            con.execute(f"ATTACH '{renewal.quoted(file)}' AS a (READ_ONLY)")
            con.execute(f"ATTACH '{renewal.quoted(folder)}/{number}.duckdb' AS b")
            con.execute("COPY FROM DATABASE a TO b")
            con.execute("DETACH a; DETACH b")


def main(file: Annotated[Path | None, typer.Argument()] = None, record: Record = False) -> None:
    """Publish what a served file holds, from nothing and as the next period, and print what it took."""
    table = Table("publishing", "seconds", "CPU seconds", "MB")
    approved = _approved(file or publish.current())
    latest = max(period for _, period in approved)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _everyone(folder / "access.yaml", approved)
        before, after, whole = (folder / n / publish.FILE for n in ("before", "after", "whole"))
        made = _publish(table, "from nothing", whole, approved)
        _publish(Table(), "", before, {at: r for at, r in approved.items() if at[1] != latest})
        added = _publish(
            table, f"{latest} beside {len(approved) - 1} periods that stay", after, approved, before
        )
        copied = _timed(
            table,
            "DuckDB copying the same rows once",
            lambda: _copy(_files(whole), folder / "copy"),
            lambda: _size(whole),
        )
    out.print(table)
    named = {"抄一遍 copying": copied}
    for label, (of_whole, of_regions) in (
        ("从头写 from nothing", made),
        ("多一个期间 one more period", added),
    ):
        named |= {label: of_whole + of_regions, f"{label}，全部企业的文件 the whole file": of_whole}
        named[f"{label}，各地区的文件 files of regions"] = of_regions
    keep(record, "benchmarks.publishing", [{"name": n, "value": s, "unit": "s"} for n, s in named.items()])
    out.print(
        f"from nothing / copying: {sum(made) / copied:.1f}; one more period / from nothing: {sum(added) / sum(made):.2f}"
    )


if __name__ == "__main__":
    typer.run(main)
