"""Upkeep of the lake: compact small files, drop candidates that nobody approved, remove what nobody reads any more.

Every step is one commit of one table and changes no row that counts, so it may be killed anywhere and run
again. Files that a commit replaced stay for Delta's retention of a week: who reads meanwhile finds them. A
release needs rows, never a version of a table, so no age of a release matters to it. What a computation that was
killed laid down beside the tables was never part of one: with the lock held nobody works on it, and it goes at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
import structlog

from jobs.lake import staging
from jobs.lake.mark import claim
from jobs.lake.session import end_predecessors
from jobs.lake.tables import every_table, open_table
from jobs.lake.write import together
from jobs.ledger import Writer, releases, writer_lock

log = structlog.get_logger()
Piece = tuple[str, str, str]
"""Release, programme and period of gold rows."""
Progress = Callable[[str, int, int], None]


@dataclass
class Plan:
    """What one table needs.

    Attributes
    ----------
    files, parts : int
        Files of the table now, and the partitions they lie in: one file each is enough for small ones.
    stale : int
        Files on disk that no version within the retention names.
    dropped : dict
        Rows that nobody needs, by release, programme and period.
    """

    layer: str
    name: str
    files: int
    parts: int
    stale: int
    dropped: dict[Piece, int] = field(default_factory=dict)

    @property
    def compact(self) -> bool:
        """Whether a partition has more than one file."""
        return self.files > self.parts


@dataclass
class Done:
    """What upkeep did, or would do."""

    plans: list[Plan]
    dry_run: bool
    broken: int = 0
    """Computations that were killed and left files behind."""

    def lines(self) -> list[str]:
        """Return it for people, one line per table that has anything to do."""
        will = "将" if self.dry_run else "已"
        said = []
        for p in self.plans:
            parts = []
            if p.dropped:
                ids = "、".join(dict.fromkeys(f"{r} {programme}" for r, programme, _ in sorted(p.dropped)))
                parts.append(f"删去无人批准的候选 {sum(p.dropped.values())} 行（{ids}）")
            if p.compact:
                parts.append(f"合并 {p.files} 个文件（{p.parts} 个分区）")
            if p.stale:
                parts.append(f"清理过期文件 {p.stale} 个")
            if parts:
                said.append(f"{p.layer}/{p.name}：{will}{'，'.join(parts)}")
        if self.broken:
            said.append(f"{will}清除 {self.broken} 次中断的计算留下的文件")
        return said or ["湖仓无需维护 · nothing to do"]


def _unneeded(name: str, needed: set[Piece]) -> dict[Piece, int]:
    """Return the pieces of a gold table that no release needs, with their rows."""
    columns = ["release", "programme", "period"]
    rows = open_table("gold", name).to_pyarrow_table(columns=columns)
    counted = rows.group_by(columns).aggregate([([], "count_all")]).to_pylist()
    counts = {(r["release"], r["programme"], r["period"]): r["count_all"] for r in counted}
    return {piece: n for piece, n in counts.items() if piece not in needed}


def _plan(layer: str, name: str, needed: set[Piece]) -> Plan:
    table = open_table(layer, name)
    files = pa.table(table.get_add_actions(flatten=True))
    by = [f"partition.{c}" for c in table.metadata().partition_columns]
    keys = zip(*[files[c].to_pylist() for c in by], strict=True) if by else [()] * files.num_rows
    dropped = _unneeded(name, needed) if layer == "gold" else {}
    return Plan(layer, name, files.num_rows, len(set(keys)), len(table.vacuum(full=True)), dropped)


WHOLE = 2**30
"""Bytes that small files of a partition are joined up to."""


def _unneeded_rows(plan: Plan) -> str:
    """Return the condition of the rows of pieces that nobody needs."""
    return " OR ".join(
        f"(release = '{release}' AND programme = '{programme}' AND period = '{period}')"
        for release, programme, period in sorted(plan.dropped)
    )


def _tend(writer: Writer, plan: Plan, told: Callable[[], None]) -> None:
    """Do what a table needs, a commit each; nothing once the lock is lost."""
    steps: list[Callable[[], object]] = []
    table = open_table(plan.layer, plan.name)
    if plan.dropped:
        steps.append(partial(table.delete, _unneeded_rows(plan)))
    if plan.compact:
        steps.append(partial(table.optimize.compact, target_size=WHOLE))
    if plan.stale:
        steps.append(partial(table.vacuum, dry_run=False, full=True))
    for step in steps:
        writer.sure()
        step()
    told()


def upkeep(dry_run: bool = False, progress: Progress = lambda *_: None) -> Done:
    """Tend every table of the lake, as its only writer.

    Parameters
    ----------
    dry_run : bool
        Only tell what would be done.
    progress : callable
        Told (what, how far, of how many).

    Returns
    -------
    Done
        What was done to each table.

    Raises
    ------
    jobs.ledger.database.WriterBusy
        If another process writes to the lake.
    """
    with writer_lock() as writer:
        end_predecessors(writer)
        # With the lock held nobody computes: rows that no release names are left over from a run that died.
        needed = releases.needed()
        plans = [_plan(layer, name, needed) for layer, name in every_table()]
        done = Done(plans, dry_run, len(staging.left_over()))
        if dry_run:
            return done
        claim()
        staging.clear()
        ended: list[str] = []

        def told(name: str) -> None:
            ended.append(name)
            progress("维护", len(ended), len(done.plans))

        together([partial(_tend, writer, p, partial(told, p.name)) for p in done.plans])
    log.info("upkeep", dropped=sum(sum(p.dropped.values()) for p in done.plans), tables=len(done.plans))
    return done
