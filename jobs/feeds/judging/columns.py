"""Columns of a contract out of the cells of rows: each one's text, and its typed value, as SQL of DuckDB."""

from __future__ import annotations

from collections.abc import Callable

from jobs.definitions.contract import RECEIVED, Column, Contract
from jobs.definitions.measures import MONEY_UNITS
from jobs.definitions.wording import FULL, HALF, is_wording
from jobs.sqltext import name, text

_CHINESE = r"[\x{3400}-\x{9fff}]"
_FEW_DIGITS = r"-?\d{1,9}"
_TWELVE = r"\d{12}"
"""A region's code of the statistical system: its first six digits are those of the county."""


def told_names(contract: Contract) -> list[str]:
    """Return the attributes of a file that its rows are judged by."""
    own = [c.name for c in contract.columns if c.source != "cell"]
    return list(dict.fromkeys(["period", "edition", RECEIVED, *own]))


def told(attribute: str) -> str:
    """Return the column that holds an attribute of a row's file."""
    return name(f"_told_{attribute}")


def unit_name(column: Column) -> str:
    """Return the column that holds how many yuan a row's file has in one unit of a money column."""
    return name(f"_yuan_{column.name}")


def wanted(contract: Contract) -> list[str]:
    """Return what rows must have, beside their cells, to be judged: columns of their file."""
    money = [unit_name(c) for c in contract.columns if c.money]
    return ["_reporter", *map(told, told_names(contract)), *money]


def yuan(unit: str | None) -> int | None:
    """Return how many yuan a unit is."""
    return MONEY_UNITS.get(unit or "")


def text_name(column: Column) -> str:
    """Return the helper column that holds a column's normal text."""
    return name(f"_text_{column.name}")


def raw(column: Column) -> str:
    """Return a column's text as it came."""
    return f"_cells[{text(column.name)}]" if column.source == "cell" else told(column.name)


def by_edition(contract: Contract, column: Column, make: Callable[[Column], str]) -> str:
    """Return what each row's own edition of the form makes of a column."""
    own = [
        f"WHEN {told('edition')} = {text(e.name)} THEN {make(column.in_edition(e))}"
        for e in reversed(contract.feed.editions)
        if column.name in e.codes
    ]
    return f"CASE {' '.join(own)} ELSE {make(column)} END" if own else make(column)


def _listed(column: Column, plain: str) -> str:
    """Return the code that a contract column's list gives for a text."""
    half = str.maketrans(FULL, HALF)
    # Names of regions and the like are padded with blanks to one width.
    codes_of = {"".join(t.translate(half).split()): code for t, code in column.codes.items()}
    listed = ", ".join(f"{text(t)}: {text(code)}" for t, code in codes_of.items())
    return f"MAP {{{listed}}}[without_blanks({plain})]"


def _number(column: Column, plain: str) -> str:
    """Return a number; one too large for its column is none: one cell must not stop the whole poll."""
    if column.money:
        return f"as_yuan({plain}, {unit_name(column)})"
    number = f"as_number(regexp_replace({plain}, '%$', ''))" if column.unit == "%" else f"as_number({plain})"
    if column.type in ("BIGINT", "INT"):
        # Nearly all are a few digits, which need no decimals on the way.
        return (
            f"CASE WHEN regexp_full_match({plain}, '{_FEW_DIGITS}') THEN CAST({plain} AS {column.type}) "
            f"WHEN {number} = floor({number}) THEN TRY_CAST({number} AS {column.type}) END"
        )
    return f"TRY_CAST({number} AS {column.type})"


def typed(contract: Contract, column: Column) -> str:
    """Return a column's value; null where the text has no such value."""
    plain = text_name(column)
    by_semantic = {
        "uscc": f"as_uscc({plain})",
        "month": f"as_month({plain})",
        "quarter": f"as_quarter({plain})",
        "year": f"as_year({plain})",
        "money": _number(column, plain),
    }
    if column.semantic in by_semantic:
        return by_semantic[column.semantic]
    if column.codes:
        return by_edition(contract, column, lambda c: _listed(c, plain))
    if column.semantic == "region":
        return f"CASE WHEN regexp_full_match({plain}, '{_TWELVE}') THEN {plain}[1:6] ELSE {plain} END"
    if column.type == "DATE":
        return f"as_date({plain})"
    if column.type != "STRING":
        return _number(column, plain)
    # A name stays as it was written; a text without any Chinese may be a number or code and is in half-width.
    written = (
        f"CASE WHEN regexp_matches({plain}, '{_CHINESE}') THEN as_written({raw(column)}) ELSE {plain} END"
    )
    return written if is_wording(column) else plain


def valued(contract: Contract, rows: str) -> str:
    """Return SQL that adds a contract's columns, typed, and their texts (:func:`text_name`) to rows.

    Parameters
    ----------
    contract : Contract
    rows : str
        Relation with ``_cells`` and the columns that :func:`wanted` names.
    """
    # Three steps, so that each text and each value is computed once.
    halves = ", ".join(f"half_width({raw(c)}) AS {name('_half_' + c.name)}" for c in contract.columns)
    nothing = ", ".join(map(text, ["", *contract.feed.null_markers]))
    texts = ", ".join(
        f"CASE WHEN NOT list_contains([{nothing}], {half}) THEN {half} END AS {text_name(c)}"
        for c in contract.columns
        for half in [name("_half_" + c.name)]
    )
    own = ", ".join(f"{typed(contract, c)} AS {name(c.name)}" for c in contract.columns)
    return f"SELECT *, {own} FROM (SELECT *, {texts} FROM (SELECT *, {halves} FROM {rows}))"
