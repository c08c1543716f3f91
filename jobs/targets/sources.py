"""Where a target's figure comes from, and which report is missing where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.definitions.dictionary import Indicator
from jobs.definitions.period import parse
from jobs.definitions.policy.document import Cell
from jobs.definitions.policy.influence import known, title
from jobs.definitions.policy.model import Programme
from jobs.definitions.policy.uses import asked
from jobs.definitions.reference import report_items

Figure = Mapping[str, Any]
Figures = Mapping[tuple[str, str, str | None], Figure]
"""Figures of one region and period by indicator, reading and tier."""

WITHOUT = {"numerator": "without_numerator", "denominator": "without_denominator"}
"""Side of a ratio -> column of a figure with the number of those who reported the other side alone."""


def lacking(figure: Figure | None) -> bool:
    """Whether a figure has no value."""
    return figure is None or figure["status"] == "EMPTY"


def _name(feed: str) -> str:
    return title(feed) if feed in known() else feed


def _feeds(indicator: Indicator, programme: Programme) -> list[str]:
    """Return the feeds or groups that an indicator itself reads; a count reads the notices of certificates."""
    if indicator.family == "derived":
        return []
    return [r.feed for r in indicator.reads.values()] or [programme.roles["certificates"]]


def source(
    figure: Figure | None, cell: Cell, programme: Programme, dictionary: Mapping[str, Indicator]
) -> str:
    """Return who reported a figure: as the figure itself says (items of departments), else the feeds' names."""
    text = figure.get("source_text") if figure is not None else None
    if isinstance(text, str) and text:
        return text
    feeds = [f for i in asked([cell.indicator], dictionary) for f in _feeds(i, programme)]
    return "、".join(dict.fromkeys(_name(f) for f in feeds))


def _silent(indicator: Indicator, programme: Programme, figure: Figure | None) -> list[str]:
    """Return the feeds without which there is no value: not the one side of a ratio that somebody has reported."""
    if indicator.family != "ratio" or figure is None:
        return _feeds(indicator, programme)
    lacks = [side for side, count in WITHOUT.items() if figure.get(count, 0) > 0]
    return [indicator.reads[side].feed for side in lacks] or _feeds(indicator, programme)


def _one(cell: Cell, programme: Programme, indicator: Indicator, figure: Figure | None, period: str) -> str:
    """Name the report without which an indicator has no value."""
    reports = "、".join(dict.fromkeys(_name(f) for f in _silent(indicator, programme, figure)))
    if indicator.item:
        item = report_items()[indicator.item]
        return f"{period}的{reports}：{item.department}“{item.name}”"
    when = figure["reference_period"] if figure is not None else parse(period).end.isoformat()
    return f"{when}的{reports}"


def _parts(
    cell: Cell, programme: Programme, dictionary: Mapping[str, Indicator], figures: Figures, period: str
) -> list[str]:
    figure, indicator = figures.get((cell.indicator, cell.reading, cell.tier)), dictionary[cell.indicator]
    if not lacking(figure):
        return []
    if indicator.family != "derived":
        return [_one(cell, programme, indicator, figure, period)]
    cells = [
        Cell(indicator=p.indicator, reading=p.reading, tier=p.tier)
        for p in indicator.of
        if p.indicator and p.reading
    ]
    return [text for c in cells for text in _parts(c, programme, dictionary, figures, period)]


def missing(
    cell: Cell, programme: Programme, dictionary: Mapping[str, Indicator], figures: Figures, period: str
) -> str:
    """Name the reports whose absence leaves a figure without a value.

    Parameters
    ----------
    cell : Cell
        The figure.
    programme : Programme
    dictionary : mapping
        Indicators by id.
    figures : mapping
        All figures of the region and period.
    period : str

    Returns
    -------
    str
        For a derived figure the reports of those parts that are missing; where all parts are there, what
        the figure itself says.
    """
    reports = list(dict.fromkeys(_parts(cell, programme, dictionary, figures, period)))
    if reports:
        return "缺" + "；".join(reports)
    figure = figures.get((cell.indicator, cell.reading, cell.tier))
    note = figure["note"] if figure is not None else None
    return note if isinstance(note, str) and note else "各组成部分均有数，但无法计算"
