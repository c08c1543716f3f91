"""A poll that died is finished with the same list and the same result; the lake has one writer at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobs.feeds import ingest, load, reading
from jobs.ledger import batches, writer_lock
from jobs.ledger.database import WriterBusy
from tests.support.builder import Builder
from tests.support.files import bad_code, csv_file, finance_path, line
from tests.support.installation import Installation, delta_rows, ledger_rows

pytestmark = pytest.mark.spark

FEED = "stat_finance"


class Died(Exception):
    """Stands for the end of the process."""


def deliver(installation: Installation) -> None:
    """Two files of one scope, one of another, one without data; with a refused and a doubled row."""
    first = [
        line(1, 100),
        line(2, 200),
        line(3, 300, 统一社会信用代码=bad_code(3)),
        line(4, 400),
        line(4, 400),
    ]
    installation.deliver(finance_path("220100"), csv_file(first), "2026-03-10T09:30:00+08:00")
    installation.deliver(finance_path("220300"), csv_file([]), "2026-03-10T10:00:00+08:00")
    installation.deliver(finance_path("220500"), csv_file([line(5, 500)]), "2026-03-10T10:30:00+08:00")
    installation.deliver(
        finance_path("220100", suffix="_r2.csv"),
        csv_file([line(1, 110), line(2, 200)]),
        "2026-03-11T09:30:00+08:00",
    )
    installation.at("2026-03-12T09:00:00+08:00")


def state(installation: Installation) -> dict[str, Any]:
    """Return everything that a poll leaves behind, without ids of polls and files."""
    lake = installation.env["ZJTX_LAKE"]

    def rows(table: str) -> list[tuple[Any, ...]]:
        return sorted(
            (r["file_name"], r["row_no"], r.get("deleted"), str(r.get("revenue")))
            for r in delta_rows(f"{lake}/{table}")
        )

    def told(r: dict[str, Any]) -> tuple[Any, ...]:
        return r["uscc"], r["revenue"], r["file_name"], r["row_no"], r["seq"]

    return {
        "bronze": rows(f"bronze/{FEED}"),
        "silver": sorted(
            (str(r["uscc"]), r["deleted"], str(r["revenue"]), str(r["row_no"]))
            for r in delta_rows(f"{lake}/silver/{FEED}")
        ),
        "quarantine": rows("quarantine/rows"),
        "live": sorted(told(r) for r in installation.rows(FEED)),
        "batches": ledger_rows(
            installation,
            "select seq, scope, landed, silver, quarantined, duplicates, withdrawn, periods::text from batch order by seq",
        ),
        "files": ledger_rows(
            installation, "select path, ordinal, verdict, reason from file order by ordinal"
        ),
        "polls": ledger_rows(installation, "select count(*), count(done_at) from poll"),
    }


@pytest.fixture(scope="module")
def undisturbed(installations: Builder) -> dict[str, Any]:
    installation = installations.new()
    deliver(installation)
    with installation.active():
        ingest.poll(FEED)
        found = state(installation)
    installations.drop(installation)
    return found


def test_the_undisturbed_poll_is_what_one_expects(undisturbed: dict[str, Any]) -> None:
    assert [(b[0], *b[2:7]) for b in undisturbed["batches"]] == [
        (1, 5, 3, 1, 1, 0),
        (2, 1, 1, 0, 0, 0),
        (3, 2, 2, 0, 0, 1),
    ]
    assert [f[2] for f in undisturbed["files"]] == ["accepted", "refused", "accepted", "accepted"]
    assert (len(undisturbed["bronze"]), len(undisturbed["silver"]), undisturbed["polls"]) == (8, 7, [(1, 1)])


def dying(real: Callable[..., Any], before: bool, layer: str | None = None) -> Callable[..., Any]:
    """Return the function, dying before or after it runs; of the appends only that to one layer dies."""

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        fatal = layer is None or args[1] == layer
        if fatal and before:
            raise Died
        result = real(*args, **kwargs)
        if fatal:
            raise Died
        return result

    return stand_in


STEPS: dict[str, tuple[Any, str, bool, str | None]] = {
    "before the ledger knows of the poll": (batches, "start_poll", True, None),
    "when the list of files stands in the ledger": (batches, "start_poll", False, None),
    "when the files are parsed": (reading, "parse_all", False, None),
    "before bronze is written": (load, "append", True, "bronze"),
    "when silver is written": (load, "append", False, "silver"),
    "when the refused rows are written": (load, "append", False, "quarantine"),
    "when all is written but nothing accepted": (batches, "finish_poll", True, None),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_poll_that_died_is_finished_with_the_same_result(
    fresh_installation: Installation, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    module, name, before, layer = STEPS[step]
    deliver(fresh_installation)
    with monkeypatch.context() as patch:
        patch.setattr(module, name, dying(getattr(module, name), before, layer))
        with pytest.raises(Died):
            ingest.poll(FEED)
    assert (fresh_installation.rows(FEED), batches.accepted()) == ([], [])
    ingest.poll(FEED)
    assert state(fresh_installation) == undisturbed


def test_what_arrives_after_the_death_waits_for_the_next_poll(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(fresh_installation)
    with monkeypatch.context() as patch:
        patch.setattr(batches, "finish_poll", dying(batches.finish_poll, True))
        with pytest.raises(Died):
            ingest.poll(FEED)
    late = fresh_installation.deliver(
        finance_path("220700"), csv_file([line(7, 700)]), "2026-03-09T09:30:00+08:00"
    )
    assert late.exists()
    result = ingest.poll(FEED)
    assert [(b.seq, b.poll_id, b.reporter) for b in result.accepted] == [
        (1, 1, "220100"),
        (2, 1, "220500"),
        (3, 1, "220100"),
        (4, 2, "220700"),
    ]


def test_the_gate_waits_while_a_poll_is_unfinished(
    fresh_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs.definitions.policy.model import load
    from jobs.release.gate import decide

    deliver(fresh_installation)
    with monkeypatch.context() as patch:
        patch.setattr(batches, "start_poll", dying(batches.start_poll, False))
        with pytest.raises(Died):
            ingest.poll(FEED)
    decision = decide(load("JL"))
    assert (decision.periods, decision.waiting) == ({}, {"*": f"数据源 {FEED} 有未处理完的批次"})


def test_a_second_writer_is_refused_and_nothing_of_it_stays(fresh_installation: Installation) -> None:
    deliver(fresh_installation)
    with writer_lock(), pytest.raises(WriterBusy, match="湖仓正由另一任务写入"):
        ingest.poll(FEED)
    assert ledger_rows(fresh_installation, "select count(*) from poll") == [(0,)]
    with writer_lock():
        pass
    assert len(ingest.poll(FEED).accepted) == 3


def test_a_lock_ends_with_the_connection_that_held_it(fresh_installation: Installation) -> None:
    with writer_lock() as held:
        held.connection.invalidate()
        with writer_lock():
            pass
