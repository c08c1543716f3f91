"""Files of a computation: laid down first, beside the gold tables that they are to be part of, and read by nobody yet.

One commit a table makes them part of it (:func:`jobs.lake.write.replace_release`). What a computation that was killed
left is removed by upkeep.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import duckdb
import pyarrow as pa

from jobs.definitions.contract import table_names
from jobs.lake import store
from jobs.lake.shape import columns_of, shaped
from jobs.lake.tables import PARTITION, open_table, path_of
from jobs.settings import settings
from jobs.sqltext import text

if TYPE_CHECKING:  # it loads pandas, and looking things up needs neither
    import pyarrow.dataset as ds

FOLDER = "staging"
"""Of the lake: a folder for each computation that is under way, or was killed."""


@dataclass(frozen=True)
class Attempt:
    """Where one computation lays down its files; plain data, so that it can be sent to where they are written.

    Attributes
    ----------
    name : str
        Begins the names of all its files.
    release : str
    folder : str
        Of its own, for what nobody reads but itself; it goes with it.
    tables : str
        Folder of the tables that its results lie beside.
    """

    name: str
    release: str
    folder: str
    tables: str

    def interim(self, name: str) -> str:
        """Return a path for rows that only the computation itself reads."""
        return _new(f"{self.folder}/{name}", self.name)

    def in_table(self, table: str) -> str:
        """Return a path for rows of a table, where its partition lies."""
        return _new(f"{self.tables}/{table}/{PARTITION}={self.release}", self.name)


def _new(folder: str, name: str) -> str:
    """Return the path of a file that is new even when a task runs twice."""
    path = f"{folder}/{name}-{uuid4().hex}.parquet"
    store.make_way(path)
    return path


def _under_way() -> str:
    return f"{settings().lake_root}/{FOLDER}"


@contextmanager
def in_lake(release: str) -> Iterator[Attempt]:
    """Stage beside the gold tables, as the lake's one writer; what no table has taken by the end is removed."""
    name = f"{release}-{uuid4().hex[:12]}"
    folder = f"{_under_way()}/{name}"
    store.make_folder(folder)
    try:
        yield Attempt(name, release, folder, f"{settings().lake_root}/gold")
    finally:
        _remove(name)


@contextmanager
def apart(release: str) -> Iterator[Attempt]:
    """Stage away from the lake: for figures that are compared or shown and then forgotten."""
    with tempfile.TemporaryDirectory(prefix="figures-") as folder:
        yield Attempt("figures", release, folder, folder)


def left_over() -> list[str]:
    """Return the names of computations that were killed; for the lake's one writer, who knows that none is under way."""
    return store.names_in(_under_way())


def clear() -> int:
    """Remove what computations that were killed left, and return how many there were."""
    names = left_over()
    for name in names:
        _remove(name)
    return len(names)


def _remove(name: str) -> None:
    """Remove an attempt's folder, last of all, and its files beside the tables that no version of them names."""
    release = name.rpartition("-")[0]
    for table in table_names():
        folder = f"{path_of('gold', table)}/{PARTITION}={release}"
        own = [n for n in store.names_in(folder) if n.startswith(f"{name}-")]
        if own:
            lying = pa.table(open_table("gold", table).get_add_actions())["path"].to_pylist()
            taken = {str(p).rpartition("/")[2] for p in lying}
            for file in sorted(set(own) - taken):
                store.remove(f"{folder}/{file}")
    store.remove_folder(f"{_under_way()}/{name}")


def lay_down(con: duckdb.DuckDBPyConnection, sql: str, target: str) -> int:
    """Write the rows of a query to a file and return how many there are."""
    store.attach(con, [target])
    done = con.execute(f"COPY ({sql}) TO {text(target)} (FORMAT parquet)").fetchone()
    return int(done[0]) if done else 0


def stage(rows: pa.Table | ds.Dataset, table: str, target: str) -> str:
    """Write rows to a file in the shape of a table's contract."""
    with duckdb.connect() as con:
        con.register(table, rows)
        lay_down(con, shaped(con, table, columns_of(table), partitioned=True), target)
    return target
