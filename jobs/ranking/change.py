"""What differs from the period before: rank, score, and which part of it is the unit's own doing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobs.ranking import engine
from jobs.ranking.aggregate import Matrix


@dataclass(frozen=True)
class Change:
    """What differs from the period before; one entry per unit, NaN where it cannot be said.

    ``score`` is the difference of the published scores: ``own``, by the unit's own figures on the earlier scale, plus
    ``scale``, what moved the ends of the scale: other units, or the unit itself where it stands at an end. ``parts`` splits ``own`` by indicator.
    """

    rank: Matrix
    score: Matrix
    own: Matrix
    scale: Matrix
    parts: Matrix


def change_of(
    result: engine.Result, values: Matrix, before: Matrix | None, setting: engine.Setting
) -> Change:
    """Return what changed since the period before.

    Parameters
    ----------
    result : Result
        Of this period.
    values : matrix
        Its units x indicators.
    before : matrix or None
        Those of the period before; None: it is not known, nothing can be said.
    setting : Setting

    Returns
    -------
    Change
        Only min-max scores with an arithmetic mean are split: other scales are not linear in a unit's own figures.
    """
    blank = np.full(result.score.shape, np.nan)
    if before is None:
        return Change(blank, blank, blank, blank, np.full(values.shape, np.nan))
    earlier = engine.rank(before, setting)
    score = result.score - earlier.score
    if setting.normalisation != "minmax" or setting.aggregation != "arithmetic":
        return Change(earlier.rank, score, blank, blank, np.full(values.shape, np.nan))
    # Only who was ranked then made the earlier scale.
    parts = engine.moved(values, np.where(earlier.ranked[:, None], before, np.nan), setting)
    known = ~np.isnan(score) & ~np.isnan(parts).all(axis=1)
    own = np.where(known, np.nansum(parts, axis=1), np.nan)
    return Change(earlier.rank, score, own, score - own, parts)
