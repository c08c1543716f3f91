"""Where a computation's seconds go: processor seconds and rows of each model, of files laid down, of plan, slices and merge."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import duckdb
from rich.table import Table

from jobs.kpi import computation, engine, runner
from jobs.kpi.engine import Part
from jobs.pipeline import tables

LAID_DOWN = " → 文件 file"
"""Behind the name of a table: working it out where it is a view, and writing it."""
_STEPS = (
    (tables, "plan", "计划 plan"),
    (engine, "compute_slice", "各段 slices"),
    (computation, "merge", "归并 merge"),
)


@dataclass
class Cost:
    """What a model or step took over all slices.

    Attributes
    ----------
    seconds : float
        Of the processor, of the threads that asked for it: engines must have one thread each.
    rows : int or None
        None of a step or a view.
    """

    seconds: float = 0.0
    rows: int | None = None


@dataclass
class Costs:
    """Steps of a computation, and models within them."""

    steps: dict[str, Cost] = field(default_factory=dict)
    models: dict[str, Cost] = field(default_factory=dict)

    def dearest(self, most: int) -> dict[str, Cost]:
        """Return the steps, the models that took most, and what all others took together."""
        models = sorted(self.models.items(), key=lambda c: -c[1].seconds)
        others = Cost(sum(c.seconds for _, c in models[most:]))
        rest = [(f"其余 {len(models) - most} 个 others", others)] if len(models) > most else []
        return {**self.steps, **dict(models[:most]), **dict(rest)}

    def table(self, most: int = 40) -> Table:
        """Return :meth:`dearest` as a table for people."""
        shown = Table(title="处理器秒 · processor seconds")
        for heading in ("模型 model", "秒 s", "行 rows"):
            shown.add_column(heading, justify="left" if heading.startswith("模型") else "right")
        for name, cost in self.dearest(most).items():
            shown.add_row(name, f"{cost.seconds:.2f}", "" if cost.rows is None else f"{cost.rows:,}")
        return shown


def _timed(real: Callable[..., Any], costs: dict[str, Cost], name: Callable[..., str]) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        since = time.thread_time()
        result = real(*args, **kwargs)
        cost = costs.setdefault(name(*args), Cost())
        cost.seconds += time.thread_time() - since
        if (rows := _rows(result, args)) is not None:
            cost.rows = (cost.rows or 0) + rows
        return result

    return timed


def _rows(result: Any, args: tuple[Any, ...]) -> int | None:
    if isinstance(result, Part):
        return result.rows
    if args and isinstance(args[0], duckdb.DuckDBPyConnection):
        with suppress(duckdb.Error):
            said = args[0].execute(
                "SELECT estimated_size FROM duckdb_tables() WHERE table_name = ?", [args[1]]
            )
            return row[0] if (row := said.fetchone()) else None
    return None


@contextmanager
def watched() -> Iterator[Costs]:
    """Measure what is computed inside."""
    costs = Costs()
    made = _timed(runner._make, costs.models, lambda _, name, *rest: name)
    staged = _timed(engine.staged, costs.models, lambda _, run, name, *rest: name + LAID_DOWN)
    patches = [patch.object(runner, "_make", made), patch.object(engine, "staged", staged)]
    for module, function, words in _STEPS:
        real = getattr(module, function)
        patches.append(patch.object(module, function, _timed(real, costs.steps, lambda *_, said=words: said)))
    for each in patches:
        each.start()
    try:
        yield costs
    finally:
        for each in patches:
            each.stop()
