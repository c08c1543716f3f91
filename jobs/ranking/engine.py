"""One composite ranking: scores, ranks, intervals, what changes without each indicator, what moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.ranking.aggregate import AGGREGATIONS, Matrix, available, competition_ranks, enough
from jobs.ranking.normalise import minmax, normalise
from jobs.ranking.uncertainty import Draws, draw_ranks, groups


@dataclass(frozen=True)
class Setting:
    """Choices of a scheme that the engine needs; one entry per indicator in the tuples."""

    weights: tuple[float, ...]
    directions: tuple[int, ...]
    normalisation: str = "minmax"
    aggregation: str = "arithmetic"
    availability: str = "2/3"
    targets: tuple[float | None, ...] = ()
    posts: tuple[tuple[float, float] | None, ...] = ()


@dataclass(frozen=True)
class Result:
    """Outcome for all units, in the order of the rows given."""

    normalised: Matrix
    contribution: Matrix
    score: Matrix
    rank: Matrix
    availability: Matrix
    ranked: NDArray[np.bool_]


def directed(values: Matrix, setting: Setting) -> Matrix:
    """Turn indicators so that more is better."""
    return values * np.array(setting.directions, dtype=float)


def _scaled(x: Matrix, setting: Setting) -> Matrix:
    k = x.shape[1]
    targets = setting.targets or (None,) * k
    posts = setting.posts or (None,) * k
    columns = []
    for j in range(k):
        d = setting.directions[j]
        target, post = targets[j], posts[j]
        turned = None if post is None else (min(post[0] * d, post[1] * d), max(post[0] * d, post[1] * d))
        goal = None if target is None else target * d
        if np.isnan(x[:, j]).all():
            columns.append(x[:, j])
        elif setting.normalisation == "minmax" and setting.aggregation != "arithmetic":
            # Zero has no place in a geometric or harmonic mean: 1-100 instead of 0-100.
            columns.append(minmax(x[:, j], 1.0, 100.0))
        else:
            columns.append(normalise(x[:, j], setting.normalisation, goal, turned))
    return np.column_stack(columns)


def rank(values: Matrix, setting: Setting) -> Result:
    """Rank units.

    Parameters
    ----------
    values : matrix
        Units x indicators as published, NaN where the indicator is missing for the unit.
    setting : Setting

    Returns
    -------
    Result
        ``score`` and ``rank`` are NaN for units with too few indicators; they do not enter the
        normalisation of the others either.
    """
    ranked = enough(values, setting.availability) & ~np.isnan(values).all(axis=1)
    x = np.where(ranked[:, None], directed(values, setting), np.nan)
    weights = np.array(setting.weights)
    if not ranked.any():
        blank = np.full(values.shape[0], np.nan)
        return Result(x, x, blank, blank, available(values), ranked)
    scaled = _scaled(x, setting)
    score = np.where(ranked, AGGREGATIONS[setting.aggregation](scaled, weights), np.nan)
    own = np.where(np.isnan(scaled), np.nan, weights)
    return Result(scaled, _share(own) * scaled, score, competition_ranks(score), available(values), ranked)


def _share(own: Matrix) -> Matrix:
    total = np.nansum(own, axis=1, keepdims=True)
    return own / np.where(total > 0, total, np.nan)


def without_each(values: Matrix, setting: Setting) -> list[Result]:
    """Rank again without each indicator in turn, weights renormalised."""
    results = []
    for drop in range(values.shape[1]):
        keep = [j for j in range(values.shape[1]) if j != drop]
        part = Setting(
            tuple(setting.weights[j] for j in keep),
            tuple(setting.directions[j] for j in keep),
            setting.normalisation,
            setting.aggregation,
            setting.availability,
            tuple(setting.targets[j] for j in keep) if setting.targets else (),
            tuple(setting.posts[j] for j in keep) if setting.posts else (),
        )
        results.append(rank(values[:, keep], part))
    return results


def moved(now: Matrix, before: Matrix, setting: Setting) -> Matrix:
    """Split the change of each score by indicator, with the earlier period's min-max fixed.

    Parameters
    ----------
    now, before : matrix
        Units x indicators of both periods, as published.
    setting : Setting

    Returns
    -------
    matrix
        Units x indicators, in points. For arithmetic aggregation the parts of a unit add up to the change of its
        score measured on the earlier scale; what its published score changes beyond that, the scale did: its ends
        moved, by other units or by a unit that stands there itself. All NaN for a unit whose available indicators
        are not the same in both periods: its two scores do not weigh the same things; and for all units where an
        indicator had no spread in the earlier period: there is no scale to measure its change on.

    Source
    ------
    methods.md §8, what moved.
    """
    x, y = directed(now, setting), directed(before, setting)
    low = np.min(y, axis=0, initial=np.inf, where=~np.isnan(y))
    high = np.max(y, axis=0, initial=-np.inf, where=~np.isnan(y))
    spread = high > low
    steps = np.where(
        spread, (x - y) / np.where(spread, high - low, 1.0), np.where(np.isnan(x - y), np.nan, 0.0)
    )
    weights = _share(np.where(np.isnan(steps), np.nan, np.array(setting.weights)))
    flat = ~spread & ~np.isnan(x).all(axis=0)
    comparable = (np.isnan(x) == np.isnan(y)).all(axis=1, keepdims=True) & ~flat.any()
    return np.where(comparable, weights * steps * 100, np.nan)


def uncertain(
    values: Matrix, setting: Setting, result: Result, **options: object
) -> tuple[Draws, dict[int, int]]:
    """Draw rank intervals of the ranked units and group those that cannot be told apart.

    Returns
    -------
    tuple
        Draws over the ranked units (in row order), and row position -> group.
    """
    rows = np.flatnonzero(result.ranked)
    draws = draw_ranks(directed(values, setting)[rows], np.array(setting.weights), **options)  # type: ignore[arg-type]
    order = sorted(range(rows.size), key=lambda i: (result.rank[rows[i]], i))
    grouped = groups(draws.p_matrix(), order)
    return draws, {int(rows[i]): g for i, g in grouped.items()}
