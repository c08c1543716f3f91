"""Splitting landed rows into silver, quarantine and duplicates, and finding what a file withdraws: SQL in one connection.

Tables that are made: ``typed`` (every row with the contract's columns), ``judged`` (``row``, ``fate``, ``mark``, ``held``)
and ``gone`` (keys that a replacing file leaves out; ``held`` where nothing may be withdrawn).
"""

from __future__ import annotations

import duckdb

from jobs.definitions.contract import Contract
from jobs.definitions.wording import key_text
from jobs.feeds.judging import columns, row_rules
from jobs.feeds.scopes import ELSEWHERE, HOLDS, LEFT_OUT, OVERTAKEN, OWNER, REPEATED
from jobs.lake.tables import BRONZE, QUARANTINE, silver_columns
from jobs.sqltext import name, text

SILVER, QUARANTINED, DUPLICATES = "silver", "quarantined", "duplicates"
"""What becomes of a row: kept, refused with reasons, dropped as identical to a kept one or overtaken by it."""

_FATE = f"""
CREATE TABLE judged AS
SELECT t.rowid AS row, mark, held, CASE
    WHEN _broken OR mark IN ('conflict', 'elsewhere') THEN '{QUARANTINED}'
    WHEN mark = 'copy' THEN '{DUPLICATES}' ELSE '{SILVER}' END AS fate
FROM typed t LEFT JOIN marks ON t.rowid = marks.row
"""
_KEYS = f"""
CREATE VIEW keys AS
SELECT typed.rowid AS row, place, sheet, row_no, _key, _same, scope, {OWNER} AS owner, ordinal, NOT _broken AS good, {{turn}}
FROM typed JOIN files ON _place = place
"""
_SOUND = """
CREATE VIEW sound_keys AS
SELECT keys.*, good AND mark IS DISTINCT FROM 'conflict' AS sound FROM keys LEFT JOIN clashes USING (row)
"""


def split(con: duckdb.DuckDBPyConnection, contract: Contract, withdraws: bool = True) -> None:
    """Decide about every row of a poll.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        With ``landed`` (``_place``, ``_line``, ``sheet``, ``row_no`` and what :func:`jobs.feeds.judging.columns.valued` wants),
        ``files`` (as :mod:`jobs.feeds.scopes` says, with ``_headers``) and, for a replacing feed, ``live`` (also with the
        key's columns and ``year``).
    contract : Contract
    withdraws : bool
        Whether a file of a replacing feed withdraws what it leaves out; a corrected sheet never does.
    """
    row_rules.define(con)
    con.execute(_typed(contract))
    request = contract.feed.request
    con.execute(_KEYS.format(turn=f"{name(request.mark)} AS turn" if request else "NULL AS turn"))
    con.execute(f"CREATE TABLE clashes AS {_clashes(bool(request))}")
    if contract.feed.mode == "upsert":
        con.execute("CREATE VIEW marks AS FROM clashes")
        con.execute(_FATE)
        return
    con.execute(HOLDS)
    con.execute(_SOUND)
    con.execute(f"CREATE TABLE others AS {ELSEWHERE.format(withdraws=str(withdraws).lower())}")
    con.execute("CREATE VIEW marks AS FROM others UNION ALL FROM clashes ANTI JOIN others USING (row)")
    con.execute(_FATE)
    if withdraws:
        con.execute(_left_out(contract))


def _typed(contract: Contract) -> str:
    """Return SQL of every row with the contract's columns, ``_key``, ``_same`` and what is wrong with it by itself."""
    own = [f"{name(c.name)}::{c.type} AS {name(c.name)}" for c in contract.columns]
    if "year" not in {c.name for c in contract.columns}:
        own.append(f"{_year_of(contract)} AS year")
    texts = ", ".join(f"coalesce({columns.text_name(c)}, '')" for c in contract.cells)
    return (
        f"CREATE TABLE typed AS SELECT _place, _line, sheet, row_no, _cells, {', '.join(own)}, "
        f"{key_text(contract)} AS _key, sha256(concat_ws(chr(31), {texts})) AS _same, _broken, "
        f"CASE WHEN _broken THEN {row_rules.unreadable(contract)} ELSE false END AS _unreadable "
        f"FROM (SELECT *, {row_rules.broken(contract)} AS _broken FROM ({columns.valued(contract, 'landed')}))"
    )


def _clashes(requested: bool) -> str:
    """Return SQL of the rows whose key stands more than once in their file."""
    if not requested:
        return REPEATED.format(keys="keys")
    # Two changes of one record are no conflict, also where the later one is refused for itself.
    changes = (
        "(SELECT * REPLACE (concat_ws('@', _key, turn) AS _key) FROM keys ANTI JOIN overtaken USING (row))"
    )
    return f"WITH overtaken AS ({OVERTAKEN}) FROM overtaken UNION ALL ({REPEATED.format(keys=changes)})"


def _left_out(contract: Contract) -> str:
    carried = list(map(name, dict.fromkeys([*contract.key, "year"])))
    return LEFT_OUT.format(
        carried=", ".join(carried), had_carried=", ".join(f"had.{column}" for column in carried)
    )


def _year_of(contract: Contract) -> str:
    """Return the year by which silver is partitioned: of the period, else of the first date in the key."""
    if "period" in {c.name for c in contract.columns}:
        return "CAST(period[1:4] AS INTEGER)"
    dates = [c.name for c in contract.columns if c.type == "DATE" and c.required]
    return f"CAST(year({name(dates[0])}) AS INTEGER)"


def _shaped(have: dict[str, str], shape: dict[str, str], rows: str) -> str:
    """Return SQL of rows in the shape of a table; what they do not have is null."""
    own = [f"{_cast(have.get(c, 'NULL'), kind)} AS {name(c)}" for c, kind in shape.items()]
    return f"SELECT {', '.join(own)} FROM {rows}"


def _cast(value: str, kind: str) -> str:
    """Return SQL of a value in a type of the lake; lists are of that type as they are made."""
    if kind.startswith("ARRAY"):
        return value
    return f"CAST({value} AS {kind.replace('<', '(').replace('>', ')').replace('STRING', 'VARCHAR')})"


_OF_FILE = {c: f"files.{c}" for c in ("batch_id", "file_id", "file_name", "scope", "reporter")}


def silver(contract: Contract) -> str:
    """Return SQL of the rows that are kept, in the shape of their table."""
    own = {c: f"typed.{name(c)}" for c in silver_columns(contract)}
    marks = {"feed": text(contract.id), "deleted": "false", "reported": "_cells", "units": "_units"}
    rows = f"typed JOIN judged ON typed.rowid = row JOIN files ON _place = place WHERE fate = '{SILVER}'"
    return _shaped(own | _OF_FILE | marks, silver_columns(contract), rows)


def withdrawn(contract: Contract) -> str:
    """Return SQL of the keys that are withdrawn, in the shape of silver."""
    own = {c: f"gone.{name(c)}" for c in (*contract.key, "year")}
    marks = {"feed": text(contract.id), "deleted": "true", "units": "_units"}
    return _shaped(
        own | _OF_FILE | marks, silver_columns(contract), "gone JOIN files USING (place) WHERE NOT held"
    )


def _reasons(contract: Contract) -> str:
    """Return SQL of a refused row's reasons: its own, then what only other rows show.

    A row that is bad by itself keeps its own reasons where its key stands twice in the file.
    """
    first = contract.column(contract.key[0])
    header = f"coalesce(_headers[{text(first.name)}], {text(first.label)})"
    twice = row_rules.key_reason(
        contract, header, "_key", "'KEY_CONFLICT'", text("同一文件内主键重复而内容不同，均未采用")
    )
    held = "concat('该主键已由其他报送范围持有：', held)"
    other = row_rules.key_reason(contract, header, "_key", "'KEY_OTHER_SCOPE'", held)
    return (
        f"list_concat({row_rules.reasons(contract)}, CASE WHEN mark = 'conflict' AND NOT _broken THEN [{twice}] "
        f"WHEN mark = 'elsewhere' THEN [{other}] ELSE [] END)"
    )


def quarantine(contract: Contract) -> str:
    """Return SQL of the refused rows with their reasons, in the shape of the quarantine."""
    of_file = ", ".join(columns.wanted(contract))
    bad = (
        f"(SELECT sheet, row_no, _cells, _key, _broken, mark, held, batch_id, file_id, file_name, scope, _headers, {of_file} "
        f"FROM typed JOIN judged ON typed.rowid = row JOIN files ON _place = place WHERE fate = '{QUARANTINED}')"
    )
    have = {c: name(c) for c in BRONZE} | {"cells": "_cells", "feed": text(contract.id), "scope": "scope"}
    have |= {"key": "_key", "reasons": _reasons(contract)}
    return _shaped(have, QUARANTINE, f"({columns.valued(contract, bad)})")
