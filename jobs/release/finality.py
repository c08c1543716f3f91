"""Which reports behind a target's figure are still missing, and from whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from jobs.definitions.contract import Contract, load_feed
from jobs.definitions.dictionary import Indicator, Read, indicators
from jobs.definitions.period import Period, parse, quarter_of
from jobs.definitions.policy.document import Cell, Document
from jobs.definitions.policy.influence import members
from jobs.definitions.policy.uses import asked
from jobs.definitions.reference import inside, regions, reporter_name
from jobs.ledger.models import Batch
from jobs.release.completeness import Arrival, arrival

_YEARLY = ("year", "year_total")


def report_key(read: Read, period: Period, contract: Contract) -> str | None:
    """Return the source period of a feed that a read of a period asks for; None if nobody must report it."""
    calendar, month = contract.feed.calendar, Period(period.year, period.month_to, 1)
    if read.at in _YEARLY:
        month = Period(period.year if period.month_to == 12 else period.year - 1, 12, 1)
    month = month.shift(-12 * read.lag - read.months_back)
    if calendar is None or month.month_to not in calendar.months:
        return None
    if contract.feed.frequency == "year":
        return str(month.year)
    return quarter_of(month.key).key if contract.feed.frequency == "quarter" else month.key


def told_period(key: str) -> str:
    """Return a source period as people say it."""
    period = parse(key)
    ends = {12: "度", 3: f"{period.month_to // 3}季度", 1: f"{period.month_to}月"}
    return f"{period.year}年{ends[period.months]}"


def _concerns(reporter: str, region: str) -> bool:
    """Whether a reporter's rows may lie in a region: a body's may, a region's if one lies in the other."""
    return reporter not in regions() or inside(reporter, region) or inside(region, reporter)


def told_missing(found: Arrival, region: str | None) -> str | None:
    """Return who has not sent a report, in words; of all, or of those who report for a region."""
    missing = [r for r in found.missing if region is None or _concerns(r, region)]
    if not missing:
        return None
    what = f"{told_period(found.source_period)}的{load_feed(found.feed).title}"
    if found.expected == ("*",):
        return what
    names = "各单位" if len(missing) == len(found.expected) > 1 else "、".join(map(reporter_name, missing))
    return f"{what}：{names}未报"


class Reports:
    """What has arrived at a state of knowledge, asked target by target.

    Parameters
    ----------
    accepted : mapping
        Feed -> its accepted batches.
    looked : mapping
        Feed -> when its source had last been read.
    """

    def __init__(self, accepted: Mapping[str, Sequence[Batch]], looked: Mapping[str, datetime]) -> None:
        self.accepted, self.looked = accepted, looked
        self.found: dict[tuple[str, str], Arrival] = {}

    def _arrival(self, contract: Contract, key: str) -> Arrival:
        if (contract.id, key) not in self.found:
            own = list(self.accepted.get(contract.id, ()))
            self.found[contract.id, key] = arrival(contract, key, own, self.looked)
        return self.found[contract.id, key]

    def _asked(self, indicator: Indicator, period: Period) -> list[Arrival]:
        """Return the reports that an indicator reads; an item of a department is in when it has a value."""
        reads = [] if indicator.family == "item" else indicator.reads.values()
        pairs = [(read, load_feed(feed)) for read in reads for feed in members(read.feed)]
        keys = [(contract, report_key(read, period, contract)) for read, contract in pairs]
        return [self._arrival(contract, key) for contract, key in keys if key is not None]

    def lacks(self, document: Document, cell: Cell, period: str, whole: bool) -> list[str]:
        """Return the reports that are still missing for a figure, in words.

        Parameters
        ----------
        document : Document
        cell : Cell
        period : str
        whole : bool
            Whether also those count that do not report for the document's region: without enough of them a
            year does not stand, and the year before stands in.
        """
        region = None if whole else document.region_code
        arrivals = [a for i in asked([cell.indicator], indicators()) for a in self._asked(i, parse(period))]
        return list(dict.fromkeys(text for a in arrivals if (text := told_missing(a, region))))
