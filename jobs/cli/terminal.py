"""What every command prints with: the console, a progress bar, a line; and what most of them ask for."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from jobs.refusals import Refusal, choose

out = Console()
LONGEST_NAME = 64
Feed = Annotated[str | None, typer.Option("--feed", help="数据源编号 · feed id")]


def signed(name: str) -> str:
    """Return the name by which somebody answers for a decision."""
    if len(name.strip()) > LONGEST_NAME:
        raise Refusal(f"--by：姓名应为 1 至 {LONGEST_NAME} 个字，实为 {len(name.strip())} 个")
    return name.strip()


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


def known(feed: str) -> str:
    """Return the id of a feed that is named by id or title; of a wrong name say the nearest feeds."""
    from jobs.definitions.contract import feed_ids
    from jobs.definitions.readable import called

    ids = feed_ids()
    # The titles take a second to read.
    return feed if feed in ids else choose("数据源", feed, {i: called(i) for i in ids})


def known_or_all(feed: str | None) -> str | None:
    """Return the id of a feed; none was named where all are meant."""
    return None if feed is None else known(feed)


def say(text: str, style: str | None = None) -> None:
    """Print a line as it is, without wrapping it."""
    out.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
