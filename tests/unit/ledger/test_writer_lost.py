"""A writer whose connection to the ledger is gone is told that its lock is, whoever of its writes asks."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text

from jobs.ledger import database
from jobs.ledger.database import WriterBusy, writer_lock


def test_every_question_after_the_connection_is_told_that_the_lock_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = create_engine("sqlite://")

    @event.listens_for(engine, "connect")
    def _locks(own: sqlite3.Connection, _: Any) -> None:
        own.create_function("pg_try_advisory_lock", 1, lambda _: True)

    monkeypatch.setattr(database, "engine", lambda: engine)
    with pytest.raises(WriterBusy, match="写入湖仓的锁已失去"), writer_lock() as writer:
        writer.connection.execute(text("select 1"))
        writer.connection.invalidate()
        with pytest.raises(WriterBusy, match="写入湖仓的锁已失去"):
            writer.sure()
        writer.sure()
