"""Contracts written wrongly, each by one slip, and what is said of them.

``python -m tests.support.broken_contracts`` prints what ``zjtx contract check`` says of each.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import yaml
from typer.testing import CliRunner

from jobs.cli import app
from jobs.settings import REPO

DATA = REPO / "tests" / "data" / "broken_contracts"
SOUND = (DATA / "sample.yaml").read_text(encoding="utf-8")
"""The contract without a fault."""

Slip = tuple[str, ...]
"""Text of the sound contract, and what stands there instead; where one slip needs it, more of such pairs."""
BROKEN: dict[str, tuple[Slip, str]] = {
    entry["slip"]: (
        tuple(text for change in entry["changes"] for text in (change["from"], change["to"])),
        entry["said"],
    )
    for entry in yaml.safe_load((DATA / "slips.yaml").read_text(encoding="utf-8"))
}
"""Slip -> what it changes in the sound contract, and the first that is said of it."""


def write(folder: Path, slip: Slip | None) -> Path:
    """Write the contract with a slip."""
    text = SOUND
    if slip is not None:
        for old, new in zip(slip[::2], slip[1::2], strict=True):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
    path = folder / "sample.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def said(folder: Path, slip: Slip | None) -> tuple[int, list[str]]:
    """Return the exit code of the command and the faults that it prints."""
    done = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["contract", "check", str(write(folder, slip))])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout.splitlines()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for title, (slip, _) in BROKEN.items():
            code, lines = said(Path(made), slip)
            sys.stdout.write("\n".join([f"# {title} ({code})", *lines, ""]))
