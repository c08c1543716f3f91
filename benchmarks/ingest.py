"""Ingest of 100 files in one poll, beside DuckDB reading the same files.

``make bench`` or ``python -m benchmarks.ingest --files 100 --rows 200000``. The first round is the
process's first, the second one finds it warm. What DuckDB does is less: it judges no row by rules with reasons, keeps no text as
received, withdraws nothing, and commits nowhere. Seconds of this process's processors stand beside those of the clock: on a
machine that has other work they are what can be compared.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks import inputs, peer
from benchmarks.site import out, servers
from infra.measurements import Measured, Record, keep
from jobs.definitions.contract import load_feed

TITLES = {"cold": "第一轮（冷） first round, cold", "warm": "第二轮（热） second round, warm"}
STEPS = {
    "fetch": "收取 fetch",
    "parse": "解析 parse",
    "judge": "判定 judge",
    "append": "写入 append",
    "ledger": "台账 ledger",
}


class Spent(NamedTuple):
    """Seconds by the clock, and of this process's processors."""

    clock: float = 0.0
    work: float = 0.0

    @classmethod
    def now(cls) -> Spent:
        """Return both since a point of which only differences mean something."""
        return cls(time.perf_counter(), time.process_time())

    def plus(self, since: Spent, until: Spent) -> Spent:
        """Return these and what passed between two points."""
        return Spent(self.clock + until.clock - since.clock, self.work + until.work - since.work)


class Watch:
    """Measures functions where the ingest calls them, until it is left."""

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = {}
        self._own: list[tuple[Any, str, Callable[..., Any]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for module, name, real in reversed(self._own):
            setattr(module, name, real)

    def on(self, module: Any, name: str, step: str) -> None:
        """Time a function of a module under the name of a step."""
        real: Callable[..., Any] = getattr(module, name)

        @functools.wraps(real)
        def timed(*args: Any, **kwargs: Any) -> Any:
            since = Spent.now()
            try:
                return real(*args, **kwargs)
            finally:
                self.spent[step] = self.spent.get(step, Spent()).plus(since, Spent.now())

        self._own.append((module, name, real))
        setattr(module, name, timed)


def _watched() -> Watch:
    """Return a watch of a poll's steps, which parts that load late are imported for."""
    from jobs.feeds import ingest, load, reading
    from jobs.ledger import batches

    watch = Watch()
    watch.on(ingest, "fetch_new", "fetch")
    watch.on(reading, "parse_all", "parse")
    watch.on(load, "split", "judge")
    watch.on(load, "tally", "judge")
    watch.on(load, "_append", "append")
    watch.on(batches, "start_poll", "ledger")
    watch.on(batches, "finish_poll", "ledger")
    return watch


def _poll(rows: int) -> Spent:
    """Take in what waits and return what it took; every row must have become silver."""
    from jobs.feeds.ingest import poll

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("接收 ingest", total=None)
        since = Spent.now()
        result = poll(
            inputs.FEED,
            progress=lambda what, done, of: bar.update(task, description=what, completed=done, total=of),
        )
        spent = Spent().plus(since, Spent.now())
    silver = sum(b.silver for b in result.accepted)
    if silver != rows:
        raise RuntimeError(f"应有 {rows} 行，实有 {silver} 行 / rows lost")
    return spent


def _table(title: str, rows: int, total: Spent, steps: dict[str, Spent]) -> Table:
    table = Table(title=title)
    table.add_column("步骤 step")
    for heading in ("秒 seconds", "处理器秒 CPU seconds", "行/秒 rows per second"):
        table.add_column(heading, justify="right")
    rest = Spent(
        total.clock - sum(s.clock for s in steps.values()), total.work - sum(s.work for s in steps.values())
    )
    for step, spent in (steps | {"rest": rest}).items():
        speed = f"{rows / spent.clock:,.0f}" if spent.clock > 0.005 else ""
        table.add_row(STEPS.get(step, "其余 rest"), f"{spent.clock:.2f}", f"{spent.work:.2f}", speed)
    table.add_section()
    table.add_row("合计 total", f"{total.clock:.2f}", f"{total.work:.2f}", f"{rows / total.clock:,.0f}")
    return table


def measure(files: int = 100, rows: int = 200_000) -> list[Measured]:
    """Take in files in one poll, cold and warm, print where the time goes, and return what was measured."""
    rows, found = rows // files * files, []
    with servers() as platform, _watched() as watch:
        contract, source = load_feed(inputs.FEED), Path(platform.site.home) / "sandbox" / "sftp"
        for name, year in (("cold", 2023), ("warm", 2024)):
            with out.status("造文件 · writing the files"):
                made = inputs.write(source, year, files, rows)
            watch.spent.clear()
            total = _poll(rows)
            title = f"{TITLES[name]}：{files} 个文件 {rows:,} 行 × {len(contract.cells)} 列"
            out.print(_table(title, rows, total, watch.spent))
            alone, kept = peer.read(contract, made)
            out.print(
                f"DuckDB 读、定型、去重同样的文件 · reads, types, deduplicates the same files: {alone:.2f} s，"
                f"{rows / alone:,.0f} 行/秒，留 {kept:,} 行；接收是它的 {total.clock / alone:.0f} 倍时间 · times as long"
            )
            found += [
                Measured(name=f"ingest_{name}", value=total.clock, unit="s", n=rows),
                Measured(name=f"ingest_{name}_cpu", value=total.work, unit="s", n=rows),
                Measured(name=f"ingest_{name}_to_duckdb", value=total.clock / alone, unit="x", n=rows),
            ]
    return found


def main(
    files: Annotated[int, typer.Option(help="文件数 · files of the poll")] = 100,
    rows: Annotated[int, typer.Option(help="总行数 · rows of all files together")] = 200_000,
    record: Record = False,
) -> None:
    """一次接收 100 个文件用多少秒，与 DuckDB 读同样的文件相比 · seconds of one poll, beside DuckDB."""
    keep(record, "benchmarks.ingest", measure(files, rows))


if __name__ == "__main__":
    typer.run(main)
