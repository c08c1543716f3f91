"""Finding the header: by name, never by position, over one to several rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jobs.definitions.contract import Column
from jobs.sheets.header_names import CJK, core, flat, is_english, is_unit, key, tidy
from jobs.sheets.headings import Heading, heading
from jobs.sheets.matching import Window, match

DEEPEST = 6
"""Most rows a header may take."""

_FIGURE = re.compile(r"[+-]?[\d.,，]{5,}|[0-9A-Z]{15,18}")
_UNIT_LABEL = re.compile(r"(计量|金额|货币|数据)?单\s*位\s*[:：]?")
_COUNTING = re.compile(r"(指标)?(代码|序号|编号)|[栏行列]次|[栏列]号")
_ORDINAL = re.compile(r"0?(\d{1,2})(?:=[\d+\-*/x×÷()%]+)?|\(0?(\d{1,2})\)(?:=[\d+\-*/x×÷()%]+)?")
_DASH = re.compile(r"[-—–―/]+")
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
    columns: dict[str, list[int]] = {}
    for i, name in enumerate(keys):
        if name:
            columns.setdefault(name, []).append(i)
    return columns


def window(rows: list[Row], first: int, depth: int, merged: Merged) -> Window:
    """Return rows as a possible header; where cells are merged side by side, none was lost."""
    own = rows[first : first + depth]
    exact = depth == 1 or any(r in merged for r in range(first, first + depth))
    stacks = _stacks(own if exact else _filled(own))
    keys = ["".join(key(p) for p in parts) for parts in stacks]
    loose = [] if exact else ["".join(key(p) for p in parts) for parts in _stacks(own)]
    spoken = [list(_latin_free(parts)) for parts in stacks]
    taken = [[heading(p) for p in parts if p] for parts in spoken]
    return Window(
        first,
        depth,
        ["_".join(p for p in parts if p) for parts in stacks],
        _index(keys),
        _index("".join(key(core(p)) for p in parts) for parts in spoken),
        _index(k if k != keys[i] else "" for i, k in enumerate(loose)),
        *_apart(taken),
    )


def _apart(
    taken: list[list[Heading]],
) -> tuple[dict[str, list[int]], dict[str, list[int]], list[tuple[str, ...]]]:
    """Return the names of columns that were taken apart, as :class:`Window` keeps them."""
    unread = [tuple(r for h in parts for r in h.unread) for parts in taken]
    plain = _index("".join(h.own_key for h in parts) for parts in taken)
    for name, places in _index("".join(h.open_key for h in parts) for parts in taken).items():
        plain[name] = sorted({*plain.get(name, []), *places})
    short = ("".join(h.short_key for h in parts) if unread[i] else "" for i, parts in enumerate(taken))
    return plain, _index(short), unread


def _latin_free(parts: Row) -> Iterator[str]:
    """Yield the parts of a name; one without any Chinese only where no other has Chinese."""
    chinese = any(CJK.search(p) for p in parts)
    for part in parts:
        if not (chinese and is_english(part)):
            yield part


def _candidates(rows: list[Row]) -> Iterator[tuple[int, int]]:
    """Yield first row and depth of what may be a header; one of several rows holds no figures."""
    figures = [any(_FIGURE.fullmatch(c.strip()) for c in row) for row in rows]
    for depth in range(1, DEEPEST + 1):
        for first in range(len(rows) - depth + 1):
            if any(rows[first]) and not (depth > 1 and any(figures[first : first + depth])):
                yield first, depth


def find(rows: list[Row], columns: list[Column], merged: Merged = frozenset()) -> Header | None:
    """Return the header that names most of the required columns, then of all; None if no row names any.

    Among equals the one of fewer rows, then the earlier one. Lines of English, of units and of column
    numbers that follow belong to it.

    Raises
    ------
    AmbiguousHeader
        If the best header leaves open which of the file's columns one of the contract's is.
    """
    needed = {c.name for c in columns if c.in_header}
    best: tuple[tuple[int, int], Window, dict[str, int], dict[str, str]] | None = None
    for first, depth in _candidates(rows):
        chosen = window(rows, first, depth, merged)
        places, clashes = match(chosen, columns)
        named = {*places, *clashes}
        if named and (best is None or (len(named & needed), len(named)) > best[0]):
            best = ((len(named & needed), len(named)), chosen, places, clashes)
            if len(named) >= len(columns):
                break
    if best is None:
        return None
    _, chosen, places, clashes = best
    if clashes:
        raise AmbiguousHeader("；".join(clashes.values()))
    end = chosen.first + chosen.depth
    while end < len(rows) and is_tail(rows[end]):
        end += 1
    names = window(rows, chosen.first, end - chosen.first, merged).names
    return Header(chosen.first, end - chosen.first, places, names)


def is_tail(row: Row) -> bool:
    """Return whether a row below a header still belongs to it: English names, units, column numbers."""
    cells = [t for c in row if (t := tidy(c))]
    english = bool(cells) and all(is_english(t) for t in cells)
    return english or _is_numbered(cells) or _states_units(cells)


def _is_numbered(cells: Row) -> bool:
    """Return whether cells only number the columns: 甲 乙 1 2, （1） ①, 3=1+2, A B C, 栏次 01 02."""
    plain = [unicodedata.normalize("NFKC", t) for t in cells]
    labelled = bool(plain) and bool(_COUNTING.fullmatch(plain[0]))
    if len(plain) > 2 and plain == list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(plain)]):
        return True
    numbers = [t for t in plain[labelled:] if t not in _STEMS and not _DASH.fullmatch(t)]
    if not numbers:
        return any(t in _STEMS for t in plain)
    ordinals = [m[1] or m[2] for t in numbers if (m := _ORDINAL.fullmatch(t))]
    if len(ordinals) < len(numbers):
        return labelled and len(numbers) > 1 and all(t.isdecimal() for t in numbers)
    counted = [int(t) for t in ordinals] == [*range(1, len(ordinals) + 1)]
    return counted and (len(numbers) > 2 or any(t in _STEMS for t in plain) or labelled)


def _states_units(cells: Row) -> bool:
    """Return whether cells only say units; a single one only if its brackets or its label show it."""
    named = [t for t in cells if not _UNIT_LABEL.fullmatch(t)]
    if not named or not all(is_unit(t) for t in named) or all(t == "-" for t in named):
        return False
    return len(cells) > 1 or named[0] != flat(named[0]).strip("()") or "单位" in named[0]
