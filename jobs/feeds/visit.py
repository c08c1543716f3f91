"""A visit to sources of files: each is connected to once and each folder listed once, for all feeds that are looked at in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from jobs import clock
from jobs.definitions.contract import Contract
from jobs.feeds.source import open_source

Listed = tuple[str, datetime, int]
"""Path below the source's root, modification time, size."""


def modified(info: dict[str, Any]) -> datetime:
    """Return the modification time that a file system tells, in whole seconds."""
    stamp = info["mtime"]
    if isinstance(stamp, datetime):
        return stamp
    return datetime.fromtimestamp(stamp, clock.ZONE).replace(microsecond=0)


def listing(fs: Any, root: str, folder: str) -> list[Listed]:
    """List what stands in a folder and below it, by modification time, then name."""
    top = f"{root}/{folder}".rstrip("/")
    if not fs.exists(top):
        return []
    listed = [
        (path[len(root) :].lstrip("/"), modified(info), info["size"])
        for path, info in fs.find(top, detail=True).items()
    ]
    return sorted(listed, key=lambda f: (f[1], f[0]))


class Visit:
    """Connections and listings of one look at several feeds; for one thread."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[ExitStack, Any, str]] = {}
        self._listed: dict[tuple[str, str], list[Listed]] = {}
        self._begun: dict[tuple[str, str], datetime] = {}

    def begun(self, contract: Contract) -> datetime:
        """Return when the feed's folder began to be looked at: what is delivered later may not have been seen."""
        return self._begun.setdefault((contract.feed.connection, contract.feed.folder), clock.now())

    @contextmanager
    def source(self, uri: str) -> Iterator[tuple[Any, str]]:
        """Give a source's file system and root; after an error everything is asked anew.

        Parameters
        ----------
        uri : str
            As for :func:`jobs.feeds.source.open_source`.
        """
        if uri not in self._open:
            stack = ExitStack()
            self._open[uri] = (stack, *stack.enter_context(open_source(uri)))
        try:
            yield self._open[uri][1:]
        except BaseException:
            self._leave(uri)
            raise

    def listing(self, uri: str, folder: str) -> tuple[list[Listed], bool]:
        """Return what stands in a folder of a source, and whether it was listed only now."""
        place = uri, folder
        if place in self._listed:
            return self._listed[place], False
        with self.source(uri) as (fs, root):
            self._listed[place] = listing(fs, root, folder)
        return self._listed[place], True

    def close(self) -> None:
        """Leave all sources."""
        for uri in list(self._open):
            self._leave(uri)

    def _leave(self, uri: str) -> None:
        self._open.pop(uri)[0].close()
        self._listed = {place: files for place, files in self._listed.items() if place[0] != uri}
