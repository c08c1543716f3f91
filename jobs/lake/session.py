"""Sessions on the Spark Connect server, each with a deadline and a fence against dead predecessors."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import cast

import grpc
import structlog
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.client.retries import DefaultPolicy
from pyspark.sql.connect.session import SparkSession as ConnectSession
from sqlalchemy import text

from jobs.ledger.database import Writer
from jobs.settings import settings

# Tells pyspark.sql.functions to build Connect expressions; only getOrCreate() would set it by itself.
os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"

log = structlog.get_logger()

_KEEPALIVE = [("grpc.keepalive_time_ms", 330_000), ("grpc.keepalive_timeout_ms", 5_000)]
"""The server ends a connection on which it is asked for a sign of life more than once in five minutes while it says nothing, and
the call is made again. A server that was killed shows by its closed connection; only a machine that vanished takes so long.
"""


class _Channel(DefaultChannelBuilder):
    """A channel that gives a token to this machine's own server without TLS.

    pyspark does so for the name ``localhost`` alone, and that may lead to another address than the server's, where
    anybody of the machine could listen for the token.
    """

    def toChannel(self) -> grpc.Channel:
        """Return the channel; one of a loopback address never leaves the machine."""
        if self.use_ssl or self.token is None or not _is_loopback(self.host):
            return super().toChannel()
        own = grpc.composite_channel_credentials(
            grpc.local_channel_credentials(), grpc.access_token_call_credentials(self.token)
        )
        return self._secure_channel(self.endpoint, own)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _attach(session_id: str) -> SparkSession:
    """Open a session, or one that is there already."""
    channel = _Channel(settings().spark_remote, list(_KEEPALIVE))
    channel.set(_Channel.PARAM_SESSION_ID, session_id)
    spark = ConnectSession.builder.channelBuilder(channel).create()
    spark.client.set_retry_policies(
        [DefaultPolicy(max_retries=6, initial_backoff=200, backoff_multiplier=2.0, max_backoff=4_000)]
    )
    # The two classes share their interface, not a parent.
    return cast(SparkSession, spark)


@contextmanager
def connect(deadline: float | None = None, session_id: str | None = None) -> Iterator[SparkSession]:
    """Open a session for one step.

    Parameters
    ----------
    deadline : float, optional
        Seconds after which every running operation of the session is interrupted; default: ``ZJTX_SPARK_DEADLINE``.
    session_id : str, optional
        A session id of one's own choice, so that somebody else can interrupt it later.
    """
    spark = _attach(session_id or str(uuid.uuid4()))
    timer = threading.Timer(deadline or settings().spark_deadline, spark.interruptAll)
    timer.daemon = True
    timer.start()
    try:
        yield spark
    finally:
        timer.cancel()
        spark.stop()


def _end(session_id: str) -> None:
    """Interrupt whatever a dead predecessor left running; a session the server forgot is no concern."""
    spark = _attach(session_id)
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


def end_predecessors(writer: Writer) -> None:
    """End the sessions that dead predecessors of the writer left."""
    left = writer.connection.execute(text("select session_id from writer_session")).scalars().all()
    for session_id in left:
        _end(session_id)
    writer.connection.execute(
        text("delete from writer_session where session_id = any(:left)"), {"left": list(left)}
    )
    writer.connection.commit()


@contextmanager
def writing(writer: Writer, deadline: float | None = None) -> Iterator[SparkSession]:
    """Open a session of the writer, after ending those that previous writers used.

    A lock that died with its client fences nothing: its operation may still run on the server. So the
    ids of the writer's sessions stand in the ledger before their first write.

    Parameters
    ----------
    writer : Writer
        As :func:`jobs.ledger.writer_lock` gives it.
    deadline : float, optional
        Seconds for the whole step; default: ``ZJTX_SPARK_DEADLINE``.
    """
    own = {"s": str(uuid.uuid4())}
    end_predecessors(writer)
    writer.connection.execute(text("insert into writer_session(session_id) values (:s)"), own)
    writer.connection.commit()
    with connect(deadline, own["s"]) as spark:
        yield spark
    writer.connection.execute(text("delete from writer_session where session_id = :s"), own)
    writer.connection.commit()
