"""One file per region, county and domain that people belong to, beside the whole served file: it holds no other firms.

Superset connects a person to the file of the own scope, so that not even a statement of the person's own finds more.
Every file has the same tables and columns; what each table keeps is said in ``schemas/served.yaml``. Who belongs to
nothing, or to several, gets the file ``none``: names and texts, no figure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import duckdb
import structlog

from jobs.serve import behind, renewal, scope_rows, small_cells
from jobs.serve.classes import classes_of
from jobs.serve.kinds import NOBODY, Place, places, scopes

log = structlog.get_logger()

FOLDER = "scopes"
"""Folder beside the whole file, with a folder per scope."""
NONE = NOBODY.name
"""Folder of who belongs to nothing."""
_BEHIND = "behind.duckdb"
"""Beside the whole file: sums and largest firms behind the figures, kept for the next build; nobody is connected to it."""
_AT_ONCE = 2
"""Scopes written at a time: DuckDB works on one of these small tables with one core."""


def file_of(whole: Path, scope: str) -> Path:
    """Return the file of a scope by the scope's name; the file's own name, and so DuckDB's name of the database, is that of the whole file."""
    return whole.parent / FOLDER / scope / whole.name


def write(whole: Path, base: Path | None = None) -> None:
    """Write the files of all scopes that a build lacks; one that is there is whole and stays.

    Parameters
    ----------
    whole : Path
        The build's file with all rows, closed.
    base : Path, optional
        The file of another build in the same layout: what its scopes hold of the same releases is taken over.

    Raises
    ------
    Unclassified
        If nobody said what a table of it tells about firms.
    """
    lacking = [s for s in scopes() if not file_of(whole, s.name).exists()]
    if not lacking:
        return
    with _opened(whole, base) as con:
        classes = classes_of(scope_rows.columns(con))
        behind.prepare(con)
        placed = places(con, lacking)
        linked = _holding_all(con, placed, [t for t, c in classes.items() if c.holds == "firms"])
        for place in linked:
            _link(whole, place.scope.name)
        own = [place for place in placed if place not in linked]
        if not own:
            return
        begun = [_source(base and file_of(base, place.scope.name)) for place in own]
        shared = scope_rows.plan(con, classes, any(begun))
        fresh = shared.fresh(small_cells.CELLS, carried=all(begun))
        cells = [t for t, c in classes.items() if c.holds == "cells"]
        small_cells.judge(con, [p for p in own if p.scope != NOBODY], shared.judged, fresh, cells)
        one = partial(_write_one, whole=whole, shared=shared)
        with ThreadPoolExecutor(_AT_ONCE) as workers:
            list(workers.map(one, (con.cursor() for _ in own), own, begun))
    sizes = {p.scope.name: file_of(whole, p.scope.name).stat().st_size for p in own}
    log.info("scopes", whole=whole.stat().st_size, written=sizes)


@contextmanager
def _opened(whole: Path, base: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a build's file with all rows and that of the build before, and beside them what stands behind the figures."""
    kept = whole.with_name(_BEHIND)
    if not kept.exists() and (before := _source(base and base.with_name(_BEHIND))):
        os.replace(_aside(kept, before), kept)
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{renewal.quoted(whole)}' AS {scope_rows.WHOLE} (READ_ONLY)")
        if base:
            con.execute(f"ATTACH '{renewal.quoted(base)}' AS {scope_rows.BEFORE} (READ_ONLY)")
        con.execute(f"ATTACH '{renewal.quoted(kept)}' AS behind")
        yield con


def _source(base: Path | None) -> Path | None:
    """Return a file of the build before, where it has one of its own."""
    return base if base and base.exists() and not base.is_symlink() else None


def _aside(path: Path, base: Path | None) -> Path:
    """Return where a file is written until it is whole, without what a killed run left there; as a copy of another one."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    if base:
        shutil.copyfile(base, unfinished)
    return unfinished


def _holding_all(con: duckdb.DuckDBPyConnection, placed: list[Place], tables: Iterable[str]) -> list[Place]:
    """Return the regions to which every firm belongs."""
    each = " UNION ".join(f'SELECT region_code FROM {scope_rows.WHOLE}."{t}"' for t in tables)
    regions = {code for (code,) in con.execute(each).fetchall()}
    return [p for p in placed if p.scope.kind == "region" and regions <= set(p.codes)]


def _link(whole: Path, scope: str) -> None:
    """Let a scope that holds all firms read the whole file."""
    path = file_of(whole, scope)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = _aside(path, None)
    unfinished.symlink_to(os.path.relpath(whole, path.parent))
    os.replace(unfinished, path)


def _write_one(
    con: duckdb.DuckDBPyConnection, place: Place, base: Path | None, whole: Path, shared: scope_rows.Plan
) -> None:
    """Write a scope's file aside and move it into place."""
    path = file_of(whole, place.scope.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished, file = _aside(path, base), f'"scoped_{place.scope.name}"'
    renewal.attach(con, unfinished, file)
    if not base:
        con.execute(f"COPY FROM DATABASE {scope_rows.WHOLE} TO {file} (SCHEMA)")
    scope_rows.fill(con, file, place, shared, carried=base is not None)
    # Another scope's look at the catalogue may be open on this file too: wait for it.
    con.execute(f"FORCE CHECKPOINT {file}")
    con.execute(f"DETACH {file}")
    os.replace(unfinished, path)
