"""What this machine lacks, said before anything starts, each with its cure.

The first stage (`--first`) runs on a bare Python, before any environment exists: keep the imports of this
module within the standard library.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Collection

from infra.local import packages
from infra.local.machine import (
    Problem,
    available_memory,
    check_bare,
    check_disk,
    check_memory,
    existing,
    report,
)
from infra.local.site import DASHBOARD_ACCOUNT, HOST, SERVICE_ACCOUNT, Site


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
        {*postgres.untraversable(existing(site.home)), *postgres.untraversable(postgres.binaries())}
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


def main(arguments: list[str]) -> int:
    """Check for the first installation (--first), for the tests (--tests), or for the services."""
    if "--first" in arguments:
        return report(check_bare())
    if "--tests" in arguments:
        missing = packages.ensure_test_packages()
        return report([*missing, *check_bare(), *check_memory(available_memory())])
    return report([*check_bare(), *check_services(Site.from_environment())])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
