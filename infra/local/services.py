"""Start, watch and stop the services of one installation.

>>> platform = Platform(Path("/tmp/demo"), Ports.free())      # doctest: +SKIP
>>> platform.start(["postgres", "spark"])                     # doctest: +SKIP
>>> platform.env()["ZJTX_LEDGER_URL"]                         # doctest: +SKIP
>>> platform.stop()                                           # doctest: +SKIP
"""

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import psutil

from infra.airflow import server as airflow
from infra.local import accounts, databases, processes, s3, sftp, superset, tax
from infra.local.environment import DATABASES, is_own, process_environment, settings, write_settings
from infra.local.service import Service, ServiceError, tail
from infra.local.site import Ports, Site
from infra.local.supervision import Supervisor, log_of
from infra.spark import server as spark
from infra.spark import workers

__all__ = ["ORDER", "STORAGE", "Platform", "Ports", "ServiceError", "Site"]

BUILDERS: dict[str, Callable[[Site], Service]] = {
    "postgres": databases.service,
    "s3": s3.service,
    "workers": workers.service,
    "spark": spark.service,
    "sftp": sftp.service,
    "tax": tax.service,
    "airflow": airflow.service,
    "superset": superset.service,
}
ORDER = tuple(BUILDERS)
STORAGE = ("postgres", "s3", "workers", "spark")
"""Services that hold data and compute: the others build on them."""
# (service, stage, seconds since its start began); stages: prepare, start, healthy.
Report = Callable[[str, str, float], None]


def _silent(service: str, stage: str, seconds: float) -> None:
    """Report to nobody."""


class Platform:
    """All services of one home directory.

    Parameters
    ----------
    home : Path
        Run-time directory; created when missing. Under root it must be reachable for other users (PostgreSQL).
    ports : Ports, optional
        Defaults, or `Ports.free()` in tests.
    given : mapping, optional
        ZJTX_* settings of the user's own; a server named here is used and not started.
    extra : mapping, optional
        Further environment for every process, e.g. ``{"ZJTX_AUTO_APPROVE": "1"}``.
    separate : bool
        Run the services as accounts of their own; root only, see `accounts.can_separate`.
    """

    def __init__(
        self,
        home: Path,
        ports: Ports | None = None,
        given: Mapping[str, str] | None = None,
        extra: Mapping[str, str] | None = None,
        separate: bool = False,
    ) -> None:
        self.site = Site(home.resolve(), ports or Ports(), given or {}, extra or {}, separate)
        self.services = {name: build(self.site) for name, build in BUILDERS.items()}
        self.supervisor = Supervisor(self.site, list(self.services.values()))

    @classmethod
    def from_environment(cls) -> "Platform":
        """The installation that ZJTX_HOME and ZJTX_PORT_* name (default <repo>/var)."""
        site = Site.from_environment()
        return cls(site.home, site.ports, site.given, separate=accounts.can_separate(site))

    def external(self) -> set[str]:
        """Services the user provides, or that nothing asks for."""
        values, ports = settings(self.site), self.site.ports
        names = set()
        if not any(is_own(self.site, values.get(name, ""), ports.postgres) for name in DATABASES):
            names.add("postgres")
        if not is_own(self.site, values["ZJTX_SPARK_REMOTE"], ports.spark):
            names.add("spark")
        if not is_own(self.site, values["AIRFLOW_CONN_STAT_SFTP"], ports.sftp):
            names.add("sftp")
        if not is_own(self.site, values.get("AIRFLOW_CONN_TAX_API", ""), ports.tax):
            names.add("tax")
        if not is_own(self.site, values.get("ZJTX_S3_ENDPOINT", ""), ports.s3):
            names.add("s3")
        if not is_own(self.site, values.get("ZJTX_SPARK_MASTER", ""), ports.workers):
            names.add("workers")
        return names

    def start(self, names: Iterable[str] = ORDER, report: Report = _silent) -> None:
        """Start the named services that are down, in order, and wait until all of them answer."""
        chosen = [n for n in ORDER if n in set(names) and n not in self.external()]
        self._lay_out()
        begun: dict[str, float] = {}
        for name in chosen:
            service = self.services[name]
            begun[name] = time.monotonic()
            report(name, "prepare", 0.0)
            service.prepare()
            self.supervisor.ensure()
            report(name, "start", time.monotonic() - begun[name])
            self.supervisor.start(name)
            if not service.slow:
                self._settle(name, begun.pop(name), report)
        for name, since in list(begun.items()):
            self._settle(name, since, report)

    def _lay_out(self) -> None:
        """Make folders and settings; an installation of another account's is handed over while nothing runs."""
        self.site.make_directories()
        if accounts.misplaced(self.site):
            self.stop()
            accounts.hand_over(self.site)
        write_settings(self.site)

    def _settle(self, name: str, since: float, report: Report) -> None:
        self.wait_healthy(name)
        self.services[name].settle()
        report(name, "healthy", time.monotonic() - since)

    def wait_healthy(self, name: str, timeout: float | None = None) -> float:
        """Wait until the service answers; return the seconds it took, raise ServiceError with its log if it does not."""
        service = self.services[name]
        limit = timeout or service.start_seconds
        since = time.monotonic()
        while True:
            problem = service.health()
            waited = time.monotonic() - since
            if problem is None:
                return waited
            states = self.supervisor.states()
            dead = [p.name for p in service.programs if states.get(p.name) == "FATAL"]
            if dead or waited > limit:
                logs = "\n".join(
                    f"== {p}\n{tail(log_of(self.site, p))}" for p in dead or states if p.startswith(name)
                )
                raise ServiceError(f"{name} 未就绪（{waited:.0f} 秒）/ not healthy: {problem}\n{logs}")
            time.sleep(0.2)

    def health(self, name: str) -> str | None:
        """None when the service answers, else what is wrong."""
        return self.services[name].health()

    def stop(self, names: Iterable[str] | None = None) -> None:
        """Stop the named services, or all of them and the process manager; no process is left."""
        if names is None:
            self.supervisor.shutdown()
        elif self.supervisor.process() is not None:
            for name in [n for n in reversed(ORDER) if n in set(names)]:
                self.supervisor.stop(name)

    def restart(self, name: str) -> None:
        """Stop one service and start it again."""
        self.stop([name])
        self.start([name])

    def env(self) -> dict[str, str]:
        """Environment under which jobs and tests reach the services."""
        self.site.make_directories()
        return process_environment(self.site)

    def processes(self) -> list[psutil.Process]:
        """Every process of this installation, the process manager included."""
        manager = self.supervisor.process()
        return processes.descendants({manager.pid}) if manager else processes.strays(self.site)

    def memory(self, name: str | None = None) -> int:
        """Bytes (PSS) used by all processes, or by those of one service."""
        if name is None:
            return processes.proportional_memory(self.processes())
        pids = self.supervisor.pids()
        roots = {pids[p.name] for p in self.services[name].programs if p.name in pids}
        return processes.proportional_memory(processes.descendants(roots))
