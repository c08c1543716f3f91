"""The sandbox's finance database: rows as CSV, and what makes a PostgreSQL database of them.

All versions of all rows lie in the schema ``store``. What a reader sees are views that show the versions current
by the business clock: the server reads the clock's file at every query, so nothing has to be loaded when it moves.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import psycopg
from psycopg import sql

from infra.sandbox.services.changes import COUNT, SHANGHAI, TEXTUAL, WAN, Changes, Source
from infra.sandbox.services.finance_db_rows import EQUITY, GUARANTEE, LISTING, LOAN, PLEDGE, RELENDING

TABLES = (LOAN, GUARANTEE, PLEDGE, EQUITY, LISTING, RELENDING)
TYPES = {TEXTUAL: "text", COUNT: "integer", WAN: "numeric(18,4)"}
OWN = ("change_no", "published_at", "superseded_at")

# Only the superuser may read a file of the server's machine; readers may ask this one function what time it is.
_CLOCK = """
create or replace function store.business_now() returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog set timezone = 'Asia/Shanghai' as $$
declare
    stamp text := trim(e' \\n' from pg_read_file({clock}, 0, 100, true));
begin
    return case when coalesce(stamp, '') = '' then now() else stamp::timestamptz end;
end $$
"""
_TABLE = """
create table store.{name} (
    change_no bigint primary key, published_at timestamptz not null, superseded_at timestamptz, {columns}
)
"""
_VIEW = """
create view public.{name} as
select change_no, to_char(published_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as updated_at, {columns}
from store.{name}, (select store.business_now() as now) as clock
where published_at <= clock.now and (superseded_at is null or superseded_at > clock.now)
"""


def write_rows(folder: Path, tables: list[Changes]) -> None:
    """Write one CSV file per table: every version, in the order of the change numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    for changes in tables:
        clean, names = changes.clean, list(changes.source.fields)
        begins = _moments(clean["published"].to_numpy())
        ends = _moments(clean["superseded"].astype("float64").to_numpy())
        cells = [changes.cells[name] for name in names]
        with (folder / f"{changes.source.name}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow([*OWN, *names])
            writer.writerows(zip(clean["change_no"].tolist(), begins, ends, *cells, strict=True))


def _moments(seconds: np.ndarray) -> list[str]:
    """Return moments with their offset, nothing for none."""
    known = ~np.isnan(seconds.astype(np.float64))
    text = (np.where(known, seconds, 0).astype("M8[s]") + SHANGHAI).astype(str)
    return [f"{t}+08:00" if k else "" for t, k in zip(text.tolist(), known.tolist(), strict=True)]


def fill(con: psycopg.Connection, folder: Path, clock: Path, owner: str, reader: str) -> None:
    """Make the database what the folder says, in one transaction.

    Parameters
    ----------
    con : Connection
        As superuser, in the database.
    folder : Path
        Of :func:`write_rows`; tables without a file are empty.
    clock : Path
        File of the business clock, on the server's machine.
    owner, reader : str
        Roles: who owns tables and views, and who may select from the views alone.
    """
    own = sql.Identifier(owner)
    with con.transaction():
        con.execute(sql.SQL("create schema if not exists store authorization {}").format(own))
        con.execute(sql.SQL(_CLOCK).format(clock=sql.Literal(str(clock))))
        con.execute(sql.SQL("set local role {}").format(own))
        for source in TABLES:
            _table(con, source, folder / f"{source.name}.csv")
        con.execute("reset role")
        _grant(con, reader)


def _table(con: psycopg.Connection, source: Source, rows: Path) -> None:
    """Create a table, fill it, and put the view before it."""
    name = sql.Identifier(source.name)
    columns = {n: sql.Identifier(n) for n in source.fields}
    typed = [sql.SQL("{} {}").format(c, sql.SQL(TYPES[source.fields[n]])) for n, c in columns.items()]
    con.execute(sql.SQL("drop table if exists store.{} cascade").format(name))
    con.execute(sql.SQL(_TABLE).format(name=name, columns=sql.SQL(", ").join(typed)))
    con.execute(sql.SQL(_VIEW).format(name=name, columns=sql.SQL(", ").join(columns.values())))
    if rows.exists():
        command = sql.SQL("copy store.{} from stdin (format csv, header)").format(name)
        with con.cursor() as cursor, cursor.copy(command) as copy:
            copy.write(rows.read_bytes())


def _grant(con: psycopg.Connection, reader: str) -> None:
    """Let the reader select from the views, and nothing else."""
    role = sql.Identifier(reader)
    con.execute("revoke all on schema public from public")
    con.execute(sql.SQL("grant usage on schema public to {}").format(role))
    for source in TABLES:
        con.execute(sql.SQL("grant select on public.{} to {}").format(sql.Identifier(source.name), role))
