"""Run the process manager so that no descendant can escape it.

Airflow puts each task into a process group of its own, and when a scheduler is killed its workers and tasks
run on: two attempts of one task could then write at the same time. As a sub-reaper, this process inherits
such orphans instead of init, and ends them at once. One walk over its descendants therefore finds every
process of the site.
"""

import ctypes
import os
import sys
from contextlib import suppress

import psutil
from supervisor import supervisord
from supervisor.medusa import asyncore_25
from supervisor.options import ServerOptions

from infra.local import processes

PR_SET_CHILD_SUBREAPER = 36


class ReapingSupervisor(supervisord.Supervisor):
    """A process manager that ends the processes a dead program leaves behind."""

    def reap(self, once: bool = False, recursionguard: int = 0) -> None:
        """Collect dead children (called about once a second), then end adopted ones."""
        super().reap(once, recursionguard)
        if recursionguard == 0:
            orphans = [c.pid for c in psutil.Process().children() if c.pid not in self.options.pidhistory]
            for process in processes.descendants(orphans):
                processes.signal(process, kill=True)


def main() -> None:
    """Become a sub-reaper where the system has such a thing (Linux), then the process manager."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Logs name enterprises: for the caller alone.
    os.umask(0o077)
    options = ServerOptions()
    options.realize(sys.argv[1:], doc=__doc__)
    options.first, options.test = True, False
    with suppress(asyncore_25.ExitNow):
        ReapingSupervisor(options).main()


if __name__ == "__main__":
    main()
