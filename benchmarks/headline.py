"""Headline figures of made-up enterprises, as the models compute them and beside the peer's."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks import silver
from jobs.definitions.contract import load_feed
from jobs.definitions.dictionary import indicators
from jobs.definitions.policy.model import load
from jobs.kpi import inputs
from jobs.lake.staging import Attempt
from jobs.pipeline.plan import Known
from jobs.pipeline.tables import Computed, How, compute
from jobs.release.pinned import region_map

FEEDS = ("certificate_notice", "stat_finance", "stat_rd", "stat_register", "stat_staff")
"""What the headline figures read."""
RD_COMPLETE = frozenset(range(2021, 2025))
"""Years for which all R&D forms are in: those of the last one stand in for 2025."""
READINGS = {
    "certificate_count": ("valid", "ever", "valid_or_higher"),
    "revenue_growth": ("same_firm", "published_base", "all_firm"),
    "rd_intensity": ("pooled", "median"),
}
_MINOR = {"certificate_count": 1, "revenue_growth": 100, "rd_intensity": 100}
"""Amounts are compared in whole 分, counts in 户."""
KEYS = ("period", "region_code", "region_level", "tier", "domain", "size_class", "industry")
_NAMES = [*KEYS, "indicator", "reading"]
_EXACT = ("n", "numerator", "denominator")


def known(folder: Path, feeds: Iterable[str] = silver.FEEDS) -> Known:
    """Return files of :func:`benchmarks.silver.write` as the models read them."""
    feeds_of: dict[str, list[inputs.Pinned]] = {}
    for feed in feeds:
        contract = load_feed(feed)
        pinned = inputs.pinned(contract, ((f"{feed}-1", 1),), 0, silver.files(folder, feed))
        feeds_of.setdefault(contract.feed.group or feed, []).append(pinned)
    return Known({name: tuple(own) for name, own in feeds_of.items()}, available={"stat_rd": RD_COMPLETE})


def computed(
    stands: Known, periods: list[str], attempt: Attempt, how: How | None = None, headline: bool = False
) -> Computed:
    """Compute the tables of Jilin's programme.

    Parameters
    ----------
    stands : Known
    periods : list of str
    attempt : Attempt
    how : How, optional
        Default: in this process, as one slice.
    headline : bool
        Work out the headline indicators alone, in the figures of regions.
    """
    programme = load("JL")
    if headline:
        own = [u for u in programme.indicators if u.id in READINGS]
        programme = programme.model_copy(update={"indicators": own, "documents": [], "ranking": []})
    regions = region_map(programme)
    return compute(programme, periods, stands, indicators(), regions, attempt, how, firms=not headline)


def _minor(amount: Decimal | None, indicator: str) -> str | None:
    """Return an amount in whole minor units as text; one that is not whole keeps its decimals and equals nothing."""
    return None if amount is None else format((amount * _MINOR[indicator]).normalize(), "f")


def _ours(figures: pa.Table) -> pd.DataFrame:
    rows = pd.DataFrame(figures.select([*_NAMES, *_EXACT, "value"]).to_pylist())
    headline = [r in READINGS.get(i, ()) for i, r in zip(rows["indicator"], rows["reading"], strict=True)]
    ours = rows[headline].copy()
    for column in ("numerator", "denominator"):
        amounts = zip(ours[column], ours["indicator"], strict=True)
        ours[column] = [_minor(None if pd.isna(a) else a, i) for a, i in amounts]
    return ours


def apart(both: pd.DataFrame) -> pd.Series:
    """Return which figures differ.

    Amounts must agree to the 分, values to twelve digits. A cell in which nobody counts need not be there.
    """
    differs = pd.Series(False, index=both.index)
    for column in _EXACT:
        ours, theirs = both[column], both[f"{column}_peer"]
        differs |= (ours != theirs) & ~(ours.isna() & theirs.isna())
    ours, theirs = (both[c].astype(float).to_numpy() for c in ("value", "value_peer"))
    differs |= ~np.isclose(ours, theirs, rtol=1e-12, atol=1e-12, equal_nan=True)
    empty = both[["n", "n_peer"]].fillna(0).eq(0).all(axis=1)
    return differs & ~empty


def compare(figures: pa.Table, theirs: pd.DataFrame) -> pd.DataFrame:
    """Return the headline figures of both, side by side; they must be equal.

    Parameters
    ----------
    figures : pyarrow.Table
        Rows of ``kpi_region``.
    theirs : DataFrame
        Rows of :meth:`benchmarks.kpi_peer.Peer.figures`.

    Raises
    ------
    AssertionError
        If value, numerator, denominator or n of a figure differ.
    """
    both = _ours(figures).merge(theirs, "outer", on=_NAMES, suffixes=("", "_peer"))
    if (differing := both[apart(both)]).size:
        raise AssertionError(
            f"{len(differing)} 个数与另写的 SQL 不同 / figures differ:\n{differing.head(20).to_string()}"
        )
    return both
