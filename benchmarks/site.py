"""Servers of a measurement: real ledger, lake, Spark and SFTP in a folder of their own, gone at the end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from infra.local.hooks import HOOKS
from infra.local.services import Platform, Ports
from infra.local.site import HOST
from jobs.settings import settings

CLOCK = "2026-01-20T09:00:00+08:00"
BUCKET = "s3://bench"
out = Console()


@contextmanager
def servers(
    memory: str = "2g", only: tuple[str, ...] = ("postgres", "spark", "sftp"), workers: int = 0
) -> Iterator[Platform]:
    """Start servers at free ports; point this process to them; stop them.

    Parameters
    ----------
    memory : str
        Heap of Spark.
    only : tuple of str
        Servers; with PostgreSQL the ledger and the lake's tables are made.
    workers : int
        Of a cluster with its lake in an object store; 0: one machine.
    """
    home = Path(tempfile.mkdtemp(prefix="zjtx-bench-"))
    # The account PostgreSQL runs as under root must be able to pass.
    home.chmod(0o755)
    for name in [n for n in os.environ if n.startswith(("ZJTX_", "AIRFLOW_"))]:
        del os.environ[name]
    given = {
        "ZJTX_REAL_DATA": str(home / "none"),
        "ZJTX_SPARK_MEMORY": memory,
    }
    ports = Ports.free()
    if workers:
        given |= {
            "ZJTX_LAKE": f"{BUCKET}/zjtx",
            "ZJTX_S3_ENDPOINT": f"http://{HOST}:{ports.s3}",
            "ZJTX_SPARK_MASTER": f"spark://{HOST}:{ports.workers}",
            "ZJTX_SPARK_WORKERS": str(workers),
            "ZJTX_SPARK_CORES": str(workers),
        }
    platform = Platform(home, ports, given=given)
    try:
        with out.status(f"启动 {'、'.join(only)} · starting the servers"):
            platform.start([s for s in only if s != "sftp"])
            for _, _, work in HOOKS if "postgres" in only else ():
                work(platform.site)
            (home / "clock").write_text(CLOCK)
            platform.start([s for s in only if s == "sftp"])
        os.environ.update(platform.env())
        # What was measured before in this process had servers of its own.
        settings.cache_clear()
        yield platform
    finally:
        with out.status("停止服务 · stopping the servers"):
            platform.stop()
        shutil.rmtree(home, ignore_errors=True)
