"""Withdrawals and reviews that match no holder: they change nothing, or count a firm twice, until a person says whose they are.

A withdrawal ends the certificates of its holder, so the holder must be known by its code and hold one of the tier. A
review continues one: where its code holds none, the firm must at least be registered, and no certificate without a code
bear its name. A line of which that is not so is left as it is, listed, and the figures it could touch are marked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from jobs.definitions.period import Period, parse
from jobs.definitions.policy.model import Programme
from jobs.kpi.regions import Place, RegionMap

TERM_MONTHS = 36
"""Validity of a certificate that prints none: three years."""
OPENS, CONTINUES, ENDS = "grant", "renew", "withdraw"
ASKED = (CONTINUES, ENDS)
"""Events that are about a certificate which is there already."""

Key = tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A line of a certificate notice as it stands.

    Attributes
    ----------
    key : tuple of str
        Document, tier, event and name, the name as names are compared; ``printed`` is it as it was written.
    """

    key: Key
    document_date: date
    uscc: str | None
    unit_name: str | None = None
    county_name: str | None = None
    valid_to: date | None = None
    file_name: str = ""
    sheet: str = ""
    row_no: int = 0
    printed: str = ""

    @property
    def tier(self) -> str:
        """Tier that it is about."""
        return self.key[1]

    @property
    def event(self) -> str:
        """What it says of the certificate."""
        return self.key[2]

    @property
    def name(self) -> str:
        """Firm as printed."""
        return self.printed or self.key[3]


@dataclass(frozen=True)
class Word:
    """What a person's word makes of one line.

    Attributes
    ----------
    stated : str or None
        Code that the line stated when the word was said; of a line that states another one it says nothing.
    uscc : str or None
        Whose the line is; None: nobody's of ours, it does not count.
    """

    key: Key
    stated: str | None
    uscc: str | None


def as_settled(lines: Iterable[Line], words: Iterable[Word]) -> list[Line]:
    """Return the lines as they count by people's words."""
    by_line = {(w.key, w.stated): w for w in words}
    found = []
    for line in lines:
        word = by_line.get((line.key, line.uscc))
        if word is None:
            found.append(line)
        elif word.uscc:
            found.append(replace(line, uscc=word.uscc))
    return found


def certificates_of(line: Line, lines: Iterable[Line]) -> list[Line]:
    """Return the lines that certify the line's firm, by its code, in its tier, so that it may be about them.

    A withdrawal is about what was documented before or with it; a review about an earlier one, or a grant of its day.
    """

    def before(other: Line) -> bool:
        if line.event == ENDS or other.event == OPENS:
            return other.document_date <= line.document_date
        return other.document_date < line.document_date

    return [
        other
        for other in lines
        if line.uscc and other.uscc == line.uscc and other.tier == line.tier
        and other.event in (OPENS, CONTINUES) and other.key != line.key and before(other)
    ]  # fmt: skip


def unmatched(
    lines: Iterable[Line], words: Iterable[Word] = (), registered: Collection[str] = ()
) -> list[Line]:
    """Return the withdrawals and reviews that match no holder and that nobody settled, by date.

    A word on a review settles it, also where the firm's first certificate was never sent. A withdrawal that still
    matches nothing after a word, because the certificate has gone since, waits again.

    Parameters
    ----------
    lines : iterable of Line
        As sent.
    words : iterable of Word
    registered : collection of str
        Codes of firms in the register.
    """
    said = list(words)
    original = {line.key: line for line in lines}
    settled = as_settled(original.values(), said)
    spoken = {(w.key, w.stated) for w in said}
    asking = [line for line in settled if line.event in ASKED]
    of_firm: dict[tuple[str | None, str], list[Line]] = {(line.uscc, line.tier): [] for line in asking}
    for line in settled:
        if (own := of_firm.get((line.uscc, line.tier))) is not None:
            own.append(line)
    alike = Namesakes(settled, of=asking)

    def matches(line: Line) -> bool:
        if certificates_of(line, of_firm[line.uscc, line.tier]):
            return True
        if line.event == ENDS:
            return False
        uncoded = any(n.uscc is None for n in alike.of(line))
        return (line.key, original[line.key].uscc) in spoken or (line.uscc in registered and not uncoded)

    found = [original[line.key] for line in asking if not matches(line)]
    return sorted(found, key=lambda line: (line.document_date, line.key))


class Namesakes:
    """Certificates by tier and name: those of a line's name are likely the ones meant, and never taken for them.

    Parameters
    ----------
    lines : iterable of Line
    of : iterable of Line
        Whose namesakes will be asked for: of most lines nobody asks.
    """

    def __init__(self, lines: Iterable[Line], of: Iterable[Line]) -> None:
        self._known: dict[tuple[str, str], list[Line]] = {(line.tier, line.key[3]): [] for line in of}
        for line in lines:
            own = self._known.get((line.key[1], line.key[3]))
            if own is not None and line.event in (OPENS, CONTINUES):
                own.append(line)

    def of(self, line: Line) -> list[Line]:
        """Return the certificates of a line's tier and name that were documented by its date."""
        own = self._known.get((line.tier, line.key[3]), ())
        return [o for o in own if o.key != line.key and o.document_date <= line.document_date]


def _until(line: Line, endless: bool) -> date | None:
    """Return up to when certificates may stand that a line is about: two terms, a review carries one over; None: for good."""
    if endless:
        return None
    if line.valid_to:
        return line.valid_to
    month = Period(line.document_date.year, line.document_date.month, 1)
    return month.shift(2 * TERM_MONTHS).end


def _places(line: Line, known: Mapping[tuple[str, str], Place], alike: Sequence[Line]) -> set[Place] | None:
    """Return where the line's firm may be counted: where it or a namesake's certificate is printed; None: anywhere."""
    found = set()
    for told in (line, *alike):
        unit, county = told.unit_name or "", told.county_name or ""
        place = (
            known.get((unit, county))
            or (known.get(("", county)) if county else None)
            or known.get((unit, ""))
        )
        if place is None:
            return None
        found.add(place)
    return found


def _regions(places: set[Place] | None, own: str, every: Iterable[Place]) -> set[str]:
    """Return the codes of the regions that hold any of the places: a place without a county may be in any of its unit."""
    found = {own}
    for place in every:
        if places is None or place in places or Place(place.unit, None) in places:
            found |= {place.unit, *([place.county] if place.county else [])}
    return found | {p.unit for p in places or ()}


Cell = tuple[str, str, str | None, bool]
"""Period, region, tier (None: any certificate), and whether it is a reading of that tier or higher."""


def _tiers(tier: str, programme: Programme) -> list[tuple[str | None, bool]]:
    """Return the tiers whose figures a certificate counts in, each with whether those of "or higher" are meant."""
    rank = programme.ranks[tier]
    found: list[tuple[str | None, bool]] = [(tier, False)]
    found += [(other, True) for other, r in programme.ranks.items() if r <= rank]
    return found + ([(None, False), (None, True)] if rank >= programme.certified_rank else [])


def touched(
    waiting: Iterable[Line],
    lines: Sequence[Line],
    programme: Programme,
    regions: RegionMap,
    periods: Iterable[str],
) -> Counter[Cell]:
    """Count per cell the lines that wait and could change its figures.

    Parameters
    ----------
    waiting : iterable of Line
    lines : sequence of Line
        All that stand: a namesake's certificate tells where the firm may be counted.
    programme : Programme
    regions : RegionMap
    periods : iterable of str
        Periods that are computed.
    """
    endless = {t.code for t in programme.tiers if not t.expires}
    asked = [parse(p) for p in periods]
    known, every = regions.by_name(), list(regions.by_code().values())
    asking = list(waiting)
    alike, found = Namesakes(lines, of=asking), Counter[Cell]()
    for line in asking:
        if line.tier not in programme.ranks:
            continue
        until = _until(line, line.tier in endless)
        over = [p.key for p in asked if line.document_date <= p.end and (until is None or p.begin <= until)]
        places = _places(line, known, alike.of(line))
        for region in _regions(places, programme.region_code, every):
            for tier, nested in _tiers(line.tier, programme):
                found.update((period, region, tier, nested) for period in over)
    return found
