"""Finding the header: by name, never by position, over one to several rows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.contract import Column, normal_header

DEEPEST = 3
"""Most rows a header may take."""

_UNIT_IN_HEADER = re.compile(r"[（(](元|千元|万元|亿元)[)）]\s*$")


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

    def unit_of(self, index: int) -> str | None:
        """Return the money unit that a header names in brackets, if any."""
        match = _UNIT_IN_HEADER.search(self.names[index])
        return match[1] if match else None

    def extra(self) -> list[str]:
        """Return header texts that no contract column asks for."""
        taken = set(self.places.values())
        return [n for i, n in enumerate(self.names) if n and i not in taken]


class AmbiguousHeader(ValueError):
    """Two columns of the file carry the same name."""


def joined(rows: list[list[str]]) -> list[str]:
    """Join header rows cell by cell with ``_``; a text repeated by a vertical merge stands once."""
    width = max(len(r) for r in rows)
    names = []
    for i in range(width):
        parts: list[str] = []
        for row in rows:
            text = row[i].strip() if i < len(row) else ""
            if text and (not parts or parts[-1] != text):
                parts.append(text)
        names.append("_".join(parts))
    return names


def _match(names: list[str], columns: list[Column]) -> dict[str, int]:
    index: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        index.setdefault("_".join(normal_header(p) for p in name.split("_")), []).append(i)
    places = {}
    for column in columns:
        wanted = {"_".join(normal_header(p) for p in h.split("_")) for h in column.headers}
        hits = sorted(i for w in wanted for i in index.get(w, []))
        if len(hits) > 1:
            raise AmbiguousHeader(f"“{column.label}”对应文件中的 {len(hits)} 列：{[names[i] for i in hits]}")
        if hits:
            places[column.name] = hits[0]
    return places


def find(rows: list[list[str]], columns: list[Column]) -> Header | None:
    """Return the header that names most of the contract's columns, None if no row names any.

    Among equals the one of fewer rows, then the earlier one.

    Raises
    ------
    AmbiguousHeader
        If the best header names one contract column twice.
    """
    best: Header | None = None
    clash: AmbiguousHeader | None = None
    for depth in range(1, DEEPEST + 1):
        for first in range(len(rows) - depth + 1):
            names = joined(rows[first : first + depth])
            try:
                places = _match(names, columns)
            except AmbiguousHeader as error:
                clash = error
                continue
            if places and (best is None or len(places) > len(best.places)):
                best = Header(first, depth, places, names)
    if clash is not None and (best is None or len(best.places) < len(columns) / 2):
        raise clash
    return best
