"""The second computation of a release: without Spark, cut into another number of parts, to the same content."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from jobs.ledger.models import Release
from jobs.release.knowledge import SECONDS, SLICES
from jobs.release.replay import OTHER, OTHER_RULES, Compared, replay


@dataclass(frozen=True)
class Second:
    """How a release came out the second time.

    Attributes
    ----------
    slices : int
        Parts that the enterprises were cut into this time.
    compared : list of Compared
        By programme and period.
    seconds : float
        How long it took, apart from the checks.
    first : float or None
        How long the first took, of all programmes; None if the release does not say.
    """

    slices: int
    compared: list[Compared]
    seconds: float
    first: float | None = None

    @property
    def differing(self) -> dict[str, list[str]]:
        """``programme/table`` -> periods whose content is another one."""
        periods: dict[str, list[str]] = {}
        for c in self.compared:
            for table, verdict in c.tables.items():
                if verdict in (OTHER, OTHER_RULES):
                    periods.setdefault(f"{c.programme}/{table}", []).append(c.period)
        return periods

    def words(self) -> str:
        """Return it in one line."""
        tables = sum(len(c.tables) for c in self.compared)
        said = "、".join(f"{t} {'、'.join(p)}" for t, p in self.differing.items())
        outcome = f"不同：{said}" if said else f"{tables} 张期间表内容相同"
        first = f"，第一次 {self.first:.1f} 秒" if self.first is not None else ""
        return f"不经 Spark、分 {self.slices} 段重算 {outcome}（{self.seconds:.1f} 秒{first}）"


def _another(slices: int) -> int:
    """Return another number of slices: as many more as there are cores, none of which waits at the end.

    Where they do not fit into memory they are several times as many, never again as many as the first time.
    """
    return slices + (os.cpu_count() or 1)


def _first_seconds(rows: list[Release]) -> float | None:
    """Return how long the first computation took, programme by programme."""
    told = {r.programme: r.versions.get(SECONDS) for r in rows}
    seconds = [float(s) for s in told.values() if s is not None]
    return sum(seconds) if len(seconds) == len(told) else None


def again(rows: list[Release]) -> Second:
    """Compute a release again in this process and compare the content hashes with those the ledger keeps.

    Parameters
    ----------
    rows : list of Release
        Of one release.
    """
    begun = time.perf_counter()
    first = max((r.versions.get(SLICES, 1) for r in rows), default=1)
    in_order = sorted(rows, key=lambda r: (r.programme, r.period))
    compared = replay(in_order, slices=_another(first))
    slices = max((c.slices for c in compared), default=1)
    return Second(slices, compared, time.perf_counter() - begun, _first_seconds(rows))
