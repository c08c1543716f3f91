"""The rows of a poll: judged, counted and appended to the lake, in one database that goes with the poll.

Apart from :mod:`jobs.feeds.take_in`, because a look that finds nothing needs neither the database nor the lake.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from jobs.definitions.contract import Contract
from jobs.definitions.wording import key_text
from jobs.feeds import classify
from jobs.feeds.balance import Tally
from jobs.feeds.classify import split
from jobs.feeds.judging import columns
from jobs.feeds.landing import JUDGING
from jobs.feeds.reading import rows_folder
from jobs.feeds.scopes import OWNER
from jobs.feeds.tally import tally
from jobs.lake import append, standing, together
from jobs.lake.mark import claim
from jobs.lake.scratch import scratch
from jobs.ledger.models import File
from jobs.ledger.repairs import is_repair
from jobs.settings import settings
from jobs.sheets.parse import Parsed
from jobs.sqltext import name, text

PIECE = 4_000
"""Rows that are handed to the lake at a time; several are under way to each writer."""
SIDE_BY_SIDE = 4_000_000
"""Cells up to which a poll's tables are written at the same time; beyond, what the writers hold in memory would add up."""
BESIDE_A_WRITER = "256MB"
"""What the database keeps in memory then: all it does is read its rows once more."""

_FILES = {
    "place": "INTEGER", "path": "VARCHAR", "file_id": "BIGINT", "batch_id": "VARCHAR", "file_name": "VARCHAR",
    "scope": "VARCHAR", "reporter": "VARCHAR", "_reporter": "VARCHAR", "ordinal": "INTEGER",
    "_headers": "MAP(VARCHAR, VARCHAR)", "_units": "MAP(VARCHAR, VARCHAR)",
}  # fmt: skip
_BRONZE = "SELECT batch_id, file_id, file_name, sheet, row_no, _cells AS cells FROM typed JOIN files ON _place = place"


def _of_file(contract: Contract, found: Parsed) -> dict[str, Any]:
    """Return what holds for all rows of a file: attributes, and the yuan of its units."""
    told = {f"_told_{n}": found.attributes.get(n) for n in columns.told_names(contract)}
    money = [c.name for c in contract.columns if c.money]
    return told | {f"_yuan_{n}": columns.yuan(found.units.get(n)) for n in money}


def describe(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    files: list[File],
    parsed: Mapping[int, Parsed],
    ids: Mapping[int, str],
    folder: Path,
) -> None:
    """Give a connection the accepted files of a poll, one row each, and their rows as they landed.

    Their parsed rows lie in the folder; ``place`` counts the poll's files, ``ordinal`` those of one scope.
    """
    seen: dict[str, int] = {}
    rows = []
    for file in files:
        if file.file_id not in parsed:
            continue
        parse, scope = parsed[file.file_id], file.scope or ""
        seen[scope] = seen.get(scope, 0) + 1
        rows.append({
            "place": file.ordinal, "path": str(folder / f"{file.ordinal}.parquet"), "file_id": file.file_id,
            "batch_id": ids[file.file_id], "file_name": file.path, "scope": scope, "reporter": file.reporter,
            "_reporter": file.reporter, "ordinal": seen[scope], "_headers": parse.headers, "_units": parse.units,
        } | _of_file(contract, parse))  # fmt: skip
    told = {n: "INTEGER" if n.startswith("_yuan_") else "VARCHAR" for n in rows[0] if n not in _FILES}
    # As one text: a statement for each file takes longer than its rows.
    shape = text(json.dumps([_FILES | told]))
    con.execute(
        f"CREATE TABLE files AS SELECT file.* FROM (SELECT unnest(from_json($rows, {shape})) AS file)",
        {"rows": json.dumps(rows)},
    )
    con.execute("SET VARIABLE paths = (SELECT list(path) FROM files)")
    wanted = ", ".join(columns.wanted(contract))
    con.execute(
        f"CREATE VIEW landed AS SELECT place AS _place, file_row_number AS _line, sheet, row_no, cells AS _cells, {wanted}, "
        "batch_id, file_id, file_name FROM read_parquet(getvariable('paths'), filename = 'path', file_row_number = true) "
        "JOIN files USING (path)"
    )


def hold(con: duckdb.DuckDBPyConnection, contract: Contract, rows: str) -> None:
    """Give a connection the keys that a feed's rows hold, and whose they are.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
    contract : Contract
    rows : str
        SQL of the feed's rows in the lake.
    """
    own = ", ".join(map(name, held_columns(contract)))
    con.execute(
        f"CREATE TABLE live AS SELECT {own}, {OWNER} AS owner, {key_text(contract)} AS _key FROM ({rows})"
    )


def held_columns(contract: Contract) -> list[str]:
    """Return the columns that tell which keys a feed's rows hold."""
    return list(dict.fromkeys([*contract.key, "year", "scope", "reporter"]))


def _append(con: duckdb.DuckDBPyConnection, contract: Contract, counted: list[Tally], token: str) -> None:
    """Append what there is: a commit without rows costs as much as one with."""
    queries = {("bronze", contract.id): [_BRONZE]}
    if any(t.silver for t in counted):
        queries["silver", contract.id] = [classify.silver(contract)]
    if any(t.withdrawn for t in counted):
        queries.setdefault(("silver", contract.id), []).append(classify.withdrawn(contract))
    if any(t.quarantined for t in counted):
        con.execute(f"CREATE TABLE refused AS {classify.quarantine(contract)}")
        queries["quarantine", "rows"] = ["FROM refused"]

    def write(query: str, layer: str, table: str) -> None:
        with con.cursor() as own:
            append(own.sql(query).to_arrow_reader(PIECE), layer, table, f"poll-{token}")

    writes: list[Callable[[], None]] = [
        partial(write, " UNION ALL ".join(parts), layer, table) for (layer, table), parts in queries.items()
    ]
    if sum(t.landed for t in counted) * len(contract.cells) <= SIDE_BY_SIDE:
        together(writes)
    else:
        con.execute(f"SET memory_limit = '{BESIDE_A_WRITER}'")
        for each in writes:
            each()


def load(
    contract: Contract, files: list[File], parsed: dict[int, Parsed], ids: dict[int, str], token: str
) -> dict[str, Tally]:
    """Judge the parsed rows of a poll and append them, to count once the ledger says so.

    For the lake's one writer.

    Parameters
    ----------
    contract : Contract
    files : list of File
        The poll's files in their order.
    parsed : dict
        What the parser found, by file id; only the accepted ones.
    ids : dict
        Batch id by file id.
    token : str
        The poll's name, which makes the appends no-ops when they are repeated.

    Returns
    -------
    dict
        Counts by batch id.
    """
    claim()
    withdraws = contract.feed.mode == "replace" and not any(is_repair(f.path) for f in files)
    with scratch(settings().landing, JUDGING) as con:
        describe(con, contract, files, parsed, ids, rows_folder(token))
        if contract.feed.mode == "replace":
            hold(con, contract, standing(con, contract.id, held_columns(contract)))
        split(con, contract, withdraws)
        tallies = tally(con, contract, withdraws)
        _append(con, contract, list(tallies.values()), token)
    return tallies
