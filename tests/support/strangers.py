"""Another account of the machine, and what it can do to an installation."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import pytest

STRANGER = "nobody"


def as_account(name: str, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command as an account, with none of the caller's groups."""
    if os.geteuid() != 0:
        pytest.skip("只有 root 能以另一账户试探 / only root can act as another account")
    account = pwd.getpwnam(name)
    return subprocess.run(
        [str(part) for part in command], user=account.pw_uid, group=account.pw_gid, extra_groups=[],
        capture_output=True, text=True, check=False, cwd="/", env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )  # fmt: skip


def look(path: Path, name: str = STRANGER) -> subprocess.CompletedProcess[str]:
    """Read a file, or list a folder, as an account."""
    return as_account(name, *(["ls", "-A"] if path.is_dir() else ["cat"]), path)


def assert_shut(path: Path, name: str = STRANGER) -> None:
    """There is something at the path, and the account sees nothing of it."""
    assert path.exists()
    seen = look(path, name)
    assert seen.returncode != 0
    assert "Permission denied" in seen.stderr
    assert seen.stdout == ""
