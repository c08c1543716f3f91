"""应收账款 of forms 103/203: a stock that follows the revenue of the last twelve months, in whole 千元."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infra.sandbox.world.statements import YEARS, Ledgers

FEW = 0.02
"""Share of the firms whose receivables run away from their revenue, and of those that leave the column blank."""
FAST_FROM = np.datetime64("2024-06")
MONTHLY_RISE = 0.045
OF_ASSETS = 0.7
"""Receivables never make up more of the assets than this."""


def receivables(rng: np.random.Generator, ledgers: Ledgers, rows: pd.DataFrame) -> pd.Series:
    """Return the receivables of statement rows, blank for firms that never fill the column in.

    Parameters
    ----------
    rng : Generator
        A stream of its own.
    ledgers : Ledgers
        What the rows were made from.
    rows : DataFrame
        Statement rows with ``firm`` and ``period`` (YYYYMM).

    Returns
    -------
    Series
        Whole 千元, Int64.
    """
    at = np.searchsorted(ledgers.firms, rows["firm"].to_numpy())
    chosen = rng.permutation(np.unique(at))
    few = max(3, round(FEW * len(chosen)))
    stock, silent = _stock(rng, ledgers, chosen[:few]), np.isin(at, chosen[-few:])
    month = rows["period"].astype(int).to_numpy()
    values = pd.Series(stock[at, (month // 100 - YEARS[0]) * 12 + month % 100 - 1], rows.index, dtype="Int64")
    return values.mask(silent)


def _stock(rng: np.random.Generator, ledgers: Ledgers, fast: np.ndarray) -> np.ndarray:
    """Return firm x month since January of the first year; `fast` are the firms whose stock runs away."""
    count = len(ledgers.firms)
    monthly = np.diff(ledgers.flows["revenue"], axis=2, prepend=0).reshape(count, -1)
    # Revenue before the first year is not known: it counts like the first year's own.
    yearly = np.cumsum(np.concatenate([monthly[:, :12], monthly], axis=1), axis=1)
    yearly = yearly[:, 12:] - yearly[:, :-12]
    share = rng.uniform(0.08, 0.30, (count, 1)) * np.exp(0.03 * rng.standard_normal(monthly.shape))
    months = np.datetime64(f"{YEARS[0]}-01") + np.arange(monthly.shape[1])
    since = np.maximum((months - FAST_FROM).astype(int), 0)
    share[fast] *= (1 + MONTHLY_RISE) ** since
    limit = OF_ASSETS * ledgers.assets.reshape(count, -1)
    return np.floor(np.minimum(yearly * share, limit)).astype(np.int64)
