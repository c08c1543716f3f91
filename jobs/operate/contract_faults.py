"""Which feeds' contracts have faults, remembered in the installation as long as nothing has changed that they could depend on.

To check all contracts takes longer than all else that ``zjtx status`` does. What a check depends on is the text of the
definitions, the program and a few libraries; the answer is kept under the hash of all of them, so it is never an old one.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from jobs.definitions.contract import feed_ids
from jobs.settings import REPO, settings

NAME = "contract-faults.json"
"""File in the installation's folder."""
_LIBRARIES = ("duckdb", "open-data-contract-standard", "pydantic", "pyyaml")


def _state() -> str:
    """Return the hash of all that the faults of contracts depend on."""
    told = hashlib.sha256(repr([sys.version, *map(version, _LIBRARIES)]).encode())
    own = settings()
    lists = ("*.yaml", "*.csv")
    for root, kinds in ((own.schemas, lists), (own.policies, lists), (REPO / "jobs", ("*.py",))):
        for path in sorted(p for kind in kinds for p in root.rglob(kind)):
            text = path.read_bytes()
            told.update(f"{path.relative_to(root)} {len(text)}\n".encode() + text)
    return told.hexdigest()


def _checked() -> dict[str, int]:
    # Loads the checks and what they ask with, which an unchanged checkout needs no more.
    from jobs.contractcheck import faults_of

    return {feed: len(faults) for feed in feed_ids() if (faults := faults_of(feed))}


def _kept(state: str) -> dict[str, int] | None:
    """Return what was found in a state, None where nobody looked."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads((settings().home / NAME).read_text(encoding="utf-8"))
        if kept["state"] == state:
            return {str(feed): int(number) for feed, number in kept["faults"].items()}
    return None


def _keep(state: str, faults: dict[str, int]) -> None:
    """Write down what was found; where nothing may be written it is looked for again the next time."""
    with suppress(OSError):
        handle, name = tempfile.mkstemp(prefix=f"{NAME}.", dir=settings().home)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump({"state": state, "faults": faults}, out, ensure_ascii=False)
            Path(name).replace(settings().home / NAME)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


def faults_by_feed() -> dict[str, int]:
    """Return feed -> how many faults its contract has, of the feeds whose contracts have any."""
    state = _state()
    if (kept := _kept(state)) is not None:
        return kept
    found = _checked()
    # What somebody changed meanwhile may have been read before or after: that says nothing of either state.
    if _state() == state:
        _keep(state, found)
    return found
