"""All expected figures of the programme at a business clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from infra.sandbox.truth.expected.cells import counts, population
from infra.sandbox.truth.expected.derived import derived_figures
from infra.sandbox.truth.expected.firms import firm_figures
from infra.sandbox.truth.expected.quarter import Quarter
from infra.sandbox.truth.expected.reports import item_figures, lending_figures
from infra.sandbox.truth.expected.rows import ANY, COLUMNS
from infra.sandbox.truth.panel import FEEDS, Panel, load

FIRST = "2025Q1"


def expected(
    truth_dir: Path | str,
    clock: str | dt.datetime,
    drop_closed: bool = False,
    feeds: Collection[str] | None = None,
    first: str = FIRST,
) -> pd.DataFrame:
    """All expected figures at a business clock.

    Parameters
    ----------
    truth_dir : path
        Directory written by the generator.
    clock : str or datetime
        Business clock, ISO with offset.
    drop_closed : bool
        Whether a firm's closure (注销) ends its certificates; by default only a withdrawal does.
    feeds : collection of str, optional
        Feeds that the pipeline has taken in; default: all.
    first : str
        Earliest quarter asked for.

    Returns
    -------
    DataFrame
        One row per quarter from the first on whose statements are complete, cell, indicator and reading: value in
        the indicator's unit, numerator and denominator exact (元, 人, 户 …; None where a reading has none), n.
        Left out is what has neither a value nor anybody.

    Raises
    ------
    ValueError
        If there is no feed of a given name.
    """
    chosen = FEEDS if feeds is None else feeds
    if unknown := sorted(set(chosen) - set(FEEDS)):
        raise ValueError(f"没有这些数据源：{'、'.join(unknown)} / no such feeds")
    panel = load(Path(truth_dir), clock, chosen)
    parts = [_figures(q, drop_closed).assign(period=q.key) for q in _quarters(panel, first) if q.stands]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    return frame[COLUMNS].astype({"value": "float64", "n": "int64"})


def _quarters(panel: Panel, first: str) -> Iterator[Quarter]:
    """Quarters from one on that are over by the clock."""
    now = panel.moment.tz_localize(None)
    for period in pd.period_range(first, now, freq="Q"):
        if period.end_time < now:
            yield Quarter(panel, str(period))


def _figures(q: Quarter, drop_closed: bool) -> pd.DataFrame:
    people = population(q.panel, q.day, drop_closed)
    folded = pd.concat([counts(people), *firm_figures(q, people)], ignore_index=True)
    folded = folded.astype({"value": "object", "n": "int64"})
    folded["tier"] = folded["tier"].mask(folded["tier"] == ANY, None)
    folded["value"] = folded["value"].mask(folded["value"].isna(), None)
    reported = [*item_figures(q), *lending_figures(q)]
    whole = folded[folded["region_level"].isin(["province", "unit"])].to_dict("records")
    derived = derived_figures([*whole, *reported], q.reference_year("rd"))
    return pd.concat([folded, pd.DataFrame([*reported, *derived], columns=folded.columns)], ignore_index=True)
