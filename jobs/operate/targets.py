"""Progress towards a document's targets at a date: as published, else computed on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from jobs import clock, lake
from jobs.kpi.dictionary import indicators
from jobs.ledger import batches, settlements
from jobs.period import Period, quarter_of
from jobs.policy.closing import Closing
from jobs.policy.model import Programme, policy
from jobs.policy.progress import COLUMNS, judge_all
from jobs.refusals import Refusal
from jobs.release.candidate import tables_at
from jobs.release.knowledge import Knowledge
from jobs.release.standing import Unknown, moment_or_seq
from jobs.serve import show

TRIAL = "试算，未发布"
"""Stands for the release in rows that were computed on the spot."""


@dataclass(frozen=True)
class Answer:
    """Rows of ``target_progress`` for one document and period.

    Attributes
    ----------
    trial : bool
        Whether they were computed on the spot: nobody approved them.
    """

    policy: str
    title: str
    period: str
    trial: bool
    rows: list[dict[str, Any]]


def quarter_at(at: date) -> Period:
    """Return the quarter that ends on a day.

    Raises
    ------
    Refusal
        If none does; the message names the nearest quarter's last day.
    """
    quarter = quarter_of(f"{at:%Y%m}")
    if quarter.end == at:
        return quarter
    nearest = min((quarter.shift(-1).end, quarter.end), key=lambda end: abs(end - at))
    raise Refusal(f"“{at}”不是季度末，最近的季度末是 {nearest} / not a quarter's last day, try {nearest}")


def _last_ended(today: date) -> Period:
    quarter = quarter_of(f"{today:%Y%m}")
    return quarter if quarter.end <= today else quarter.shift(-1)


def _not_ahead(quarter: Period) -> Period:
    """Return a quarter that has ended."""
    last = _last_ended(clock.today())
    if quarter > last:
        raise Refusal(f"{quarter.end} 还没有到：最近的季度末是 {last.end} / not yet, try {last.end}")
    return quarter


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


def _computed(programme: Programme, period: str, known: Knowledge) -> list[dict[str, Any]]:
    """Return all rows of a programme for one period; nothing is written anywhere."""
    with lake.connect() as spark:
        frame = tables_at(spark, programme, [period], known)["target_progress"]
        return [r.asDict() for r in frame.collect()]


def _without_figures(programme: Programme, period: str) -> list[dict[str, Any]]:
    rows = judge_all(pd.DataFrame(), programme, [period], Closing(clock.now().date()), indicators())
    return [dict(zip(COLUMNS, row, strict=True)) | {"programme": programme.id} for row in rows]


def _published(
    policy_id: str, period: str | None, known_by: str | None, all_readings: bool
) -> list[dict[str, Any]]:
    try:
        return show.targets(policy_id, period, known_by, all_readings)
    except Unknown:
        return []


def targets_at(
    policy_id: str, at: date | None = None, known_by: str | None = None, all_readings: bool = False
) -> Answer:
    """Return the progress of a document's targets at a quarter's last day, as known at some time.

    Parameters
    ----------
    policy_id : str
        Document.
    at : date, optional
        Default: the newest published period, else the last quarter that has ended.
    known_by : str, optional
        Sequence number or ISO time; default: what is known now.
    all_readings : bool
        Also the readings beside the headline.

    Returns
    -------
    Answer
        From the release that stood then for the period; where none did, computed from the batches known
        then. A programme that is not fed has no figures: each target names the report it lacks.

    Raises
    ------
    Refusal
        If there is no such document, if ``at`` is no quarter's last day, or ``known_by`` no state of knowledge at which anything was known.
    """
    programme, document = policy(policy_id)
    period = _not_ahead(quarter_at(at)).key if at else None
    if known_by is not None:
        moment_or_seq(known_by)
    rows = _published(policy_id, period, known_by, all_readings) if programme.fed else []
    if rows:
        return Answer(policy_id, document.title, rows[0]["period"], False, rows)
    period = period or _last_ended(clock.today()).key
    made = (
        _computed(programme, period, _known(known_by))
        if programme.fed
        else _without_figures(programme, period)
    )
    own = [
        r | {"release": TRIAL} for r in made if r["policy"] == policy_id and (r["headline"] or all_readings)
    ]
    own.sort(key=lambda r: (r["target_id"], not r["headline"], r["indicator"], r["reading"], r["tier"] or ""))
    return Answer(policy_id, document.title, period, True, own)
