"""Accepted batches written into the ledger, without files."""

from __future__ import annotations

from datetime import datetime


def accept(
    feed: str, reporter: str | None, periods: list[str], at: str, first_date: str | None = None
) -> None:
    """Write an accepted batch of one file into the ledger of the active installation."""
    from jobs.ledger import batches, session
    from jobs.ledger.models import Batch, File

    moment = datetime.fromisoformat(at)
    name = f"{feed}/{reporter}/{len(batches.accepted())}.csv"
    found = batches.Found(path=name, modified_at=moment, size=1, sha256="0" * 64)
    poll = batches.start_poll(feed, [found], moment, None)
    file = batches.files_of(poll.poll_id)[0]
    file.verdict = "accepted"
    batch = Batch(
        batch_id=f"{feed}-{poll.poll_id}", feed=feed, file_id=file.file_id, poll_id=poll.poll_id, accepted_at=moment,
        scope=name, reporter=reporter, periods=periods, landed=1, silver=1, quarantined=0, duplicates=0, withdrawn=0,
        first_date=None if first_date is None else datetime.fromisoformat(first_date).date(),
    )  # fmt: skip
    batches.finish_poll(poll.poll_id, [file], [batch], moment)
    with session() as s:
        assert s.get(File, file.file_id) is not None
