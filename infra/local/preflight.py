"""What this machine lacks, said before anything starts, each with its cure.

The first stage (`--first`) runs on a bare Python, before any environment exists: keep the imports of this
module within the standard library.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from infra.local.site import DASHBOARD_ACCOUNT, HOST, REPO, SERVICE_ACCOUNT, Site

GIB = 1 << 30
JAVA_MIN = 17
DISK_GIB, DISK_LEAST_GIB = 15, 4
MEMORY_GIB, MEMORY_LEAST_GIB = 8, 4


@dataclass(frozen=True)
class Problem:
    """One thing that is missing; `stops` says whether to go on is pointless."""

    zh: str
    en: str
    cure: str
    stops: bool = True

    def __str__(self) -> str:
        mark = "✗" if self.stops else "!"
        return f"{mark} {self.zh}\n  {self.en}\n  → {self.cure}"


def java_version(text: str) -> int | None:
    """Major version in the output of ``java -version`` ("1.8.0_402" is 8)."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found[1]) if found else None


def check_java() -> list[Problem]:
    """Spark needs Java 17 or newer."""
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else "java"
    cure = "apt-get install openjdk-17-jre-headless"
    try:
        done = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        if home:
            cure = f"unset JAVA_HOME (now {home}), or {cure}"
        return [Problem("没有 Java（Spark 需要 17 以上）", "Java is missing (Spark needs 17 or newer)", cure)]
    version = java_version(done.stderr + done.stdout)
    if version is None or version < JAVA_MIN:
        return [
            Problem(f"Java 版本 {version}，需要 17 以上", f"Java is {version}, 17 or newer is needed", cure)
        ]
    return []


def check_python(version: tuple[int, ...] = sys.version_info[:2]) -> list[Problem]:
    """The locks are made for Python 3.11; a Debian Python may lack venv."""
    if version != (3, 11):
        now = ".".join(map(str, version))
        cure = "apt-get install python3.11 python3.11-venv; make PYTHON=/path/to/python3.11"
        return [Problem(f"Python 版本 {now}，需要 3.11", f"Python is {now}, 3.11 is needed", cure)]
    if find_spec("ensurepip") is None:
        return [Problem("Python 缺少 venv 模块", "Python lacks venv", "apt-get install python3.11-venv")]
    return []


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())


def check_disk(path: Path, free: int | None = None) -> list[Problem]:
    """Environments take 4 GB, the run-time data a few more."""
    left = (shutil.disk_usage(_existing(path)).free if free is None else free) / GIB
    if left >= DISK_GIB:
        return []
    return [
        Problem(
            f"磁盘剩余 {left:.1f} GB，建议 {DISK_GIB} GB（{path}）",
            f"{left:.1f} GB of disk left, {DISK_GIB} GB advised ({path})",
            "清理磁盘，或用 ZJTX_HOME 换到更大的磁盘 / free space, or point ZJTX_HOME at a larger disk",
            stops=left < DISK_LEAST_GIB,
        )
    ]


def available_memory() -> int | None:
    """Bytes of memory free for use, the limit of a container included; None where unknown."""
    info = Path("/proc/meminfo")
    if not info.exists():
        return None
    found = re.search(r"MemAvailable:\s+(\d+) kB", info.read_text())
    free = int(found[1]) * 1024 if found else None
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if free is not None and limit.exists() and used.exists() and limit.read_text().strip().isdigit():
        free = min(free, int(limit.read_text()) - int(used.read_text()))
    return free


def check_memory(free: int | None) -> list[Problem]:
    """All services together take about 3 GB, tasks and browser tests come on top."""
    if free is None or free >= MEMORY_GIB * GIB:
        return []
    left = free / GIB
    return [
        Problem(
            f"可用内存 {left:.1f} GB，建议 {MEMORY_GIB} GB",
            f"{left:.1f} GB of memory available, {MEMORY_GIB} GB advised",
            "关闭其他程序 / close other programs",
            stops=left < MEMORY_LEAST_GIB,
        )
    ]


def is_taken(port: int) -> bool:
    """Whether somebody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def port_owner(port: int) -> tuple[str, int] | None:
    """Name and pid of the process that listens on a port; None when the system does not tell."""
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return psutil.Process(connection.pid).name(), connection.pid
    except psutil.Error:
        pass
    return None


def check_ports(site: Site, own: set[int], external: Collection[str] = ()) -> list[Problem]:
    """Ports of the services, unless this installation itself holds them or does not start the service."""
    problems = []
    for name, port in site.ports.items():
        if name in external:
            continue
        owner = port_owner(port) if is_taken(port) else None
        if not is_taken(port) or (owner and owner[1] in own):
            continue
        who = f"{owner[0]} (pid {owner[1]})" if owner else "未知进程 / unknown process"
        variable = f"ZJTX_PORT_{name.upper()}"
        cure = f"停止该进程，或换端口 / stop it or use another port: export {variable}={port + 1000}"
        problems.append(
            Problem(f"{name} 的端口 {port} 已被占用：{who}", f"port {port} ({name}) is taken by {who}", cure)
        )
    return problems


def check_reachable(site: Site) -> list[Problem]:
    """Under root PostgreSQL runs as another user, who must be able to reach its programs and its data."""
    from infra.local import postgres

    shut = sorted(
        {*postgres.untraversable(_existing(site.home)), *postgres.untraversable(postgres.binaries())}
    )
    if not shut:
        return []
    names = " ".join(map(str, shut))
    return [
        Problem(
            f"以 root 运行时，PostgreSQL 的系统用户进不了目录：{names}",
            f"PostgreSQL's account (root may not run it) cannot enter: {names}",
            f"chmod o+x {names}，或改用普通用户 / or run as an ordinary user",
        )
    ]


def check_accounts(site: Site) -> list[Problem]:
    """Under root the services get accounts of their own; what is open where they cannot."""
    from infra.local import accounts

    shut = accounts.barred(site) if os.geteuid() == 0 else []
    if not shut:
        return []
    names = " ".join(shut)
    return [
        Problem(
            f"系统账户 {SERVICE_ACCOUNT}、{DASHBOARD_ACCOUNT} 用不了 {names}，各服务仍以 root 运行：攻破任何一个服务，就能读写本机一切",
            f"the accounts {SERVICE_ACCOUNT} and {DASHBOARD_ACCOUNT} cannot use {names}: the services run as root, "
            "and whoever breaks into one of them reads and writes everything on this machine",
            "让这些账户能进入并读取上述路径后再启动，或改用普通用户 / "
            "let these accounts enter and read them, then start again, or start as an ordinary user",
            stops=False,
        )
    ]


def check_bare() -> list[Problem]:
    """What can be said before any environment exists."""
    return [*check_python(), *check_java(), *check_disk(REPO)]


def check_services(site: Site) -> list[Problem]:
    """What the services need, on top of the bare checks."""
    from infra.local.services import Platform

    platform = Platform.from_environment()
    own = {process.pid for process in platform.processes()}
    # A running platform has already taken its memory.
    memory = [] if own else check_memory(available_memory())
    return [
        *check_disk(site.home),
        *memory,
        *check_reachable(site),
        *check_accounts(site),
        *check_ports(site, own, platform.external()),
    ]


def report(problems: list[Problem]) -> int:
    """Print the problems; the exit code is 1 when one of them stops us."""
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return int(any(problem.stops for problem in problems))


def main(arguments: list[str]) -> int:
    """Check for the first installation (--first), for the tests (--tests), or for the services."""
    if "--first" in arguments:
        return report(check_bare())
    if "--tests" in arguments:
        from infra.local import packages

        missing = packages.ensure_test_packages()
        return report([*missing, *check_bare(), *check_memory(available_memory())])
    return report([*check_bare(), *check_services(Site.from_environment())])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
