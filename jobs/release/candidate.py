"""Computing a candidate: silver at one state of knowledge -> gold rows -> the ledger's release rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import structlog
from pyspark.sql import DataFrame, SparkSession

from jobs import clock, lake
from jobs.contract import load_feed
from jobs.kpi.compute import Inputs, compute
from jobs.kpi.enterprise_tables import ROSTER
from jobs.kpi.unmatched import as_settled
from jobs.kpi.unmatched_frames import settled
from jobs.lake.content import period_hashes
from jobs.lake.session import writing
from jobs.ledger import batches, releases, reviews, settlements, writer_lock
from jobs.ledger.models import Batch, Release
from jobs.policy.model import Programme, load
from jobs.quality.holders import Notices, notices_at
from jobs.quality.pending import pending
from jobs.reference import regions
from jobs.refusals import Refusal
from jobs.release.completeness import complete_years
from jobs.release.frozen import closing_at
from jobs.release.gate import Decision
from jobs.release.knowledge import Knowledge
from jobs.release.known import words_on_rules
from jobs.release.status import STATUS_COLUMNS, status_rows
from jobs.release.versions import versions

log = structlog.get_logger()
Progress = Callable[[str, int, int], None]


def inputs_at(spark: SparkSession, programme: Programme, known: Knowledge) -> Inputs:
    """Return what the indicators read: silver and quarantine at a state of knowledge, and the regions."""
    names = ["code", "name", "level", "parent_code", "former_code"]
    rows = [tuple(getattr(r, n) for n in names) for r in regions().values()]
    places = spark.createDataFrame(rows, ", ".join(f"{n} STRING" for n in names))
    read_as = {feed: load_feed(feed).feed.group or feed for feed in programme.feed_ids}
    members: dict[str, list[str]] = {}
    for feed, name in read_as.items():
        members.setdefault(name, []).append(feed)
    feeds = {name: lake.read_group(spark, own, known.seq) for name, own in members.items()}
    said = Notices()
    if certificates := programme.roles.get("certificates"):
        said = notices_at(certificates, programme.roles["register"], known.seq, known.settled)
        feeds[certificates] = settled(feeds[certificates], said.words)
    waits, files = pending(spark, read_as, known.seq), lake.files(spark, list(read_as), known.seq)
    return Inputs(feeds, places, waits, files, as_settled(said.lines, said.words), said.waiting)


def _data_as_of(accepted: dict[str, list[Batch]]) -> datetime:
    """Return when the newest batch behind the figures was accepted."""
    return max(b.accepted_at for rows in accepted.values() for b in rows)


def _provisional(table: pa.Table) -> set[str]:
    """Return the periods with a figure that stands in for one still to come."""
    return set(table.filter(pc.field("provisional"))["period"].to_pylist())


def tables_at(
    spark: SparkSession, programme: Programme, periods: list[str], known: Knowledge
) -> dict[str, DataFrame]:
    """Compute every gold table of a programme at a state of knowledge.

    What it returns depends on the ledger's rows up to that state and on the rules alone, so it comes out
    the same at any later time.
    """
    accepted = {feed: batches.accepted(feed, known.seq) for feed in programme.feed_ids}
    tables = compute(
        inputs_at(spark, programme, known),
        programme,
        periods,
        release=known.release,
        available=complete_years(programme, accepted, known.looked),
        closing=closing_at(programme, known, accepted),
        words=words_on_rules(programme, known),
    )
    roster = tables.pop(ROSTER).toArrow() if ROSTER in tables else None
    rows = status_rows(programme, periods, accepted, known, roster)
    status = [(known.release, programme.id, *row) for row in rows]
    tables["data_status"] = spark.createDataFrame(status, STATUS_COLUMNS)
    return tables


def _write(
    spark: SparkSession, programme: Programme, decision: Decision, known: Knowledge, progress: Progress
) -> list[Release]:
    periods = sorted(decision.periods)
    tables = tables_at(spark, programme, periods, known)
    written: list[str] = []

    def write(name: str, frame: DataFrame) -> None:
        lake.replace_release(frame, name, known.release, programme.id, periods)
        written.append(name)
        progress(f"{programme.id} 写入", len(written), len(tables))

    lake.together([partial(write, name, frame) for name, frame in tables.items()])
    made = {name: lake.gold_arrow(name, known.release, programme.id) for name in tables}
    hashes, provisional = period_hashes(made, periods), _provisional(made["kpi_region"])
    as_of = _data_as_of({feed: batches.accepted(feed, known.seq) for feed in programme.feed_ids})
    return [
        Release(
            release_id=known.release, programme=programme.id, period=p, revision=0, seq=known.seq,
            status=decision.periods[p], state="computed", provisional=p in provisional, created_at=known.at,
            data_as_of=as_of, versions=versions(programme) | known.noted(), hashes=hashes[p],
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
        pairs = [(d.programme, p) for d in made for p in d.periods]
        release_id = releases.free_id(max(d.seq for d in made), pairs)
        # Taken once the lock is held: no look at a source of an earlier moment is written any more.
        now, rows = clock.now(), []
        for decision in made:
            known = Knowledge(
                release_id, decision.seq, now, reviews.last_id(), batches.looks(now), settlements.last_id()
            )
            rows += _write(spark, load(decision.programme), decision, known, progress)
        for row in rows:
            row.run_id = run_id
        releases.record(rows)
    log.info("computed", release=release_id, periods=[(r.programme, r.period) for r in rows])
    return release_id
