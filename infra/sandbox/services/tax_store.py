"""The store of the tax interface: one SQLite file of finished JSON records, the same bytes for the same records."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pandas as pd

from infra.sandbox.services.changes import SHANGHAI, TEXTUAL, Changes

Row = tuple[str, int, int, int | None, str]
"""Resource, change number, published and superseded (seconds since the epoch), JSON text."""

_TABLE = """
create table record (
    resource text not null, change_no integer not null, published integer not null, superseded integer,
    body text not null, primary key (resource, change_no)
) without rowid
"""
_PAGE = """
select change_no, body from record
where resource = :resource and change_no > :after and published <= :now and coalesce(superseded > :now, 1)
order by change_no limit :limit
"""


def write_store(path: Path, resources: list[Changes]) -> None:
    """Write the records of all resources, in the place of an earlier store."""
    write_records(path, [row for changes in resources for row in _rows(changes)])


def write_records(path: Path, rows: Iterable[Row]) -> None:
    """Write finished records, in the place of an earlier store."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(unfinished)) as store, store:
        store.execute(_TABLE)
        store.executemany("insert into record values (?, ?, ?, ?, ?)", rows)
    os.replace(unfinished, path)


def _rows(changes: Changes) -> list[Row]:
    clean = changes.clean
    moments = (clean["published"].to_numpy().astype("M8[s]") + SHANGHAI).astype(str)
    fields = changes.source.fields
    columns = [_tokens(name, changes.cells[name], fields[name] == TEXTUAL) for name in fields]
    numbers = clean["change_no"].tolist()
    ends = [None if e is pd.NA else int(e) for e in clean["superseded"].tolist()]
    bodies = [
        f'{{"change_no":{number},"updated_at":"{moment}+08:00",{",".join(cells)}}}'
        for number, moment, *cells in zip(numbers, moments, *columns, strict=True)
    ]
    name = changes.source.name
    return [
        (name, number, int(begin), end, body)
        for number, begin, end, body in zip(numbers, clean["published"].tolist(), ends, bodies, strict=True)
    ]


def _tokens(name: str, cells: list[str | None], textual: bool) -> list[str]:
    """Return JSON members; a number is written digit by digit, a word in its place as text."""
    return [f'"{name}":{_token(cell, textual)}' for cell in cells]


def _token(cell: str | None, textual: bool) -> str:
    if cell is None:
        return "null"
    number = not textual and (cell[0].isdigit() or cell[0] == "-")
    return cell if number else json.dumps(cell, ensure_ascii=False)


def page(path: Path, resource: str, after: int, limit: int, now: float) -> list[tuple[int, str]]:
    """Return change number and text of the current records behind a number, in their order."""
    if not path.exists():
        return []
    given = {"resource": resource, "after": after, "limit": limit, "now": int(now)}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
        return store.execute(_PAGE, given).fetchall()
