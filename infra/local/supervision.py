"""Configuration of the process manager and the conversation with it."""

import shlex
import subprocess
import time
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from supervisor.xmlrpc import Faults, SupervisorTransport

from infra.local import accounts, processes
from infra.local.credentials import write_private
from infra.local.environment import base_environment
from infra.local.service import Program, Service, ServiceError, tail
from infra.local.site import REPO, Site

HEAD = """\
[unix_http_server]
file={socket}
chmod=0700

[supervisord]
logfile={log}/supervisord.log
logfile_maxbytes=5MB
pidfile={run}/supervisord.pid
childlogdir={log}
nodaemon=true
silent=true

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""


def _escape(text: str) -> str:
    return text.replace("%", "%%")


def _pair(key: str, value: str) -> str:
    """One environment entry; the format knows two quotes and no escape."""
    quote = "'" if '"' in value else '"'
    if quote in value or "\n" in value:
        raise ServiceError(
            f"{key}: 值含无法写入的引号或换行 / value has quotes or line breaks that cannot be written"
        )
    return _escape(f"{key}={quote}{value}{quote}")


def _environment(site: Site, program: Program) -> dict[str, str]:
    """What a program gets beside the caller's environment."""
    return program.env | accounts.environment(program.user, site.workdir(program.name))


def render(site: Site, services: list[Service]) -> str:
    """Text of supervisord.conf: one group per service, started by the caller in order, restarted on failure."""
    parts = [
        HEAD.format(socket=_escape(str(site.socket)), log=_escape(str(site.log)), run=_escape(str(site.run)))
    ]
    for rank, service in enumerate(services):
        names = ",".join(program.name for program in service.programs)
        parts.append(f"[group:{service.name}]\nprograms={names}\npriority={rank + 1}\n")
        for program in service.programs:
            options: dict[str, Any] = {
                "command": _escape(shlex.join(program.command)),
                "directory": _escape(str(site.workdir(program.name))),
                "environment": ",".join(_pair(k, v) for k, v in sorted(_environment(site, program).items())),
                "user": program.user,
                # Everything writes for its own account only.
                "umask": "077",
                "autostart": "false",
                "autorestart": "true",
                "startsecs": 2,
                "startretries": 5,
                "stopsignal": program.stop_signal,
                "stopwaitsecs": program.stop_seconds,
                "stopasgroup": str(program.signal_group).lower(),
                "killasgroup": "true",
                "redirect_stderr": "true",
                "stdout_logfile": _escape(str(site.log / f"{program.name}.log")),
                "stdout_logfile_maxbytes": "20MB",
                "stdout_logfile_backups": 2,
            }
            lines = [f"{k}={v}" for k, v in options.items() if v not in (None, "")]
            parts.append("\n".join([f"[program:{program.name}]", *lines, ""]))
    return "\n".join(parts)


class Supervisor:
    """The process manager of one site."""

    def __init__(self, site: Site, services: list[Service]) -> None:
        self.site = site
        self.services = services
        self.config = site.run / "supervisord.conf"

    @property
    def _rpc(self) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self.site.socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def process(self) -> psutil.Process | None:
        """The running process manager, if any."""
        file = self.site.run / "supervisord.pid"
        try:
            process = psutil.Process(int(file.read_text()))
            is_ours = str(self.config) in process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return process if is_ours and process.status() != psutil.STATUS_ZOMBIE else None

    def ensure(self) -> None:
        """Start the process manager, or tell the running one about a changed configuration."""
        for service in self.services:
            for program in service.programs:
                folder = self.site.workdir(program.name)
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
                accounts.settle(program.user, folder)
        text = render(self.site, self.services)
        changed = not self.config.exists() or self.config.read_text() != text
        write_private(self.config, text)
        if (manager := self.process()) and not self._told(self._rpc.getState):
            self._await_end(manager)
        if self.process() is None:
            processes.end_strays(self.site)
            self._launch()
        elif changed:
            self._reload()

    def _launch(self) -> None:
        """Start the process manager apart from the caller's terminal and wait for its socket."""
        self.site.socket.unlink(missing_ok=True)
        out = self.site.log / "supervisord.out"
        out.touch()
        for log in self.site.log.iterdir():
            if log.is_file():
                log.chmod(0o600)
        with out.open("ab") as output:
            subprocess.Popen(
                [str(self.site.python), "-m", "infra.local.reaper", "-c", str(self.config)],
                cwd=REPO, env=base_environment(self.site), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                self._rpc.getState()
                return
            except (OSError, xmlrpc.client.Error):
                time.sleep(0.05)
        raise ServiceError(f"进程管理器未能启动 / the process manager did not start:\n{tail(out)}")

    def _reload(self) -> None:
        """Apply a changed configuration: changed groups are stopped and wait to be started again."""
        added, changed, removed = self._rpc.reloadConfig()[0]
        for name in [*changed, *removed]:
            self.stop(name)
            self._rpc.removeProcessGroup(name)
        for name in [*added, *changed]:
            self._rpc.addProcessGroup(name)

    def states(self) -> dict[str, str]:
        """Program -> state word of the process manager (RUNNING, STOPPED, FATAL ...)."""
        if self.process() is None:
            return {program.name: "STOPPED" for service in self.services for program in service.programs}
        return {row["name"]: row["statename"] for row in self._rpc.getAllProcessInfo()}

    def pids(self) -> dict[str, int]:
        """Program -> pid of those that run."""
        if self.process() is None:
            return {}
        return {row["name"]: row["pid"] for row in self._rpc.getAllProcessInfo() if row["pid"]}

    def start(self, group: str) -> None:
        """Start the programs of a group that are down; does not wait for them."""
        for row in self._rpc.getAllProcessInfo():
            if row["group"] == group and row["statename"] not in ("RUNNING", "STARTING"):
                try:
                    self._rpc.startProcess(f"{group}:{row['name']}", False)
                except xmlrpc.client.Fault as fault:
                    if fault.faultCode != Faults.ALREADY_STARTED:
                        raise

    def stop(self, group: str) -> None:
        """Stop a group and whatever its programs started."""
        members = {
            row["pid"] for row in self._rpc.getAllProcessInfo() if row["group"] == group and row["pid"]
        }
        family = processes.descendants(members)
        self._rpc.stopProcessGroup(group, True)
        processes.end(family, patience=1)

    def _told(self, order: Callable[[], Any]) -> bool:
        """Give the process manager an order; False where it stops everything already and takes none any more."""
        try:
            order()
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != Faults.SHUTDOWN_STATE:
                raise
            return False
        except OSError:
            # Closing its socket is the last thing it does.
            return False
        return True

    def _await_end(self, manager: psutil.Process) -> None:
        budget = sum(max(p.stop_seconds for p in service.programs) for service in self.services)
        psutil.wait_procs([manager], timeout=budget + 10)

    def shutdown(self) -> None:
        """Stop everything, last started first, and leave no process behind."""
        manager = self.process()
        if manager is not None:
            family = [*processes.descendants({manager.pid}), manager]
            self._told(self._rpc.shutdown)
            self._await_end(manager)
            processes.end(family, patience=1)
        processes.end_strays(self.site)
        self.site.socket.unlink(missing_ok=True)


def log_of(site: Site, program: str) -> Path:
    """Log file of a program."""
    return site.log / f"{program}.log"
