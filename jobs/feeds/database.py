"""Pulling from a PostgreSQL database: what changed behind a change number, as the server sends it, into landing.

One read-only transaction of one snapshot, one ``COPY``. The change number must grow in the order in which changes
become visible; a row that shows up later under a smaller number is not seen.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
import structlog
from psycopg import sql
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from jobs import clock
from jobs.definitions.contract import Contract
from jobs.definitions.feedspec import Request
from jobs.feeds.landing import arriving
from jobs.feeds.source import SourceRefused, SourceUnavailable
from jobs.ledger.batches import Found

log = structlog.get_logger()

CONNECT_SECONDS = 10
TIME_LIMIT = 600.0
"""Seconds for one statement, unless the connection says ``timeout``."""

# A failed login carries no SQLSTATE, only the server's words.
_LOGIN = re.compile(
    "authentication failed|认证失败|permission denied|权限|does not exist|不存在|no pg_hba.conf entry"
)


def _parts(uri: str) -> tuple[str, float]:
    """Return the URI as libpq takes it, and the time limit of a statement."""
    parts = urlsplit(uri)
    options = dict(parse_qsl(parts.query))
    limit = float(options.pop("timeout", TIME_LIMIT))
    return urlunsplit(parts._replace(query=urlencode(options))), limit


def _connect(uri: str) -> psycopg.Connection:
    try:
        opened = psycopg.connect(uri, connect_timeout=CONNECT_SECONDS, application_name="zjtx")
    except psycopg.OperationalError as error:
        if _LOGIN.search(str(error)):
            raise SourceRefused(f"数据库不接受登录，请核对连接中的用户、密码和库名：{error}") from error
        raise SourceUnavailable(f"数据库连接不上：{error}") from error
    opened.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    opened.read_only = True
    return opened


def _query(request: Request, what: sql.Composable, after: int) -> sql.Composed:
    """Return a query on the rows that changed."""
    table, mark = sql.Identifier(*request.resource.split(".")), sql.Identifier(request.mark)
    return sql.SQL("SELECT {} FROM {} WHERE {} > {}").format(what, table, mark, sql.Literal(after))


def _copy(
    con: psycopg.Connection, contract: Contract, request: Request, after: int, limit: float
) -> Found | None:
    """Copy the rows that changed, in one snapshot."""
    at, mark = clock.now(), sql.Identifier(request.mark)
    con.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(int(limit * 1000))))
    newest = con.execute(_query(request, sql.SQL("max({})").format(mark), after)).fetchone()
    if newest is None or newest[0] is None:
        return None
    upto = int(newest[0])
    changed = _query(request, sql.SQL("*"), after) + sql.SQL(" AND {0} <= {1} ORDER BY {0}").format(
        mark, sql.Literal(upto)
    )
    command = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(changed)
    with arriving() as out:
        with con.cursor() as cursor, cursor.copy(command) as rows:
            for block in rows:
                out.write(bytes(block))
        con.commit()
        log.info("copied", feed=contract.id, table=request.resource, size=out.size)
        return Found(f"{contract.feed.folder}{after}-{upto}.csv", at, out.size, out.keep(), upto)


@retry(
    retry=retry_if_exception_type(SourceUnavailable),
    stop=stop_after_attempt(4),
    wait=wait_random_exponential(multiplier=0.5, max=8),
    reraise=True,
)
def pull(contract: Contract, request: Request, uri: str, after: int) -> Found | None:
    """Pull the rows that changed after a change number into one CSV file of landing.

    Parameters
    ----------
    contract : Contract
    request : Request
        The contract's own.
    uri : str
        ``postgresql://user:password@host:port/database?timeout=seconds``, with options of libpq.
    after : int
        The highest change number that was taken in.

    Returns
    -------
    Found or None
        None when nothing has changed.

    Raises
    ------
    SourceRefused
        If the database refuses login or reading, or has no such table or column.
    SourceUnavailable
        If it cannot be reached or does not finish, after several tries.
    """
    address, limit = _parts(uri)
    with _connect(address) as con:
        try:
            return _copy(con, contract, request, after, limit)
        except psycopg.errors.InsufficientPrivilege as error:
            raise SourceRefused(f"登录用户没有读取 {request.resource} 的权限：{error}") from error
        except (psycopg.ProgrammingError, psycopg.DataError) as error:
            raise SourceRefused(f"数据库不能应答 {request.resource}：{error}") from error
        except psycopg.errors.QueryCanceled as error:
            raise SourceUnavailable(f"读取 {request.resource} 超过 {limit:g} 秒：{error}") from error
        except psycopg.Error as error:
            raise SourceUnavailable(f"读取 {request.resource} 时连接中断：{error}") from error
