"""How a run's enterprises are cut into slices: by ranges of their codes, as many as fit into the engines that there are."""

from __future__ import annotations

import math

from jobs.kpi import inputs, memory, runner
from jobs.kpi.engine import Bounds, Run

FIGURE, FIRM, TABLES = 0.5, 4.0, 14.0
"""KiB that an engine holds of an enterprise, about, without laying anything down on disk: for each figure worked out; for
each asked period; for that period's tables of single enterprises and of rules."""


def needed(run: Run) -> float:
    """Return how many KiB an engine holds of an enterprise: a run of few figures asks for few."""
    asked = sum(run.tables["periods"]["asked"].to_pylist())
    tables = TABLES if run.of_firms else 0.0
    return FIGURE * run.tables["worked_out"].num_rows + asked * (FIRM + tables)


def slices_of(run: Run, least: int, room: int | None = None) -> list[Bounds]:
    """Cut the enterprises into slices of about the same size, by ranges of their codes.

    Parameters
    ----------
    run : Run
    least : int
        How many there shall be, or several times as many where they would not fit into an engine: no core waits at the
        end. A run without enterprises has one.
    room : int, optional
        MiB that an engine has where the slices are computed; default: in this process.
    """
    if run.by is None:
        return [(None, None)]
    with runner.connection() as con:
        inputs.open_feed(con, run.sources["register"][0])
        firms = f"SELECT DISTINCT {run.by} AS firm FROM raw_{run.sources['register'][0].feed}"
        there = con.execute(f"SELECT count(*) FROM ({firms})").fetchone()
        whole = (there[0] if there else 0) * needed(run) / 1024
        count = least * max(1, math.ceil(whole / ((room or memory.here()) * least)))
        shares = [n / count for n in range(1, count)]
        row = (
            con.execute(f"SELECT quantile_disc(firm, {shares}) FROM ({firms})").fetchone() if shares else None
        )
    cuts = sorted({c for c in (row[0] if row else None) or [] if c is not None})
    return list(zip([None, *cuts], [*cuts, None], strict=True))
