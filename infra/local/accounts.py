"""System accounts that services run as when root starts them, and what of an installation belongs to whom.

Spark, Airflow and the sandbox's servers share one account, Superset has one that reads served files only, and
PostgreSQL has one because it refuses root. The process manager stays root's, and with it logs and secrets: a
service gets what it needs by its environment or by a file of its own.
"""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict
from urllib.parse import parse_qs, urlsplit

from infra.local.service import ServiceError
from infra.local.site import DASHBOARD_ACCOUNT, REAL_DATA, REPO, SERVICE_ACCOUNT, Site

READ, PASS, WRITE = 0o4, 0o1, 0o2
CODE = ("dags", "expectations", "infra", "jobs", "policies", "schemas", "superset_dashboards")


class RunAs(TypedDict, total=False):
    """What :func:`subprocess.run` needs to run a program as another account."""

    user: str
    group: str
    extra_groups: list[str]
    umask: int


def ensure(name: str) -> None:
    """Create a system account that nobody can log in to, unless it is there."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            name,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServiceError(
                f"无法建立系统账户 / cannot create the account {name}: {done.stderr.strip()}"
            ) from None


def run_as(name: str | None) -> RunAs:
    """Arguments of a child process: the account alone, none of the other groups of root."""
    return {} if name is None else {"user": name, "group": name, "extra_groups": [], "umask": 0o077}


def environment(name: str | None, home: Path) -> dict[str, str]:
    """Who a program is told that it is; its home is its working directory."""
    return {} if name is None else {"USER": name, "LOGNAME": name, "HOME": str(home)}


# --- whether the accounts can do their work


def _lets(path: Path, name: str, wanted: int) -> bool:
    """Whether the mode of a file gives an account (which may not exist yet) what is wanted of it."""
    status = path.stat()
    try:
        owns = status.st_uid == pwd.getpwnam(name).pw_uid
    except KeyError:
        owns = False
    return (status.st_mode >> (6 if owns else 0)) & wanted == wanted


def shut(path: Path, name: str, wanted: int) -> list[Path]:
    """What on the way to an existing path, itself included, keeps an account out."""
    ways = {p for p in (*path.absolute().parents, *path.resolve().parents) if not _lets(p, name, PASS)}
    return sorted(ways) or ([] if _lets(path, name, wanted) else [path])


def _programs(site: Site) -> list[Path]:
    """Programs and code that the accounts run."""
    java = (
        Path(os.environ["JAVA_HOME"]) / "bin" / "java" if "JAVA_HOME" in os.environ else shutil.which("java")
    )
    programs = [site.python, site.bi / "python", *([Path(java)] if java else [])]
    return [REPO, *(REPO / name for name in CODE), *(p for p in programs if p.exists())]


def _borrowed(site: Site) -> list[tuple[Path, int]]:
    """Files of the user's own that the services read, and a lake of the user's own that they write."""
    places = [(Path(site.given.get("ZJTX_REAL_DATA", REAL_DATA)), READ | PASS)]
    for name, uri in site.given.items():
        parts = urlsplit(uri)
        if name.startswith("AIRFLOW_CONN_") and parts.scheme == "file":
            places.append((Path(parts.path), READ | PASS))
        places += [(Path(p), READ) for p in parse_qs(parts.query).get("key_file", ())]
    lake = site.given.get("ZJTX_LAKE", "")
    if lake.startswith("/"):
        places.append((Path(lake), READ | PASS | WRITE))
    return [(path, wanted) for path, wanted in places if path.exists()]


def barred(site: Site) -> list[str]:
    """What keeps the services of an installation of root's from running as accounts of their own."""
    above = next(p for p in site.home.parents if p.exists())
    wanted = [(above, PASS, SERVICE_ACCOUNT), *((p, READ | PASS, SERVICE_ACCOUNT) for p in _programs(site))]
    wanted += [(p, need, SERVICE_ACCOUNT) for p, need in _borrowed(site)]
    obstacles = {str(p) for path, need, name in wanted for p in shut(path, name, need)}
    if shutil.which("useradd") is None:
        obstacles.add("useradd")
    return sorted(obstacles)


def can_separate(site: Site) -> bool:
    """Whether the services get accounts of their own: root starts them, and nothing is in the way."""
    return os.geteuid() == 0 and not barred(site)


# --- what belongs to whom


def _ids(name: str | None) -> tuple[int, int]:
    if name is None:
        return os.geteuid(), os.getegid()
    account = pwd.getpwnam(name)
    return account.pw_uid, account.pw_gid


def lend(name: str | None, *paths: Path) -> None:
    """Give files to an account, or back to root."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, *_ids(name), follow_symlinks=False)


def give(name: str | None, top: Path, group: str | None = None) -> None:
    """Give a folder and all in it to an account, or back to root; a group named here may read it.

    The account may change the folder meanwhile: no link is followed, and what has a second name elsewhere stays.
    """
    uid, gid = _ids(name)[0], _ids(group or name)[1]
    # The folder itself last: it says that all was done.
    for _, _, names, folder in os.fwalk(top, topdown=False, follow_symlinks=False):
        for entry in names:
            if os.stat(entry, dir_fd=folder, follow_symlinks=False).st_nlink == 1:
                os.chown(entry, uid, gid, dir_fd=folder, follow_symlinks=False)
                if group is not None:
                    _share(entry, folder)
        os.fchown(folder, uid, gid)
        if group is not None:
            # What comes inherits the group.
            os.fchmod(folder, stat.S_IMODE(os.fstat(folder).st_mode) | 0o2050)


def _share(entry: str, folder: int) -> None:
    """Let the group read a file."""
    if stat.S_ISREG(os.stat(entry, dir_fd=folder, follow_symlinks=False).st_mode):
        handle = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
        try:
            os.fchmod(handle, stat.S_IMODE(os.fstat(handle).st_mode) | 0o040)
        finally:
            os.close(handle)


def _owned(site: Site) -> Iterable[tuple[Path, str | None, str | None]]:
    """Folders that are not root's alone: owner, and the group that reads along."""
    services, dashboards = site.service_account, site.dashboard_account
    for name in ("landing", "lake", "quality", "sandbox", "airflow", "log/airflow"):
        yield site.home / name, services, None
    yield site.home / "served", services, dashboards
    yield site.superset, dashboards, None


def _is_misplaced(path: Path, owner: str | None, group: str | None) -> bool:
    status = path.stat()
    return status.st_uid != _ids(owner)[0] or (group is not None and status.st_gid != _ids(group)[1])


def misplaced(site: Site) -> bool:
    """Whether folders belong to somebody else than they should: an installation that is to be handed over."""
    if os.geteuid() != 0:
        return False
    if site.separate:
        for name in (SERVICE_ACCOUNT, DASHBOARD_ACCOUNT):
            ensure(name)
    return any(_is_misplaced(*row) for row in _owned(site))


def settle(name: str | None, top: Path, group: str | None = None) -> None:
    """Give a folder and all in it to an account, unless the folder is its own already."""
    if os.geteuid() == 0 and _is_misplaced(top, name, group):
        give(name, top, group)


def hand_over(site: Site) -> None:
    """Bring every folder and all in it to its owner."""
    for path, owner, group in _owned(site):
        settle(owner, path, group)
    # Airflow's logs and what `zjtx` writes down lie beside those of the process manager.
    from jobs.cli.journal import NAME

    os.chown(site.log, 0, _ids(site.service_account)[1])
    journal = site.log / NAME
    journal.touch(mode=0o600)
    lend(site.service_account, journal)
