"""Computing a candidate: silver at one state of knowledge -> gold rows -> the ledger's release rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

import structlog
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs import clock, lake
from jobs.contract import load_feed
from jobs.kpi.compute import Inputs, compute
from jobs.lake.session import writing
from jobs.ledger import batches, releases, writer_lock
from jobs.ledger.models import Batch, Release
from jobs.policy.model import Programme, load
from jobs.reference import regions
from jobs.release.completeness import complete_years
from jobs.release.frozen import frozen_verdicts
from jobs.release.gate import Decision
from jobs.release.status import STATUS_COLUMNS, status_rows
from jobs.release.versions import versions

log = structlog.get_logger()
Progress = Callable[[str, int, int], None]


def _inputs(spark: SparkSession, programme: Programme, seq: int) -> Inputs:
    names = ["code", "name", "level", "parent_code", "former_code"]
    rows = [tuple(getattr(r, n) for n in names) for r in regions().values()]
    known = spark.createDataFrame(rows, ", ".join(f"{n} STRING" for n in names))
    members: dict[str, list[str]] = {}
    for feed in dict.fromkeys(u.feed for u in programme.feeds):
        members.setdefault(load_feed(feed).feed.group or feed, []).append(feed)
    return Inputs({name: lake.read_group(spark, feeds, seq) for name, feeds in members.items()}, known)


def _data_as_of(accepted: dict[str, list[Batch]]) -> datetime:
    """Return when the newest batch behind the figures was accepted."""
    return max(b.accepted_at for rows in accepted.values() for b in rows)


def _provisional(table: DataFrame) -> dict[str, bool]:
    rows = table.groupBy("period").agg(F.max(F.coalesce("provisional", F.lit(False))).alias("p")).collect()
    return {r["period"]: bool(r["p"]) for r in rows}


def _write(
    spark: SparkSession, programme: Programme, decision: Decision, release_id: str, progress: Progress
) -> list[Release]:
    accepted = {u.feed: batches.accepted(u.feed, decision.seq) for u in programme.feeds}
    periods = sorted(decision.periods)
    tables = compute(
        _inputs(spark, programme, decision.seq),
        programme,
        periods,
        release=release_id,
        available=complete_years(programme, accepted),
        approved=frozen_verdicts(programme),
    )
    status = [(release_id, programme.id, *row) for row in status_rows(programme, periods, accepted)]
    tables["data_status"] = spark.createDataFrame(status, STATUS_COLUMNS)
    written: list[str] = []

    def write(name: str, frame: DataFrame) -> None:
        lake.replace_release(frame, name, release_id, programme.id, periods)
        written.append(name)
        progress(f"{programme.id} 写入", len(written), len(tables))

    lake.together([partial(write, name, frame) for name, frame in tables.items()])
    provisional = _provisional(lake.gold(spark, "kpi_region", release_id, programme.id))
    spark.catalog.clearCache()
    now, as_of = clock.now(), _data_as_of(accepted)
    return [
        Release(
            release_id=release_id, programme=programme.id, period=p, revision=0, seq=decision.seq,
            status=decision.periods[p], state="computed", provisional=provisional.get(p, False), created_at=now,
            data_as_of=as_of, versions=versions(programme),
        )
        for p in periods
    ]  # fmt: skip


def compute_candidate(
    decisions: Iterable[Decision], run_id: str | None = None, progress: Progress = lambda *_: None
) -> str | None:
    """Compute what the gate decided.

    Returns
    -------
    str or None
        Id of the release, None when there was nothing to compute. Its rows in the ledger, written last,
        are the commit; a run that died before them is repeated without a trace.
    """
    made = [d for d in decisions if d.periods]
    if not made:
        return None
    with writer_lock() as lock, writing(lock) as spark:
        pairs = [(d.programme, p) for d in made for p in d.periods]
        release_id = releases.free_id(max(d.seq for d in made), pairs)
        rows: list[Release] = []
        for decision in made:
            rows += _write(spark, load(decision.programme), decision, release_id, progress)
        for row in rows:
            row.run_id = run_id
        releases.record(rows)
    log.info("computed", release=release_id, periods=[(r.programme, r.period) for r in rows])
    return release_id
