"""Targets and rankings judged from the figures that the models computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from jobs.kpi.dictionary import Indicator
from jobs.policy import progress
from jobs.policy.closing import Closing
from jobs.policy.model import Programme
from jobs.policy.sources import WITHOUT
from jobs.ranking import scheme as ranking

SIDES = {"numerator": "MISSING_NUM", "denominator": "MISSING_DEN"}
LEFT_OUT = {name: SIDES[side] for side, name in WITHOUT.items()} | {"quarantined": "QUARANTINED"}
PARTS = ("domain", "size_class", "industry")


def undivided(rows: pd.DataFrame) -> pd.Series:
    """Whether a figure is of all enterprises of its cell."""
    return rows[list(PARTS)].isna().all(axis="columns")


def frames(tables: Mapping[str, list[dict[str, Any]]]) -> dict[str, pd.DataFrame]:
    """Return the tables that have rows, as frames."""
    return {name: pd.DataFrame(rows) for name, rows in tables.items() if rows}


def judged(
    tables: Mapping[str, pd.DataFrame],
    programme: Programme,
    dictionary: Mapping[str, Indicator],
    closing: Closing | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the tables of targets and rankings of all periods that there are figures of."""
    region = tables["kpi_region"]
    here = region["region_code"].isin([programme.region_code, *programme.units])
    own = region[here & undivided(region)]
    counts = {name: own["n_excluded"].map(lambda m, r=r: dict(m).get(r, 0)) for name, r in LEFT_OUT.items()}
    figures = own.assign(**counts).drop(columns=["n_excluded", "n_by_source", "release", "programme"])
    periods = sorted(set(own["period"]))
    scores, components = ranking.rank_all(figures, programme, periods)
    targets = progress.judge_all(figures, programme, periods, closing or Closing(), dictionary)
    made = {
        "region_ranking": (scores, ranking.SCORE_SCHEMA),
        "ranking_component": (components, ranking.COMPONENT_SCHEMA),
        "target_progress": (targets, progress.SCHEMA),
    }
    same = {"release": region["release"].iloc[0], "programme": programme.id}
    return {
        name: pd.DataFrame(rows, columns=[c.split()[0] for c in schema.split(", ")]).assign(**same)
        for name, (rows, schema) in made.items()
    }
