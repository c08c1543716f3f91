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
from jobs.serve.classes import TableClass, classes_of
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
        one = partial(_write_one, whole=whole, base=base, classes=classes)
        with ThreadPoolExecutor(_AT_ONCE) as workers:
            list(workers.map(one, (con.cursor() for _ in lacking), lacking))
    sizes = {s: file_of(whole, s).stat().st_size for s in lacking if not file_of(whole, s).is_symlink()}
    log.info("scopes", whole=whole.stat().st_size, written=sizes)


@contextmanager
def _opened(whole: Path, base: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a build's file with all rows, to be read, and beside it the one of what stands behind its figures."""
    behind = whole.with_name(_BEHIND)
    if not behind.exists() and _started(behind, base and base.with_name(_BEHIND)):
        os.replace(_temporary(behind), behind)
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{renewal.quoted(whole)}' AS whole (READ_ONLY)")
        con.execute(f"ATTACH '{renewal.quoted(behind)}' AS behind")
        yield con


def _temporary(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def _started(path: Path, base: Path | None) -> bool:
    """Begin a file aside, without what a killed run left of it, as a copy; return whether there was one to copy."""
    unfinished = _temporary(path)
    unfinished.unlink(missing_ok=True)
    if base is None or base.is_symlink() or not base.exists():
        return False
    shutil.copyfile(base, unfinished)
    return True


def _write_one(
    con: duckdb.DuckDBPyConnection,
    scope: str,
    whole: Path,
    base: Path | None,
    classes: dict[str, TableClass],
) -> None:
    """Write a scope's file aside and move it into place; a scope that holds all firms is a link to the whole file."""
    path = file_of(whole, scope)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = _temporary(path)
    con.execute(
        "CREATE TEMP TABLE own AS SELECT code FROM whole.region WHERE code = $scope OR unit_code = $scope "
        f"OR (right($scope, 4) = '{_PROVINCE}' AND starts_with(code, left($scope, 2)))",
        {"scope": scope},
    )
    if scope != NONE and _holds_all(con, [t for t, c in classes.items() if c.holds == "firms"]):
        unfinished.unlink(missing_ok=True)
        unfinished.symlink_to(os.path.relpath(path.parents[2] / path.name, path.parent))
    else:
        carried = _started(path, base and file_of(base, scope))
        file = f"scoped_{scope}"
        renewal.attach(con, unfinished, file)
        if not carried:
            con.execute(f"COPY FROM DATABASE whole TO {file} (SCHEMA)")
        scope_rows.fill(con, file, None if scope == NONE else scope, classes, carried)
        # Another scope's look at the catalogue may be open on this file too: wait for it.
        con.execute(f"FORCE CHECKPOINT {file}")
        con.execute(f"DETACH {file}")
    os.replace(unfinished, path)


def _holds_all(con: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> bool:
    outside = " OR ".join(
        f'EXISTS (SELECT 1 FROM whole."{t}" WHERE region_code NOT IN (SELECT code FROM own))' for t in tables
    )
    outside_row = con.execute(f"SELECT {outside}").fetchone()
    return outside_row == (False,)
