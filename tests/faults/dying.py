"""A step up to the publication in a process of its own that kills itself at a given place.

``python -m tests.faults.dying "after jobs.lake.write.append silver" ingest stat_finance`` runs what the task of
that name runs, and sends itself SIGKILL when the named function has returned (``before``: when it is called) and
one of its arguments is the text behind it. ``never`` lives to the end. Product code knows nothing of it.
"""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
import signal
import sys
from pathlib import Path
from typing import Any

import jobs

READY = "ready"
"""File of the installation that appears when everything is imported: from here on a moment is one of the step's own."""


def import_all() -> None:
    """Import every module of the jobs, so that a function is replaced wherever it was imported by name."""
    for module in pkgutil.walk_packages(jobs.__path__, "jobs."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)


def arm(where: str) -> None:
    """Make this process die at a place."""
    when, path, *wanted = where.split()
    module, name = path.rsplit(".", 1)
    real = getattr(importlib.import_module(module), name)

    @functools.wraps(real)
    def fatal(*args: Any, **kwargs: Any) -> Any:
        meant = not wanted or wanted[0] in [a for a in args if isinstance(a, str)]
        if meant and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = real(*args, **kwargs)
        if meant:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    for known in [m for n, m in sys.modules.items() if n.startswith("jobs")]:
        for attribute, value in list(vars(known).items()):
            if value is real:
                setattr(known, attribute, fatal)


def ingest(feed: str) -> None:
    from jobs.feeds import ingest as step

    step.poll(feed)


def compute() -> None:
    from jobs.release import candidate, gate

    candidate.compute_candidate(gate.decide_all())


def audit() -> None:
    from jobs.quality import audit as step

    step.audit_computed()


def approve() -> None:
    from jobs.ledger import releases
    from jobs.serve import publish as step

    for release in releases.waiting():
        step.approve(release, "测试员")


def publish() -> None:
    from jobs.serve import publish as step

    step.publish()


STEPS = {"ingest": ingest, "compute": compute, "audit": audit, "approve": approve, "publish": publish}


if __name__ == "__main__":
    place, command, *arguments = sys.argv[1:]
    import_all()
    if place != "never":
        arm(place)
    (Path(os.environ["ZJTX_HOME"]) / READY).touch()
    STEPS[command](*arguments)
