"""Withdrawals and reviews that match no holder: what waits for a person, and what people said of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.definitions.contract import load_feed
from jobs.definitions.policy.model import load_all
from jobs.kpi.unmatched import Namesakes, NoticeLine
from jobs.ledger import settlements
from jobs.ledger.models import Settlement
from jobs.release.certificate_notices import Notices, notices_at

_DIGITS = 8
NAMED = 5
"""How many certificates are named at once."""


@dataclass(frozen=True)
class Item:
    """A line that waits, or that was settled.

    Attributes
    ----------
    id : str
        Of what the line says: the same as long as it says that.
    alike : tuple of NoticeLine
        Certificates of the tier under the same name.
    said : Settlement or None
        The last word on it.
    waits : bool
        Whether it marks figures.
    """

    id: str
    feed: str
    line: NoticeLine
    alike: tuple[NoticeLine, ...]
    said: Settlement | None
    waits: bool


def number(feed: str, line: NoticeLine) -> str:
    """Return the id of a line."""
    told = json.dumps([feed, *line.key, line.uscc], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]


def notices() -> dict[str, Notices]:
    """Return the feeds of certificates that are read here, each with its notices as known now."""
    fed = [p for p in load_all().values() if p.fed and "certificates" in p.roles]
    roles = {(p.roles["certificates"], p.roles["register"]): set[str]() for p in fed}
    for p in fed:
        roles[p.roles["certificates"], p.roles["register"]] |= set(p.ranks)
    return {
        certificates: _of_tiers(notices_at(certificates, register), tiers)
        for (certificates, register), tiers in sorted(roles.items())
    }


def _of_tiers(found: Notices, tiers: set[str]) -> Notices:
    """Return notices without waiting lines of tiers that nobody counts."""
    return Notices(found.lines, found.words, tuple(w for w in found.waiting if w.tier in tiers))


def listing(everything: bool = False) -> list[Item]:
    """Return the lines that wait, the oldest first; with ``everything`` also those that were settled."""
    return [
        item
        for feed, of_feed in notices().items()
        for item in _items(feed, of_feed)
        if everything or item.waits
    ]


def _items(feed: str, found: Notices) -> list[Item]:
    words, waiting = settlements.words(feed), {w.key for w in found.waiting}
    told = [line for line in found.lines if line.key in waiting or line.key in words]
    alike, items = Namesakes(found.lines, of=told), []
    for line in told:
        word = words.get(line.key)
        said = word if word and word.stated == line.uscc else None
        if line.key in waiting or (said and said.decision != settlements.REOPENED):
            own = tuple(alike.of(line))
            items.append(Item(number(feed, line), feed, line, own, said, line.key in waiting))
    return items


def words_for(feed: str) -> dict[str, dict[str, str]]:
    """Return column -> stored word -> what people call it, of tier and event."""
    contract = load_feed(feed)
    return {
        name: {code: label for label, code in contract.column(name).codes.items() if label != code}
        for name in ("tier", "event")
    }


def told_certificates(lines: Sequence[NoticeLine]) -> str:
    """Return certificates in words: document, name, date and whose."""
    more = f" 等 {len(lines)} 份" if len(lines) > NAMED else ""
    each = [f"{c.key[0]} {c.name}（{c.document_date}，{c.uscc or '无代码'}）" for c in lines[:NAMED]]
    return "、".join(each) + more
