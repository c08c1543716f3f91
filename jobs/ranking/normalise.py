"""Putting indicators on one scale (methods.md §8; OECD/JRC Handbook, 2008; as in package COINr).

Every function takes one indicator as a float array with NaN for missing units and returns an array of
the same length. An indicator without spread gives every unit the middle of the scale (``NO_SPREAD``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Values = NDArray[np.float64]

MIDDLE = 50.0


def has_spread(x: Values) -> bool:
    """Return whether at least two units differ."""
    known = x[~np.isnan(x)]
    return known.size > 1 and bool(known.max() > known.min())


def _flat(x: Values, middle: float) -> Values:
    return np.where(np.isnan(x), np.nan, middle)


def minmax(x: Values, low: float = 0.0, high: float = 100.0) -> Values:
    """Rescale the range to ``low`` .. ``high``."""
    if not has_spread(x):
        return _flat(x, (low + high) / 2 if low else MIDDLE)
    span = np.nanmax(x) - np.nanmin(x)
    return (x - np.nanmin(x)) / span * (high - low) + low


def zscore(x: Values) -> Values:
    """Centre at the mean, in standard deviations (n-1); 0 without spread."""
    if not has_spread(x):
        return _flat(x, 0.0)
    return (x - np.nanmean(x)) / np.nanstd(x, ddof=1)


def ranks(x: Values) -> Values:
    """Ascending rank, ties get the lowest: the best unit has the highest number."""
    return stats.rankdata(x, method="min", nan_policy="omit")


def percentile(x: Values) -> Values:
    """Rank as a share of the way from the last to the first, times 100."""
    n = int(np.sum(~np.isnan(x)))
    if n <= 1 or not has_spread(x):
        return _flat(x, MIDDLE)
    return (ranks(x) - 1) / (n - 1) * 100


def to_target(x: Values, target: float, cap: bool = True) -> Values:
    """Distance covered from the minimum to the target, times 100.

    Raises
    ------
    ValueError
        If the target is not above the minimum.
    """
    low = np.nanmin(x)
    if target <= low:
        raise ValueError(f"目标值 {target} 不大于最小值 {low} / target must lie above the minimum")
    way = (x - low) / (target - low) * 100
    return np.minimum(way, 100.0) if cap else way


def goalposts(x: Values, low: float, high: float) -> Values:
    """Position between two fixed posts, cut to 0 .. 100."""
    return np.clip((x - low) / (high - low), 0, 1) * 100


SIMPLE: dict[str, Callable[[Values], Values]] = {
    "minmax": minmax,
    "zscore": zscore,
    "rank": ranks,
    "percentile": percentile,
}
"""Normalisations without parameters, by the name used in policy files."""


def normalise(
    x: Values, how: str, target: float | None = None, posts: tuple[float, float] | None = None
) -> Values:
    """Normalise by name."""
    if how == "target":
        if target is None:
            raise ValueError("按目标值标准化需要 target / normalisation by target needs one")
        return to_target(x, target)
    if how == "goalposts":
        if posts is None:
            raise ValueError("按门柱标准化需要 goalposts / normalisation by goalposts needs them")
        return goalposts(x, *posts)
    return SIMPLE[how](x)
