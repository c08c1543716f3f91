"""What a machine must have before anything is installed: Java, Python, disk and memory, each lack with its cure.

Runs on a bare Python, before any environment exists: the imports of this module stay within the standard library.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from infra.local.site import REPO

GIB = 1 << 30
JAVA_MIN = 17
DISK_GIB, DISK_LEAST_GIB = 15, 4
MEMORY_GIB, MEMORY_LEAST_GIB = 8, 4


@dataclass(frozen=True)
class Problem:
    """One thing that is missing; `stops` says whether to go on is pointless."""

    zh: str
    en: str
    cure: str
    stops: bool = True

    def __str__(self) -> str:
        mark = "✗" if self.stops else "!"
        return f"{mark} {self.zh}\n  {self.en}\n  → {self.cure}"


def java_version(text: str) -> int | None:
    """Major version in the output of ``java -version`` ("1.8.0_402" is 8)."""
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(match[1]) if match else None


def check_java() -> list[Problem]:
    """Spark needs Java 17 or newer."""
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else "java"
    cure = "apt-get install openjdk-17-jre-headless"
    try:
        done = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        if home:
            cure = f"unset JAVA_HOME (now {home}), or {cure}"
        return [Problem("没有 Java（Spark 需要 17 以上）", "Java is missing (Spark needs 17 or newer)", cure)]
    version = java_version(done.stderr + done.stdout)
    if version is None or version < JAVA_MIN:
        return [
            Problem(f"Java 版本 {version}，需要 17 以上", f"Java is {version}, 17 or newer is needed", cure)
        ]
    return []


def check_python(version: tuple[int, ...] = sys.version_info[:2]) -> list[Problem]:
    """The locks are made for Python 3.11; a Debian Python may lack venv."""
    if version != (3, 11):
        now = ".".join(map(str, version))
        cure = "apt-get install python3.11 python3.11-venv; make PYTHON=/path/to/python3.11"
        return [Problem(f"Python 版本 {now}，需要 3.11", f"Python is {now}, 3.11 is needed", cure)]
    if find_spec("ensurepip") is None:
        return [Problem("Python 缺少 venv 模块", "Python lacks venv", "apt-get install python3.11-venv")]
    return []


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next(p for p in (path, *path.parents) if p.exists())


def check_disk(path: Path, free: int | None = None) -> list[Problem]:
    """Environments take 4 GB, the run-time data a few more."""
    left = (shutil.disk_usage(existing(path)).free if free is None else free) / GIB
    if left >= DISK_GIB:
        return []
    return [
        Problem(
            f"磁盘剩余 {left:.1f} GB，建议 {DISK_GIB} GB（{path}）",
            f"{left:.1f} GB of disk left, {DISK_GIB} GB advised ({path})",
            "清理磁盘，或用 ZJTX_HOME 换到更大的磁盘 / free space, or point ZJTX_HOME at a larger disk",
            stops=left < DISK_LEAST_GIB,
        )
    ]


def available_memory() -> int | None:
    """Bytes of memory free for use, the limit of a container included; None where unknown."""
    info = Path("/proc/meminfo")
    if not info.exists():
        return None
    match = re.search(r"MemAvailable:\s+(\d+) kB", info.read_text())
    free = int(match[1]) * 1024 if match else None
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if free is not None and limit.exists() and used.exists() and limit.read_text().strip().isdigit():
        free = min(free, int(limit.read_text()) - int(used.read_text()))
    return free


def check_memory(free: int | None) -> list[Problem]:
    """All services together take about 3 GB, tasks and browser tests come on top."""
    if free is None or free >= MEMORY_GIB * GIB:
        return []
    left = free / GIB
    return [
        Problem(
            f"可用内存 {left:.1f} GB，建议 {MEMORY_GIB} GB",
            f"{left:.1f} GB of memory available, {MEMORY_GIB} GB advised",
            "关闭其他程序 / close other programs",
            stops=left < MEMORY_LEAST_GIB,
        )
    ]


def check_bare() -> list[Problem]:
    """All of it, for the disk that holds this copy."""
    return [*check_python(), *check_java(), *check_disk(REPO)]


def report(problems: list[Problem]) -> int:
    """Print the problems; the exit code is 1 when one of them stops us."""
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return int(any(problem.stops for problem in problems))
