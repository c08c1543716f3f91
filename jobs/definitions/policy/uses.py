"""What a programme reads, from the dictionary and the facts: no policy file lists feeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from jobs import yamlfile
from jobs.definitions.dictionary import Indicator, Read
from jobs.definitions.policy.influence import Every, FeedUse, known, members
from jobs.settings import settings

EVERY: dict[str, Every] = {
    "cumulative": "month",
    "quarter": "quarter",
    "year": "year",
    "year_total": "year",
    "event": "event",
}
_ORDER: tuple[Every, ...] = ("month", "quarter", "year", "event")
_QUARTERS = 4
HISTORY = 4
"""Quarters before an asked one whose facts are looked at (runs of quarters, the year before)."""
_REFERENCE = {"year": 12, "year_total": 8}
"""Quarters in which a year's row may stand: as the reference year from its fourth quarter, a year longer
while the next year's forms are not in, and, where growth is asked, a year more as the base."""


def asked(ids: Iterable[str], dictionary: Mapping[str, Indicator]) -> list[Indicator]:
    """Return indicators with all that they are derived from, each once.

    Raises
    ------
    ValueError
        If the dictionary lacks one.
    """
    asked_for: dict[str, Indicator] = {}
    waiting = list(ids)
    while waiting:
        name = waiting.pop(0)
        if name not in dictionary:
            raise ValueError(f"指标字典中没有“{name}” / not in the dictionary: {name}")
        if name not in asked_for:
            asked_for[name] = dictionary[name]
            waiting += [p.indicator for p in dictionary[name].of if p.indicator]
    return list(asked_for.values())


def facts_asked() -> list[Read]:
    """Return what ``schemas/facts.yaml`` asks for, whether or not there is a contract for it."""
    path = settings().schemas / "facts.yaml"
    return list(_reads_of(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=4)
def _reads_of(path: Path, changed: int) -> tuple[Read, ...]:
    """Return the reads of a file of facts, of which ``changed`` says the version."""
    return tuple(Read.model_validate(f["read"]) for f in yamlfile.read(path)["facts"])


def fact_reads() -> list[Read]:
    """Return what the facts read; one whose feed has no contract is unknown and reads nothing."""
    feeds = known()
    return [r for r in facts_asked() if r.feed in feeds]


def _lags(read: Read, yearly: bool) -> tuple[int, ...]:
    """Return the periods after a row's own that may read it, or last year's beside it."""
    if yearly:
        return (read.lag, read.lag + 1)
    if read.at in _REFERENCE:
        return tuple(range(_REFERENCE[read.at] + _QUARTERS * read.lag))
    return (_QUARTERS * read.lag, _QUARTERS * (read.lag + 1))


def _fact_lags(read: Read) -> tuple[int, ...]:
    """Return the periods that look at a fact: its own, last year's beside it, and those after as their history.

    A yearly fact belongs to the quarters of the calendar year after it.
    """
    back = _QUARTERS * read.lag
    own = range(back + 1, back + 5) if read.at in _REFERENCE else (back, back + _QUARTERS)
    return tuple(sorted({lag + later for lag in own for later in range(HISTORY + 1)}))


def _use(feed: str, read: Read, lags: tuple[int, ...] | None) -> FeedUse:
    if read.at == "event":
        return FeedUse(feed=feed, every="event")
    back = 0 if lags is None else read.months_back
    return FeedUse(feed=feed, every=EVERY[read.at], lags=lags, months_back=back)


def _merged(uses: Iterable[FeedUse]) -> list[FeedUse]:
    """Return one use per feed, kind of rows and offset, with the lags of all."""

    def key(use: FeedUse) -> tuple[str, int, int]:
        return use.feed, _ORDER.index(use.every), use.months_back

    merged = []
    for _, same in groupby(sorted(uses, key=key), key=key):
        own = list(same)
        lags = [u.lags for u in own]
        every_later = any(x is None for x in lags)
        union = None if every_later else tuple(sorted({lag for x in lags if x for lag in x}))
        merged.append(own[0].model_copy(update={"lags": union}))
    return merged


def _all_reads(indicator: Indicator) -> list[Read]:
    """Return the reads of an indicator; one of single quarters also reads the cumulative of the quarter before."""
    own = list(indicator.reads.values())
    before = [r.model_copy(update={"months_back": r.months_back + 3}) for r in own]
    return own + before if indicator.quarterly else own


def feed_uses(
    used: list[Indicator], roles: Mapping[str, str], yearly: bool, facts: Iterable[Read] = ()
) -> list[FeedUse]:
    """Return what a programme reads of which feed.

    Parameters
    ----------
    used : list of Indicator
        As :func:`asked` gives them.
    roles : mapping
        Role -> feed, which counts from the dates of its events on.
    yearly : bool
        Whether the programme's periods are years.
    facts : iterable of Read
        What is read of enterprises beside the indicators.

    Returns
    -------
    list of FeedUse
        By feed; of one feed the month's, quarter's and year's rows in this order. Items of departments are
        added up over quarters and years, so a row of theirs enters every later period.
    """
    uses = [FeedUse(feed=feed, every="event") for feed in roles.values()]
    reads = [(r, None if i.family == "item" else _lags(r, yearly)) for i in used for r in _all_reads(i)]
    for read, lags in [*reads, *((r, _fact_lags(r)) for r in facts)]:
        uses += [_use(feed, read, lags) for feed in members(read.feed)]
    return _merged(uses)
