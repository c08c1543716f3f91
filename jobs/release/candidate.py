"""Computing a candidate: silver at one state of knowledge -> gold rows -> the ledger's release rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import structlog

from jobs import clock
from jobs.definitions.policy.model import Programme, load
from jobs.kpi.spark import cores, room, spread_over
from jobs.lake.content import lake_hashes
from jobs.lake.mark import claim
from jobs.lake.session import writing
from jobs.lake.staging import in_lake, stage
from jobs.lake.write import replace_release
from jobs.ledger import Writer, batches, releases, reviews, settlements, writer_lock
from jobs.ledger.models import Batch, Release
from jobs.pipeline.tables import How
from jobs.refusals import Refusal
from jobs.release.figures import tables_at
from jobs.release.gate import Decision
from jobs.release.knowledge import SECONDS, SLICES, Knowledge
from jobs.release.versions import versions

log = structlog.get_logger()
Progress = Callable[[str, int, int], None]


def _data_as_of(accepted: dict[str, list[Batch]]) -> datetime:
    """Return when the newest batch behind the figures was accepted."""
    return max(b.accepted_at for rows in accepted.values() for b in rows)


def _provisional(table: pa.Table) -> set[str]:
    """Return the periods with a figure that stands in for one still to come."""
    return set(table.filter(pc.field("provisional"))["period"].to_pylist())


def _write(
    how: How, writer: Writer, programme: Programme, decision: Decision, known: Knowledge, progress: Progress
) -> list[Release]:
    periods, begun = sorted(decision.periods), time.perf_counter()
    with in_lake(known.release) as attempt:
        made = tables_at(programme, periods, known, attempt, how)
        files = dict(made.files)
        for name, rows in made.rows.items():
            files[name] = (stage(rows, name, attempt.in_table(name)),)
        for done, (name, own) in enumerate(sorted(files.items()), 1):
            replace_release(name, own, known.release, programme.id, periods, writer.sure)
            progress(f"{programme.id} 写入", done, len(files))
    hashes, provisional = (
        lake_hashes(files, known.release, programme.id, periods),
        _provisional(made.kpi_region),
    )
    as_of = _data_as_of(batches.accepted_of(programme.feed_ids, known.seq))
    took = {SLICES: made.slices, SECONDS: round(time.perf_counter() - begun, 1)}
    rules = versions(programme) | known.noted() | took
    return [
        Release(
            release_id=known.release, programme=programme.id, period=p, revision=0, seq=known.seq,
            status=decision.periods[p], state="computed", provisional=p in provisional, created_at=known.at,
            data_as_of=as_of, versions=rules, hashes=hashes[p],
        )
        for p in periods
    ]  # fmt: skip


def _all_regions_known(programmes: Iterable[Programme]) -> None:
    """Refuse to compute a region without a name.

    Raises
    ------
    Refusal
        With the programmes and regions that the reference list does not know.
    """
    lost = [f"方案 {p.id}：{'、'.join(p.unknown_regions)}" for p in programmes if p.unknown_regions]
    if lost:
        raise Refusal(
            f"地区表 schemas/reference/regions.csv 没有这些地区，没有计算（{'；'.join(lost)}）："
            "在地区表补上，或改正 policies/ 和 schemas/reference/reporters.yaml 里的代码"
        )


def compute_candidate(
    decisions: Iterable[Decision], run_id: str | None = None, progress: Progress = lambda *_: None
) -> str | None:
    """Compute what the gate decided.

    Returns
    -------
    str or None
        Id of the release, None when there was nothing to compute. Its rows in the ledger, written last,
        are the commit; a run that died before them is repeated without a trace.

    Raises
    ------
    Refusal
        If a programme has a region that the reference list does not know.
    """
    made = [d for d in decisions if d.periods]
    if not made:
        return None
    _all_regions_known(load(d.programme) for d in made)
    with writer_lock() as writer, writing(writer) as spark:
        claim()
        how = How(cores(spark), spread_over(spark), room=room(spark))
        pairs = [(d.programme, p) for d in made for p in d.periods]
        release_id = releases.free_id(max(d.seq for d in made), pairs)
        # Taken once the lock is held: no look at a source of an earlier moment is written any more.
        now, rows = clock.now(), []
        for decision in made:
            known = Knowledge(
                release_id, decision.seq, now, reviews.last_id(), batches.looks(now), settlements.last_id()
            )
            rows += _write(how, writer, load(decision.programme), decision, known, progress)
        for row in rows:
            row.run_id = run_id
        writer.sure()
        releases.record(rows)
    log.info("computed", release=release_id, periods=[(r.programme, r.period) for r in rows])
    return release_id
