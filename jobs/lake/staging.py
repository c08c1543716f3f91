"""Files of a computation: laid down first, beside the gold tables that they are to be part of, and read by nobody yet.

One commit a table makes them part of it (:func:`jobs.lake.write.replace_release`). What a computation that was killed
left is removed by upkeep.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from jobs.definitions.contract import table_names
from jobs.lake.shape import columns_of, shaped
from jobs.lake.tables import PARTITION, path_of
from jobs.settings import settings

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

    def interim(self, name: str) -> Path:
        """Return a path for rows that only the computation itself reads."""
        return _new(Path(self.folder) / name, self.name)

    def in_table(self, table: str) -> Path:
        """Return a path for rows of a table, where its partition lies."""
        return _new(Path(self.tables) / table / f"{PARTITION}={self.release}", self.name)


def _new(folder: Path, name: str) -> Path:
    """Return the path of a file that is new even when a task runs twice."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}-{uuid4().hex}.parquet"


@contextmanager
def in_lake(release: str) -> Iterator[Attempt]:
    """Stage beside the gold tables, as the lake's one writer; what no table has taken by the end is removed."""
    root = Path(settings().lake_root)
    name = f"{release}-{uuid4().hex[:12]}"
    folder = root / FOLDER / name
    folder.mkdir(parents=True)
    try:
        yield Attempt(name, release, str(folder), str(root / "gold"))
    finally:
        _remove(folder)


@contextmanager
def apart(release: str) -> Iterator[Attempt]:
    """Stage away from the lake: for figures that are compared or shown and then forgotten."""
    with tempfile.TemporaryDirectory(prefix="figures-") as folder:
        yield Attempt("figures", release, folder, folder)


def left_over() -> list[Path]:
    """Return the folders of computations that were killed; for the lake's one writer, who knows that none is under way."""
    return sorted((Path(settings().lake_root) / FOLDER).glob("*"))


def clear() -> int:
    """Remove what computations that were killed left, and return how many there were."""
    folders = left_over()
    for folder in folders:
        _remove(folder)
    return len(folders)


def _remove(folder: Path) -> None:
    """Remove an attempt's folder, last of all, and its files beside the tables that no version of them names."""
    release = folder.name.rpartition("-")[0]
    for table in table_names():
        own = list(Path(path_of("gold", table), f"{PARTITION}={release}").glob(f"{folder.name}-*"))
        if own:
            taken = {
                Path(p).name
                for p in pa.table(DeltaTable(path_of("gold", table)).get_add_actions())["path"].to_pylist()
            }
            for path in own:
                if path.name not in taken:
                    path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def lay_down(con: duckdb.DuckDBPyConnection, sql: str, target: Path) -> int:
    """Write the rows of a query to a file and return how many there are."""
    path = str(target).replace("'", "''")
    done = con.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet)").fetchone()
    return int(done[0]) if done else 0


def stage(rows: pa.Table | ds.Dataset, table: str, target: Path) -> Path:
    """Write rows to a file in the shape of a table's contract."""
    with duckdb.connect() as con:
        con.register(table, rows)
        lay_down(con, shaped(con, table, columns_of(table), partitioned=True), target)
    return target


def rows_in(path: str | Path) -> int:
    """Return how many rows a file says that it has."""
    return int(pq.read_metadata(path).num_rows)
