"""Which of a file's columns is which of the contract's: by name, with what cannot be decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jobs.definitions.contract import Column
from jobs.definitions.measures import CHOICES, LIKE_MONEY
from jobs.sheets.header_names import key
from jobs.sheets.headings import name_key


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
    plain : dict
        Name without units and remarks that do not matter -> columns.
    doubtful : dict
        Name without any remark -> columns with a remark that nobody can read.
    unread : list of tuple of str
        These remarks of every column.
    """

    first: int
    depth: int
    names: list[str]
    keys: dict[str, list[int]]
    weak: dict[str, list[int]]
    loose: dict[str, list[int]]
    plain: dict[str, list[int]]
    doubtful: dict[str, list[int]]
    unread: list[tuple[str, ...]]


def wanted(column: Column) -> set[str]:
    """Return the keys of a column's header names."""
    return {key(h) for h in column.headers}


def match(found: Window, columns: Iterable[Column]) -> tuple[dict[str, int], dict[str, str]]:
    """Return column -> place, and column -> what cannot be decided about it.

    A whole name counts before one without English, unit and remarks; columns of one name are told apart
    by nobody. A column whose name has a remark that nobody can read is not left out as unknown.
    """
    places: dict[str, int] = {}
    clashes: dict[str, str] = {}
    left = []
    for column in columns:
        if not _place(column, found.names, _hits(wanted(column), found.keys), places, clashes):
            left.append(column)
    for column in left:
        names, apart = wanted(column), {name_key(h) for h in column.headers}
        if any(
            _place(column, found.names, _hits(own, keys, places), places, clashes)
            for own, keys in ((names, found.weak), (apart, found.plain))
        ):
            continue
        for i in _hits(names, found.loose):
            text = f"“{column.label}”：第{i + 1}列上方为空，是否属于左边的“{found.names[i]}”无法判断"
            clashes[column.name] = "；".join(filter(None, (clashes.get(column.name), text)))
        if odd := _hits(apart, found.doubtful, places):
            clashes.setdefault(column.name, "；".join(_doubt(column, found, i) for i in odd))
    return places, clashes


def _hits(
    names: Iterable[str], keys: dict[str, list[int]], places: dict[str, int] | None = None
) -> list[int]:
    """Return the columns found under any of the names, without those that are taken."""
    taken = set((places or {}).values())
    return sorted({i for name in names for i in keys.get(name, []) if i not in taken})


def _place(
    column: Column, names: list[str], hits: list[int], places: dict[str, int], clashes: dict[str, str]
) -> bool:
    if len(hits) > 1:
        clashes[column.name] = (
            f"“{column.label}”对应文件中的 {len(hits)} 列：{'、'.join(names[i] for i in hits)}"
        )
    elif hits:
        places[column.name] = hits[0]
    return bool(hits)


def _doubt(column: Column, found: Window, place: int) -> str:
    name, odd = found.names[place], found.unread[place]
    unknown = next((r for r in odd if LIKE_MONEY.fullmatch(r)), None)
    if unknown and column.money:
        return f"列“{name}”的计量单位“{unknown}”不认识，{CHOICES}"
    remarks = "、".join(f"“{r}”" for r in odd)
    return f"列“{name}”（第{place + 1}列）的括注{remarks}看不懂，是否仍是“{column.label}”的口径和单位无法判断"
