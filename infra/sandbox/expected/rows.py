"""Rows of expected figures: which columns they have, and how sums become exact parts."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

CELL = ["tier", "region_level", "region_code"]
ANY = "*"
"""Stands for the tier of any certificate proper until the rows are given out, with none."""
COLUMNS = [
    "period",
    "region_code",
    "region_level",
    "tier",
    "indicator",
    "reading",
    "value",
    "numerator",
    "denominator",
    "n",
]


def exact(amounts: pd.Series, digits: int) -> pd.Series:
    """Whole minor units as exact amounts: with 2 digits 分 become 元."""
    whole = amounts.astype("Int64").tolist()
    found = [None if a is pd.NA else Decimal(a).scaleb(-digits) for a in whole]
    return pd.Series(found, index=amounts.index, dtype=object)


def figures(
    indicator: str,
    reading: str,
    value: pd.Series,
    n: pd.Series,
    numerator: pd.Series | None = None,
    denominator: pd.Series | None = None,
    digits: tuple[int, int] = (0, 0),
) -> pd.DataFrame:
    """One row per cell.

    Parameters
    ----------
    value, n : Series
        By :data:`CELL`.
    numerator, denominator : Series, optional
        Whole minor units; left out where there is no value and nobody.
    digits : tuple of int
        Decimal digits of both.
    """
    there = n.gt(0) | value.notna()
    sides = {
        name: None if side is None else exact(side.where(there), places)
        for name, side, places in zip(
            ("numerator", "denominator"), (numerator, denominator), digits, strict=True
        )
    }
    frame = pd.DataFrame(
        {"indicator": indicator, "reading": reading, "value": value.astype("Float64"), **sides, "n": n}
    )
    return frame[there].reset_index()
