"""Servers of a measurement: real ledger, lake, Spark and SFTP in a folder of their own, gone at the end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

from rich.console import Console

from infra.local.hooks import HOOKS
from infra.local.services import Platform, Ports
from infra.spark.server import THOROUGH_JAVA_OPTIONS


class Result(TypedDict):
    """One measured figure: of how many rows, enterprises or repetitions it is."""

    name: str
    value: float
    unit: str
    n: int


CLOCK = "2026-01-20T09:00:00+08:00"
out = Console()


@contextmanager
def servers(memory: str = "2g") -> Iterator[Platform]:
    """Start PostgreSQL, Spark and SFTP at free ports; point this process to them; stop them.

    Parameters
    ----------
    memory : str
        Heap of Spark.
    """
    home = Path(tempfile.mkdtemp(prefix="zjtx-bench-"))
    # The account PostgreSQL runs as under root must be able to pass.
    home.chmod(0o755)
    for name in [n for n in os.environ if n.startswith(("ZJTX_", "AIRFLOW_"))]:
        del os.environ[name]
    given = {
        "ZJTX_REAL_DATA": str(home / "none"),
        "ZJTX_SPARK_MEMORY": memory,
        "ZJTX_SPARK_JAVA_OPTIONS": THOROUGH_JAVA_OPTIONS,
    }
    platform = Platform(home, Ports.free(), given=given)
    try:
        with out.status("启动 PostgreSQL、Spark、SFTP · starting the servers"):
            platform.start(["postgres", "spark"])
            for _, _, work in HOOKS:
                work(platform.site)
            (home / "clock").write_text(CLOCK)
            platform.start(["sftp"])
        os.environ.update(platform.env())
        yield platform
    finally:
        with out.status("停止服务 · stopping the servers"):
            platform.stop()
        shutil.rmtree(home, ignore_errors=True)
