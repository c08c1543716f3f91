"""The gate: which periods of which programmes can and must be computed now.

It reads the ledger alone, so whatever woke it, and whatever wake-up was lost, the answer is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from jobs import clock
from jobs.definitions.period import Period, parse
from jobs.definitions.policy.model import Programme, load_all
from jobs.ledger import batches, releases, reviews, settlements
from jobs.ledger.models import Batch, Release
from jobs.release.completeness import needed
from jobs.release.versions import digest
from jobs.targets.closing import closing_days

_WORDS = {"complete": "完整", "partial": "部分", "*": "全部期间"}


@dataclass
class Decision:
    """What to do for one programme.

    Attributes
    ----------
    seq : int
        State of knowledge the decision rests on.
    periods : dict
        Period -> ``complete`` or ``partial``: to be computed.
    waiting : dict
        Period -> why it cannot be computed yet, in Chinese.
    """

    programme: str
    seq: int
    periods: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the decision in a line: the periods to be computed, and those that wait, with what for."""
        return f"{self.programme} 计算 {_listed(self.periods)} 等待 {_listed(self.waiting)}"


def _listed(periods: Mapping[str, str]) -> str:
    told = [f"{_WORDS.get(period, period)}（{_WORDS.get(what, what)}）" for period, what in periods.items()]
    return "、".join(told) or "无"


def _last_ended(programme: Programme, now: datetime) -> Period:
    """Return the last period of the programme that has ended by now."""
    first = parse(programme.first_period)
    today = now.date()
    period = first
    while period.shift(1).end <= today:
        period = period.shift(1)
    return period


def _sources(batch: Batch) -> list[str]:
    """Return the source periods of a batch; for events the date from which they count."""
    if batch.periods:
        return batch.periods
    return [batch.first_date.isoformat()] if batch.first_date else []


def changed(programme: Programme, last: Period, new: list[Batch]) -> set[str]:
    """Return the periods that batches may change: by their figures, or by the verdict of a target that was due earlier."""
    return changed_by(programme, last, [(b.feed, source) for b in new for source in _sources(b)])


def changed_by(programme: Programme, last: Period, sources: Iterable[tuple[str, str]]) -> set[str]:
    """Return the periods that changes of feeds at source periods may change, as :func:`changed` of batches."""
    periods = {p for feed, source in set(sources) for p in programme.affected(feed, source, last)}
    due = next((parse(p) for p in sorted(periods, key=parse) if closing_days(programme, p)), None)
    later = {p for p in programme.periods(last) if due is not None and parse(p) > due}
    return periods | later


def _closes(programme: Programme, period: str, done: Release, today: date) -> bool:
    """Whether the lag of a target that was due in a period, or before it, has ended since the period's last release."""
    made = done.created_at.astimezone(clock.ZONE).date()
    until = programme.periods(parse(period))
    return any(made <= last < today for due in until for last in closing_days(programme, due))


@dataclass(frozen=True)
class _Words:
    """The newest words of people that a period's figures depend on: on its warning rules, on notices it rests on."""

    reviewed: int
    settled: int

    def new_to(self, done: Release) -> bool:
        """Whether a release of the period did not know them."""
        said = {"reviewed": self.reviewed, "settled": self.settled}
        return any(number > done.versions.get(name, 0) for name, number in said.items())


def _words(programme: Programme, last: Period) -> dict[str, _Words]:
    """Return period -> the newest words on it."""
    reviewed, settled = reviews.newest(programme.id), dict[str, int]()
    for number, feed, first in settlements.since(programme.feed_ids):
        for period in changed_by(programme, last, [(feed, first.isoformat())]):
            settled[period] = max(settled.get(period, 0), number)
    return {p: _Words(reviewed.get(p, 0), settled.get(p, 0)) for p in {*reviewed, *settled}}


def _must(
    period: str, status: str, done: Release | None, changed: set[str], rules: str, said: _Words
) -> bool:
    if done is None or done.versions.get("digest") != rules or said.new_to(done):
        return True
    return period in changed or (done.status == "partial" and status == "complete")


def decide(programme: Programme, now: datetime | None = None) -> Decision:
    """Return what to compute for a programme.

    A period is computed when the required feeds are complete, or partial after the deadline, and something
    accepted since its last release may change it, the lag of a target it shows has ended meanwhile, the rules changed,
    an analyst has said a word on one of its warning rules, or somebody has settled a notice. A candidate that waits for
    approval is taken over whole, because computing one of its periods anew supersedes it. A programme that is not fed
    has nothing to compute.
    """
    now = now or clock.now()
    seq = batches.last_seq()
    decision = Decision(programme.id, seq)
    if not programme.fed:
        return decision
    feeds = programme.feed_ids
    unfinished = batches.unfinished()
    unread = [f for f in feeds if f in unfinished]
    if unread:
        decision.waiting = {"*": f"数据源 {'、'.join(unread)} 有未处理完的批次"}
        return decision
    # Asked once for all periods, and before the batches: a look that ends meanwhile must not make late what it brings.
    looked = batches.looks()
    accepted = batches.accepted_of(feeds, seq)
    last = _last_ended(programme, now)
    done, rules = releases.attempts(programme.id), digest(programme)
    words, none = _words(programme, last), _Words(0, 0)
    for key in programme.periods(last):
        arrivals = needed(programme, parse(key), accepted, looked)
        states = [a.status() for a in arrivals]
        if "wait" in states:
            late = [
                f"{a.feed} {a.source_period} 缺 {len(a.missing)}/{len(a.expected)}"
                for a in arrivals
                if a.missing
            ]
            decision.waiting[key] = "；".join(late)
            continue
        status = "partial" if "partial" in states else "complete"
        since = done[key].seq if key in done else 0
        new = [b for f in feeds for b in accepted[f] if b.seq > since]
        must = _must(key, status, done.get(key), changed(programme, last, new), rules, words.get(key, none))
        if must or _closes(programme, key, done[key], now.astimezone(clock.ZONE).date()):
            decision.periods[key] = status
    _take_over(programme, decision, releases.latest(programme.id))
    return decision


def _take_over(programme: Programme, decision: Decision, known: dict[str, Release]) -> None:
    """Add the periods of waiting candidates that would be superseded, or whose verdicts a period to be computed shows.

    A later period knows what is approved and what it is computed with: beside a waiting candidate it would go on
    saying that a verdict is still to come after that candidate was approved.
    """
    waiting = {p: r for p, r in known.items() if r.state != "approved"}
    while decision.periods:
        last = max(map(parse, decision.periods))
        overtaken = {
            r.release_id
            for p, r in waiting.items()
            if p in decision.periods or (parse(p) < last and closing_days(programme, p))
        }
        more = {p: r.status for p, r in waiting.items() if r.release_id in overtaken} | decision.periods
        if more == decision.periods:
            return
        decision.periods = more


def decide_all(now: datetime | None = None) -> list[Decision]:
    """Return the decisions of all programmes that have something to compute."""
    made = [decide(p, now) for p in load_all().values()]
    return [d for d in made if d.periods]
