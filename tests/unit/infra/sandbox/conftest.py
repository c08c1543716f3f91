"""The sandbox of one seed, written twice: what is true of it, and that both are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.sandbox.generate import generate
from tests.support.shared import once

SEED = 7
SIZE = 600


def _written(folder: Path) -> None:
    generate(folder / "sftp", folder / "truth", SEED, SIZE, quiet=True)


@pytest.fixture(scope="session")
def written(run_folder: Path) -> Path:
    """Folder with the files (``sftp``), the services' data and the truth. Read only."""
    return once(run_folder, "sandbox-of-seed", _written)


@pytest.fixture(scope="session")
def written_again(run_folder: Path) -> Path:
    """The same, of the same seed."""
    return once(run_folder, "sandbox-of-seed-again", _written)
