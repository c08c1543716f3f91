"""The parts of figures of which none is published by itself: holders, moves, contracts, reports, regions.

They are found by the very functions that computed the figure, on silver as the release knew it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from jobs.definitions.dictionary import Indicator
from jobs.operate.parts import Behind
from jobs.operate.recount import measured, notices, reports, rows
from jobs.operate.recount.moment import Moment, opened

Progress = Callable[[str, int, int], None]

_FAMILIES: dict[str, Callable[[Moment], Behind]] = {
    "count": notices.holders,
    "flow": notices.moves,
    "item": reports.items,
    "total": reports.totals,
}


def _of(indicator: Indicator) -> Callable[[Moment], Behind]:
    if indicator.of_contracts:
        return measured.contracts
    return _FAMILIES.get(indicator.family, measured.entities)


def behind(figure: dict[str, Any], progress: Progress = lambda *_: None) -> Behind:
    """Return the parts of a figure, each with the lines that make it count.

    Parameters
    ----------
    figure : dict
        As :func:`jobs.operate.figure.published` gives it.
    progress : callable
        Told (what, how far, of how many).
    """
    progress("重算构成", 0, 1)
    with opened(figure) as moment:
        parts = _of(moment.indicator)(moment)
        if moment.indicator.family == "mean":
            parts = _every_line(moment, parts)
    progress("重算构成", 1, 1)
    return parts


def _every_line(moment: Moment, firms: Behind) -> Behind:
    lines = rows.every_line(moment)
    return Behind([replace(p, pointers=lines.get(p.code, p.pointers)) for p in firms.parts], firms.checks)


def with_every_line(figure: dict[str, Any], firms: Behind, progress: Progress = lambda *_: None) -> Behind:
    """Give each enterprise all lines that its amounts are worked out from, where the published one is the first.

    Parameters
    ----------
    figure : dict
    firms : Behind
        Of :func:`jobs.operate.served.enterprises`.
    progress : callable
    """
    progress("读取各行", 0, 1)
    with opened(figure) as moment:
        lines = _every_line(moment, firms)
    progress("读取各行", 1, 1)
    return lines
