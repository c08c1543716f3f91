"""Connections to the ledger, its migrations and the lock of the one writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from jobs.refusals import Refusal, shown
from jobs.settings import settings

WRITER_LOCK = 0x5A4A5458
"""Key of the PostgreSQL advisory lock that makes the lake have one writer at a time."""


_HELD = """
select exists (
    select from pg_locks where locktype = 'advisory' and granted and pid = pg_backend_pid()
    and (classid::bigint << 32) + objid::bigint = :k
)
"""
_LOST = "写入湖仓的锁已失去（与台账的连接断过），没有提交；请重新运行 / the writer's lock was lost, nothing was committed"


class WriterBusy(Refusal, RuntimeError):
    """Another process is writing to the lake."""


@dataclass
class Writer:
    """The lake's one writer.

    Attributes
    ----------
    connection : Connection
        Holds the lock.
    """

    connection: Connection

    def sure(self) -> None:
        """Ask the ledger whether the lock is still held: who lost the connection may have a successor already.

        Raises
        ------
        WriterBusy
            If it is not.
        """
        try:
            held = self.connection.execute(text(_HELD), {"k": WRITER_LOCK}).scalar()
            self.connection.commit()
        except OperationalError as error:
            raise WriterBusy(_LOST) from error
        if not held:
            raise WriterBusy(_LOST)


@lru_cache(maxsize=4)
def _engine(url: str) -> Engine:
    return create_engine(url, pool_pre_ping=True)


def engine() -> Engine:
    """Return the engine of the configured ledger.

    Raises
    ------
    Refusal
        If ``ZJTX_LEDGER_URL`` is not set.
    """
    url = settings().ledger_url
    if not url:
        raise Refusal(
            f"没有台账的地址：{shown(str(settings().home))} 里没有 settings.env，环境里也没有 ZJTX_LEDGER_URL；"
            "请核对 ZJTX_HOME，或先安装（make up） / ZJTX_LEDGER_URL is not set"
        )
    return _engine(url)


@contextmanager
def session() -> Iterator[Session]:
    """Open a transaction: committed at the end, rolled back on an error."""
    with Session(engine(), expire_on_commit=False) as s, s.begin():
        yield s


def name() -> str:
    """Return the ledger's own name."""
    with engine().connect() as connection:
        return str(connection.execute(text("select name from identity")).scalar_one())


def upgrade() -> None:
    """Bring the ledger's tables to the newest version."""
    # Only set-up needs it, and it takes a tenth of a second to import.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine().begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def writer_lock() -> Iterator[Writer]:
    """Be the lake's only writer.

    The lock belongs to a database connection, so it ends with its process however that dies.

    Raises
    ------
    WriterBusy
        If another process holds it: the caller may try again later.
    """
    with engine().connect() as connection:
        if not connection.execute(text("select pg_try_advisory_lock(:k)"), {"k": WRITER_LOCK}).scalar():
            raise WriterBusy("湖仓正由另一任务写入，请稍后重试 / another process is writing to the lake")
        connection.commit()
        try:
            yield Writer(connection)
        finally:
            connection.execute(text("select pg_advisory_unlock(:k)"), {"k": WRITER_LOCK})
            connection.commit()
