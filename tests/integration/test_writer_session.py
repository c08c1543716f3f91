"""Sessions of the lake's writer: what a writer that died left running is ended by the next one, before it writes."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import pyarrow as pa
import pytest
from pyspark.errors import PySparkException

from jobs import lake
from jobs.lake.session import writing
from jobs.ledger import writer_lock
from jobs.ledger.database import engine
from tests.support.installation import Installation

pytestmark = pytest.mark.spark


def _sleeping(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import time

    for batch in batches:
        time.sleep(600)
        yield batch


def test_the_next_writer_ends_what_a_dead_one_left_running(fresh_installation: Installation) -> None:
    del fresh_installation
    dead, ended, begun = str(uuid.uuid4()), threading.Event(), threading.Event()
    with engine().begin() as con:
        con.exec_driver_sql("insert into writer_session(session_id) values (%s)", (dead,))

    def left_running() -> None:
        with lake.connect(session_id=dead) as spark:
            begun.set()
            with pytest.raises(PySparkException):
                spark.range(0, 1, 1, 1).mapInArrow(_sleeping, "id long").collect()
            ended.set()

    threading.Thread(target=left_running, daemon=True).start()
    assert begun.wait(60)
    with writer_lock() as writer, writing(writer) as spark:
        assert ended.wait(60), "its operation went on"
        assert spark.range(3).count() == 3
        with engine().begin() as con:
            assert dead not in con.exec_driver_sql("select session_id from writer_session").scalars().all()
