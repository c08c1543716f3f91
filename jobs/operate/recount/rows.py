"""All rows of a feed that an enterprise's amounts are worked out from, as the models gather them."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.definitions.catalogue import Rows, asked, leader_of, rows_by, rows_of
from jobs.definitions.dictionary import Indicator, Read
from jobs.operate.parts import ABOVE, BELOW, LESS_ABOVE, LESS_BELOW, Pointer, columns_of
from jobs.operate.recount.moment import Moment, place


@dataclass(frozen=True)
class _Side:
    """What rows are to an amount: their role, which rows of a read, the value read of them."""

    role: str
    read: Read
    rows: Rows
    value: str


def _sides(indicator: Indicator, period: str) -> list[_Side]:
    def rows(read: Read) -> Rows:
        return rows_of(read, leader_of(indicator, read))

    if indicator.family == "ratio":
        both = ((ABOVE, indicator.reads["numerator"]), (BELOW, indicator.reads["denominator"]))
        return [_Side(role, read, rows(read), read.column) for role, read in both]
    read = indicator.reads["current"]
    now = rows(read)
    sides = [_Side(ABOVE, read, now, read.column)]
    if indicator.family == "growth":
        sides.append(_base(BELOW, read, now))
    if indicator.quarterly and not period.endswith("Q1"):
        back = now.quarter_before()
        sides += [_Side(LESS_ABOVE, read, back, read.column), _base(LESS_BELOW, read, back)]
    return sides


def _base(role: str, read: Read, now: Rows) -> _Side:
    """Return the base of growth: the form's own column, else the rows of a year earlier."""
    rows = now if read.base_column else now.year_before()
    return _Side(role, read, rows, read.base_column or read.column)


def every_line(moment: Moment) -> dict[str, tuple[Pointer, ...]]:
    """Return USCC -> all lines behind the enterprise's numerator and denominator.

    Parameters
    ----------
    moment : Moment
        Of a figure of which the enterprises' own are published.
    """
    sheets = moment.places()
    pointers: dict[str, list[Pointer]] = {}
    for side in _sides(moment.indicator, moment.figure["period"]):
        if side.rows not in moment.catalogue.rows:
            continue
        feed, columns = side.rows.feed, columns_of(side.read, side.value)
        moment.need(f"silver_{feed}")
        read = moment.rows(
            f"SELECT f.uscc, f.line FROM ({rows_by(feed, [side.rows.by])}) f JOIN ({asked(feed)}) r USING (row_by, row_key) "
            f"WHERE r.asked_period = getvariable('figure_period') AND {moment.catalogue.belongs(side.rows)} ORDER BY f.line"
        )
        for row in read:
            if stands := place(sheets, row["line"]):
                pointers.setdefault(row["uscc"], []).append(Pointer(side.role, columns, stands))
    return {uscc: tuple(own) for uscc, own in pointers.items()}
