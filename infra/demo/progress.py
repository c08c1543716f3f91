"""Progress on the terminal: what, how far, how long; also readable in a log file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

Tell = Callable[[str], None]


class Phases:
    """Phases of the demo with their seconds.

    Parameters
    ----------
    console : Console
        A terminal gets a live line; a file gets one line per change.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[Tell]:
        """Time a phase; the value told is shown behind its name."""
        since = time.monotonic()
        last = ""
        with self.console.status(f"{name} …") as status:

            def tell(what: str) -> None:
                nonlocal last
                took = time.monotonic() - since
                status.update(f"{name} · {what} · {took:.0f} s")
                if not self.console.is_terminal and what != last:
                    self.console.print(f"  {name} · {what} · {took:.0f} s", highlight=False)
                last = what

            yield tell
        took = time.monotonic() - since
        self.seconds[name] = took
        self.console.print(f"[green]✓[/green] {name}  {took:.0f} s", highlight=False)
