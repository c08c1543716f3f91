"""The money unit of a file's figures: from the header, else from a line around it, else from the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from jobs.contract import MONEY_UNITS, Contract
from jobs.feeds.header import Header, Row
from jobs.feeds.names import half_width

_UNITS = "|".join(sorted(MONEY_UNITS, key=len, reverse=True))
_WORD = r"(?<!填报)(?<!报送)(?<!编制)(?<!制表)(?<!主管)单位"
_LINE = re.compile(rf"{_WORD}\s*[:：]?\s*(?:人民币)?\s*({_UNITS})(?!\w)")
_ANY_MONEY = re.compile(rf"{_WORD}\s*[:：]\s*(\w{{0,6}}元)(?!\w)")
_LABEL = re.compile(r"[(（]?(计量|金额|货币|数据)?单位\s*[:：]?")
_BARE = re.compile(rf"[(（]?(?:人民币)?({_UNITS})[)）]?")
_IN_HEADER = re.compile(rf"[(（](?:单位[:：])?({_UNITS})[)）]\s*(?:_|$)|(?:^|_)({_UNITS})(?:_|$)")
_ODD = re.compile(r"^(.+)[(（](?:单位[:：])?(\w*元)[)）]$")


class Unclear(ValueError):
    """Nobody can tell in which unit figures are; the message says why, in Chinese."""


def stated(rows: Iterable[Row]) -> list[str]:
    """Return the money units that lines name as such (单位：千元), also over neighbouring cells.

    Raises
    ------
    Unclear
        If a line names a unit of money that is not known, e.g. 百万元.
    """
    found: list[str] = []
    lines = [[half_width(c) for c in row] for row in rows]
    for k, cells in enumerate(lines):
        text = " ".join(dict.fromkeys(c for c in cells if c))
        found += [m[1] for m in _LINE.finditer(text)]
        if not _LINE.search(text) and (odd := _ANY_MONEY.search(text)) and odd[1] not in MONEY_UNITS:
            raise Unclear(f"计量单位“{odd[1]}”不认识，应为 {'、'.join(MONEY_UNITS)} 之一")
        below = lines[k + 1] if k + 1 < len(lines) else []
        for i, cell in enumerate(cells):
            under = below[i] if i < len(below) else ""
            if _LABEL.fullmatch(cell) and (m := _BARE.fullmatch(under)):
                found.append(m[1])
    return list(dict.fromkeys(found))


def of_name(name: str) -> str | None:
    """Return the money unit that a header text names, in brackets or on a line of its own.

    Raises
    ------
    Unclear
        If it names two.
    """
    found = list(dict.fromkeys(a or b for a, b in _IN_HEADER.findall(name)))
    if len(found) > 1:
        raise Unclear(f"列名“{name}”有不止一种计量单位：{'、'.join(found)}")
    return found[0] if found else None


def units(contract: Contract, header: Header, above: list[Row], header_rows: list[Row]) -> dict[str, str]:
    """Return money column -> unit of the file's figures.

    Raises
    ------
    Unclear
        If neither file nor contract gives one, or the file gives two.
    """
    taken = set(header.places.values())
    beside = [[c for i, c in enumerate(row) if i not in taken] for row in header_rows]
    lines = stated([*above, *beside])
    named = {
        name: of_name(header.names[i]) for name, i in header.places.items() if contract.column(name).money
    }
    if len(lines) > 1 and None in named.values():
        raise Unclear(f"文件注明了不止一种计量单位，无法判断：{'、'.join(lines)}")
    default = lines[0] if lines else contract.feed.unit
    found = {}
    for name, unit in named.items():
        if (own := unit or default) is None:
            raise Unclear(f"“{contract.column(name).label}”没有计量单位：文件和合同都未注明")
        found[name] = own
    _no_odd_unit(contract, header)
    return found


def _no_odd_unit(contract: Contract, header: Header) -> None:
    """Refuse a money column that is not read only because its unit is unknown."""
    missing = {h for c in contract.cells if c.money and c.name not in header.places for h in c.headers}
    for name in header.extra():
        odd = _ODD.match(name)
        if odd and odd[1] in missing:
            raise Unclear(f"列“{name}”的计量单位“{odd[2]}”不认识，应为 {'、'.join(MONEY_UNITS)} 之一")


def contradicted(found: Mapping[str, str], footers: Iterable[str]) -> str | None:
    """Return a unit that a footer names and no column is read in, None if there is none.

    Raises
    ------
    Unclear
        As :func:`stated`.
    """
    return next((u for u in stated([t] for t in footers) if found and u not in found.values()), None)
