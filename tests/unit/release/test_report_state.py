"""The state of a report, how late it is known to be, and what the overview's strip says of a period made of such reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from jobs.definitions.contract import load_feed, load_table
from jobs.feeds.quarantine import Row
from jobs.operate.status import late_reporters
from jobs.release.report_state import ANY, Heard, days_late, rows_waiting, state_of
from jobs.serve.build import create_table, publication_table
from tests.support.dataset_columns import words

SENT, PULLED = load_feed("stat_finance"), load_feed("tax_vat")
NOW = "04-20"
WHOLE = "报送完整"


def at(day: str, hour: int = 8) -> datetime:
    return datetime.fromisoformat(f"2026-{day}T{hour:02}:00:00+08:00")


DUE = at("04-16", 23)


@dataclass(frozen=True)
class Case:
    """A report due on 16 April, and what is known of it on the 20th."""

    feed: Any
    delivered: str | None
    state: str
    late: int | None
    tags: tuple[str, ...]
    looks: tuple[str, ...] = ("04-20",)
    waiting: int = 0
    dated: bool = True
    now: str = NOW

    def judged(self) -> tuple[str, int | None]:
        looks = [at(day, 9) for day in self.looks]
        heard = Heard(at(self.now, 10), looks[-1] if looks else None, looks)
        due, delivered = DUE if self.dated else None, at(self.delivered) if self.delivered else None
        state = state_of(self.feed, due, delivered, self.waiting, heard)
        return state, days_late(self.feed, due, delivered, state, heard)


OPEN, AHEAD = ("必报报表到齐", "1 份待核实"), ("必报报表到齐", "1 份未到期或待查看")
CASES = {
    "in time": Case(SENT, "04-16", "按时", 0, (WHOLE,)),
    "in time, rows wait": Case(SENT, "04-16", "待核实", 0, OPEN, waiting=2),
    "late": Case(SENT, "04-19", "迟报", 3, (WHOLE,)),
    "late, rows wait": Case(SENT, "04-19", "迟报", 3, OPEN, waiting=1),
    "missing": Case(SENT, None, "缺报", 4, ("必报报表到齐", "缺 1 份报表")),
    "missing when last looked": Case(SENT, None, "缺报", 1, ("必报报表到齐", "缺 1 份报表"), looks=("04-17",)),
    "not due": Case(SENT, None, "未到期", None, AHEAD, looks=("04-10",), now="04-10"),
    "nobody has looked since": Case(SENT, None, "待查看", None, AHEAD, looks=("04-10",)),
    "nobody has ever looked": Case(SENT, None, "待查看", None, AHEAD, looks=()),
    "pulled in time": Case(PULLED, "04-16", "按时", 0, (WHOLE,)),
    "pulled by the first look after": Case(PULLED, "04-19", "已到", None, (WHOLE,), looks=("04-10", "04-20")),
    "pulled, rows wait": Case(PULLED, "04-19", "已到", None, OPEN, waiting=1),
    "pulled after a look in vain": Case(PULLED, "04-19", "迟报", 1, (WHOLE,), looks=("04-17", "04-20")),
    "pulled long after the last look in vain": Case(
        PULLED, "07-16", "迟报", 4, (WHOLE,), looks=("04-17", "04-20", "07-16"), now="07-16"
    ),
    "a list": Case(SENT, "04-19", "不定期", None, (WHOLE,), dated=False),
    "a list, rows wait": Case(SENT, "04-19", "不定期", None, OPEN, dated=False, waiting=3),
    "a list that nobody must send": Case(SENT, None, "未收到", None, (WHOLE,), dated=False),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_report_is_late_only_by_what_is_proven(case: Case) -> None:
    assert case.judged() == (case.state, case.late)


def strip(con: duckdb.DuckDBPyConnection, status: str = "complete") -> list[str]:
    """Publish the period and return the tags of its strip."""
    made = {
        "release_id": "R1",
        "status": status,
        "revision": 1,
        "seq": 1,
        "data_as_of": at(NOW),
        "provisional": False,
    }
    publication_table(con, "P1", at(NOW), {("JL", "2026Q1"): SimpleNamespace(**made)})  # type: ignore[dict-item]
    row = con.execute("SELECT * FROM publication").fetchdf().to_dict("records")[0]
    texts = words("publication", "strip", row)
    return texts[texts.index("发布时间") + 2 :]


def publication(path: Path, reports: list[tuple[str, int | None, int]]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(path))
    create_table(con, load_table("data_status"))
    con.executemany(
        "INSERT INTO data_status (programme, period, state, rows_waiting, rows_quarantined) VALUES ('JL', '2026Q1', ?, ?, ?)",
        reports,
    )
    return con


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_strip_says_complete_of_no_period_with_such_a_report_unless_all_is_in(
    case: Case, tmp_path: Path
) -> None:
    state, _ = case.judged()
    with publication(tmp_path / "a.duckdb", [("按时", 0, 5), (state, case.waiting, 5)]) as con:
        assert tuple(strip(con)) == case.tags


def test_every_state_of_the_contract_has_a_case() -> None:
    (column,) = [c for c in load_table("data_status").columns if c.name == "state"]
    assert {c.state for c in CASES.values()} == {e.value for e in column.prop.enum}


def test_the_strip_counts_reports_not_rows_and_one_may_count_twice(tmp_path: Path) -> None:
    reports = [("缺报", 4, 0), ("迟报", 9, 9), ("未到期", 0, 0), ("待查看", 0, 0)]
    with publication(tmp_path / "a.duckdb", reports) as con:
        assert strip(con, "partial") == ["部分报送", "缺 1 份报表", "2 份未到期或待查看", "2 份待核实"]


def test_of_a_release_that_did_not_count_waiting_rows_all_quarantined_ones_may_wait(tmp_path: Path) -> None:
    with publication(tmp_path / "a.duckdb", [("已到", None, 3), ("按时", None, 0)]) as con:
        assert strip(con) == ["必报报表到齐", "1 份待核实"]


@pytest.mark.parametrize("case", [pytest.param(c, id=k) for k, c in CASES.items() if c.delivered and c.dated])
def test_the_command_calls_late_whom_the_table_calls_late(case: Case) -> None:
    assert case.delivered is not None
    named = late_reporters(case.feed, DUE, {ANY: at(case.delivered)}, [at(day, 9) for day in case.looks])
    assert (named == [ANY]) is (case.judged()[0] == "迟报")


# --- whose rows wait


def waiting_row(key: str, reporter: str | None, batch: str = "B1", file: str = "x") -> Row:
    return Row("stat_finance", batch, 1, 1, file, "", 2, "s", reporter, key, {}, ())


KEY = "|".join(
    "{period}" if load_feed("stat_finance").column(k).is_period else "9"
    for k in load_feed("stat_finance").key
)
MARCH, APRIL, BROKEN = KEY.format(period="202603"), KEY.format(period="202604"), KEY.format(period="3月")


@pytest.mark.parametrize(
    ("rows", "source", "count"),
    [
        pytest.param([waiting_row(MARCH, "220100"), waiting_row(APRIL, "220100")], "202603", 1, id="of the period"),
        pytest.param([waiting_row(MARCH, "220200")], "202603", 0, id="another reporter's"),
        pytest.param([waiting_row(MARCH, "220100", batch="B0")], "202603", 1, id="of an earlier file, not overtaken"),
        pytest.param([waiting_row(BROKEN, "220100")], "202603", 1, id="which tell no period, of the file"),
        pytest.param([waiting_row(BROKEN, "220100", batch="B9")], "202603", 0, id="which tell no period, of another"),
        pytest.param([waiting_row(MARCH, "220100"), waiting_row(APRIL, "220100")], ANY, 2, id="all of a list"),
    ],
)  # fmt: skip
def test_rows_that_wait_count_with_the_report_that_they_are_of(
    rows: list[Row], source: str, count: int
) -> None:
    assert rows_waiting(rows, "220100", source, ["B1"]) == count
