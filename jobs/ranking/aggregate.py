"""Weighted aggregation over available indicators, availability and competition ranks (methods.md §8)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Matrix = NDArray[np.float64]


def _weights(x: Matrix, weights: Matrix) -> Matrix:
    """Weights of each unit's available indicators, adding up to 1 (NaN where a unit has none)."""
    own = np.where(np.isnan(x), 0.0, weights)
    total = own.sum(axis=-1, keepdims=True)
    return own / np.where(total > 0, total, np.nan)


def arithmetic(x: Matrix, weights: Matrix) -> Matrix:
    """Weighted arithmetic mean per row."""
    return np.sum(_weights(x, weights) * np.nan_to_num(x), axis=-1)


def _positive(x: Matrix) -> None:
    if np.nanmin(x, initial=np.inf) <= 0:
        raise ValueError("几何平均与调和平均只用于正数 / geometric and harmonic means need positive values")


def geometric(x: Matrix, weights: Matrix) -> Matrix:
    """Weighted geometric mean per row; all values must be positive."""
    _positive(x)
    logs = np.log(np.where(np.isnan(x), 1.0, x))
    return np.exp(np.sum(_weights(x, weights) * logs, axis=-1))


def harmonic(x: Matrix, weights: Matrix) -> Matrix:
    """Weighted harmonic mean per row; all values must be positive."""
    _positive(x)
    return 1.0 / np.sum(_weights(x, weights) / np.where(np.isnan(x), 1.0, x), axis=-1)


AGGREGATIONS: dict[str, Callable[[Matrix, Matrix], Matrix]] = {
    "arithmetic": arithmetic,
    "geometric": geometric,
    "harmonic": harmonic,
}


def available(x: Matrix) -> Matrix:
    """Share of indicators present per unit, unweighted."""
    return np.mean(~np.isnan(x), axis=1)


def enough(x: Matrix, threshold: str) -> NDArray[np.bool_]:
    """Return which units have enough indicators, compared as whole numbers (``2/3`` means two of three)."""
    need = Fraction(threshold)
    present = np.sum(~np.isnan(x), axis=1)
    return present * need.denominator >= x.shape[1] * need.numerator


def competition_ranks(scores: Matrix) -> Matrix:
    """Rank 1 + number of strictly better, after rounding to 6 decimals (1-2-2-4); NaN stays NaN.

    Works on the last axis, so a matrix of draws is ranked row by row.
    """
    rounded = np.round(scores, 6)
    # Who has no score stands behind all others, so that nobody's rank hangs on it.
    ranks = stats.rankdata(np.where(np.isnan(rounded), np.inf, -rounded), method="min", axis=-1)
    return np.where(np.isnan(scores), np.nan, ranks)
