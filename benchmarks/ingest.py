"""Ingest of 100 files in one poll, beside DuckDB reading the same files.

``make bench`` or ``python -m benchmarks.ingest --files 100 --rows 200000``. The first round is the
process's first, the second one finds it warm. What DuckDB does is less: it judges no row by rules with reasons, keeps no text as
received, withdraws nothing, and commits nowhere.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks import inputs, peer
from benchmarks.site import out, servers
from jobs.definitions.contract import load_feed

STEPS = {
    "fetch": "收取 fetch",
    "parse": "解析 parse",
    "judge": "判定 judge",
    "append": "写入 append",
    "ledger": "台账 ledger",
}


class Watch:
    """Measures functions where the ingest calls them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def on(self, module: Any, name: str, step: str) -> None:
        """Time a function of a module under the name of a step."""
        real: Callable[..., Any] = getattr(module, name)

        @functools.wraps(real)
        def timed(*args: Any, **kwargs: Any) -> Any:
            since = time.perf_counter()
            try:
                return real(*args, **kwargs)
            finally:
                self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - since

        setattr(module, name, timed)


def _watched() -> Watch:
    from jobs.feeds import ingest, load
    from jobs.ledger import batches

    watch = Watch()
    watch.on(ingest, "fetch_new", "fetch")
    watch.on(ingest, "parse_all", "parse")
    watch.on(load, "split", "judge")
    watch.on(load, "tally", "judge")
    watch.on(load, "_append", "append")
    watch.on(batches, "start_poll", "ledger")
    watch.on(batches, "finish_poll", "ledger")
    return watch


def _poll(rows: int) -> float:
    """Take in what waits and return the seconds; every row must have become silver."""
    from jobs.feeds.ingest import poll

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("接收 ingest", total=None)
        since = time.perf_counter()
        result = poll(
            inputs.FEED,
            progress=lambda what, done, of: bar.update(task, description=what, completed=done, total=of),
        )
        seconds = time.perf_counter() - since
    silver = sum(b.silver for b in result.accepted)
    if silver != rows:
        raise RuntimeError(f"应有 {rows} 行，实有 {silver} 行 / rows lost")
    return seconds


def _table(title: str, rows: int, total: float, steps: dict[str, float]) -> Table:
    table = Table(title=title)
    for heading in ("步骤 step", "秒 seconds", "行/秒 rows per second"):
        table.add_column(heading, justify="left" if heading.startswith("步骤") else "right")
    rest = {"rest": total - sum(steps.values())}
    for step, seconds in (steps | rest).items():
        table.add_row(
            STEPS.get(step, "其余 rest"),
            f"{seconds:.2f}",
            f"{rows / seconds:,.0f}" if seconds > 0.005 else "",
        )
    table.add_section()
    table.add_row("合计 total", f"{total:.2f}", f"{rows / total:,.0f}")
    return table


def main(
    files: Annotated[int, typer.Option(help="文件数 · files of the poll")] = 100,
    rows: Annotated[int, typer.Option(help="总行数 · rows of all files together")] = 200_000,
) -> None:
    """一次接收 100 个文件用多少秒，与 DuckDB 读同样的文件相比 · seconds of one poll, beside DuckDB."""
    rows = rows // files * files
    with servers() as platform:
        contract, source = load_feed(inputs.FEED), Path(platform.site.home) / "sandbox" / "sftp"
        watch = _watched()
        for name, year in (
            ("第一轮（冷） first round, cold", 2023),
            ("第二轮（热） second round, warm", 2024),
        ):
            with out.status("造文件 · writing the files"):
                made = inputs.write(source, year, files, rows)
            watch.seconds.clear()
            total = _poll(rows)
            out.print(
                _table(
                    f"{name}：{files} 个文件 {rows:,} 行 × {len(contract.cells)} 列",
                    rows,
                    total,
                    watch.seconds,
                )
            )
            alone, kept = peer.read(contract, made)
            out.print(
                f"DuckDB 读、定型、去重同样的文件 · reads, types, deduplicates the same files: {alone:.2f} s，"
                f"{rows / alone:,.0f} 行/秒，留 {kept:,} 行；接收是它的 {total / alone:.0f} 倍时间 · times as long"
            )


if __name__ == "__main__":
    typer.run(main)
