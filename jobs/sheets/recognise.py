"""Which contract a file's header is of: the best guess of a refusal, and files under another form's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from jobs.definitions.contract import Column, Contract
from jobs.definitions.patterns import shared
from jobs.definitions.readable import readable
from jobs.sheets.header import AmbiguousHeader, Header, Merged, Row, find, window
from jobs.sheets.header_names import half_width, is_unit
from jobs.sheets.matching import match

_SHOWN = 12
_NO_TITLE = re.compile(r"单位|^[:：]$|币种")


@dataclass(frozen=True)
class Fit:
    """How well a header fits a contract.

    Attributes
    ----------
    matched, total : int
        Columns of the contract that the file has, and all that a file may have.
    whole : bool
        Whether no required column is missing.
    missing, extra : list of str
        Columns of the file's own contract that it lacks, and columns that the own contract does not know.
    """

    contract: Contract
    matched: int
    total: int
    whole: bool
    missing: list[str]
    extra: list[str]

    def __str__(self) -> str:
        parts = [f"更像是《{self.contract.title}》：它的 {self.total} 列对上 {self.matched} 列"]
        differs = []
        if self.missing:
            differs.append(f"缺少{listed(self.missing)}")
        if self.extra:
            differs.append(f"多出{listed(self.extra)}")
        if differs:
            parts.append("与本表相比" + "，".join(differs))
        return "；".join(parts)


def listed(names: Sequence[str]) -> str:
    """Return names as one text, the first of them if they are many."""
    shown = "、".join(n[:40] for n in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} 等 {len(names)} 列"


def _forms(contract: Contract) -> Iterator[list[Column]]:
    """Yield a contract's columns in each of its editions."""
    for edition in [None, *contract.feed.editions]:
        yield [c.in_edition(edition) for c in contract.cells]


def _others(contract: Contract) -> Iterator[Contract]:
    yield from readable(but=contract.id)


def _differences(
    contract: Contract, rows: list[Row], merged: Merged, names: list[str]
) -> tuple[list[str], list[str]]:
    """Return what a file lacks of its own contract, and what it has beyond."""
    places: dict[str, int] = {}
    try:
        own = find(rows, contract.cells, merged)
        places = own.places if own else {}
    except AmbiguousHeader:
        pass
    taken = {names[i] for i in places.values() if i < len(names)}
    return [c.label for c in contract.cells if c.name not in places], [
        n for n in names if n and n not in taken
    ]


def guess(contract: Contract, heads: Iterable[tuple[list[Row], Merged]]) -> Fit | None:
    """Return the other contract that a refused file fits best, if it fits one better than its own.

    Parameters
    ----------
    contract : Contract
        The file's own contract, by its path.
    heads : iterable of (rows, merged)
        First rows of every sheet, and its lines of merged cells.
    """
    best: Fit | None = None
    for rows, merged in heads:
        least = max(1, _best_count(contract, rows, merged))
        for other in _others(contract):
            for columns in _forms(other):
                header = _found(rows, columns, merged)
                if header is None or len(header.places) <= least:
                    continue
                fit = _fit(other, columns, header.places, *_differences(contract, rows, merged, header.names))
                if best is None or (fit.whole, fit.matched / fit.total) > (
                    best.whole,
                    best.matched / best.total,
                ):
                    best = fit
    return best


def _best_count(contract: Contract, rows: list[Row], merged: Merged) -> int:
    counts = [_found(rows, columns, merged) for columns in _forms(contract)]
    return max(len(h.places) if h else 0 for h in counts)


def _found(rows: list[Row], columns: list[Column], merged: Merged) -> Header | None:
    try:
        return find(rows, columns, merged)
    except AmbiguousHeader:
        return None


def _fit(
    contract: Contract, columns: list[Column], places: dict[str, int], missing: list[str], extra: list[str]
) -> Fit:
    whole = all(c.name in places for c in columns if c.in_header)
    return Fit(contract, len(places), len(columns), whole, missing, extra)


def _rivals(contract: Contract) -> Iterator[Contract]:
    """Yield the other contracts that a file of this one's paths may be meant for.

    Where the patterns of two have no path in common, the path has said whose the file is.
    """
    for other in _others(contract):
        same = other.feed.connection == contract.feed.connection
        if same and shared(contract.feed.pattern, other.feed.pattern) is not None:
            yield other


def better(contract: Contract, header: Header, rows: list[Row], merged: Merged) -> Fit | None:
    """Return another contract that a readable file fits strictly better than its own, if there is one.

    Its paths overlap with the own one's, the file has all that it requires, and more of the file's columns mean
    something there.
    """
    seen = window(rows, header.first, header.depth, merged)
    best: Fit | None = None
    for other in _rivals(contract):
        for columns in _forms(other):
            places, clashes = match(seen, columns)
            if clashes or len(places) <= max(len(header.places), best.matched if best else 0):
                continue
            missing = [c.label for c in contract.cells if c.name not in header.places]
            fit = _fit(other, columns, places, missing, header.extra())
            best = fit if fit.whole else best
    return best


def wrong_title(contract: Contract, above: list[Row]) -> str | None:
    """Return why the lines above the header contradict the contract's title, None if they do not.

    Lines that only say who reports, and in which unit, are no title.
    """
    cells = dict.fromkeys(half_width(c) for row in above for c in row)
    plain = " ".join(c for c in cells if c and not _NO_TITLE.search(c) and not is_unit(c))
    if not contract.feed.title or not plain or re.search(contract.feed.title, plain):
        return None
    others = [f"《{o.title}》" for o in _others(contract) if o.feed.title and re.search(o.feed.title, plain)]
    like = f"，像是{'、'.join(others)}" if others else ""
    return f"表题与《{contract.title}》不符{like}：见到“{plain[:80]}”"


def claimants(contract: Contract, path: str) -> list[Contract]:
    """Return all contracts that claim a path at the source of a contract, itself among them."""
    return [
        c
        for c in readable()
        if c.feed.connection == contract.feed.connection and re.fullmatch(c.feed.pattern, path)
    ]
