"""Finding, measuring and ending the operating-system processes of a site."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from signal import Signals

import psutil

from infra.local.site import Site


def descendants(pids: Iterable[int]) -> list[psutil.Process]:
    """The processes with these ids and everything below them."""
    processes: dict[int, psutil.Process] = {}
    for pid in pids:
        try:
            root = psutil.Process(pid)
            processes |= {p.pid: p for p in [root, *root.children(recursive=True)]}
        except psutil.NoSuchProcess:
            continue
    return list(processes.values())


def end(processes: list[psutil.Process], patience: float) -> None:
    """Terminate what still runs, kill what does not listen. A reused pid is never hit: psutil compares birth times."""
    alive = [p for p in processes if p.is_running()]
    for process in alive:
        signal(process, kill=False)
    _, deaf = psutil.wait_procs(alive, timeout=patience)
    for process in deaf:
        signal(process, kill=True)
    psutil.wait_procs(deaf, timeout=10)


def signal(process: psutil.Process, *, kill: bool) -> None:
    """Terminate or kill one process, if it is still there."""
    with suppress(psutil.NoSuchProcess):
        # PostgreSQL would wait for its clients on TERM; INT ends their sessions and stops cleanly.
        polite = Signals.SIGINT if process.name() == "postgres" else Signals.SIGTERM
        process.send_signal(Signals.SIGKILL if kill else polite)


def strays(site: Site) -> list[psutil.Process]:
    """Processes of a site whose process manager is gone, known by their working directory."""
    marks = (site.run / "cwd", site.pg)
    processes = []
    for process in psutil.process_iter():
        try:
            cwd, is_shell = Path(process.cwd()), process.terminal() is not None
        except (psutil.Error, OSError):
            continue
        if not is_shell and any(mark == cwd or mark in cwd.parents for mark in marks):
            processes.append(process)
    return processes


def end_strays(site: Site) -> None:
    """End the processes a killed process manager left behind."""
    left = strays(site)
    if left:
        end(left, patience=4)


def proportional_memory(processes: list[psutil.Process]) -> int:
    """Bytes of memory, pages shared by several processes divided among them (PSS)."""
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except (psutil.Error, OSError):
            continue
    return total
