"""One run of the models: slices of enterprises, each in an engine of its own, and the merge over what they staged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from jobs.definitions.wording import folded_sql
from jobs.kpi import inputs, runner
from jobs.kpi.inputs import Pinned
from jobs.lake.shape import shaped
from jobs.lake.staging import Attempt, lay_down

Bounds = tuple[str | None, str | None]
"""First key of a slice and of the next one; None: open."""

STAGED = ("cells", "awarded", "ratio_singles", "flow_cells", "grant_documents")
"""What the slices hand to the merge for the figures of regions."""
OF_FIRMS = ("first_certificates", "rule_counts", "told_warnings", "roster")
"""What they hand to it for the tables of firms and of rules."""
RESULTS = (
    "kpi_enterprise", "enterprise_statement", "criteria_condition", "criteria_result", "certificate_expiry", "incentive",
    "ticket_progress",
)  # fmt: skip
"""Tables of single enterprises: a slice's own part is final."""
VIEWS = (*RESULTS, "past", "facts")
"""Models that are read once, or a few columns of them: as tables they would only be copied."""
READINGS = (
    "ratio_readings", "growth_readings", "level_readings", "coverage_readings", "count_readings", "flow_readings",
)  # fmt: skip
"""Models of the merge that one other reads, once."""
MERGED = ("kpi_region",)
"""Figures of regions."""
MERGED_OF_FIRMS = ("coverage", "breakthrough", "incentive_rule", "warning_rule")
"""Tables of regions and of rules that rest on more than figures."""
WRITTEN = ("warning",)
"""Tables of single enterprises that the merge finishes: they stay in files as well."""
ASKED = ("roster",)
"""No tables: what the status of the feeds asks of all slices."""


def tables_of(firms: bool) -> tuple[str, ...]:
    """Return the gold tables of a run: the figures of regions alone, or those of single enterprises and of rules as well."""
    return (*MERGED, *MERGED_OF_FIRMS, *RESULTS, *WRITTEN) if firms else MERGED


@dataclass(frozen=True)
class Run:
    """All that a slice must be told; plain data, so that it can be sent to where the slice is computed.

    Attributes
    ----------
    sources : mapping
        Name a feed is read as -> its pinned tables.
    columns : mapping
        Name -> columns that the models read of it.
    tables : mapping
        Parameters, by the name under which models read them.
    scalars : mapping
        Parameters that are one value each.
    models : mapping
        Models made from the dictionary, beside those in files.
    shapes : mapping
        Gold table -> its columns and their types.
    by : str or None
        Column of the enterprise by which slices are cut.
    of_firms : bool
        Whether the tables of single enterprises and of rules are wanted beside the figures of regions.
    """

    sources: Mapping[str, tuple[Pinned, ...]]
    columns: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, pa.Table]
    scalars: Mapping[str, Any]
    models: Mapping[str, str]
    shapes: Mapping[str, Mapping[str, str]]
    by: str | None = "uscc"
    of_firms: bool = True

    @property
    def wanted(self) -> tuple[str, ...]:
        """What each slice stages."""
        return (*STAGED, *OF_FIRMS, *RESULTS) if self.of_firms else STAGED

    @property
    def merged(self) -> tuple[str, ...]:
        """Tables that the merge hands over as rows."""
        return (*MERGED, *MERGED_OF_FIRMS) if self.of_firms else MERGED

    @property
    def written(self) -> tuple[str, ...]:
        """Tables of single enterprises that the merge finishes."""
        return WRITTEN if self.of_firms else ()


@dataclass(frozen=True)
class Limits:
    """What the engine of a slice, or of the merge, may take of its machine (:func:`jobs.kpi.runner.connection`).

    Attributes
    ----------
    memory : int, optional
        MiB.
    """

    threads: int | None = None
    memory: int | None = None
    disk: str | None = None

    def connection(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open an engine within these limits."""
        return runner.connection(self.threads, self.memory, self.disk)


@dataclass(frozen=True)
class Part:
    """What a slice staged of a table.

    Attributes
    ----------
    slice : int
        Its number, from 0.
    digest : str
        Of the models and the code it was computed by.
    """

    slice: int
    table: str
    path: str
    rows: int
    digest: str


def prepare(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Make the parameters of a run known to a connection."""
    for name, table in run.tables.items():
        con.register(name, table)
    for name, value in run.scalars.items():
        con.execute(f"SET VARIABLE {name} = ?", [value])


def _feed_models(con: duckdb.DuckDBPyConnection, run: Run) -> dict[str, str]:
    special = {"notices": None, "register": run.by, "tickets": run.by}
    models, plain = {}, {n: s for n, s in run.sources.items() if n not in special}
    for name in (n for n in special if n in run.sources):
        rows = inputs.latest(con, run.sources[name], run.columns[name], special[name])
        if name == "notices":
            rows = f"SELECT *, {folded_sql('name')} AS folded_name FROM ({rows})"
        models[name] = rows
    for name, own in plain.items():
        models[f"silver_{name}"] = inputs.with_lines(con, name, own, run.columns[name], run.by)
    models["sheets"] = inputs.sheets_of(con, (s for own in plain.values() for s in own), run.by)
    return models


def compute_slice(
    run: Run,
    bounds: Bounds,
    number: int,
    attempt: Attempt,
    limits: Limits,
    opened: Callable[[duckdb.DuckDBPyConnection], None] = lambda _: None,
) -> list[Part]:
    """Compute one slice and stage its tables.

    Parameters
    ----------
    run, bounds, number, attempt, limits
        The slice, its number from 0, where its files go, and what its engine may take.
    opened : callable
        Told the engine: whoever waits for the slice in another thread can interrupt it.

    Returns
    -------
    list of Part
        What was staged: of each table that the run has one file.
    """
    with limits.connection() as con:
        opened(con)
        models = _of_slice(con, run, bounds)
        made = runner.each(con, models, run.wanted, VIEWS)
        return [staged(con, run, n, number, attempt) for n in made]


def _of_slice(con: duckdb.DuckDBPyConnection, run: Run, bounds: Bounds) -> dict[str, str]:
    """Make a slice's inputs known to a connection and return its models."""
    prepare(con, run)
    for name, value in zip(("slice_from", "slice_to"), bounds, strict=True):
        con.execute(f"SET VARIABLE {name} = CAST(? AS VARCHAR)", [value])
    return {**runner.files("slice"), **_feed_models(con, run), **run.models}


@contextmanager
def opened(run: Run) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, str]]]:
    """Open an engine on all enterprises, and give the models that can be run in it: for who looks into a figure."""
    with runner.connection() as con:
        yield con, _of_slice(con, run, (None, None))


def staged(con: duckdb.DuckDBPyConnection, run: Run, name: str, number: int, attempt: Attempt) -> Part:
    """Lay down what a model made: a table in the shape of its contract, anything else as it is."""
    shape = run.shapes.get(name)
    target = attempt.in_table(name) if shape else attempt.interim(name)
    rows = shaped(con, name, shape, partitioned=True) if shape else f"FROM {name}"
    return Part(number, name, target, lay_down(con, rows, target), digest())


@lru_cache(maxsize=1)
def digest() -> str:
    """Return a fingerprint of the models and the code as this process has them: read once, at its first slice."""
    whole = hashlib.sha256()
    for path in sorted(p for kind in ("*.py", "*.sql") for p in Path(__file__).parent.parent.rglob(kind)):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]
