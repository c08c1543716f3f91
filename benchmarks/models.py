"""A release of the installation computed again by the models alone, without Spark, held against what the ledger kept of it.

>>> python -m benchmarks.models R1074 --slices 3      # doctest: +SKIP
"""

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.site import out
from jobs.kpi.dictionary import indicators
from jobs.kpi.tables import Computed, compute
from jobs.lake.content import period_hashes
from jobs.ledger import releases
from jobs.ledger.models import Release
from jobs.policy.model import load_all
from jobs.release.knowledge import known_to
from jobs.release.known import known_at, region_map


def _computed(rows: list[Release], slices: int, folder: Path) -> tuple[Computed, float, float]:
    """Compute a release; return its figures, and the seconds for pinning and for computing."""
    programme, begun = load_all()[rows[0].programme], time.perf_counter()
    known = known_at(programme, known_to(rows[0]))
    pinned = time.perf_counter()
    periods = sorted(r.period for r in rows)
    made = compute(
        programme,
        periods,
        known,
        indicators(),
        region_map(programme),
        folder,
        slices=slices,
        release=rows[0].release_id,
    )
    return made, pinned - begun, time.perf_counter() - pinned


def main(
    release: Annotated[str, typer.Argument(help="发布 / release")],
    slices: Annotated[int, typer.Option(help="切片数 / slices")] = 1,
) -> None:
    """用模型重算一版，不经 Spark，与台账的散列比对 / compute a release by the models alone."""
    wrong = []
    for programme in sorted({r.programme for r in releases.of(release)}):
        rows = [r for r in releases.of(release) if r.programme == programme]
        with tempfile.TemporaryDirectory() as folder:
            made, pinning, computing = _computed(rows, slices, Path(folder))
            tables = made.tables()
        found = period_hashes(tables, [r.period for r in rows])
        out.print(
            f"{release} {programme}: {slices} 片 slices, 固定输入 pinned {pinning:.1f} s, 计算 computed {computing:.1f} s"
        )
        for row in rows:
            kept = row.hashes or {}
            other = [n for n in tables if found[row.period].get(n) != kept.get(n)]
            wrong += other
            said = f"不同 other {'、'.join(other)}" if other else "相同 same"
            out.print(
                f"  {row.period}: {said}（{len(tables)} 张表 tables，kpi_region {_rows(made, row.period)} 行 rows）"
            )
    raise typer.Exit(bool(wrong))


def _rows(made: Computed, period: str) -> int:
    return made.kpi_region["period"].to_pylist().count(period)


if __name__ == "__main__":
    typer.run(main)
