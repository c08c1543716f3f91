"""Why a release differs from the one before it: files that came, corrections, late reports, people's words, other rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from jobs.definitions.contract import load_feed
from jobs.definitions.period import parse
from jobs.definitions.policy.model import load
from jobs.ledger import batches, settlements
from jobs.ledger.models import Release
from jobs.release.causes import AGAIN, NEW, REPAIRED, Cause, causes
from jobs.release.completeness import due_at, late_since
from jobs.release.finality import told_period
from jobs.release.knowledge import known_to
from jobs.release.report_state import ANY
from jobs.serve.steps import Step

LATE, WITHDRAWN, SETTLED, RULES = "迟报", "更正（撤行）", "公告核对", "规则改动"
ORDER = (NEW, LATE, AGAIN, WITHDRAWN, REPAIRED, SETTLED, RULES)
_COUNTED = {SETTLED: "条", RULES: ""}
"""What reasons are counted in, where not in files."""


@dataclass(frozen=True)
class Reason:
    """One file, or one other thing, that a release knew and the one before did not.

    Attributes
    ----------
    kind : str
        One of :data:`ORDER`; a file that withdraws rows is a withdrawal, a first one after its deadline is late.
    seq : int or None
        Number of the batch; None of what is no file.
    number : int
        How many of its kind it stands for.
    """

    kind: str
    seq: int | None = None
    title: str = ""
    source_period: str = ""
    reporter: str = ANY
    path: str = ""
    accepted_at: datetime | None = None
    rows: int | None = None
    withdrawn: int | None = None
    note: str = ""
    number: int = 1


def reasons(step: Step) -> list[Reason]:
    """Return the reasons of a step, files in the order in which they were accepted.

    A period that comes for the first time has those that came since the publication before; the first
    publication of a programme has all.
    """
    found = causes(step.after, step.known)
    feeds = sorted({c.batch.feed for c in found})
    looks = batches.look_moments(feeds, step.published_at)
    delivered = batches.arrivals(feeds) if feeds else {}
    files = [_file(c, delivered[c.batch.file_id][1], looks) for c in found]
    return [*files, *_words(step.after, step.known), *_rules(step.after, step.before)]


def _file(cause: Cause, delivered: datetime, looks: Mapping[str, list[datetime]]) -> Reason:
    batch = cause.batch
    contract = load_feed(batch.feed)
    kind = cause.kind
    if kind == AGAIN and batch.withdrawn:
        kind = WITHDRAWN
    newest = max(batch.periods, key=parse, default="")
    due = due_at(contract, parse(newest)) if newest and contract.feed.calendar else None
    if kind == NEW and due and late_since(contract, due, delivered, looks.get(batch.feed, [])):
        kind = LATE
    return Reason(
        kind, batch.seq, contract.title, told_period(newest) if newest else "", batch.reporter or ANY, cause.path, batch.accepted_at, batch.silver,
        batch.withdrawn,
    )  # fmt: skip


def _words(after: Release, known: Release | None) -> list[Reason]:
    """Return what people settled about notices in between."""
    feed = load(after.programme).roles.get("certificates")
    if feed is None:
        return []
    said = settlements.between(feed, known_to(known).settled if known else 0, known_to(after).settled)
    return [Reason(SETTLED, title=load_feed(feed).title, number=len(said))] if said else []


def _rules(after: Release, before: Release | None) -> list[Reason]:
    """Return that policy, dictionary, contracts or methods are others than of the release before."""
    if before is None or before.versions.get("digest") == after.versions.get("digest"):
        return []
    old, new = (r.versions.get("contracts") or {} for r in (before, after))
    titles = sorted(load_feed(f).title for f in set(old) & set(new) if old[f] != new[f])
    note = f"合同换版：{'、'.join(titles)}" if titles else "政策、指标、合同或审核规则有改动"
    return [Reason(RULES, note=note)]


def told(found: Iterable[Reason]) -> str:
    """Return the reasons in a line: how many of each kind."""
    count: Counter[str] = Counter()
    for reason in found:
        count[reason.kind] += reason.number
    parts = [
        f"{kind} {count[kind]} {unit}" if (unit := _COUNTED.get(kind, "份")) else kind
        for kind in ORDER
        if count[kind]
    ]
    return "、".join(parts)
