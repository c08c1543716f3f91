"""Sessions of the lake's writer: what a writer that died leaves on the server."""

from __future__ import annotations

import uuid

import pytest
from pyspark import StorageLevel

from jobs import lake
from jobs.lake.session import writing
from jobs.ledger import writer_lock
from jobs.ledger.database import engine
from tests.support.house import House

pytestmark = pytest.mark.spark


def test_the_next_writer_gives_back_what_a_dead_one_kept(fresh_house: House) -> None:
    del fresh_house
    dead = str(uuid.uuid4())
    with engine().begin() as con:
        con.exec_driver_sql("insert into writer_session(session_id) values (%s)", (dead,))
    with lake.connect(session_id=dead) as spark:
        spark.range(41).persist(StorageLevel.MEMORY_AND_DISK).count()
    with lake.connect() as spark:
        assert spark.range(41).storageLevel.useMemory, (
            "nobody gave it back: the server keeps it for all sessions"
        )
    with writer_lock() as writer, writing(writer) as spark:
        assert not spark.range(41).storageLevel.useMemory
