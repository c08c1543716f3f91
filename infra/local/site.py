"""Where one installation lives: its directory, its ports, what it borrows from elsewhere."""

import os
import socket
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path

from jobs.settingsfile import NAME as SETTINGS
from jobs.settingsfile import read as read_settings

REPO = Path(__file__).resolve().parents[2]
REAL_DATA = REPO.parent / "shared" / "data"
HOST = "127.0.0.1"
# Where Spark's clients and server look for a token that no URL names.
SPARK_TOKEN_VARIABLE = "SPARK_CONNECT_AUTHENTICATE_TOKEN"
# Accounts that the services run as when root starts them: what works on the data, and what shows served files.
SERVICE_ACCOUNT, DASHBOARD_ACCOUNT = "zjtx", "zjtx-bi"
# sun_path holds 108 bytes; supervisor first binds a name with ".<pid>" appended.
MAX_SOCKET_PATH = 90


@dataclass(frozen=True)
class Ports:
    """TCP ports of the services, all on the loopback address."""

    postgres: int = 25432
    spark: int = 25002
    airflow: int = 28080
    superset: int = 28088
    sftp: int = 25022
    tax: int = 25080
    s3: int = 25900
    workers: int = 25077

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> "Ports":
        """Defaults, each overridden by ZJTX_PORT_<NAME>."""
        names = [f.name for f in fields(cls)]
        given = {n: int(env[f"ZJTX_PORT_{n.upper()}"]) for n in names if env.get(f"ZJTX_PORT_{n.upper()}")}
        return cls(**given)

    @classmethod
    def free(cls) -> "Ports":
        """Ports nobody listens on at this moment (for tests)."""
        sockets = [socket.socket() for _ in fields(cls)]
        try:
            for one in sockets:
                one.bind((HOST, 0))
            return cls(*(one.getsockname()[1] for one in sockets))
        finally:
            for one in sockets:
                one.close()

    def items(self) -> list[tuple[str, int]]:
        """(service, port) pairs."""
        return [(f.name, getattr(self, f.name)) for f in fields(self)]


@dataclass(frozen=True)
class Site:
    """One installation.

    Parameters
    ----------
    home : Path
        Holds everything made at run time (ZJTX_HOME).
    ports : Ports
        Ports of its services.
    given : Mapping[str, str]
        ZJTX_* settings of the user's own: a server named here is used, not started.
    extra : Mapping[str, str]
        Further environment for every process.
    separate : bool
        Whether the services run as accounts of their own (root callers only); else as the caller.
    """

    home: Path
    ports: Ports = field(default_factory=Ports)
    given: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    separate: bool = False

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> "Site":
        """Site named by ZJTX_HOME and ZJTX_PORT_*; other ZJTX_* variables are passed on as given.

        Ports once chosen are remembered in the settings file, so that a later shell finds the same services.
        """
        home = Path(env.get("ZJTX_HOME") or REPO / "var").resolve()
        stored = read_settings(home / SETTINGS)
        ports = {k: v for k, v in {**stored, **env}.items() if k.startswith("ZJTX_PORT_")}
        skip = ("ZJTX_HOME", "ZJTX_PORT_")
        given = {k: v for k, v in env.items() if k.startswith("ZJTX_") and not k.startswith(skip) and v}
        connections = {k: v for k, v in env.items() if k.startswith("AIRFLOW_CONN_") and v}
        if SPARK_TOKEN_VARIABLE in env and "ZJTX_SPARK_REMOTE" in given:
            given[SPARK_TOKEN_VARIABLE] = env[SPARK_TOKEN_VARIABLE]
        return cls(home, Ports.from_environment(ports), given | connections)

    @property
    def python(self) -> Path:
        """Interpreter of the platform environment."""
        return REPO / ".venv" / "bin" / "python"

    @property
    def bi(self) -> Path:
        """Programs of the Superset environment."""
        return REPO / ".venv-bi" / "bin"

    @property
    def run(self) -> Path:
        """Process manager files."""
        return self.home / "run"

    @property
    def log(self) -> Path:
        """One log file per process."""
        return self.home / "log"

    @property
    def secrets(self) -> Path:
        """Generated passwords and keys, each readable by its owner only."""
        return self.home / "secrets"

    @property
    def pg(self) -> Path:
        """Data directory of the embedded PostgreSQL."""
        return self.home / "pg"

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME."""
        return self.home / "airflow"

    @property
    def superset(self) -> Path:
        """SUPERSET_HOME."""
        return self.home / "superset"

    @property
    def stamps(self) -> Path:
        """Marks of one-off work done in the databases; gone with the embedded server's data."""
        return self.run / "stamps"

    @property
    def settings_file(self) -> Path:
        """The file jobs read their settings from."""
        return self.home / SETTINGS

    @property
    def socket(self) -> Path:
        """Control socket of the process manager; in the temporary directory where the path is too long."""
        path = self.run / "supervisor.sock"
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
            return path
        digest = sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"zjtx-{os.getuid()}-{digest}.sock"

    def workdir(self, program: str) -> Path:
        """Working directory of a program; also the mark by which its strays are found."""
        return self.run / "cwd" / program

    @property
    def service_account(self) -> str | None:
        """Account that works on the data, where services have accounts of their own; None stands for the caller's."""
        return SERVICE_ACCOUNT if self.separate else None

    @property
    def dashboard_account(self) -> str | None:
        """Account that shows served files and can read nothing else."""
        return DASHBOARD_ACCOUNT if self.separate else None

    def make_directories(self) -> None:
        """Create the run-time layout; everything in it is closed to other accounts of the machine."""
        self.home.mkdir(parents=True, exist_ok=True)
        # Accounts of services pass the outer folders on the way to their own.
        outer = {"": 0o711, "run": 0o711, "run/cwd": 0o711}
        outer |= {"secrets": 0o711, "log": 0o710} if self.separate else {"secrets": 0o700, "log": 0o700}
        inner = (
            "landing",
            "lake",
            "quality",
            "sandbox",
            "sandbox/sftp",
            "airflow",
            "superset",
            "log/airflow",
        )
        served = 0o2750 if self.separate else 0o700
        modes = outer | dict.fromkeys(inner, 0o700) | {"served": served, "served/builds": served}
        for name, mode in modes.items():
            path = self.home / name
            path.mkdir(exist_ok=True)
            if stat.S_IMODE(path.stat().st_mode) != mode:
                path.chmod(mode)
