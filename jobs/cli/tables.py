"""Rows for people at any width: a table where it fits, else one record below the other; no figure is ever cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text

from jobs.cli.terminal import out

TEXT = 24
"""A column with a longer cell holds text, which may go on in the next line."""
NARROWEST = 16
"""A text column is not made narrower than this."""

WIDEST = 40
"""What may not be broken and is longer is broken in a column all the same."""

_PIECE = re.compile(
    r"[（“《]*(?:[A-Za-z0-9_.,:%–+-]+(?:[千万亿]?元|[户家个行天年月日])?|\s|\S)[，。；：、）”》！？/]*"
)


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of at most ``width`` cells; numbers, words and names of files stay whole where they can."""
    lines, line = [], ""
    for piece in _pieces(text, width):
        if line and cell_len(line) + cell_len(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()]


def _pieces(text: str, width: int) -> Iterator[str]:
    """Yield what may not be broken; of what is wider than a line as much as fits."""
    for whole in _PIECE.findall(text.replace("\n", " ")):
        rest = whole
        while cell_len(rest.rstrip()) > width:
            cut = next(n for n in range(len(rest), 0, -1) if cell_len(rest[:n]) <= width)
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def hanging(text: str, width: int, indent: int) -> str:
    """Return a text in lines, all but the first indented."""
    first, *rest = wrapped(text, width - indent)
    return "\n".join([first, *(" " * indent + line for line in rest)])


def table_of(
    title: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]], width: int | None = None
) -> Table | Group:
    """Return rows for people.

    Parameters
    ----------
    title : str
    columns : mapping
        A row's key -> its heading.
    rows : iterable of mapping
    width : int, optional
        Cells of a line; default: those of the terminal.
    """
    room = width or out.width
    cells = [["" if row[c] is None else str(row[c]) for c in columns] for row in rows]
    labels = list(columns.values())
    widths = _widths(list(zip(labels, *cells, strict=True)), room - 3 * len(labels) - 1)
    if widths is None:
        return Group(Text(title, style="bold"), *_records(labels, cells, room))
    table = Table(title=title)
    for label in labels:
        table.add_column(label, no_wrap=True)
    for row in cells:
        table.add_row(*["\n".join(wrapped(t, w)) for t, w in zip(row, widths, strict=True)])
    return table


def _widths(columns: list[tuple[str, ...]], room: int) -> list[int] | None:
    """Return the widths of a table's columns, None where it does not fit: figures as they are, texts share the rest."""
    longest = [max(map(cell_len, own)) for own in columns]
    least = [w if w <= TEXT else _least(own) for w, own in zip(longest, columns, strict=True)]
    spare, wanted = room - sum(least), sum(longest) - sum(least)
    if spare < 0:
        return None
    return [n + min(w - n, spare * (w - n) // max(wanted, 1)) for n, w in zip(least, longest, strict=True)]


def _least(texts: tuple[str, ...]) -> int:
    """Return how narrow a column of texts may be: what may not be broken has room."""
    whole = max(cell_len(piece.strip()) for text in texts for piece in [*_PIECE.findall(text), ""])
    return max(NARROWEST, min(whole, WIDEST))


def _records(labels: list[str], cells: list[list[str]], width: int) -> Iterator[Text]:
    """Yield each row as lines of its own: the first two cells as its head, then what is said of it."""
    indent = max(cell_len(label) for label in labels) + 4
    for head, name, *rest in cells:
        yield Text("\n" + hanging(f"{head}  {name}", width, 2), style="bold")
        for label, text in zip(labels[2:], rest, strict=True):
            if text:
                start = f"  {label}" + " " * (indent - 2 - cell_len(label))
                yield Text(start + hanging(text, width - indent, 0).replace("\n", "\n" + " " * indent))
