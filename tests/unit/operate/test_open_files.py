"""Which received files are compared with their source again: those that stand, of periods that are open."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest

from jobs.definitions.contract import load_feed
from jobs.ledger.models import Batch, File
from jobs.operate.open_files import Standing, awaited, is_open, standing

MONTHLY, REGISTER, NOTICES = (
    load_feed("stat_finance"),
    load_feed("stat_register"),
    load_feed("certificate_notice"),
)
_NUMBERS = count(1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T09:00:00+08:00")


def received(
    path: str, verdict: str | None = "accepted", scope: str | None = None, periods: tuple[str, ...] = (), on: str = "2026-03-10"
) -> tuple[File, Batch | None]:  # fmt: skip
    number = next(_NUMBERS)
    reporter = path.split("/")[1] if verdict == "accepted" else None
    file = File(
        file_id=number,
        path=path,
        verdict=verdict,
        scope=scope,
        reporter=reporter,
        modified_at=at(on),
        size=1,
        turn=1,
    )
    batch = Batch(file_id=number, periods=list(periods)) if verdict == "accepted" else None
    return file, batch


def form(
    unit: str = "220100", period: str = "202602", mark: str = "", **more: object
) -> tuple[File, Batch | None]:
    path = f"stat/{unit}/203/203_{unit}_{period}{mark}.csv"
    told: dict[str, object] = {"scope": f"reporter={unit}/period={period}", "periods": (period,)}
    return received(path, **(told | more))  # type: ignore[arg-type]


def paths(found: list[Standing]) -> list[str]:
    return [s.file.path for s in found]


def test_of_the_files_of_one_scope_the_last_one_stands() -> None:
    first, other, second = form(), form("220200"), form(mark="_r2")
    assert paths(standing(MONTHLY, [first, other, second])) == [other[0].path, second[0].path]


def test_of_one_path_the_last_content_stands() -> None:
    before, after = form(), form()
    (found,) = standing(MONTHLY, [before, after])
    assert found.file is after[0]


def test_a_file_sent_again_unchanged_stands_in_the_place_of_the_first() -> None:
    first, again = form(), form(mark="_r2", verdict="unchanged")
    assert paths(standing(MONTHLY, [first, again])) == [again[0].path]


def test_a_refused_file_stands_until_a_good_one_of_its_scope_came() -> None:
    refused = form(verdict="refused", scope=None)
    assert paths(standing(MONTHLY, [refused])) == [refused[0].path]
    good = form(mark="_r2")
    assert paths(standing(MONTHLY, [refused, good])) == [good[0].path]


def test_a_refused_notice_stands_whatever_else_its_issuer_sends() -> None:
    refused = received("cert/220100/2026/一.xlsx", "refused")
    good = received("cert/220100/2026/二.xlsx", scope="document_no=二/tier=a/event=grant")
    assert paths(standing(NOTICES, [refused, good])) == [refused[0].path, good[0].path]


def test_files_that_add_up_all_stand_and_the_older_of_a_sender_come_before_a_newer() -> None:
    rows = [received(f"stat/{u}/101/101_{u}_{p}.csv", scope=u + p) for u, p in
            (("220100", "202601"), ("220200", "202601"), ("220100", "202602"))]  # fmt: skip
    found = {s.file.path: s.after for s in standing(REGISTER, rows)}
    first, second, third = (f.path for f, _ in rows)
    assert found == {first: third, second: None, third: None}


def test_files_without_a_verdict_and_corrected_sheets_are_left_alone() -> None:
    sheet = form(scope="s")
    sheet[0].path = f"更正/1/{sheet[0].path}"
    assert standing(MONTHLY, [form(verdict=None), sheet]) == []


@pytest.mark.parametrize(
    ("row", "until"),
    [
        (form(period="202602"), "2026-04-18"),
        (form(period="202512"), "2026-03-31"),
        (form(period="2025", periods=("202511", "202512")), "2026-03-31"),
        (form(period="202511"), "2026-01-18"),
        (form(period="202602", verdict="refused", scope=None), "2026-04-18"),
    ],
    ids=[
        "the next month's deadline",
        "a target waits for its closing",
        "a year in one file",
        "before",
        "refused",
    ],
)
def test_a_period_is_open_until_the_next_one_is_due_or_its_targets_are_closed(
    row: tuple[File, Batch | None], until: str
) -> None:
    (found,) = standing(MONTHLY, [row])
    last = at(until)
    after = last + timedelta(days=1)
    assert is_open(MONTHLY, found, last, awaited(last))
    assert not is_open(MONTHLY, found, after, awaited(after))


@pytest.mark.parametrize(
    ("feed", "period", "until", "closed"),
    [("stat_rd", "2025", "2026-06-30", "2026-07-01"), ("dept_report", "2026Q1", "2026-07-15", "2026-07-16")],
    ids=["a yearly form at most a quarter after its own deadline", "a quarterly report to the next one's"],
)
def test_longer_periods(feed: str, period: str, until: str, closed: str) -> None:
    found = Standing(File(modified_at=at("2026-03-01")), (period,))
    assert is_open(load_feed(feed), found, at(until), set())
    assert not is_open(load_feed(feed), found, at(closed), set())


@pytest.mark.parametrize(
    ("on", "now", "opened"),
    [
        ("2026-01-02", "2026-06-30", True),
        ("2026-01-02", "2026-07-01", False),
        ("2026-03-31", "2026-06-30", True),
    ],
)
def test_what_has_no_calendar_is_open_to_the_end_of_the_quarter_after_its_delivery(
    on: str, now: str, opened: bool
) -> None:
    row = received("cert/miit/2019/一.xlsx", scope="document_no=一", on=on)
    (found,) = standing(NOTICES, [row])
    assert is_open(NOTICES, found, at(now), set()) == opened
