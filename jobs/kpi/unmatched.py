"""Withdrawals and reviews that match no holder: they change nothing, or count a firm twice, until a person says whose they are.

A withdrawal ends the certificates of its holder, so the holder must be known by its code and hold one of the tier. A
review continues one: where its code holds none, the firm must at least be registered, and no certificate without a code
bear its name. A line of which that is not so is left as it is, listed, and the figures it could touch are marked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

OPENS, CONTINUES, ENDS = "grant", "renew", "withdraw"
ASKED = (CONTINUES, ENDS)
"""Events that are about a certificate which is there already."""

Key = tuple[str, ...]


@dataclass(frozen=True)
class NoticeLine:
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


def as_settled(lines: Iterable[NoticeLine], words: Iterable[Word]) -> list[NoticeLine]:
    """Return the lines as they count by people's words."""
    by_line = {(w.key, w.stated): w for w in words}
    if not by_line:
        return list(lines)
    settled = []
    for line in lines:
        word = by_line.get((line.key, line.uscc))
        if word is None:
            settled.append(line)
        elif word.uscc:
            settled.append(replace(line, uscc=word.uscc))
    return settled


def certificates_of(line: NoticeLine, lines: Iterable[NoticeLine]) -> list[NoticeLine]:
    """Return the lines that certify the line's firm, by its code, in its tier, so that it may be about them.

    A withdrawal is about what was documented before or with it; a review about an earlier one, or a grant of its day.
    """

    def before(other: NoticeLine) -> bool:
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
    lines: Iterable[NoticeLine], words: Iterable[Word] = (), registered: Collection[str] = ()
) -> list[NoticeLine]:
    """Return the withdrawals and reviews that match no holder and that nobody settled, by date.

    A word on a review settles it, also where the firm's first certificate was never sent. A withdrawal that still
    matches nothing after a word, because the certificate has gone since, waits again.

    Parameters
    ----------
    lines : iterable of NoticeLine
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
    of_firm: dict[tuple[str | None, str], list[NoticeLine]] = {(line.uscc, line.tier): [] for line in asking}
    for line in settled:
        if (own := of_firm.get((line.uscc, line.tier))) is not None:
            own.append(line)
    alike = Namesakes(settled, of=asking)

    def matches(line: NoticeLine) -> bool:
        if certificates_of(line, of_firm[line.uscc, line.tier]):
            return True
        if line.event == ENDS:
            return False
        uncoded = any(n.uscc is None for n in alike.of(line))
        return (line.key, original[line.key].uscc) in spoken or (line.uscc in registered and not uncoded)

    waiting = [original[line.key] for line in asking if not matches(line)]
    return sorted(waiting, key=lambda line: (line.document_date, line.key))


class Namesakes:
    """Certificates by tier and name: those of a line's name are likely the ones meant, and never taken for them.

    Parameters
    ----------
    lines : iterable of NoticeLine
    of : iterable of NoticeLine
        Whose namesakes will be asked for: of most lines nobody asks.
    """

    def __init__(self, lines: Iterable[NoticeLine], of: Iterable[NoticeLine]) -> None:
        self._known: dict[tuple[str, str], list[NoticeLine]] = {(line.tier, line.key[3]): [] for line in of}
        for line in lines:
            own = self._known.get((line.key[1], line.key[3]))
            if own is not None and line.event in (OPENS, CONTINUES):
                own.append(line)

    def of(self, line: NoticeLine) -> list[NoticeLine]:
        """Return the certificates of a line's tier and name that were documented by its date."""
        own = self._known.get((line.tier, line.key[3]), ())
        return [o for o in own if o.key != line.key and o.document_date <= line.document_date]
