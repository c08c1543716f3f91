"""Which quarantined rows still wait: until their firm's row comes, their file is replaced, or a person decides."""

from __future__ import annotations

from datetime import datetime

import pytest

from jobs.feeds.ingest import poll
from tests.support.files import bad_code, code, csv_file, finance_path, line
from tests.support.installation import Installation

pytestmark = pytest.mark.spark

FEED = "stat_finance"


def send(
    installation: Installation, rows: list[list[object]], day: int, unit: str = "220100", mark: str = ""
) -> str:
    """Deliver a unit's form of February on a day of March, take it in, and return its batch."""
    installation.deliver(
        finance_path(unit, suffix=f"{mark}.csv"), csv_file(rows), f"2026-03-{day:02d}T09:30:00+08:00"
    )
    installation.at(f"2026-03-{day:02d}T20:00:00+08:00")
    (batch,) = poll(FEED).accepted
    return batch.batch_id


def waiting(known_by: int | None = None) -> list[tuple[str, str, int]]:
    """Return code, period and row of what waits; what the indicators get has the same keys."""
    from jobs.feeds import pending
    from jobs.feeds.quarantine import open_rows, readable
    from jobs.ledger import batches

    rows = [r for r in open_rows(FEED, known_by) if readable(r)]
    told = sorted((*r.key.split("|"), r.row_no) for r in rows)
    by = 99 if known_by is None else known_by
    found = pending.waiting({FEED: "statement"}, batches.accepted_of([FEED], by), by)
    keys = [own for feed, own in found if feed == "statement"]
    assert sorted((k["uscc"], k["period"]) for k in keys) == [(c, p) for c, p, _ in told]
    return told


def decide(batch: str, row: int, action: str, by: str, at: str) -> None:
    """Write down what a person decided on a row."""
    from jobs.ledger import session
    from jobs.ledger.models import Repair

    moment = datetime.fromisoformat(at)
    with session() as s:
        s.add(
            Repair(
                of_batch=batch,
                sheet="",
                row_no=row,
                action=action,
                batch_id=by,
                decided_by="测试员",
                decided_at=moment,
            )
        )


def test_rows_wait_from_their_batch_until_a_later_file_of_their_scope(
    fresh_installation: Installation,
) -> None:
    text = "待核实"
    send(fresh_installation, [line(1, 100), line(2, text), line(3, 300)], 10)
    assert waiting() == [(code(2), "202602", 3)]
    # The correction of firm 1 breaks a rule, firm 3 stands twice and differs; firm 2 is left out.
    send(fresh_installation, [line(1, text), line(3, 300), line(3, 301)], 11, mark="_r2")
    assert waiting() == [(code(1), "202602", 2), (code(3), "202602", 3), (code(3), "202602", 4)]
    assert waiting(known_by=1) == [(code(2), "202602", 3)]
    assert waiting(known_by=0) == []
    send(fresh_installation, [line(1, 101), line(3, 303)], 12, mark="_r3")
    assert waiting() == []
    assert len(waiting(known_by=2)) == 3


def test_a_row_whose_code_cannot_be_read_stands_for_nobody(fresh_installation: Installation) -> None:
    broken = line(4, 400)
    broken[1] = bad_code(4)
    send(fresh_installation, [line(1, 100), broken, line(5, "x", period="2026年2月")], 10)
    assert waiting() == [(code(5), "202602", 4)]


def test_what_a_person_decided_does_not_wait_from_then_on(fresh_installation: Installation) -> None:
    first = send(fresh_installation, [line(1, 100), line(2, "x"), line(3, "y"), line(6, "z")], 10)
    second = send(fresh_installation, [line(9, 900)], 11, "220300")
    assert [row for *_, row in waiting()] == [3, 4, 5]
    decide(first, 3, "corrected", second, "2026-03-11T20:00:00+08:00")
    decide(first, 4, "dropped", second, "2026-03-11T20:00:00+08:00")
    assert [row for *_, row in waiting()] == [5]
    assert [row for *_, row in waiting(known_by=1)] == [3, 4, 5], "the repair's batch was not known then"


def test_a_repair_s_own_batch_replaces_no_file(fresh_installation: Installation) -> None:
    """Corrected rows come as a batch of the same scope; the other rows of the file still wait."""
    first = send(fresh_installation, [line(1, 100), line(2, "x"), line(3, "y")], 10)
    second = send(fresh_installation, [line(1, 100), line(2, 200)], 11, mark="_r2")
    assert waiting() == []
    decide(first, 3, "corrected", second, "2026-03-11T20:00:00+08:00")
    assert waiting() == [(code(3), "202602", 4)]
    send(fresh_installation, [line(1, 100), line(2, 201)], 12, mark="_r3")
    assert waiting() == [], "a later file of the scope is another matter"
