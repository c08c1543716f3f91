"""Finding the header: by name, never by position, over one to several rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jobs.contract import Column
from jobs.feeds.names import BARE_UNIT, CJK, LATIN, core, key, tidy

DEEPEST = 6
"""Most rows a header may take."""

_FIGURE = re.compile(r"[+-]?[\d.,，]{5,}|[0-9A-Z]{15,18}")
_STEMS = "甲乙丙丁戊己庚辛壬癸"

Row = list[str]
Merged = frozenset[int]
"""Lines in which cells are merged side by side."""


@dataclass(frozen=True)
class Header:
    """Where a sheet's columns are.

    Attributes
    ----------
    first, depth : int
        Index of the header's first row among the rows given, and how many rows it takes.
    places : dict
        Contract column name -> index of the file's column.
    names : list of str
        The file's own header text of every column, rows joined by ``_``.
    """

    first: int
    depth: int
    places: dict[str, int]
    names: list[str]

    def extra(self) -> list[str]:
        """Return header texts that no contract column asks for."""
        taken = set(self.places.values())
        return [n for i, n in enumerate(self.names) if n and i not in taken]


class AmbiguousHeader(ValueError):
    """Nobody can tell which of the file's columns is meant."""


@dataclass(frozen=True)
class Window:
    """Rows that may be a header: the file's names, and under which keys each column may be found.

    Attributes
    ----------
    keys : dict
        Whole name -> columns.
    weak : dict
        Name without English, units and remarks -> columns.
    loose : dict
        Name without the blank upper cell's neighbour -> columns, where that changes it.
    """

    first: int
    depth: int
    names: list[str]
    keys: dict[str, list[int]]
    weak: dict[str, list[int]]
    loose: dict[str, list[int]]


def joined(rows: list[Row]) -> list[str]:
    """Join header rows cell by cell with ``_``; a text repeated by a vertical merge stands once."""
    return ["_".join(p for p in parts if p) for parts in _stacks(rows)]


def _stacks(rows: list[Row]) -> list[Row]:
    """Return the texts of every column from top to bottom; blank where a merge repeats the cell above."""
    width = max((len(r) for r in rows), default=0)
    stacks: list[Row] = []
    for i in range(width):
        parts: Row = []
        last = ""
        for row in rows:
            text = tidy(row[i]) if i < len(row) else ""
            parts.append("" if text == last else text)
            last = text or last
        stacks.append(parts)
    return stacks


def _filled(rows: list[Row]) -> list[Row]:
    """Spread upper cells to the right, where merged cells were lost: over blanks that have a text below."""
    width = max((len(r) for r in rows), default=0)
    grid = [[tidy(c) for c in r] + [""] * (width - len(r)) for r in rows]
    for k in range(len(grid) - 1):
        below = [any(row[i] for row in grid[k + 1 :]) for i in range(width)]
        for i in range(1, width):
            same_above = all(grid[u][i] == grid[u][i - 1] for u in range(k))
            parent = grid[k][i - 1] if below[i - 1] and grid[k + 1][i - 1] != grid[k][i - 1] else ""
            if parent and not grid[k][i] and below[i] and same_above:
                grid[k][i] = grid[k][i - 1]
    return grid


def _index(keys: Iterable[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for i, name in enumerate(keys):
        if name:
            found.setdefault(name, []).append(i)
    return found


def window(rows: list[Row], first: int, depth: int, merged: Merged) -> Window:
    """Return rows as a possible header; where cells are merged side by side, none was lost."""
    own = rows[first : first + depth]
    exact = depth == 1 or any(r in merged for r in range(first, first + depth))
    stacks = _stacks(own if exact else _filled(own))
    keys = ["".join(key(p) for p in parts) for parts in stacks]
    loose = [] if exact else ["".join(key(p) for p in parts) for parts in _stacks(own)]
    return Window(
        first,
        depth,
        ["_".join(p for p in parts if p) for parts in stacks],
        _index(keys),
        _index("".join(key(core(p)) for p in _latin_free(parts)) for parts in stacks),
        _index(k if k != keys[i] else "" for i, k in enumerate(loose)),
    )


def _latin_free(parts: Row) -> Iterator[str]:
    """Yield the parts of a name; one without any Chinese only where no other has Chinese."""
    chinese = any(CJK.search(p) for p in parts)
    for part in parts:
        if not (chinese and part and LATIN.fullmatch(part) and len(part) > 1):
            yield part


def wanted(column: Column) -> set[str]:
    """Return the keys of a column's header names."""
    return {key(h) for h in column.headers}


def match(found: Window, columns: Iterable[Column]) -> tuple[dict[str, int], list[str]]:
    """Return column -> place, and what cannot be decided.

    A whole name counts before one without English, unit and remarks; columns of one name are told apart
    by nobody.
    """
    places: dict[str, int] = {}
    clashes: list[str] = []
    left = []
    for column in columns:
        if not _place(column, found.names, found.keys, places, clashes):
            left.append(column)
    for column in left:
        free = {
            k: rest for k, v in found.weak.items() if (rest := [i for i in v if i not in places.values()])
        }
        if _place(column, found.names, free, places, clashes):
            continue
        for i in (i for name in wanted(column) for i in found.loose.get(name, [])):
            clashes.append(f"“{column.label}”：第{i + 1}列上方为空，是否属于左边的“{found.names[i]}”无法判断")
    return places, clashes


def _place(
    column: Column, names: list[str], keys: dict[str, list[int]], places: dict[str, int], clashes: list[str]
) -> bool:
    hits = sorted({i for key in wanted(column) for i in keys.get(key, [])})
    if len(hits) > 1:
        clashes.append(f"“{column.label}”对应文件中的 {len(hits)} 列：{'、'.join(names[i] for i in hits)}")
    elif hits:
        places[column.name] = hits[0]
    return bool(hits)


def find(rows: list[Row], columns: list[Column], merged: Merged = frozenset()) -> Header | None:
    """Return the header that names most of the contract's columns, None if no row names any.

    Among equals the one of fewer rows, then the earlier one. Lines of English, of units and of column
    numbers that follow belong to it.

    Raises
    ------
    AmbiguousHeader
        If the best header leaves open which of the file's columns one of the contract's is.
    """
    best: tuple[int, Window, dict[str, int], list[str]] | None = None
    figures = [any(_FIGURE.fullmatch(c.strip()) for c in row) for row in rows]
    for depth in range(1, DEEPEST + 1):
        for first in range(len(rows) - depth + 1):
            if not any(rows[first]) or (depth > 1 and any(figures[first : first + depth])):
                continue
            found = window(rows, first, depth, merged)
            places, clashes = match(found, columns)
            if (rank := len(places) + len(clashes)) and (best is None or rank > best[0]):
                best = (rank, found, places, clashes)
        if best is not None and best[0] >= len(columns):
            break
    if best is None:
        return None
    _, found, places, clashes = best
    if clashes:
        raise AmbiguousHeader("；".join(clashes))
    end = found.first + found.depth
    while end < len(rows) and is_tail(rows[end]):
        end += 1
    names = window(rows, found.first, end - found.first, merged).names
    return Header(found.first, end - found.first, places, names)


def is_tail(row: Row) -> bool:
    """Return whether a row below a header still belongs to it: English names, units, column numbers."""
    cells = [t for c in row if (t := tidy(c))]
    english = bool(cells) and all(LATIN.fullmatch(t) and len(t) > 1 for t in cells)
    units = len(cells) > 1 and all(BARE_UNIT.fullmatch(t) for t in cells) and any(t != "-" for t in cells)
    numbers = [t for t in cells if t not in _STEMS]
    counted = [str(i) for i in range(1, len(numbers) + 1)]
    return english or units or ((len(cells) > len(numbers) or len(cells) > 2) and numbers == counted)
