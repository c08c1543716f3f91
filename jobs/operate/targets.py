"""Progress towards a document's targets at a date: as published, else computed on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs import clock
from jobs.definitions.period import Period, quarter_of
from jobs.definitions.policy.model import policy
from jobs.refusals import Refusal
from jobs.release.standing import Unknown, moment_or_seq
from jobs.serve import show
from jobs.sparing import without_pandas

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


def _published(
    policy_id: str, period: str | None, known_by: str | None, all_readings: bool
) -> list[dict[str, Any]]:
    try:
        with without_pandas():
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
    # It takes the engine that computes all figures, which what is published does not need.
    from jobs.operate import trial

    period = period or _last_ended(clock.today()).key
    made = trial.rows(programme, period, known_by)
    own = [
        r | {"release": TRIAL} for r in made if r["policy"] == policy_id and (r["headline"] or all_readings)
    ]
    own.sort(key=lambda r: (r["target_id"], not r["headline"], r["indicator"], r["reading"], r["tier"] or ""))
    return Answer(policy_id, document.title, period, True, own)
