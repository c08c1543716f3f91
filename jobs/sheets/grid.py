"""Sheets as rows of text cells, and what is said of a cell beside its value, whatever the format of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jobs.sheets.number_formats import Meaning

CONTROLS = "".join(
    map(chr, [*range(1, 9), 11, 12, *range(14, 32), 127, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
)
"""Control characters and blanks without width, of which nothing is meant around a cell's text, e.g. the end mark of old systems."""
PANIC = "PanicException"
"""Name of what the workbook reader's own library raises when it gives up; it is no ``Exception``."""

ERROR, OPEN, FORMULA, FORMAT, STRUCK, SERIAL = "error", "open", "formula", "format", "struck", "serial"
"""Kinds of marks: an error value; a formula without a value, and one whose value nobody may have calculated; a
number format that means something; text that is struck out; a number that may be a day since 1904."""


ERROR_VALUE = (
    r"#(REF|VALUE|NAME|NUM|NULL|SPILL|CALC|FIELD|BLOCKED|CONNECT|BUSY|UNKNOWN|ERROR|DIV/0|"
    "[\u4e00-\u9fff]{1,6}"
    r")[!?]"
    r"|#N/A( .*)?|#GETTING_DATA|Err:\d{3}"
)
"""Error values of the spreadsheets in use, as a pattern that Python and DuckDB read alike."""


class Unreadable(ValueError):
    """The bytes are no table; the message says why, in Chinese."""


class Mark(NamedTuple):
    """What a workbook says of a cell beside its value; columns count from 0."""

    column: int
    kind: str
    text: str = ""
    format: Meaning | None = None


class Rounded(str):
    """A number with a power of ten that was stored as a number: as a figure it is exact, as a code it is lost."""

    figure: str


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name and its rows, each with the line number a person sees (from 1).

    Attributes
    ----------
    expected : int
        About how many rows there are.
    merged : frozenset of int
        Lines, from 0, in which cells are merged side by side; each shows its range's value.
    spans : mapping
        Line number -> first and last column of the merged ranges that cover it.
    delimited : bool
        Whether a row's cells come from a line of text, where a stray delimiter shifts what follows.
    cut : bool
        Whether the text ends within a line, as one does that was not wholly sent.
    hidden : bool
        Whether a person who opens the workbook does not see the sheet.
    since_1904 : bool
        Whether the workbook counts days from 1904.
    marks : dict
        Line number -> marks of its cells; filled as rows are read, and emptied by who asks.
    """

    name: str
    rows: Iterator[tuple[int, list[str]]]
    expected: int = 0
    merged: frozenset[int] = frozenset()
    spans: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    delimited: bool = False
    cut: bool = False
    hidden: bool = False
    since_1904: bool = False
    marks: dict[int, list[Mark]] = field(default_factory=dict)
