"""Landing: bytes as received, named by content hash; a file stands there whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from jobs.settings import settings

_PREFIX = "arriving-"
JUDGING = "judging-"
"""Begins the name of a folder where the rows of a poll are laid down that do not fit into memory."""


def landed(sha256: str) -> Path:
    """Return where landing keeps the bytes of a content hash."""
    return settings().landing / sha256[:2] / sha256


class Arriving:
    """A file on its way into landing.

    Parameters
    ----------
    out : file
        Where the bytes wait, in landing, under no hash yet.
    """

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._digest.update(data)
        self.size += self._out.write(data)

    def keep(self) -> str:
        """Give the file its name, now that it is whole, and return its SHA-256."""
        self._out.flush()
        os.fsync(self._out.fileno())
        target = landed(self._digest.hexdigest())
        target.parent.mkdir(exist_ok=True)
        os.replace(self._out.name, target)
        return self._digest.hexdigest()


def sweep() -> None:
    """Remove what killed predecessors did not receive whole, and what they laid down while they judged.

    For the lake's one writer, before it fetches: what is on its way then belongs to nobody who still counts. A thread that
    looked ahead for one who was interrupted may lose its file here; it is fetched anew.
    """
    for rest in settings().landing.glob(f"{_PREFIX}*"):
        rest.unlink(missing_ok=True)
    for rest in settings().landing.glob(f"{JUDGING}*"):
        shutil.rmtree(rest)


@contextmanager
def arriving() -> Iterator[Arriving]:
    """Receive one file; what is not kept is gone."""
    folder = settings().landing
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=_PREFIX, delete=False) as out:
        try:
            yield Arriving(out)
        finally:
            Path(out.name).unlink(missing_ok=True)
