"""Cells whose figures a notice that matches no holder could change: they are marked until a person says whose it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from jobs.definitions.period import Period, parse
from jobs.definitions.policy.model import Programme
from jobs.kpi.regions import Place, RegionMap
from jobs.kpi.unmatched import Namesakes, NoticeLine

TERM_MONTHS = 36
"""Validity of a certificate that prints none: three years."""


def _until(line: NoticeLine, endless: bool) -> date | None:
    """Return up to when certificates may stand that a line is about: two terms, a review carries one over; None: for good."""
    if endless:
        return None
    if line.valid_to:
        return line.valid_to
    month = Period(line.document_date.year, line.document_date.month, 1)
    return month.shift(2 * TERM_MONTHS).end


def _places(
    line: NoticeLine, known: Mapping[tuple[str, str], Place], alike: Sequence[NoticeLine]
) -> set[Place] | None:
    """Return where the line's firm may be counted: where it or a namesake's certificate is printed; None: anywhere."""
    places = set()
    for told in (line, *alike):
        unit, county = told.unit_name or "", told.county_name or ""
        place = (
            known.get((unit, county))
            or (known.get(("", county)) if county else None)
            or known.get((unit, ""))
        )
        if place is None:
            return None
        places.add(place)
    return places


def _regions(places: set[Place] | None, own: str, every: Iterable[Place]) -> set[str]:
    """Return the codes of the regions that hold any of the places: a place without a county may be in any of its unit."""
    codes = {own}
    for place in every:
        if places is None or place in places or Place(place.unit, None) in places:
            codes |= {place.unit, *([place.county] if place.county else [])}
    return codes | {p.unit for p in places or ()}


Cell = tuple[str, str, str | None, bool]
"""Period, region, tier (None: any certificate), and whether it is a reading of that tier or higher."""


def _tiers(tier: str, programme: Programme) -> list[tuple[str | None, bool]]:
    """Return the tiers whose figures a certificate counts in, each with whether those of "or higher" are meant."""
    rank = programme.ranks[tier]
    tiers: list[tuple[str | None, bool]] = [(tier, False)]
    tiers += [(other, True) for other, r in programme.ranks.items() if r <= rank]
    return tiers + ([(None, False), (None, True)] if rank >= programme.certified_rank else [])


def touched(
    waiting: Iterable[NoticeLine],
    lines: Sequence[NoticeLine],
    programme: Programme,
    regions: RegionMap,
    periods: Iterable[str],
) -> Counter[Cell]:
    """Count per cell the lines that wait and could change its figures.

    Parameters
    ----------
    waiting : iterable of NoticeLine
    lines : sequence of NoticeLine
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
    alike, counts = Namesakes(lines, of=asking), Counter[Cell]()
    for line in asking:
        if line.tier not in programme.ranks:
            continue
        until = _until(line, line.tier in endless)
        over = [p.key for p in asked if line.document_date <= p.end and (until is None or p.begin <= until)]
        places = _places(line, known, alike.of(line))
        for region in _regions(places, programme.region_code, every):
            for tier, nested in _tiers(line.tier, programme):
                counts.update((period, region, tier, nested) for period in over)
    return counts
