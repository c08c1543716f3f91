"""Treatment of extreme values before normalising (methods.md §8, 极值处理; rule and thresholds of COINr)."""

from __future__ import annotations

import numpy as np
from scipy import stats

from jobs.ranking.normalise import Values

FEW_UNITS = 15
"""Up to so many units only the farthest value is moved."""
FEWEST_MOVED, MOST_MOVED = 1, 5
"""Units that may be moved before the logarithm is taken: of few units, of more."""


def skewness(x: Values) -> float:
    """Sample skewness G1 of the known values; needs n >= 3."""
    return float(stats.skew(x[~np.isnan(x)], bias=False))


def kurtosis(x: Values) -> float:
    """Sample excess kurtosis G2 of the known values; needs n >= 4."""
    return float(stats.kurtosis(x[~np.isnan(x)], bias=False))


def passes(x: Values) -> bool:
    """Return whether the shape is harmless: ``|skew| < 2`` or ``kurt < 3.5``; too few or equal values pass."""
    known = x[~np.isnan(x)]
    if known.size < 4 or known.max() == known.min():
        return True
    return abs(skewness(x)) < 2 or kurtosis(x) < 3.5


def _logged(x: Values, skewed_up: bool) -> Values:
    low, high = np.nanmin(x), np.nanmax(x)
    shift = 0.01 * (high - low)
    return np.log(x - low + shift) if skewed_up else -np.log(high - x + shift)


def treat(x: Values) -> tuple[Values, list[int]]:
    """Bring extreme values in, else take logarithms.

    The value farthest out is replaced by the next one, of all units that share it at once: equal units stay
    equal, and the shape does not hang on their order. That goes on until the shape is harmless or as many units
    have been moved as may be, 1 of up to 15 and 5 of more; one moved again counts once, and those that share the
    last value are not parted. If the shape still fails, the raw values are logged instead.

    Returns
    -------
    tuple
        Treated values and the positions changed, in order (all of them when logged).
    """
    known = int(np.sum(~np.isnan(x)))
    limit = FEWEST_MOVED if known <= FEW_UNITS else MOST_MOVED
    out = x.copy()
    changed: set[int] = set()
    while not passes(out) and len(changed) < limit:
        up = skewness(out) >= 0
        end = np.nanmax(out) if up else np.nanmin(out)
        inner = out[~np.isnan(out) & (out != end)]
        extreme = out == end
        out[extreme] = inner.max() if up else inner.min()
        changed |= {int(i) for i in np.flatnonzero(extreme)}
    if passes(out):
        return out, sorted(changed)
    return _logged(x, skewness(x) >= 0), [int(i) for i in np.flatnonzero(~np.isnan(x))]
