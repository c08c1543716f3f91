"""The settings file of an installation: ``KEY=value`` lines that a shell reads (``. settings.env``) as the jobs do."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

NAME = "settings.env"
_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)=(.*)", re.ASCII | re.DOTALL)
_QUOTES = ("'", '"')


def _unquoted(text: str) -> str | None:
    """Return what a shell makes of a quoted value, None where its quotes are not closed or something follows them."""
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    return words[0] if len(words) == 1 else None


def dumps(values: Mapping[str, str]) -> str:
    """Return settings as the text of a file, sorted by name; a name that no shell could assign to is left out."""
    named = sorted((k, v) for k, v in values.items() if _ASSIGNMENT.fullmatch(f"{k}="))
    return "".join(f"{k}={shlex.quote(v)}\n" for k, v in named)


def loads(text: str) -> dict[str, str]:
    """Return the settings in a file's text.

    A value without quotes is taken as it stands, blanks and signs included: files were once written so. A quoted one may
    go on over several lines.
    """
    values: dict[str, str] = {}
    lines = text.split("\n")
    while lines:
        match = _ASSIGNMENT.fullmatch(lines.pop(0))
        if match is None:
            continue
        name, value = match.groups()
        values[name] = value.rstrip("\r")
        if value.startswith(_QUOTES):
            whole = next((n for n in range(len(lines) + 1) if _ends(value, lines[:n])), None)
            if whole is not None:
                values[name] = _unquoted("\n".join([value, *lines[:whole]])) or ""
                del lines[:whole]
    return values


def _ends(value: str, more: list[str]) -> bool:
    return _unquoted("\n".join([value, *more])) is not None


def read(path: Path) -> dict[str, str]:
    """Return the settings of a file; none where there is no such file."""
    # Bytes: reading as text would turn a carriage return inside a value into a line break.
    return loads(path.read_bytes().decode("utf-8")) if path.exists() else {}
