"""Verdicts on targets that are frozen: taken from the release approved when the lag was over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from jobs import clock, lake
from jobs.ledger import releases
from jobs.ledger.models import Release
from jobs.period import parse
from jobs.policy.model import Programme
from jobs.policy.progress import Approved, Frozen, due_period
from jobs.policy.states import MET, MISSED, due
from jobs.release.knowledge import Knowledge


def dues(programme: Programme, today: date, periods: list[str]) -> Iterator[tuple[str, str, date]]:
    """Give (target, period in which it was due, day on which its verdict is frozen), as far as that day is past.

    A yearly target is due once for every calendar year of its document.
    """
    for document in programme.documents:
        for target in document.targets:
            for period in periods:
                at = parse(period)
                day = due(target, at.end)
                if day is None or due_period(target, at) != period:
                    continue
                freeze = day + timedelta(days=programme.lag_days)
                if today > freeze and (not target.yearly or document.in_force(at.year)):
                    yield target.id, period, freeze


def _chosen(own: list[Release], freeze: date) -> Release:
    """Return the newest release computed by a day, else the first one after it."""
    in_time = [r for r in own if r.created_at.astimezone(clock.ZONE).date() <= freeze]
    return in_time[-1] if in_time else own[0]


def frozen_verdicts(programme: Programme, known: Knowledge) -> Approved:
    """Return (target id, period in which it was due) -> frozen verdict, as of a state of knowledge.

    A verdict is frozen once the day it is due and the lag are past: it is the headline of that period in the
    newest release computed by then and approved, or in the first approved one after it; a release on
    provisional figures, or a target without a verdict, freezes nothing.
    Source: methods on target progress, deadline passed.
    """
    own_age = releases.age(known.release, known.seq)
    by_period: dict[str, list[Release]] = {}
    for r in releases.approved_by(known.at):
        earlier = releases.age(r.release_id, r.seq) < own_age
        if r.programme == programme.id and not r.provisional and earlier:
            by_period.setdefault(r.period, []).append(r)
    today = known.at.astimezone(clock.ZONE).date()
    wanted: dict[str, set[tuple[str, str]]] = {}
    for target, period, freeze in dues(programme, today, sorted(by_period)):
        release = _chosen(by_period[period], freeze).release_id
        wanted.setdefault(release, set()).add((target, period))
    found: dict[tuple[str, str], Frozen] = {}
    for release, keys in wanted.items():
        for row in lake.gold_arrow("target_progress", release, programme.id).to_pylist():
            key = (row["target_id"], row["period"])
            if key in keys and row["headline"] and row["state"] in (MET, MISSED):
                found[key] = Frozen(row["value"], row["state"], release)
    return found
