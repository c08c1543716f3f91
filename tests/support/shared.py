"""What is made once for all processes of a run: the first that needs it makes it, the others wait and copy it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from infra.local import postgres
from tests.support.installation import Installation

CONTENTS = ("lake", "landing", "served", "quality")
"""Folders of an installation that hold what it has taken in, computed and published."""


@contextmanager
def _turn(folder: Path, name: str) -> Iterator[None]:
    """Wait until no other process of the run makes, or copies, the thing of that name."""
    with (folder / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that all processes of a run only read.

    Parameters
    ----------
    folder : Path
        The run's.
    name : str
    make : callable
        Fills a folder; called by one process. Should that die, by the next.
    """
    made = folder / name
    with _turn(folder, name):
        if not made.is_dir():
            unfinished = folder / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(made)
    return made


def _ask(program: str, installation: Installation, *arguments: str) -> None:
    url = urlsplit(installation.env["ZJTX_LEDGER_URL"].replace("+psycopg", ""))
    plain = url._replace(netloc=f"{url.username}@{url.hostname}:{url.port}").geturl()
    command = [str(postgres.binaries() / program), f"--dbname={plain}", "--no-owner", *arguments]
    env = os.environ | {"PGPASSWORD": url.password or ""}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def keep(installation: Installation, folder: Path) -> None:
    """Keep what an installation holds, while nobody works in it."""
    for name in CONTENTS:
        shutil.copytree(installation.home / name, folder / name, symlinks=True)
    shutil.copy2(installation.env["ZJTX_CLOCK"], folder / "clock")
    _ask("pg_dump", installation, "--format=custom", "--compress=none", f"--file={folder / 'ledger'}")
    (folder / "seen.json").write_text(json.dumps(installation.seen), encoding="utf-8")


def bring(folder: Path, installation: Installation) -> None:
    """Make an installation what another one was when it was kept."""
    for name in CONTENTS:
        shutil.copytree(folder / name, installation.home / name, symlinks=True, dirs_exist_ok=True)
    shutil.copy2(folder / "clock", installation.env["ZJTX_CLOCK"])
    _ask("pg_restore", installation, "--clean", "--if-exists", "--exit-on-error", str(folder / "ledger"))
    installation.seen = json.loads((folder / "seen.json").read_text(encoding="utf-8"))
