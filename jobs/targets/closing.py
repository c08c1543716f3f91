"""Closing of targets (结账, methods.md §11): which release's figure decides once a target's day is past, and from when.

A target is closed by itself: by the figure of the period in which it was due, never by a later one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from jobs.definitions.period import Period, parse, quarter_of
from jobs.definitions.policy.document import Cell, Document, Target
from jobs.definitions.policy.model import Programme
from jobs.targets.states import due

Row = Mapping[str, Any]
"""A row of ``target_progress``."""

MEETS, FAILS = "达到", "未达到"
"""Whether a figure meets the target's value, whatever the day: what the verdict of its day is made of."""


def closing_day(target: Target, programme: Programme, period: str) -> date | None:
    """Return the last day of the lag of a target that is due in a period; None if it is not."""
    at = parse(period)
    day = due(target, at.end)
    return day + timedelta(days=programme.lag_days) if day and due_period(target, at) == period else None


def closing_days(programme: Programme, period: str) -> set[date]:
    """Return the last days of the lags of the targets that are due in a period and get a verdict."""
    year = parse(period).year
    return {
        day
        for document in programme.documents
        for target in document.targets
        if not target.yearly or document.in_force(year)
        if (day := closing_day(target, programme, period))
    }


def due_period(target: Target, period: Period) -> str | None:
    """Return the quarter in which a target is due as seen from a period; None if it never is."""
    day = due(target, period.end)
    return quarter_of(f"{day:%Y%m}").key if day else None


@dataclass(frozen=True)
class Stood:
    """A figure of a target as a release had it.

    Attributes
    ----------
    computed, approved : date
        A release that is being computed counts as approved on the day: if it is not, nobody ever reads it.
    row : mapping
        ``today_value`` and ``today_state`` are the figure of the row's own period, ``closable`` whether the
        reports behind it are all in.
    release : str
        Empty: computed on the spot, nobody will approve it, it closes nothing.
    """

    release: str
    computed: date
    approved: date
    row: Row


@dataclass(frozen=True)
class Frozen:
    """The figure that decides, and since when."""

    row: Row
    release: str
    on: date

    @property
    def met(self) -> bool:
        """The verdict."""
        return bool(self.row["today_state"] == MEETS)


def freeze(stood: Sequence[Stood], day: date, today: date) -> Frozen | None:
    """Return the verdict on a figure of the period in which its target was due; None while there is none.

    Parameters
    ----------
    stood : sequence of Stood
        The figure in all releases of that period, in the order of their computation.
    day : date
        The last day of the lag after the deadline.
    today : date

    Returns
    -------
    Frozen or None
        Once the lag is over: by the release that stood approved on its last day, if all that the target
        reads was in by then, else by the first later one of which that is true. What comes after changes nothing.

    Source
    ------
    methods.md §11, deadline passed.
    """
    if today <= day:
        return None
    standing = [s for s in stood if s.approved <= day][-1:]
    later = [s for s in stood if s.approved > day]
    for s in [*standing, *later]:
        if s.release and s.row["closable"]:
            return Frozen(s.row, s.release, max(day, s.computed))
    return None


CellKey = tuple[str, str, str, str | None]
"""Target, indicator, reading, tier."""
History = Mapping[CellKey, Mapping[str, Sequence[Stood]]]
"""Figure of a target -> period -> how the releases had it, the earliest first."""


def cell_key(target: str, cell: Cell) -> CellKey:
    """Return what a figure of a target is kept under."""
    return target, cell.indicator, cell.reading, cell.tier


def _all_in(_document: Document, _cell: Cell, _period: str, _whole: bool) -> list[str]:
    return []


@dataclass(frozen=True)
class Closing:
    """What verdicts depend on beside the figures: the day, earlier releases, reports that are still missing.

    Attributes
    ----------
    today : date
    release : str
        Release that is being computed; empty: a trial.
    history : mapping
        What approved releases said.
    lacks : callable
        Gives the reports that are still missing for a document's figure of a period, in words: of all
        reporters, or only of those in the document's region.
    """

    today: date = date.min
    release: str = ""
    history: History = field(default_factory=dict)
    lacks: Callable[[Document, Cell, str, bool], Sequence[str]] = _all_in


def latest(by_period: Mapping[str, Sequence[Stood]], period: str) -> Row | None:
    """Return a figure of a period as the newest release has it."""
    stood = by_period.get(period)
    return stood[-1].row if stood else None


def reached_later(by_period: Mapping[str, Sequence[Stood]], after: str, until: str) -> str | None:
    """Return the first period after the one in which a target was due, and not after ``until``, that met it."""
    first, last = parse(after), parse(until)
    for key in sorted(by_period, key=parse):
        row = latest(by_period, key)
        if first < parse(key) <= last and row is not None and row["today_state"] == MEETS:
            return key
    return None
