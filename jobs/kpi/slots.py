"""Slots: which rows of a feed are read, under which time line and filter, and by which names.

Indicators and facts that ask for the same rows share a slot, so that a feed is read once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jobs.kpi.dictionary import Read

NOW, BEFORE = "now", "before"
"""Roles of a row: of the period itself, of the same period a year earlier."""


@dataclass(frozen=True)
class Shape:
    """Which rows of an entity are read together, and what becomes of them.

    Attributes
    ----------
    by : str
        Column of the feed that holds a row's own period; empty: rows belong to no period.
    where : tuple
        Key columns and texts of the rows that belong to it.
    only : str or None
        SQL condition on their content.
    reduce : str
        What becomes of several rows of an entity.
    """

    by: str
    where: tuple[tuple[str, str], ...] = ()
    only: str | None = None
    reduce: str = "first"

    @property
    def plain(self) -> bool:
        """Whether it is the one row that an entity has of a period, as it stands."""
        return bool(self.by) and self.reduce == "first" and not self.where and not self.only


@dataclass(frozen=True)
class Slot:
    """Rows of a feed that stand for the periods of one time line."""

    feed: str
    track: str
    shape: Shape


def slot(read: Read, track: str) -> Slot:
    """Return where a read finds its rows."""
    by = {"year": "year", "event": ""}.get(read.at, "period")
    return Slot(read.feed, track, Shape(by, tuple(sorted(read.where.items())), read.only, read.reduce))


@dataclass
class Slots:
    """The slots of a run, each with a name of its own, and the values read through them.

    Attributes
    ----------
    names : dict
        Slot -> its name.
    values : dict
        Feed and shape -> SQL of a value -> its name in the row.
    """

    feeds: frozenset[str]
    names: dict[Slot, str] = field(default_factory=dict)
    before: set[str] = field(default_factory=set)
    """Names of the slots whose rows of a year earlier are asked for."""
    values: dict[tuple[str, Shape], dict[str, str]] = field(default_factory=dict)

    def add(self, read: Read, track: str, before: bool) -> None:
        """Take in a read, and whether it asks for the year before; of a feed that is absent there is none."""
        if read.feed not in self.feeds:
            return
        place = slot(read, track)
        label = self.names.setdefault(place, f"s{len(self.names)}")
        if before:
            self.before.add(label)
        own = self.values.setdefault((read.feed, place.shape), {})
        for text in (read.column, read.base_column):
            if text:
                own.setdefault(text, f"v{len(own)}")

    def shapes(self, feed: str) -> dict[Shape, str]:
        """Return what is read of a feed's rows, each with a name of its own."""
        return {shape: f"k{n}" for n, shape in enumerate(s for f, s in self.values if f == feed)}

    def label(self, read: Read, track: str) -> str | None:
        """Return the name of a read's slot; None where its feed is absent."""
        return self.names.get(slot(read, track))

    def value(self, read: Read, text: str) -> str:
        """Return the name of a read's value in the row."""
        return self.values[read.feed, slot(read, "").shape][text]

    def roles(self, label: str) -> tuple[str, ...]:
        """Return the roles of a slot's rows."""
        return (NOW, BEFORE) if label in self.before else (NOW,)
