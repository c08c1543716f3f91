"""What a service is: its processes, what it needs once, and when it is well."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


class ServiceError(RuntimeError):
    """A service could not be prepared, started or reached. The text says what to do, in Chinese and English."""


@dataclass(frozen=True)
class Program:
    """One process under the process manager."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    # PostgreSQL ends its own children; a signal to all of them would look like cancelled queries.
    signal_group: bool = True


def _nothing() -> None:
    """No work to do."""


@dataclass(frozen=True)
class Service:
    """A group of programs that are started and stopped together.

    Parameters
    ----------
    prepare : callable
        One-off work before the first start; must be quick when nothing is left to do.
    health : callable
        Returns None when the service answers, else what is wrong.
    settle : callable
        Work that needs the running service; repeated at each start, so idempotent.
    """

    name: str
    programs: list[Program]
    health: Callable[[], str | None]
    prepare: Callable[[], None] = _nothing
    settle: Callable[[], None] = _nothing
    # Starts for seconds: the next service is prepared meanwhile.
    slow: bool = True
    start_seconds: int = 120


def tail(path: Path, lines: int = 15) -> str:
    """Last lines of a log file, for error messages."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
