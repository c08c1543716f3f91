"""One file per region that officials belong to, beside the whole served file: it holds no other region's firms.

Superset connects a person to the file of the region, so that not even a statement of the person's own finds more.
Every file has the same tables and columns; what each table keeps is said in ``schemas/served.yaml``. Who belongs to
no region, or to several, gets the file ``none``: names and texts, no figure.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import duckdb
import structlog

from jobs import yamlfile
from jobs.serve import renewal, scope_rows, small_cells
from jobs.serve.classes import classes_of
from jobs.settings import settings

log = structlog.get_logger()

FOLDER = "scopes"
"""Folder beside the whole file, with a folder per scope."""
NONE = "none"
"""Scope of who belongs to no region."""
_CODE = re.compile(r"[0-9A-Z]{2,12}")
_BEHIND = "behind.duckdb"
"""Beside the whole file: sums and largest firms behind the figures, kept for the next build; nobody is connected to it."""
_AT_ONCE = 2
"""Scopes written at a time: DuckDB works on one of these small tables with one core."""
_PROVINCE = "0000"
"""End of the code of a province: it takes in every region whose code begins like its own."""


def scopes() -> tuple[str, ...]:
    """Return the scopes that get a file: the regions of the officials in the access file, and ``none``.

    Raises
    ------
    ValueError
        If a region is no code: it names a folder.
    """
    officials = yamlfile.read(settings().access).get("officials") or []
    regions = sorted({str(o["region"]) for o in officials if o.get("region")})
    if wrong := [r for r in regions if not _CODE.fullmatch(r)]:
        raise ValueError(f"{settings().access.name}：地区代码格式不对：{'、'.join(wrong)}")
    return (*regions, NONE)


def file_of(whole: Path, scope: str) -> Path:
    """Return the file of a scope; its name, and so DuckDB's name of the database, is that of the whole file."""
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
    lacking = [s for s in scopes() if not file_of(whole, s).exists()]
    if not lacking:
        return
    with _opened(whole, base) as con:
        classes = classes_of(scope_rows.columns(con))
        small_cells.prepare(con)
        members = _members(con, lacking)
        linked = _holding_all(con, members, [t for t, c in classes.items() if c.holds == "firms"])
        for scope in linked:
            _link(whole, scope)
        own = {s: codes for s, codes in members.items() if s not in linked}
        if not own:
            return
        begun = {s: _source(base and file_of(base, s)) for s in own}
        shared = scope_rows.plan(con, classes, any(begun.values()))
        fresh = shared.fresh(small_cells.CELLS, carried=all(begun.values()))
        small_cells.judge(con, {s: codes for s, codes in own.items() if s != NONE}, shared.judged, fresh)
        one = partial(_write_one, whole=whole, shared=shared)
        with ThreadPoolExecutor(_AT_ONCE) as workers:
            list(workers.map(one, (con.cursor() for _ in own), own, own.values(), begun.values()))
    sizes = {s: file_of(whole, s).stat().st_size for s in own}
    log.info("scopes", whole=whole.stat().st_size, written=sizes)


@contextmanager
def _opened(whole: Path, base: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a build's file with all rows and that of the build before, and beside them what stands behind the figures."""
    behind = whole.with_name(_BEHIND)
    if not behind.exists() and (before := _source(base and base.with_name(_BEHIND))):
        os.replace(_aside(behind, before), behind)
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{renewal.quoted(whole)}' AS {scope_rows.WHOLE} (READ_ONLY)")
        if base:
            con.execute(f"ATTACH '{renewal.quoted(base)}' AS {scope_rows.BEFORE} (READ_ONLY)")
        con.execute(f"ATTACH '{renewal.quoted(behind)}' AS behind")
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


def _members(con: duckdb.DuckDBPyConnection, asked: Iterable[str]) -> dict[str, list[str]]:
    """Return the codes of the regions that belong to each scope."""
    rows = con.execute(f"SELECT code, unit_code FROM {scope_rows.WHOLE}.region ORDER BY code").fetchall()

    def holds(scope: str, code: str, unit: str) -> bool:
        return scope in (code, unit) or (scope.endswith(_PROVINCE) and code.startswith(scope[:2]))

    return {s: [code for code, unit in rows if holds(s, code, unit)] for s in asked}


def _holding_all(
    con: duckdb.DuckDBPyConnection, members: dict[str, list[str]], tables: Iterable[str]
) -> set[str]:
    """Return the scopes to which every firm belongs."""
    each = " UNION ".join(f'SELECT region_code FROM {scope_rows.WHOLE}."{t}"' for t in tables)
    regions = {code for (code,) in con.execute(each).fetchall()}
    return {s for s, own in members.items() if s != NONE and regions <= set(own)}


def _link(whole: Path, scope: str) -> None:
    """Let a scope that holds all firms read the whole file."""
    path = file_of(whole, scope)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = _aside(path, None)
    unfinished.symlink_to(os.path.relpath(whole, path.parent))
    os.replace(unfinished, path)


def _write_one(
    con: duckdb.DuckDBPyConnection,
    scope: str,
    own: list[str],
    base: Path | None,
    whole: Path,
    shared: scope_rows.Plan,
) -> None:
    """Write a scope's file aside and move it into place."""
    path = file_of(whole, scope)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished, file = _aside(path, base), f"scoped_{scope}"
    renewal.attach(con, unfinished, file)
    if not base:
        con.execute(f"COPY FROM DATABASE {scope_rows.WHOLE} TO {file} (SCHEMA)")
    scope_rows.fill(con, file, None if scope == NONE else scope, own, shared, carried=base is not None)
    # Another scope's look at the catalogue may be open on this file too: wait for it.
    con.execute(f"FORCE CHECKPOINT {file}")
    con.execute(f"DETACH {file}")
    os.replace(unfinished, path)
