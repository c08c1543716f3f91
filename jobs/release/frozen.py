"""Verdicts on targets that are frozen: taken from the release approved when the lag was over."""

from __future__ import annotations

from datetime import timedelta

from jobs import clock, lake
from jobs.ledger import releases
from jobs.period import quarter_of
from jobs.policy.model import Programme
from jobs.policy.progress import Frozen
from jobs.policy.states import MET, MISSED
from jobs.release.knowledge import Knowledge


def frozen_verdicts(programme: Programme, known: Knowledge) -> dict[str, Frozen]:
    """Return target id -> frozen verdict, as of a state of knowledge.

    A verdict is frozen once deadline and lag are past: it is the headline of the deadline's own period
    in the newest release computed by then and approved, or in the first approved one after it; a release
    on provisional figures, or a target without a verdict, freezes nothing.
    Source: methods on target progress, deadline passed.
    """
    today = known.at.astimezone(clock.ZONE).date()
    own_age = releases.age(known.release, known.seq)
    rows = [
        r
        for r in releases.approved_by(known.at)
        if r.programme == programme.id and not r.provisional and releases.age(r.release_id, r.seq) < own_age
    ]
    found: dict[str, Frozen] = {}
    for target in programme.targets:
        if target.deadline is None or today <= target.deadline + timedelta(days=programme.lag_days):
            continue
        freeze = target.deadline + timedelta(days=programme.lag_days)
        period = quarter_of(f"{target.deadline:%Y%m}").key
        own = [r for r in rows if r.period == period]
        in_time = [r for r in own if r.created_at.astimezone(clock.ZONE).date() <= freeze]
        chosen = in_time[-1] if in_time else (own[0] if own else None)
        if chosen is None:
            continue
        table = lake.gold_arrow("target_progress", chosen.release_id, programme.id)
        for row in table.to_pylist():
            decided = row["state"] in (MET, MISSED)
            if row["target_id"] == target.id and row["period"] == period and row["headline"] and decided:
                found[target.id] = Frozen(row["value"], row["state"], chosen.release_id)
    return found
