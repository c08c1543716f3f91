"""Figures worked out beside the models: of departments' reports, of a region's own feeds, and what derives from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

WORST_FIRST = ("EMPTY", "NOT_COMPARABLE", "LOW_COVERAGE", "SINGLE", "FEW", "OK")
"""States of a figure; of several parts the one that stands first here counts."""

MARK = "更正待处理"
"""Says that a figure uses a value whose correction is in quarantine."""
_DIGITS, _PLACES = 38, 4
"""What a column of exact amounts holds: DECIMAL(38,4)."""


class SourceLine(NamedTuple):
    """Where a value stands in the file received."""

    batch_id: str
    file_name: str
    sheet: str
    row_no: int


@dataclass(frozen=True)
class Area:
    """Regions that get such figures: a programme's own region and its ranked units.

    Attributes
    ----------
    code : str
        The programme's own region.
    units : mapping
        Code -> name of each ranked unit.
    unit_level : str
        ``region_level`` of the units in the result tables.
    """

    code: str
    units: Mapping[str, str]
    unit_level: str = "unit"

    def level(self, region: str) -> str:
        """Return the ``region_level`` of one of the regions."""
        return "province" if region == self.code else self.unit_level


@dataclass(frozen=True)
class Figure:
    """A row of ``kpi_region``, less what is the same in every row of a release or an indicator.

    Attributes
    ----------
    value : float or None
        In ``unit``, for display.
    numerator, denominator : Decimal or None
        Exact. Their quotient (without a denominator the numerator alone) times the indicator's scale is
        the value; where both are None the value is only known as a double.
    n, n_scope : int
        Who answered (firms, units, banks), and who should have.
    months : int or None
        Months that the value adds up (累计月数).
    source_text : str or None
        Who reported it when, and in which document.
    lines : tuple of SourceLine
        Lines of origin, sorted.
    """

    period: str
    region_code: str
    region_level: str
    tier: str | None
    indicator: str
    reading: str
    value: float | None
    unit: str
    numerator: Decimal | None
    denominator: Decimal | None
    n: int
    n_scope: int
    status: str
    reference_period: str
    months: int | None = None
    n_pending: int = 0
    provisional: bool = False
    note: str | None = None
    source_text: str | None = None
    lines: tuple[SourceLine, ...] = ()


def _some(value: Any) -> Any:
    """Return a value; None for what a frame of pandas has in the place of one: it equals not even itself."""
    return None if value is None or (not isinstance(value, Decimal) and value != value) else value  # noqa: PLR0124


def of_row(row: Mapping[str, Any]) -> Figure:
    """Return a row of ``kpi_region`` as a figure."""
    months = _some(row["months"])
    return Figure(
        period=row["period"],
        region_code=row["region_code"],
        region_level=row["region_level"],
        tier=_some(row["tier"]),
        indicator=row["indicator"],
        reading=row["reading"],
        value=_some(row["value"]),
        unit=row["unit"],
        numerator=_some(row["numerator"]),
        denominator=_some(row["denominator"]),
        n=int(row["n"]),
        n_scope=int(row["n_scope"]),
        status=row["status"],
        reference_period=row["reference_period"],
        months=None if months is None else int(months),
        n_pending=int(row["n_pending"]),
        provisional=bool(row["provisional"]),
        note=_some(row["note"]),
    )


def worst(states: Iterable[str]) -> str:
    """Return the worst of several states."""
    return min(states, key=WORST_FIRST.index)


def joined(texts: Iterable[str | None]) -> str | None:
    """Join texts in their order, each once; None if there is none."""
    return "；".join(dict.fromkeys(t for t in texts if t)) or None


def storable(value: Fraction) -> tuple[Decimal | None, Decimal | None]:
    """Return a numerator and a denominator that give a value exactly in columns of four decimals.

    Parameters
    ----------
    value : Fraction

    Returns
    -------
    tuple
        The value itself and None if four decimals hold it; else both sides of the reduced fraction; two
        None if these have more digits than the columns.
    """
    tens = value * 10**_PLACES
    if tens.denominator == 1 and abs(tens.numerator) < 10**_DIGITS:
        return Decimal(f"{tens.numerator}E-{_PLACES}"), None
    if max(abs(value.numerator), value.denominator) < 10 ** (_DIGITS - _PLACES):
        return Decimal(value.numerator), Decimal(value.denominator)
    return None, None
