"""Remember one-off work: it is done again only when what it depends on changes."""

import subprocess
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from infra.local import accounts
from infra.local.credentials import write_private
from infra.local.service import ServiceError


def digest(parts: Iterable[str | Path]) -> str:
    """Hash of texts, files, and directories (names and contents of their files)."""
    total = sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(part.encode())
            continue
        files = (
            sorted(p for p in part.rglob("*") if p.is_file() and p.suffix != ".pyc")
            if part.is_dir()
            else [part]
        )
        for file in files:
            total.update(str(file.relative_to(part.parent)).encode() + file.read_bytes())
    return total.hexdigest()


def once(stamp: Path, parts: Iterable[str | Path], work: Callable[[], None]) -> None:
    """Do the work unless the stamp says it was done for the same parts."""
    now = digest(parts)
    if stamp.exists() and stamp.read_text() == now:
        return
    work()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    # The folder may belong to the account of a service: no link of its making is followed.
    write_private(stamp, now)


def run(
    command: list[str],
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    timeout: float = 300,
    user: str | None = None,
) -> None:
    """Run a set-up command (as another account, if named); its output goes to a log file, its end is quoted when it fails."""
    done = subprocess.run(
        command,
        env={**env, **accounts.environment(user, cwd)},
        cwd=cwd,
        text=True,
        timeout=timeout,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **accounts.run_as(user),
    )
    log.touch(mode=0o600)
    with log.open("a") as out:
        out.write(f"$ {' '.join(command)}\n{done.stdout}")
    if done.returncode:
        short = "\n".join(done.stdout.splitlines()[-15:])
        raise ServiceError(
            f"命令失败 / command failed ({done.returncode}): {' '.join(command)}\n{short}\n{log}"
        )
