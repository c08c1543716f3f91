"""From figures to a published ranking: which figure counts, who takes part, what the tables say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jobs.definitions.period import parse
from jobs.definitions.policy.model import Programme
from jobs.definitions.policy.scheme import Criterion, Scheme
from jobs.ranking import engine, words
from jobs.ranking.aggregate import Matrix
from jobs.ranking.change import Change, change_of

SCORE_SCHEMA = (
    "period STRING, scheme_id STRING, region_code STRING, region_name STRING, score DOUBLE, rank INT, "
    "n_indicators INT, availability DOUBLE, status STRING, reason STRING, provisional BOOLEAN, rank_p5 DOUBLE, "
    "rank_p95 DOUBLE, rank_median DOUBLE, top3_share DOUBLE, tie_group INT, rank_previous INT, rank_change INT, "
    "score_change DOUBLE, score_change_own DOUBLE, score_change_scale DOUBLE, caution STRING, note STRING"
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


def _whole(x: float) -> int | None:
    return None if np.isnan(x) else int(x)


def _notes(
    values: Matrix, change: Change, result: engine.Result, scheme: Scheme, setting: engine.Setting
) -> list[str | None]:
    """Return what else there is to say of each unit: ties, what moved it, what one indicator less would do."""
    tie = words.ties(result, scheme.top_n)
    moves = words.moves(change.parts, change.own, change.scale, scheme)
    drops = words.drops(values, setting, result, [c.name_zh for c in scheme.criteria])
    tied = [tie if ranked and rank <= scheme.top_n else None
            for ranked, rank in zip(result.ranked, result.rank, strict=True)]  # fmt: skip
    return ["；".join(n for n in said if n) or None for said in zip(tied, moves, drops, strict=True)]


def _score_rows(
    period: str, programme: Programme, scheme: Scheme, found: Figures, before: Matrix | None
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    values, lines = _matrix(found, programme, scheme, period)
    setting = setting_of(scheme)
    result = engine.rank(values, setting)
    change = change_of(result, values, before, setting)
    firsts = [next((r for r in line if r is not None), None) for line in lines]
    names = [first["region_name"] if first else None for first in firsts]
    intervals, cautions = _sureness(values, setting, result, scheme, names)
    notes = _notes(values, change, result, scheme, setting)
    scores, components = [], []
    for i, unit in enumerate(programme.units):
        ranked = bool(result.ranked[i])
        rank, previous = _whole(result.rank[i]), _whole(change.rank[i])
        scores.append(
            (
                period,
                scheme.id,
                unit,
                names[i],
                _number(result.score[i]),
                rank,
                int(np.sum(~np.isnan(values[i]))),
                float(result.availability[i]),
                "排名" if ranked else "不参评",
                words.reason(ranked, lines[i], values[i], scheme),
                any(bool(r["provisional"]) for r in lines[i] if r is not None),
                *intervals.get(i, (None, None, None, None, None)),
                previous,
                None if rank is None or previous is None else previous - rank,
                _number(change.score[i]),
                _number(change.own[i]),
                _number(change.scale[i]),
                cautions.get(i),
                notes[i],
            )
        )
        for j, c in enumerate(scheme.criteria):
            components.append(
                _component(period, scheme, unit, names[i], c, lines[i][j], result, (i, j), values)
            )
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


Interval = tuple[float, float, float, float, int]
"""p5, p95 and median of the drawn ranks, share in the first three, group."""


def _sureness(
    values: Matrix, setting: engine.Setting, result: engine.Result, scheme: Scheme, names: list[Any]
) -> tuple[dict[int, Interval], dict[int, str]]:
    """Return intervals per ranked unit, and what a reader must know before relying on its place."""
    rows = np.flatnonzero(result.ranked)
    if rows.size == 0:
        return {}, {}
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
    intervals = {
        int(r): (float(p5[k]), float(p95[k]), float(median[k]), float(top[k]), grouped[int(r)])
        for k, r in enumerate(rows)
    }
    said = (words.unstable(result, draws, names), words.at_the_end(result, setting))
    cautions = {row: "；".join(texts) for row in intervals if (texts := [t[row] for t in said if row in t])}
    return intervals, cautions


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
    by_figure = index(figures)
    known = {key[0] for key in by_figure}
    scores: list[tuple[Any, ...]] = []
    components: list[tuple[Any, ...]] = []
    for scheme in programme.ranking:
        for period in sorted(periods):
            previous = parse(period).shift(-1).key
            before = _matrix(by_figure, programme, scheme, previous)[0] if previous in known else None
            more = _score_rows(period, programme, scheme, by_figure, before)
            scores += more[0]
            components += more[1]
    return scores, components
