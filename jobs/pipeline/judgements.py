"""Targets and rankings: few, and judged row by row from the figures of a programme's own region and its units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from jobs.definitions.dictionary import Indicator
from jobs.definitions.policy.model import Programme
from jobs.lake.shape import arrow_rows
from jobs.ranking import scheme as ranking
from jobs.targets import progress
from jobs.targets.closing import Closing
from jobs.targets.sources import WITHOUT

_LEFT_OUT = {
    **{
        name: {"numerator": "MISSING_NUM", "denominator": "MISSING_DEN"}[side]
        for side, name in WITHOUT.items()
    },
    "quarantined": "QUARANTINED",
}
"""How many reported only one side of a ratio, or stand in quarantine: by the reason why they are left out."""


def _frame(whole: pa.Table) -> pd.DataFrame:
    """Return figures as the judges take them."""
    reasons = [dict(r or ()) for r in whole["n_excluded"].to_pylist()]
    figures = whole.drop_columns(["n_excluded", "n_by_source", "release", "programme"])
    for name, reason in _LEFT_OUT.items():
        figures = figures.append_column(name, pa.array([r.get(reason, 0) for r in reasons], pa.int64()))
    return figures.to_pandas(date_as_object=True)


def judged(
    whole: pa.Table,
    programme: Programme,
    periods: list[str],
    closing: Closing,
    dictionary: Mapping[str, Indicator],
    release: str,
) -> dict[str, pa.Table]:
    """Return the tables of targets and rankings in the shapes of their contracts.

    Parameters
    ----------
    whole : pyarrow.Table
        Rows of ``kpi_region`` of the programme's own region and its units, undivided, also of the periods that the
        asked ones are compared with.
    programme : Programme
    periods : list of str
    closing : Closing
        What verdicts depend on beside the figures.
    dictionary : mapping
        Indicators by id.
    release : str
        Id written into every row.
    """
    figures = _frame(whole)
    scores, components = ranking.rank_all(figures, programme, periods)
    targets = progress.judge_all(figures, programme, periods, closing, dictionary)

    def table(name: str, columns: Iterable[str], rows: list[tuple[Any, ...]]) -> pa.Table:
        same = {"release": release, "programme": programme.id}
        return arrow_rows(name, (dict(zip(columns, row, strict=True)) | same for row in rows))

    return {
        "region_ranking": table("region_ranking", _names(ranking.SCORE_SCHEMA), scores),
        "ranking_component": table("ranking_component", _names(ranking.COMPONENT_SCHEMA), components),
        "target_progress": table("target_progress", progress.COLUMNS, targets),
    }


def _names(schema: str) -> list[str]:
    return [column.split()[0] for column in schema.split(", ")]
