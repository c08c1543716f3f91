"""A release of the installation computed again by the models alone, without Spark, held against what the ledger kept of it.

>>> python -m benchmarks.models R1074 --slices 3 --profile      # doctest: +SKIP
"""

import time
from contextlib import nullcontext
from typing import Annotated

import typer

from benchmarks import model_costs
from benchmarks.site import out
from infra.measurements import Measured, Record, keep
from jobs.definitions.policy.model import load_all
from jobs.kpi.engine import Limits
from jobs.lake.content import period_hashes
from jobs.lake.staging import Attempt, apart
from jobs.ledger import releases
from jobs.ledger.models import Release
from jobs.pipeline.tables import Computed, How
from jobs.release.figures import tables_at
from jobs.release.knowledge import known_to

_TOLD = 25
"""Models that stand on the page by themselves."""


def _computed(rows: list[Release], how: How, attempt: Attempt) -> tuple[Computed, float]:
    """Compute a release; return its tables and the seconds that took."""
    programme, begun = load_all()[rows[0].programme], time.perf_counter()
    periods = sorted(r.period for r in rows)
    made = tables_at(programme, periods, known_to(rows[0]), attempt, how)
    return made, time.perf_counter() - begun


def main(
    release: Annotated[str, typer.Argument(help="发布 / release")],
    slices: Annotated[int, typer.Option(help="切片数 / slices")] = 1,
    profile: Annotated[bool, typer.Option(help="逐个模型的处理器秒 / seconds of each model")] = False,
    record: Record = False,
) -> None:
    """用模型重算一版，不经 Spark，与台账的散列比对 / compute a release by the models alone."""
    wrong, measured = [], list[Measured]()
    # One thread each: what an engine does is done by the thread that asks for it.
    how = How(slices, limits=Limits(threads=1 if profile else None))
    for programme in sorted({r.programme for r in releases.of(release)}):
        rows = [r for r in releases.of(release) if r.programme == programme]
        with apart(release) as attempt, model_costs.watched() if profile else nullcontext() as costs:
            made, seconds = _computed(rows, how, attempt)
            begun = time.perf_counter()
            computed = period_hashes({**made.rows, **made.files}, [r.period for r in rows])
            hashing = time.perf_counter() - begun
        for name, took in (("计算 computed", seconds), ("散列 hashed", hashing)):
            measured.append({"name": f"{programme} {name}", "value": took, "unit": "s"})
        out.print(
            f"{release} {programme}: {slices} 片 slices, 计算 computed {seconds:.1f} s, 散列 hashed {hashing:.1f} s"
        )
        if costs:
            out.print(costs.table())
            measured += [
                {"name": f"{programme} {name}", "value": c.seconds, "unit": "s", "remark": "处理器 processor"}
                for name, c in costs.dearest(_TOLD).items()
            ]
        for row in rows:
            recorded = row.hashes or {}
            other = [
                n for n in sorted({*made.names, *recorded}) if computed[row.period].get(n) != recorded.get(n)
            ]
            wrong += other
            said = f"不同 other {'、'.join(other)}" if other else "相同 same"
            out.print(f"  {row.period}: {said}（{len(computed[row.period])} 张表 tables）")
    keep(record and not wrong, "benchmarks.models", measured)
    raise typer.Exit(bool(wrong))


if __name__ == "__main__":
    typer.run(main)
