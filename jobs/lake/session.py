"""Sessions on the Spark Connect server, each with a deadline and a fence against dead predecessors."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import structlog
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.client.retries import DefaultPolicy
from pyspark.sql.connect.session import SparkSession as ConnectSession
from sqlalchemy import Connection, text

from jobs.settings import settings

# Tells pyspark.sql.functions to build Connect expressions; only getOrCreate() would set it by itself.
os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"

log = structlog.get_logger()

_KEEPALIVE = [("grpc.keepalive_time_ms", 10_000), ("grpc.keepalive_timeout_ms", 5_000)]
"""A dead server is noticed within 15 s; without it the client waited for minutes."""


def _open(session_id: str) -> SparkSession:
    url = f"{settings().spark_remote.rstrip('/')}/;session_id={session_id}"
    builder = ConnectSession.builder.channelBuilder(DefaultChannelBuilder(url, list(_KEEPALIVE)))
    spark = builder.create()
    spark.client.set_retry_policies(
        [DefaultPolicy(max_retries=6, initial_backoff=200, backoff_multiplier=2.0, max_backoff=4_000)]
    )
    # The two classes share their interface, not a parent.
    return cast(SparkSession, spark)


def _tune(spark: SparkSession) -> None:
    """Let Spark split the code of wide projections: a method over 8,000 bytes is never compiled by the JVM."""
    spark.conf.set("spark.sql.codegen.hugeMethodLimit", 8_000)


def interpret(spark: SparkSession) -> None:
    """Let Spark interpret the session's expressions: for a few rows, compiling takes longer than the work."""
    spark.conf.set("spark.sql.codegen.wholeStage", False)
    spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")


@contextmanager
def _active(spark: SparkSession) -> Iterator[None]:
    """Make a session the active one of the thread, and then the one before it again.

    pyspark gives a checkpointed frame the active session, whichever session the frame came from: with
    another session open in the same process, a step would mix the two.
    """
    before = ConnectSession.getActiveSession()
    ConnectSession._active_session.session = spark
    try:
        yield
    finally:
        ConnectSession._active_session.session = before


@contextmanager
def connect(deadline: float = 900.0, session_id: str | None = None) -> Iterator[SparkSession]:
    """Open a session for one step.

    Parameters
    ----------
    deadline : float
        Seconds after which every running operation of the session is interrupted.
    session_id : str, optional
        A session id of one's own choice, so that somebody else can interrupt it later.
    """
    spark = _open(session_id or str(uuid.uuid4()))
    _tune(spark)
    timer = threading.Timer(deadline, spark.interruptAll)
    timer.daemon = True
    timer.start()
    try:
        with _active(spark):
            yield spark
    finally:
        timer.cancel()
        spark.stop()


def _end(session_id: str) -> None:
    """Interrupt whatever a dead predecessor left running; a session the server forgot is no concern."""
    spark = _open(session_id)
    try:
        interrupted = spark.interruptAll()
    except PySparkException as error:
        log.info("predecessor's session is gone", session=session_id, answer=str(error)[:120])
        return
    finally:
        # Also takes it from being pyspark's default session.
        spark.stop()
    if interrupted:
        log.warning(
            "interrupted operations of a dead predecessor", session=session_id, operations=interrupted
        )


@contextmanager
def writing(lock: Connection, deadline: float = 900.0) -> Iterator[SparkSession]:
    """Open the writer's session, after ending the one that the previous writer used.

    A lock that died with its client fences nothing: its operation may still run on the server. So the
    id of the writer's session stands in the ledger before the first write.

    Parameters
    ----------
    lock : Connection
        The connection that holds :func:`jobs.ledger.writer_lock`.
    deadline : float
        Seconds for the whole step.
    """
    previous = lock.execute(text("select session_id from writer where name = 'lake'")).scalar()
    lock.commit()
    if previous:
        _end(previous)
    session_id = str(uuid.uuid4())
    lock.execute(
        text(
            "insert into writer(name, session_id) values ('lake', :s) "
            "on conflict (name) do update set session_id = excluded.session_id"
        ),
        {"s": session_id},
    )
    lock.commit()
    with connect(deadline, session_id) as spark:
        yield spark
    lock.execute(text("delete from writer where name = 'lake'"))
    lock.commit()
