"""What was gathered of all feeds, looked up for each period that asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import chain

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.kpi.calendar import Track
from jobs.kpi.slots import BEFORE, NOW, Slot, Slots

ROWS = "_rows"
"""Column of an entity's rows: a map from their keys to what is read of them, by feed."""
WAITING = "_waiting"
"""Column of the slots and periods of an entity whose rows stand in quarantine."""


@dataclass(frozen=True)
class Asked:
    """The rows of a slot that a period asks for: its name with their role, and the text of their own period."""

    slot: Slot
    name: str
    row_key: str
    period: str


def asked_of(slots: Slots, tracks: Iterable[Track]) -> list[Asked]:
    """Return all rows that any slot asks for in any period."""
    by_track: dict[str, list[Track]] = {}
    for t in tracks:
        by_track.setdefault(t.track, []).append(t)
    return [
        Asked(slot, f"{role}_{label}", key, t.period)
        for slot, label in slots.names.items()
        for t in by_track.get(slot.track, [])
        for role in slots.roles(label)
        if (key := {NOW: t.row_key, BEFORE: t.prior_key}[role])
    ]


def moves(slots: Slots, feed: str) -> bool:
    """Return whether what a feed's rows say depends on the period that asks."""
    texts = [t for (f, s), own in slots.values.items() if f == feed for t in (*own, s.only or "")]
    return any(re.search(r"\b(at|period)\b", text) for text in texts)


def kept_under(asked: Asked, moving: bool) -> str:
    """Return the key of the rows among an entity's own."""
    key = f"{asked.slot.feed}:{asked.slot.shape.by}:{asked.row_key}"
    return f"{key}@{asked.period}" if moving else key


@dataclass(frozen=True)
class Gathered:
    """All that is read of all feeds.

    Attributes
    ----------
    rows : DataFrame
        One row per entity: ``entity`` and a map from the keys of its rows to what is read of them, by feed.
    asked : list of Asked
    slots : Slots
    waits : frozenset of str
        Names of the slots of which some rows stand in quarantine.
    """

    rows: DataFrame
    asked: list[Asked]
    slots: Slots
    waits: frozenset[str]

    def beside(self, entities: DataFrame, key: str) -> DataFrame:
        """Join what the slots hold to entities.

        Parameters
        ----------
        entities : DataFrame
            One row per ``period`` and entity.
        key : str
            Column of the entity.

        Returns
        -------
        DataFrame
            Per slot the rows ``now_<name>``, ``before_<name>`` and whether a correction of them waits:
            ``now_<name>_waits``, ``before_<name>_waits``.
        """
        joined = entities.join(self.rows.withColumnRenamed("entity", key), key, "left")
        return joined.withColumns(self._columns()).drop(*[c for c in self.rows.columns if c != "entity"])

    def alone(self) -> DataFrame:
        """Return period, entity and what the slots hold, of entities of which anything is held for the period."""
        spark = self.rows.sparkSession
        periods = spark.createDataFrame(
            [(p,) for p in sorted({a.period for a in self.asked})], "period STRING"
        )
        found = self.rows.crossJoin(F.broadcast(periods)).select("period", "entity", *self._named())
        held = [F.col(n).isNotNull() for n in self._slot_names()]
        return found.where(reduce(lambda a, b: a | b, held))

    def _slot_names(self) -> list[str]:
        return [f"{role}_{label}" for label in self.slots.names.values() for role in self.slots.roles(label)]

    def _named(self) -> list[Column]:
        return [column.alias(name) for name, column in self._columns().items()]

    def _columns(self) -> dict[str, Column]:
        under: dict[str, dict[str, str]] = {n: {} for n in self._slot_names()}
        moving = {s.feed: moves(self.slots, s.feed) for s in self.slots.names}
        for a in self.asked:
            under[a.name][a.period] = kept_under(a, moving[a.slot.feed])
        found = {}
        for slot, label in self.slots.names.items():
            shape = self.slots.shapes(slot.feed)[slot.shape]
            for role in self.slots.roles(label):
                name = f"{role}_{label}"
                found[name] = F.try_element_at(ROWS, _by_period(under[name]))[slot.feed][shape]
                found[f"{name}_waits"] = self._waits(name)
        return found

    def _waits(self, name: str) -> Column:
        if name not in self.waits:
            return F.lit(False)
        return F.array_contains(WAITING, F.concat(F.lit(f"{name}@"), "period"))


def _by_period(keys: Mapping[str, str]) -> Column:
    """Return the text that belongs to a row's period; null where there is none."""
    if not keys:
        return F.lit(None).cast("string")
    return F.create_map(*[F.lit(x) for x in chain.from_iterable(sorted(keys.items()))])[F.col("period")]
