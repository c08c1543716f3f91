"""docs/measurements.md: what commands measured, each in a section of its own that only that command writes.

A command measures on every run and writes when it is asked to (``--record``), so that a casual run leaves the tree as it is.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, NotRequired, TypedDict
from zoneinfo import ZoneInfo

import typer
import yaml

from jobs.settings import REPO

PAGE = REPO / "docs" / "measurements.md"
MARKS = Path(__file__).with_suffix(".yaml")
HEAD = """# 测量 / measurements

每一节由标题里的命令加 `--record` 写成（`make` 命令写 `RECORD=1`），不要手改；`infra/measurements.yaml` 是要达到的数。
秒是时钟的秒，除非写明；负载高于核数的，机器那时还有别的活。

Each section is written by the command in its heading when run with `--record` (`RECORD=1` behind `make`), and by nothing else;
the marks to reach stand in `infra/measurements.yaml`. Seconds are of the clock unless said otherwise;
a load above the number of cores says that the machine had other work.
"""
COLUMNS = ("名称 name", "值 value", "单位 unit", "应达 to reach", "备注 remark")
Record = Annotated[bool, typer.Option("--record", help="写入 docs/measurements.md · write the page")]
Marks = dict[str, float | dict[int, float]]
"""Name of what is measured -> at most, or number of enterprises -> at most."""


class Measured(TypedDict):
    """One thing that was measured; ``n`` is how many of what it is about there were (enterprises, rows, tests)."""

    name: str
    value: float
    unit: str
    n: NotRequired[int]
    remark: NotRequired[str]


def record(command: str, rows: Iterable[Measured], page: Path = PAGE, marks: Path = MARKS) -> None:
    """Write the section of a command in place of its last one; those of other commands stay.

    Parameters
    ----------
    command : str
        As one types it: the heading of the section.
    rows : iterable of Measured
    page, marks : Path
        The page, and the marks to reach.
    """
    stated: dict[str, Marks] = yaml.safe_load(marks.read_text(encoding="utf-8"))
    at_most = next((own for begins, own in stated.items() if f"{command} ".startswith(f"{begins} ")), {})
    lines = [_row(COLUMNS), _row("---" for _ in COLUMNS), *(_row(_cells(r, at_most)) for r in rows)]
    section = f"{_circumstances()}\n\n" + "\n".join(lines) + "\n"
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    sections = dict(re.findall(r"^## `([^`\n]+)`\n\n(.*?)(?=\n## `|\Z)", old, re.DOTALL | re.MULTILINE))
    sections[command] = section
    page.write_text(
        HEAD + "".join(f"\n## `{c}`\n\n{s}" for c, s in sorted(sections.items())), encoding="utf-8"
    )


def keep(asked: bool, module: str, rows: Iterable[Measured]) -> None:
    """Write what the command of a module measured, if it was asked to."""
    if asked:
        record(of_module(module), rows)


def of_module(module: str) -> str:
    """Return the command that runs a module as it was called, without ``--record`` and without folders of this machine."""
    given = [Path(a).name if a.startswith("/") else a for a in sys.argv[1:] if a != "--record"]
    return shlex.join(["python", "-m", module, *given])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Measured, marks: Marks) -> tuple[str, ...]:
    mark, count = marks.get(row["name"]), row.get("n")
    if isinstance(mark, dict):
        mark = mark.get(count or 0)
    verdict = "" if mark is None else "达到 met" if row["value"] <= mark else "未达到 not met"
    reach = "" if mark is None else f"≤ {_number(mark)}，{verdict}"
    remark = "；".join(filter(None, ["" if count is None else f"n = {count:,}", row.get("remark", "")]))
    return row["name"], _number(row["value"]), row["unit"], reach, remark


def _number(value: float) -> str:
    """Return three significant digits of a small number, whole ones of a large one."""
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _circumstances() -> str:
    """Return when, on what and of which commit something is measured; nothing that names the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    dirty = _git("status", "--porcelain", "--", ".", f":!{PAGE.relative_to(REPO)}")
    changed = "，有未提交的改动 with changes" if dirty else ""
    commit = _git("rev-parse", "--short=12", "HEAD") or "无 none"
    machine = f"{cores} 核 cores，内存 memory {memory:.0f} GiB，当时负载 load {os.getloadavg()[0]:.1f}"
    return f"{today} · {machine} · 提交 commit `{commit}`{changed}"


def _git(*arguments: str) -> str:
    """Ask git; nothing where there is none."""
    try:
        done = subprocess.run(["git", *arguments], cwd=REPO, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
