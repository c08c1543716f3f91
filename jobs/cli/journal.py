"""Where the commands write what is not for the terminal: events, and the stack of an error nobody expected."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import structlog

from jobs.settings import home

NAME = "zjtx.log"


@lru_cache(maxsize=4)
def _file(folder: Path, account: int) -> Path:
    """Return the file for an installation, for the account of the command alone; elsewhere if it cannot be written."""
    path = folder / NAME
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600))
    except OSError:
        handle, name = tempfile.mkstemp(prefix="zjtx-", suffix=".log")
        os.close(handle)
        return Path(name)
    return path


class _Journal:
    """What structlog prints to."""

    def write(self, text: str) -> int:
        """Append a piece of text."""
        with _file(home() / "log", os.geteuid()).open(
            "a", encoding="utf-8", errors="backslashreplace"
        ) as out:
            return out.write(text)

    def flush(self) -> None:
        """Nothing is held back."""


def _note(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: object = None,
) -> None:
    _Journal().write(warnings.formatwarning(message, category, filename, lineno))


@contextmanager
def listening() -> Iterator[None]:
    """Send events, and what libraries warn of, to the journal instead of the terminal."""
    before, shown = structlog.get_config(), warnings.showwarning
    warnings.showwarning = _note
    factory = structlog.PrintLoggerFactory(_Journal())  # type: ignore[arg-type]
    structlog.configure(logger_factory=factory)
    try:
        yield
    finally:
        structlog.configure(**before)
        warnings.showwarning = shown


def keep(error: BaseException) -> Path:
    """Write the stack of an error down and return the file."""
    stack = "".join(traceback.format_exception(error))
    _Journal().write(f"{sys.argv!r}\n{stack}\n")
    return _file(home() / "log", os.geteuid())
