"""What verdicts depend on beside the figures, from the ledger and the releases approved so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from jobs import clock, lake
from jobs.definitions.policy.model import Programme
from jobs.ledger import releases
from jobs.ledger.approvals import first_approvals
from jobs.ledger.models import Batch, Release
from jobs.release.finality import Reports
from jobs.release.knowledge import Knowledge
from jobs.targets.closing import CellKey, Closing, Stood


def _first_due(programme: Programme) -> int | None:
    """Return the year in which the first target is due; None if none ever is."""
    years = [t.deadline.year for t in programme.targets if t.deadline]
    years += [int(programme.first_period[:4])] if any(t.yearly for t in programme.targets) else []
    return min(years, default=None)


def _before(programme: Programme, known: Knowledge) -> dict[str, list[Release]]:
    """Return the approved releases computed before, oldest first, with their periods in which targets may be due, or later."""
    own_age, first = releases.age(known.release, known.seq), _first_due(programme)
    before: dict[str, list[Release]] = {}
    for r in releases.approved_by(known.at):
        earlier = releases.age(r.release_id, r.seq) < own_age
        if r.programme == programme.id and earlier and first is not None and int(r.period[:4]) >= first:
            before.setdefault(r.release_id, []).append(r)
    return before


def _day(moment: datetime) -> datetime:
    return moment.astimezone(clock.ZONE)


def history(programme: Programme, known: Knowledge) -> dict[CellKey, dict[str, list[Stood]]]:
    """Return how the approved releases had the figures of a programme's targets, as of a state of knowledge."""
    stood_by_cell: dict[CellKey, dict[str, list[Stood]]] = {}
    approvals = first_approvals(known.at)
    for release, held in _before(programme, known).items():
        computed, approved = _day(held[0].created_at).date(), _day(approvals[release]).date()
        periods = {r.period for r in held}
        for row in lake.gold_arrow("target_progress", release, programme.id).to_pylist():
            # A row from before figures were told apart from verdicts has a value and no figure: it tells nothing.
            told = row["value"] is None or row["today_value"] is not None
            if row["period"] in periods and told:
                key = (row["target_id"], row["indicator"], row["reading"], row["tier"])
                stood = Stood(release, computed, approved, row)
                stood_by_cell.setdefault(key, {}).setdefault(row["period"], []).append(stood)
    return stood_by_cell


def closing_at(programme: Programme, known: Knowledge, accepted: Mapping[str, Sequence[Batch]]) -> Closing:
    """Return what the verdicts of a programme depend on at a state of knowledge."""
    return Closing(
        today=_day(known.at).date(),
        release="" if known.trial else known.release,
        history=history(programme, known),
        lacks=Reports(accepted, known.looked).lacks,
    )
