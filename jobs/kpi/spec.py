"""What the models of the families must know of an indicator, as values and as columns of a small table.

A population is folded once per family, whatever number of indicators it has: which indicator a row is
about stands in the column ``key``, and what is particular to it is joined to the folded cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

SMALL_PANEL = 5
"""Panels under this size are shown inside only and not ranked."""


@dataclass(frozen=True)
class Spec:
    """One indicator as a family's models see it.

    Attributes
    ----------
    id : str
        Indicator.
    key : str
        Name of the fold's rows; the indicator's id unless it has several (coverage: one per feed).
    reading : str
        Name of its reading where the family has a single one that is not fixed.
    minor : int
        Whole units of the stored amounts in one ``value_unit``.
    scale : str
        A ratio times this is the value, exact decimal text.
    """

    id: str
    key: str = ""
    reading: str = ""
    track: str = ""
    unit: str = "%"
    value_unit: str = "元"
    minor: int = 100
    scale: str = "100"
    line: str | None = None
    line_is_cap: bool = False
    few: int = SMALL_PANEL
    single: bool = True
    """Whether a cell of one entity is marked (firms) or ordinary (whole regions)."""
    base_kind: str = "own_form"
    signed: bool = False
    annualised: bool = False
    absent_zero: bool = False

    @property
    def name(self) -> str:
        """Key of the fold's rows."""
        return self.key or self.id

    @property
    def per_minor(self) -> Decimal:
        """What one minor unit is worth in the unit shown.

        Raises
        ------
        ValueError
            If the minor unit is no power of ten up to 10000.
        """
        digits = len(str(self.minor)) - 1
        if 10**digits != self.minor or digits > 4:
            raise ValueError(f"minor must be a power of ten up to 10000, not {self.minor}")
        return Decimal(1).scaleb(-digits)

    @property
    def exact_line(self) -> Fraction:
        """The line as a bare ratio."""
        return Fraction(self.line or "0") / Fraction(self.scale)
