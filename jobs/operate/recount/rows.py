"""All rows of a feed that an enterprise's amounts are worked out from, gathered as the computation gathers them."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.kpi.calendar import track_name
from jobs.kpi.dictionary import Indicator, Read
from jobs.kpi.gather import gather
from jobs.kpi.slots import BEFORE, NOW, Slots
from jobs.kpi.used import quarter_before
from jobs.operate.parts import ABOVE, BELOW, LESS_ABOVE, LESS_BELOW, Pointer, columns_of
from jobs.operate.recount.moment import Moment


@dataclass(frozen=True)
class _Side:
    """What lines of a read are to an amount: their role, whether of a year earlier, the value read of them."""

    role: str
    read: Read
    when: str
    value: str


def several(indicator: Indicator) -> bool:
    """Return whether an enterprise's amount may rest on more lines than the one that is published with it."""
    return indicator.quarterly or any(r.reduce in ("sum", "min", "max") for r in indicator.reads.values())


def _sides(indicator: Indicator, period: str) -> list[_Side]:
    if indicator.family == "ratio":
        both = ((ABOVE, indicator.reads["numerator"]), (BELOW, indicator.reads["denominator"]))
        return [_Side(role, read, NOW, read.column) for role, read in both]
    read = indicator.reads["current"]
    found = [_Side(ABOVE, read, NOW, read.column)]
    if indicator.family == "growth":
        found.append(_base(BELOW, read))
    if indicator.quarterly and not period.endswith("Q1"):
        back = quarter_before(read)
        found += [_Side(LESS_ABOVE, back, NOW, back.column), _base(LESS_BELOW, back)]
    return found


def _base(role: str, read: Read) -> _Side:
    """Return the base of growth: the form's own column, else the rows of a year earlier."""
    return _Side(role, read, NOW if read.base_column else BEFORE, read.base_column or read.column)


def every_line(moment: Moment) -> dict[str, tuple[Pointer, ...]]:
    """Return USCC -> all lines behind the enterprise's numerator and denominator.

    Parameters
    ----------
    moment : Moment
        Of a figure of which the enterprises' own are published.
    """
    indicator, slots = moment.indicator, Slots(frozenset(moment.inputs.feeds))
    labelled: list[tuple[_Side, str]] = []
    for side in _sides(indicator, moment.figure["period"]):
        each = side.read.model_copy(update={"reduce": "each"})
        track = track_name(indicator, each)
        slots.add(each, track, before=indicator.family == "growth")
        if label := slots.label(each, track):
            labelled.append((side, f"{side.when}_{label}"))
    if not labelled:
        return {}
    rows = gather(moment.inputs.feeds, None, slots, moment.tracks, "enterprise", moment.origins).alone()
    columns = [_lines(name).alias(f"side_{i}") for i, (_, name) in enumerate(labelled)]
    found = {}
    for row in rows.select("entity", *columns).collect():
        own = [
            Pointer(side.role, columns_of(side.read, side.value), place)
            for i, (side, _) in enumerate(labelled)
            for line in row[f"side_{i}"] or ()
            if (place := moment.place(line))
        ]
        found[row["entity"]] = tuple(own)
    return found


def _lines(name: str) -> Column:
    return F.transform(F.col(name), lambda r: r["line"])
