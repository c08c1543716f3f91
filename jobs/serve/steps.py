"""What each publication put in the place of what was served before it: by programme and period, from the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from jobs.definitions.policy.model import load_all
from jobs.ledger import releases
from jobs.ledger.models import Publication, Release

Held = dict[str, dict[str, str]]
"""Programme -> period -> release."""


@dataclass(frozen=True)
class Step:
    """One period of one programme in one publication, where it shows another release than was served until then.

    Attributes
    ----------
    publication : str
        The one that brought it.
    published_at : datetime
    follows : str or None
        The one that was served until then; None of the first.
    before : Release or None
        What stood for the period; None of a period that comes for the first time.
    after : Release
        What stands for it now.
    earlier : Release or None
        Of a period that comes for the first time: what stands in the same publication for the period before it.
    known : Release or None
        What had told last, before this publication, what had come in: of the period, else of the programme.
    """

    publication: str
    published_at: datetime
    follows: str | None
    before: Release | None
    after: Release
    earlier: Release | None
    known: Release | None


def after_each_other(
    publications: Sequence[Publication],
) -> list[tuple[Publication, Publication | None]]:
    """Pair each publication with the one that was served until it came.

    Parameters
    ----------
    publications : sequence of Publication
        Oldest first. One that does not say whom it follows, made before the ledger kept that, follows the one
        before it.
    """
    by_id = {p.publication_id: p for p in publications}
    pairs: list[tuple[Publication, Publication | None]] = []
    last: Publication | None = None
    for made in publications:
        pairs.append((made, by_id.get(made.follows or "", last)))
        last = made
    return pairs


def of(publications: Sequence[Publication], told: set[str]) -> Iterator[Step]:
    """Give the steps of publications, oldest first.

    Parameters
    ----------
    publications : sequence of Publication
        All that were ever made, oldest first, the present one last.
    told : set of str
        Ids of those whose steps are known already.
    """
    find = lru_cache(maxsize=None)(_rows)
    for made, previous in after_each_other(publications):
        if made.publication_id in told:
            continue
        held: Held = previous.releases if previous else {}
        for programme, periods in sorted(made.releases.items()):
            # Of a programme that is followed no longer nobody can say what its figures are called.
            if programme not in load_all():
                continue
            own = held.get(programme, {})
            for period, release in sorted(periods.items()):
                if own.get(period) != release:
                    names = _names(period, periods, own)
                    rows = [find(r).get((programme, p)) if r else None for p, r in names]
                    after = find(release)[programme, period]
                    id_, at = made.publication_id, made.published_at
                    follows = previous.publication_id if previous else None
                    yield Step(id_, at, follows, rows[0], after, rows[1], rows[2])


def _names(period: str, periods: dict[str, str], own: dict[str, str]) -> list[tuple[str, str | None]]:
    """Return period and release of what stood for a period, of the period before a new one, of what was known last."""
    before = (period, own.get(period))
    past = max((p for p in periods if p < period), default="")
    earlier = (past, periods.get(past) if before[1] is None else None)
    last = period if before[1] else max(own, default="")
    return [before, earlier, (last, own.get(last))]


def _rows(release_id: str) -> dict[tuple[str, str], Release]:
    return {(r.programme, r.period): r for r in releases.of(release_id)}
