"""Progress towards targets computed on the spot, from the batches known at some time; nothing is written anywhere."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jobs import clock
from jobs.definitions.dictionary import indicators
from jobs.definitions.policy.model import Programme
from jobs.lake.staging import apart
from jobs.ledger import batches, settlements
from jobs.release.figures import tables_at
from jobs.release.knowledge import Knowledge
from jobs.release.standing import Unknown, moment_or_seq
from jobs.targets.closing import Closing
from jobs.targets.progress import COLUMNS, judge_all


def _known(known_by: str | None) -> Knowledge:
    """Return the state of knowledge to compute at: the ledger's now, or an earlier one.

    Raises
    ------
    Unknown
        If ``known_by`` is no state of knowledge, or nothing was accepted by then.
    """
    at, seq = (clock.now(), None) if known_by is None else moment_or_seq(known_by)
    accepted = [b for b in batches.accepted(None, seq) if at is None or b.accepted_at <= at]
    if not accepted:
        raise Unknown(f"截至“{known_by or at}”没有接收任何数据 / nothing was accepted by then")
    last = accepted[-1]
    moment = at or last.accepted_at
    looked, said = batches.looks(moment), settlements.last_id(moment)
    return Knowledge(f"R{last.seq}-trial", last.seq, moment, looked=looked, settled=said, trial=True)


def rows(programme: Programme, period: str, known_by: str | None) -> list[dict[str, Any]]:
    """Return all rows of ``target_progress`` of a programme for one period.

    Parameters
    ----------
    programme : Programme
        One that is not fed has no figures: each target names the report it lacks.
    period : str
    known_by : str or None
        As :func:`jobs.operate.targets.targets_at` takes it.
    """
    if not programme.fed:
        return _without_figures(programme, period)
    known = _known(known_by)
    with apart(known.release) as attempt:
        made = tables_at(programme, [period], known, attempt, firms=False)
    return made.rows["target_progress"].to_pylist()


def _without_figures(programme: Programme, period: str) -> list[dict[str, Any]]:
    made = judge_all(pd.DataFrame(), programme, [period], Closing(clock.now().date()), indicators())
    return [dict(zip(COLUMNS, row, strict=True)) | {"programme": programme.id} for row in made]
