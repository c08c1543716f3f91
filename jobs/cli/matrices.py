"""What ``zjtx status`` prints: what needs a hand, then feeds by periods, as wide or as narrow as the terminal is."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text

from jobs.cli.tables import hanging, wrapped
from jobs.cli.terminal import out
from jobs.clock import ZONE
from jobs.definitions.contract import load_feed
from jobs.operate.advice import Step
from jobs.operate.source_periods import LAST, Before
from jobs.operate.status import Cell

INDENT = 4
WIDEST = 1000
"""Cells in which any table would fit: by this much room its own width is measured."""


def agenda(steps: list[Step]) -> Iterator[str]:
    """Yield a line for each step; where it is too narrow the command, to be copied, has a line of its own."""
    yield f"要办的事 {len(steps)} 件，最急的在前："
    for number, step in enumerate(steps, start=1):
        line = f"{number}. {step}"
        if cell_len(line) <= out.width:
            yield line
        else:
            yield hanging(f"{number}. {step.text}：", out.width, INDENT)
            yield " " * INDENT + step.command


def unbegun(left_out: list[Before]) -> Iterator[str]:
    """Yield a line for each feed of which earlier periods were asked for than it ever delivered."""
    for b in left_out:
        periods = b.first if b.first == b.last else f"{b.first}—{b.last}"
        known = (
            f"自 {b.begins}（最早收到的期间）起应报"
            if b.arrived
            else f"从未收到任何一期，以上只列最近 {LAST} 期"
        )
        yield hanging(
            f"{load_feed(b.feed).title} {b.feed}：{periods} 从未报送，不算逾期；{known}", out.width, INDENT
        )


def _marks(cell: Cell) -> list[tuple[str, str]]:
    """Return what is to be said of a cell beside what arrived: text and colour."""
    marks = [
        (len(cell.missing), "red", f"逾期未报 {len(cell.missing)}"),
        (len(cell.late), "yellow", f"迟报 {len(cell.late)}"),
        (len(cell.refused), "red", f"拒收 {len(cell.refused)}"),
        (cell.open, "yellow", f"隔离 {cell.open} 行"),
        (cell.landed, "", f"采用 {cell.coverage or 0:.2%}"),
    ]
    return [(text, colour) for wanted, colour, text in marks if wanted]


def _head(cell: Cell) -> tuple[str, str, str]:
    """Return period, what arrived, and deadline."""
    due = f" 截止 {cell.due.astimezone(ZONE):%y-%m-%d}" if cell.due else ""
    return cell.period, f"到 {len(cell.arrived)}/{len(cell.expected)}", due


def _cell(cell: Cell) -> Text:
    """Return a cell of the table: two lines."""
    full = len(cell.arrived) == len(cell.expected)
    period, arrived, due = _head(cell)
    colour = "red" if cell.missing else "green" if full else "yellow"
    text = Text(f"{period} ").append(arrived, colour).append(due)
    for number, (mark, style) in enumerate(_marks(cell)):
        text.append(" " if number else "\n").append(mark, style)
    return text


def _lines(feed: str, cells: list[Cell]) -> Iterator[Text]:
    """Yield a feed as lines: its name, then one per period."""
    yield Text("\n".join(wrapped(f"{load_feed(feed).title} {feed}", out.width)), style="bold")
    for cell in cells:
        told = " ".join(["".join([" ".join(_head(cell)[:2]), _head(cell)[2]]), *(t for t, _ in _marks(cell))])
        style = "red" if cell.missing or cell.refused else ""
        yield Text("  " + hanging(told, out.width - 2, 2).replace("\n", "\n  "), style=style)


def matrix(cells: list[Cell]) -> Table | Group:
    """Return feeds by source periods: a table where all of it fits, else line by line."""
    by_feed: dict[str, list[Cell]] = {}
    for cell in cells:
        by_feed.setdefault(cell.feed, []).append(cell)
    width = max((len(own) for own in by_feed.values()), default=0)
    table = Table(title="数据源 × 来源期间", show_lines=True)
    table.add_column("数据源", no_wrap=True)
    for number in range(width):
        table.add_column("最近" if number == width - 1 else f"前 {width - 1 - number} 期", no_wrap=True)
    for feed, own in by_feed.items():
        name = Text(load_feed(feed).title).append(f"\n{feed}", "dim")
        table.add_row(name, *[Text("")] * (width - len(own)), *[_cell(c) for c in own])
    whole = out.measure(table, options=out.options.update(max_width=WIDEST)).maximum
    if whole <= out.width:
        return table
    return Group(*(line for feed, own in by_feed.items() for line in _lines(feed, own)))
