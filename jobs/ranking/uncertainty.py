"""How sure the order is: seeded draws over the choices a ranking has to make (methods.md §8).

Source: OECD/JRC Handbook (2008); Saisana, Saltelli & Tarantola (2005).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.ranking.aggregate import AGGREGATIONS, Matrix, competition_ranks
from jobs.ranking.normalise import minmax, normalise
from jobs.ranking.treatment import treat


@dataclass(frozen=True)
class Draws:
    """Ranks of every draw (draws x units) and what follows from them."""

    ranks: Matrix

    def quantile(self, p: float) -> Matrix:
        """Quantile (type 7) of each unit's rank."""
        return np.quantile(self.ranks, p, axis=0)

    def top_share(self, n: int) -> Matrix:
        """Share of draws in which a unit is among the first ``n``."""
        return np.mean(self.ranks <= n, axis=0)

    def p_matrix(self) -> Matrix:
        """``p[i, j]`` = P(i ranks better than j) + half of P(equal)."""
        a, b = self.ranks[:, :, None], self.ranks[:, None, :]
        return np.mean((a < b) + 0.5 * (a == b), axis=0)


def _pick(u: Matrix, options: int) -> NDArray[np.int64]:
    return np.minimum((u * options).astype(int), options - 1)


def _scaled(x: Matrix, treated: bool, how: str, aggregation: str) -> Matrix:
    """Return the normalised matrix of one combination of choices."""
    columns = []
    for j in range(x.shape[1]):
        column = treat(x[:, j])[0] if treated else x[:, j]
        column = normalise(column, how)
        # Geometric and harmonic means need positive values: back to 1-100 first.
        columns.append(column if aggregation == "arithmetic" else minmax(column, 1.0, 100.0))
    return np.column_stack(columns)


def draw_ranks(
    x: Matrix,
    weights: Matrix,
    *,
    seed: int,
    draws: int = 2000,
    phi: float = 0.25,
    normalisations: tuple[str, ...] = ("minmax", "zscore", "percentile"),
    aggregations: tuple[str, ...] = ("arithmetic", "geometric"),
    treatment: bool = True,
) -> Draws:
    """Draw rankings under random normalisation, aggregation, treatment and weights.

    Parameters
    ----------
    x : matrix
        Units x indicators, direction already applied, NaN for missing.
    weights : matrix
        One weight per indicator.
    seed : int
        Stored with the scheme: the same seed gives the same draws.
    draws : int
    phi : float
        Relative noise of weights: ``w * (1 + phi * (2u - 1))``.
    normalisations, aggregations : tuple of str
        What may be chosen.
    treatment : bool
        Whether treatment of extreme values is one of the choices.
    """
    u = np.random.default_rng(seed).random((draws, 3 + x.shape[1]))
    norm = _pick(u[:, 0], len(normalisations))
    agg = _pick(u[:, 1], len(aggregations))
    treated = _pick(u[:, 2], 2) if treatment else np.zeros(draws, dtype=int)
    noisy = weights * (1 + phi * (2 * u[:, 3:] - 1))
    scores = np.empty((draws, x.shape[0]))
    for combination in sorted(set(zip(norm.tolist(), agg.tolist(), treated.tolist(), strict=True))):
        i, j, t = combination
        rows = (norm == i) & (agg == j) & (treated == t)
        scaled = _scaled(x, bool(t), normalisations[i], aggregations[j])
        scores[rows] = AGGREGATIONS[aggregations[j]](scaled[None, :, :], noisy[rows][:, None, :])
    return Draws(competition_ranks(scores))


def groups(p: Matrix, order: list[int], sure: float = 0.95) -> dict[int, int]:
    """Group units that cannot be told apart, going down the nominal order.

    A new group opens when a unit is distinguishable from the first unit of the present group.

    Returns
    -------
    dict
        Unit position -> group number from 1.
    """
    group_of: dict[int, int] = {}
    first, group = None, 0
    for unit in order:
        apart = first is None or p[first, unit] >= sure or p[first, unit] <= 1 - sure
        if apart:
            first, group = unit, group + 1
        group_of[unit] = group
    return group_of
