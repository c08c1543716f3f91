"""From figures to a published ranking: which figure counts, who takes part, what the tables say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jobs.period import parse
from jobs.policy.model import Programme
from jobs.policy.scheme import Criterion, Scheme
from jobs.ranking import engine, words
from jobs.ranking.aggregate import Matrix

SCORE_SCHEMA = (
    "period STRING, scheme_id STRING, region_code STRING, region_name STRING, score DOUBLE, rank INT, "
    "n_indicators INT, availability DOUBLE, status STRING, reason STRING, provisional BOOLEAN, rank_p5 DOUBLE, "
    "rank_p95 DOUBLE, rank_median DOUBLE, top3_share DOUBLE, tie_group INT, score_change DOUBLE, note STRING"
)
COMPONENT_SCHEMA = (
    "period STRING, scheme_id STRING, region_code STRING, region_name STRING, indicator STRING, reading STRING, "
    "name_zh STRING, weight DOUBLE, value DOUBLE, normalised DOUBLE, unit STRING, n BIGINT, "
    "reference_period STRING, status STRING, contribution DOUBLE"
)

Figures = dict[tuple[str, str, str, str, str | None], dict[str, Any]]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def index(figures: pd.DataFrame) -> Figures:
    """Index figures by period, region, indicator, reading and tier."""
    rows = figures.to_dict("records")
    return {(r["period"], r["region_code"], r["indicator"], r["reading"], _text(r["tier"])): r for r in rows}


def _value(row: dict[str, Any] | None, criterion: Criterion, scheme: Scheme) -> float:
    """Return a figure's value, NaN if it is absent or rests on too few."""
    if row is None or row["value"] is None or pd.isna(row["value"]):
        return float("nan")
    fewest = scheme.min_n if criterion.min_n is None else criterion.min_n
    return float(row["value"]) if row["n"] >= fewest else float("nan")


def setting_of(scheme: Scheme) -> engine.Setting:
    """Return the engine's view of a scheme."""
    c = scheme.criteria
    return engine.Setting(
        weights=tuple(x.weight for x in c),
        directions=tuple(x.direction for x in c),
        normalisation=scheme.normalisation,
        aggregation=scheme.aggregation,
        availability=scheme.availability,
        targets=tuple(x.target for x in c),
        posts=tuple(x.goalposts for x in c),
    )


def _matrix(
    found: Figures, programme: Programme, scheme: Scheme, period: str
) -> tuple[Matrix, list[list[Any]]]:
    rows = [
        [found.get((period, unit, c.indicator, c.reading, c.tier)) for c in scheme.criteria]
        for unit in programme.units
    ]
    values = [[_value(r, c, scheme) for r, c in zip(line, scheme.criteria, strict=True)] for line in rows]
    return np.array(values, dtype=float), rows


def _number(x: float) -> float | None:
    return None if np.isnan(x) else float(x)


def _changes(result: engine.Result, before: Matrix | None, setting: engine.Setting) -> Matrix:
    """Return the change of each score against the period before, NaN where either is missing."""
    if before is None:
        return np.full(result.score.shape, np.nan)
    return result.score - engine.rank(before, setting).score


def _score_rows(
    period: str, programme: Programme, scheme: Scheme, found: Figures, before: Matrix | None
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    values, lines = _matrix(found, programme, scheme, period)
    setting, names = setting_of(scheme), [c.name_zh for c in scheme.criteria]
    result = engine.rank(values, setting)
    changes = _changes(result, before, setting)
    intervals = _intervals(values, setting, result, scheme)
    moves, drops = (
        words.moves(values, before, changes, scheme, setting),
        words.drops(values, setting, result, names),
    )
    tie = words.ties(result, scheme.top_n)
    scores, components = [], []
    for i, unit in enumerate(programme.units):
        first = next((r for r in lines[i] if r is not None), None)
        name = first["region_name"] if first else None
        ranked = bool(result.ranked[i])
        tied = tie if ranked and result.rank[i] <= scheme.top_n else None
        scores.append(
            (
                period,
                scheme.id,
                unit,
                name,
                _number(result.score[i]),
                int(result.rank[i]) if ranked else None,
                int(np.sum(~np.isnan(values[i]))),
                float(result.availability[i]),
                "排名" if ranked else "不参评",
                words.reason(ranked, lines[i], values[i], scheme),
                any(bool(r["provisional"]) for r in lines[i] if r is not None),
                *intervals.get(i, (None, None, None, None, None)),
                _number(changes[i]),
                "；".join(n for n in (tied, moves[i], drops[i]) if n) or None,
            )
        )
        for j, c in enumerate(scheme.criteria):
            components.append(_component(period, scheme, unit, name, c, lines[i][j], result, (i, j), values))
    return scores, components


def _component(
    period: str,
    scheme: Scheme,
    unit: str,
    name: str | None,
    c: Criterion,
    row: Any,
    result: engine.Result,
    at: tuple[int, int],
    values: Matrix,
) -> tuple[Any, ...]:
    blank = row is None
    # What does not count (too few firms) is not shown either: it could be one firm's own figure.
    shown = not blank and not np.isnan(values[at])
    return (
        period,
        scheme.id,
        unit,
        name,
        c.indicator,
        c.reading,
        c.name_zh,
        c.weight / sum(x.weight for x in scheme.criteria),
        float(row["value"]) if shown else None,
        _number(result.normalised[at]),
        None if blank else row["unit"],
        0 if blank else int(row["n"]),
        None if blank else row["reference_period"],
        "EMPTY" if blank else row["status"],
        _number(result.contribution[at]),
    )


def _intervals(
    values: Matrix, setting: engine.Setting, result: engine.Result, scheme: Scheme
) -> dict[int, tuple[float, float, float, float, int]]:
    """Return p5, p95, median, share in the first three and group per ranked unit."""
    rows = np.flatnonzero(result.ranked)
    if rows.size == 0:
        return {}
    u = scheme.uncertainty
    draws, grouped = engine.uncertain(
        values,
        setting,
        result,
        seed=u.seed,
        draws=u.draws,
        phi=u.phi,
        normalisations=tuple(u.normalisations),
        aggregations=tuple(u.aggregations),
        treatment=u.treatment,
    )
    p5, p95, median, top = draws.quantile(0.05), draws.quantile(0.95), draws.quantile(0.5), draws.top_share(3)
    return {
        int(r): (float(p5[k]), float(p95[k]), float(median[k]), float(top[k]), grouped[int(r)])
        for k, r in enumerate(rows)
    }


def rank_all(
    figures: pd.DataFrame, programme: Programme, periods: list[str]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rank a programme's units for every scheme and period.

    Parameters
    ----------
    figures : DataFrame
        Rows of ``kpi_region`` for the units, for the periods and the one before each.
    programme : Programme
    periods : list of str

    Returns
    -------
    tuple
        Rows of :data:`SCORE_SCHEMA` and of :data:`COMPONENT_SCHEMA`.
    """
    found = index(figures)
    known = {key[0] for key in found}
    scores: list[tuple[Any, ...]] = []
    components: list[tuple[Any, ...]] = []
    for scheme in programme.ranking:
        for period in sorted(periods):
            previous = parse(period).shift(-1).key
            before = _matrix(found, programme, scheme, previous)[0] if previous in known else None
            more = _score_rows(period, programme, scheme, found, before)
            scores += more[0]
            components += more[1]
    return scores, components
