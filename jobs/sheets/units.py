"""The money unit of a file's figures: from the header, else from a line around it, else from the contract."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from jobs.definitions.contract import Column, Contract
from jobs.definitions.measures import CHOICES, LIKE_MONEY, MONEY_UNITS, english_scale
from jobs.sheets.header import Header, Row
from jobs.sheets.header_names import flat, is_unit
from jobs.sheets.headings import heading
from jobs.sheets.unit_statements import Statement, Unclear, stated

_LABEL = re.compile(r"[(]?(计量|金额|货币|数据)?\s*单\s*位\s*:?\s*")
_MEASURED = re.compile(r"(计量|金额|货币|数据)\s*单\s*位\s*:?")
_CURRENCY = re.compile(r"(?:结算|计价|货币)?币种(?:名称|代码)?|货币(?:种类|名称|代码)?")
_HOME = re.compile(r"人民币元?|RMB|CNY|元|[¥￥]|156|-", re.I)
_IN_SHEET = re.compile(r"元|单位:")
_SAYS_UNIT = re.compile(r"单\s*位|unit", re.I)
_PER_CENT = {"%", "百分比"}

Numbered = list[tuple[int, Row]]
"""Rows with the numbers that a person sees."""


@dataclass(frozen=True)
class Units:
    """The units of a file's figures.

    Attributes
    ----------
    of : dict
        Money column -> unit.
    general : str or None
        Unit of the columns whose header names none; None if every header names its own.
    assumed : list of str
        Columns of which the file says nothing: the unit is the contract's.
    """

    of: dict[str, str] = field(default_factory=dict)
    general: str | None = None
    assumed: list[str] = field(default_factory=list)


def at_line(number: int, text: str) -> Statement:
    """Return the units that a line states.

    Raises
    ------
    Unclear
        If it speaks of a unit that is not understood; the line is named.
    """
    try:
        return stated(text)
    except Unclear as error:
        raise Unclear(f"第{number}行：{error}") from error


def _under_labels(rows: Numbered) -> tuple[list[Statement], Numbered]:
    """Return the units that stand below their label, and the rows without both."""
    statements: list[Statement] = []
    left = [list(row) for _, row in rows]
    for above, below in pairwise(left):
        for i, label in enumerate(above[: len(below)]):
            alone = _LABEL.fullmatch(flat(label)) and not any(c.strip() for c in above[i + 1 :])
            if alone and below[i].strip() and is_unit(below[i]):
                statements.append(stated(f"单位：{below[i]}"))
                above[i] = below[i] = ""
    return statements, [(number, own) for (number, _), own in zip(rows, left, strict=True)]


def _text(row: Row) -> str:
    """Return a row as one line; what a merged range repeats stands once."""
    return " ".join(dict.fromkeys(t for c in row if (t := " ".join(c.split()))))


def _above(rows: Numbered) -> list[Statement]:
    """Return what the lines above a header state."""
    statements, left = _under_labels(rows)
    return statements + [at_line(number, _text(cells)) for number, cells in left]


def _in_unnamed_columns(header: Header, number: int) -> Statement:
    """Return what stands in the header's rows where no column is named."""
    taken = set(header.places.values())
    names = [flat(n.replace("_", " ")) for i, n in enumerate(header.names) if n and i not in taken]
    said = [n for n in names if _LABEL.fullmatch(n) or n == ":" or is_unit(n)]
    if all(_LABEL.fullmatch(n) or n == ":" for n in said):
        return Statement()
    return at_line(number, " ".join(said))


def _by_row(contract: Contract, header: Header, below: list[Row]) -> None:
    """Refuse a file of which every row may state a unit of its own, unless its contract reads that column."""
    width = max((len(row) for row in below), default=0)
    rows = [row for row in below if sum(bool(c.strip()) for c in row) > 1]
    names = [*map(flat, header.names), *[""] * width]
    for i in sorted({*range(len(names))} - set(header.places.values())):
        name = names[i]
        values = {flat(row[i]) for row in rows if i < len(row)} - {""}
        if _CURRENCY.fullmatch(name) and any(not _HOME.fullmatch(v) for v in values):
            raise Unclear(
                f"第{i + 1}列“{name}”逐行注明币种，有人民币以外的：{'、'.join(sorted(values))[:80]}"
            )
        if not (_LABEL.fullmatch(name) or (not name and any(LIKE_MONEY.fullmatch(v) for v in values))):
            continue
        if _MEASURED.fullmatch(name) or any(is_unit(v) and v != "-" for v in values):
            raise Unclear(
                f"第{i + 1}列{f'“{name}”' if name else '（没有列名）'}逐行注明计量单位，《{contract.title}》没有这一列，金额的单位无法判断"
            )


def _in_header(column: Column, name: str) -> str | None:
    """Return the money unit that a column's header names, None if it names none.

    Raises
    ------
    Unclear
        If it names two, one that is not known, or one of something else than the column's.
    """
    parts = [heading(p) for p in name.split("_")]
    named = list(dict.fromkeys(u for p in parts for u in p.units))
    if unknown := next(
        (r for p in parts for r in p.unread if r != "-" and (LIKE_MONEY.fullmatch(r) or not p.name)), None
    ):
        raise Unclear(f"列“{name}”的计量单位“{unknown}”不认识，{CHOICES}")
    if scale := english_scale(flat(name)):
        raise Unclear(f"列“{name}”的计量单位“{scale}”不认识，{CHOICES}")
    money = [u for u in named if u in MONEY_UNITS]
    if column.money and len(money) > 1:
        raise Unclear(f"列名“{name}”有不止一种计量单位：{'、'.join(money)}")
    if column.money and named and not money:
        raise Unclear(f"列“{name}”注明的“{'、'.join(named)}”不是金额的计量单位")
    if money and not column.is_figure:
        raise Unclear(f"列“{name}”不是金额，却注明了计量单位“{'、'.join(money)}”，是否指全表无法判断")
    if not column.money and column.is_figure and any(_foreign(column, u) for u in named):
        raise Unclear(f"列“{name}”注明的计量单位“{'、'.join(named)}”与“{column.label}”不符")
    return money[0] if column.money and money else None


def _foreign(column: Column, unit: str) -> bool:
    """Return whether a unit cannot be that of a column of counts, amounts of a thing or per cent."""
    return unit in MONEY_UNITS or (unit in _PER_CENT) != (column.unit == "%")


def _counts(contract: Contract, header: Header, above: Numbered) -> None:
    """Refuse a file without money whose lines state a unit that is not known: 单位：万千瓦时."""
    columns = [contract.column(name) for name in header.places]
    if not any(c.is_figure for c in columns) or any(_LABEL.fullmatch(h) for c in columns for h in c.headers):
        return
    for number, row in above:
        if _SAYS_UNIT.search(text := _text(row)):
            at_line(number, text)


def _of_sheet(name: str) -> Statement:
    """Return what the name of a sheet states: 财务状况（万元）."""
    try:
        return stated(name) if _IN_SHEET.search(flat(name)) else Statement()
    except Unclear as error:
        raise Unclear(f"工作表名：{error}") from error


def units(contract: Contract, header: Header, head: Numbered, sheet: str = "") -> Units:
    """Return the units of a file's figures.

    Parameters
    ----------
    contract : Contract
    header : Header
    head : list of (number, row)
        The first rows of the sheet: those above the header, the header, some of those below.
    sheet : str
        The sheet's name.

    Raises
    ------
    Unclear
        If neither file nor contract gives one, the file gives two, or it says something that is not understood.
    """
    above, end = head[: header.first], header.first + header.depth
    named = {name: _in_header(contract.column(name), header.names[i]) for name, i in header.places.items()}
    named = {name: unit for name, unit in named.items() if contract.column(name).money}
    if not named:
        _counts(contract, header, above)
        return Units()
    _by_row(contract, header, [row for _, row in head[end:]])
    said = [*_above(above), _in_unnamed_columns(header, head[header.first][0]), _of_sheet(sheet)]
    open_columns = [name for name, unit in named.items() if unit is None]
    general = _general(contract, said, open_columns) if open_columns else None
    if not any(said):
        _refuse_lone_twin(contract, header, named)
    units_of = {name: unit or general or "" for name, unit in named.items()}
    return Units(units_of, general, [] if any(said) else open_columns)


def _general(contract: Contract, said: list[Statement], columns: list[str]) -> str:
    """Return the unit of the columns whose header names none."""
    lines = list(dict.fromkeys(u for s in said for u in s.money))
    if len(lines) > 1:
        raise Unclear(f"文件注明了不止一种计量单位，无法判断：{'、'.join(lines)}")
    label = contract.column(columns[0]).label
    if not lines and (other := [u for s in said for u in s.other]):
        raise Unclear(f"文件注明了计量单位“{'、'.join(other)}”，没有注明“{label}”的金额单位，无法判断")
    if not lines and contract.feed.unit is None:
        raise Unclear(f"“{label}”没有计量单位：文件和合同都未注明")
    return lines[0] if lines else str(contract.feed.unit)


def _refuse_lone_twin(contract: Contract, header: Header, named: dict[str, str | None]) -> None:
    """Refuse a file that states the unit of one of two figures under one name: 营业收入_1-本月（万元）, 营业收入_上年同期."""
    under: dict[str, dict[str, str | None]] = {}
    for name, unit in named.items():
        parent, _, rest = header.names[header.places[name]].partition("_")
        if rest:
            under.setdefault(heading(parent).own_key, {})[name] = unit
    for columns in under.values():
        other = {u for u in columns.values() if u not in (None, contract.feed.unit)}
        open_column = next((n for n, u in columns.items() if u is None), None)
        if other and open_column:
            raise Unclear(
                f"“{contract.column(open_column).label}”没有注明计量单位，同一指标的另一列注明了"
                f"{'、'.join(sorted(map(str, other)))}，与合同的{contract.feed.unit}不同，无法判断"
            )


def contradicted(found: Units, spoken: Mapping[str, int]) -> tuple[str, int] | None:
    """Return a unit that a line below the header states, with its number, and that is not the figures'.

    Where some header names no unit, such a line must state the one that was taken for it.
    """
    own = {found.general} if found.general else set(found.of.values())
    money = {u: n for u, n in spoken.items() if u in MONEY_UNITS}
    if not money and found.assumed and spoken:
        return next(iter(spoken.items()))
    return next(((u, n) for u, n in money.items() if u not in own), None)
