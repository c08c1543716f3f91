"""What every command prints with: the console, a progress bar, a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

out = Console()
Feed = Annotated[str | None, typer.Option("--feed", help="数据源编号 · feed id")]


class Bar:
    """A progress bar that the jobs feed with (what, how far, of how many)."""

    def __init__(self) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=out,
        )
        self.tasks: dict[str, object] = {}

    def __enter__(self) -> Bar:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` of a step are through."""
        if what not in self.tasks:
            self.tasks[what] = self.progress.add_task(what, total=total)
        self.progress.update(self.tasks[what], completed=done, total=total)  # type: ignore[arg-type]


def table_of(title: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> Table:
    """Return rows as a terminal table; ``columns`` maps a row's key to its heading."""
    table = Table(title=title)
    for label in columns.values():
        table.add_column(label)
    for row in rows:
        table.add_row(*["" if row[c] is None else str(row[c]) for c in columns])
    return table


def fail(text: str) -> typer.Exit:
    """Say what is wrong; to be raised."""
    out.print(text, style="red", markup=False, highlight=False)
    return typer.Exit(1)


def known(feed: str | None) -> None:
    """End with a list of the feeds if there is none of that id."""
    from jobs.contract import feed_ids

    if feed is not None and feed not in feed_ids():
        raise fail(f"没有数据源“{feed}”；可用：{'、'.join(feed_ids())}")


def programme_or_home(named: str | None) -> str:
    """Return the programme that is named, else the one that is run here; end where there is no single one."""
    from jobs.policy.home import home_programme

    try:
        return named or home_programme().id
    except LookupError as error:
        raise fail(str(error)) from error


def say(text: str, style: str | None = None) -> None:
    """Print a line as it is, without wrapping it."""
    out.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
