"""What a figure is made of: its parts, where each stands in the files, and whether they add up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from jobs.definitions.contract import load_feed
from jobs.definitions.dictionary import Indicator, Read
from jobs.definitions.policy.influence import members
from jobs.ledger.repairs import Place

ABOVE, BELOW, LESS_ABOVE, LESS_BELOW, NOTICE = "分子", "分母", "分子减去", "分母减去", "公告"
"""What a line is to its part; a quarter alone is a cumulative less the one before it."""

Question = tuple[str, str, str, str | None, str | None]
"""Period, indicator, region, tier and reading of a figure that can be traced itself."""

_TEXT = re.compile(r"'[^']*'")
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Pointer:
    """A line behind a part.

    Attributes
    ----------
    role : str
        What it is to the part.
    columns : tuple of str
        Contract columns that are read of it; empty where the whole line counts.
    place : tuple
        Batch, sheet and row number.
    """

    role: str
    columns: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class Part:
    """What an enterprise, a contract, a region, a report or another figure adds to a figure.

    Attributes
    ----------
    numerator, denominator : Decimal or None
        Exact, in the unit of the figure's own.
    pointers : tuple of Pointer
        Lines it rests on.
    counted : bool
        Whether it is in the figure; if not, ``label`` says why.
    written : tuple of str
        Pieces of ``label`` that a source wrote: no codes of ours, whatever they look like.
    question : tuple or None
        Where the part is itself a published figure: what to trace.
    """

    code: str
    name: str
    place: str
    value: float | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    pointers: tuple[Pointer, ...] = ()
    counted: bool = True
    label: str = ""
    written: tuple[str, ...] = ()
    question: Question | None = None


@dataclass(frozen=True)
class Check:
    """What the parts come to beside what is published."""

    name: str
    published: Decimal | float | None
    added: Decimal | float | None

    @property
    def equal(self) -> bool:
        """Whether they are equal; nothing equals the sum of nothing."""
        return (self.published or 0) == (self.added or 0)


@dataclass(frozen=True)
class Behind:
    """The parts of a figure, those that count first, and what they come to."""

    parts: list[Part]
    checks: list[Check] = field(default_factory=list)


def counted(figure: dict[str, Any], parts: Sequence[Part]) -> Check:
    """Compare the number of the parts that count."""
    return Check("户数", figure["n"], sum(p.counted for p in parts))


def sums(figure: dict[str, Any], parts: Sequence[Part]) -> list[Check]:
    """Compare the published numerator and denominator with the sums over the parts that count."""
    checks = []
    for name, column in ((ABOVE, "numerator"), (BELOW, "denominator")):
        if figure[column] is not None:
            own = [v for p in parts if p.counted and (v := getattr(p, column)) is not None]
            checks.append(Check(name, figure[column], sum(own, Decimal(0))))
    return checks


def place_of(row: Any, prefix: str = "") -> Place | None:
    """Return where a line stands, of a row that names batch, sheet and row number; None if it does not."""
    batch, sheet, row_no = (row[f"{prefix}{n}"] for n in ("batch_id", "sheet", "row_no"))
    return (batch, sheet or "", row_no) if batch else None


def columns_of(read: Read, text: str | None) -> tuple[str, ...]:
    """Return the contract columns that a value is worked out from, in their order.

    Parameters
    ----------
    read : Read
    text : str or None
        The value: a column of the read's feed, or an SQL expression over its columns.
    """
    known = {c.name for feed in members(read.feed) for c in load_feed(feed).columns}
    words = _WORD.findall(_TEXT.sub("", text or ""))
    return tuple(w for w in dict.fromkeys(words) if w in known)


def sides(indicator: Indicator) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the contract columns of an indicator's numerator and of its denominator."""
    main = indicator.main
    if main is None:
        return (), ()
    above = columns_of(main, main.column)
    if indicator.family == "ratio":
        below = indicator.reads["denominator"]
        return above, columns_of(below, below.column)
    if indicator.family == "growth":
        return above, columns_of(main, main.base_column or main.column)
    return above, ()


def pointers(
    read: tuple[tuple[str, ...], tuple[str, ...]], above: Place | None, below: Place | None
) -> tuple[Pointer, ...]:
    """Return the lines of a part that has one for its numerator and one for its denominator.

    Parameters
    ----------
    read : tuple
        What :func:`sides` says of the indicator, asked once for all its parts.
    above, below : tuple or None
        Where they stand.
    """
    over, under = read
    sides = ((ABOVE, over, above), (BELOW, under, below))
    return tuple(Pointer(role, columns, place) for role, columns, place in sides if place)
