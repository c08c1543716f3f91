"""Rows of expected figures: which columns they have, and how sums become exact parts.

All amounts are whole hundredths until they are given out: 分 of money, and as many of a head or a thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import pandas as pd

CELL = ["tier", "region_level", "region_code"]
FIGURE = ["indicator", *CELL]
HUNDREDTHS = 100
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


def exact(hundredths: pd.Series) -> pd.Series:
    """Whole hundredths as exact amounts."""
    amounts = [None if a is pd.NA else Decimal(a).scaleb(-2) for a in hundredths.astype("Int64").tolist()]
    return pd.Series(amounts, index=hundredths.index, dtype=object)


def figures(
    reading: str | pd.Index,
    value: pd.Series,
    n: pd.Series,
    numerator: pd.Series | None = None,
    denominator: pd.Series | None = None,
) -> pd.DataFrame:
    """One row per figure; what has neither a value nor anybody is left out.

    Parameters
    ----------
    reading : str or Index
        One for all, or one each.
    value, n : Series
        By :data:`FIGURE`.
    numerator, denominator : Series, optional
        In hundredths.
    """
    frame = pd.DataFrame({"reading": reading, "value": value.astype("Float64"), "n": n}, index=n.index)
    there = n.gt(0) | frame["value"].notna()
    for name, side in (("numerator", numerator), ("denominator", denominator)):
        frame[name] = None if side is None else exact(side)
    return frame[there].reset_index()


def every(indicators: Iterable[str], cells: pd.MultiIndex) -> pd.MultiIndex:
    """Return the index of some indicators in some cells."""
    return pd.MultiIndex.from_tuples([(i, *c) for i in indicators for c in cells], names=FIGURE)


def long(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put what is known of firms, by indicator and USCC, one under another: ``indicator``, ``holder`` and the rest."""
    named = [
        frame.astype("Int64").rename_axis("holder").reset_index().assign(indicator=name)
        for name, frame in parts.items()
    ]
    return pd.concat(named, ignore_index=True)
