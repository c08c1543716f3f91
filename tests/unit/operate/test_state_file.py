"""The operations file: its tables, what it tells of rows that wait, and how it is swapped."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from jobs.feeds.quarantine import OPEN, Row
from jobs.operate import state_file, state_tables
from jobs.operate.status import Cell
from tests.support.installation import environment

FIRM, CODE = "试验甲股份公司", "91220101MA00000001"
EARLY, LATE = (datetime(2026, 4, day, 1, 30, tzinfo=UTC) for day in (10, 12))
RECEIVED = {"B1": (EARLY, "ingest_stat/scheduled__1"), "B2": (LATE, None)}


def row(batch: str, number: int, *rules: str, state: str = OPEN) -> Row:
    """A quarantined row of a city's financial form with a firm's name and code in its cells."""
    reasons = tuple(
        {"column": "uscc", "header": "代码", "value": CODE, "rule": r, "message": f"{CODE}不对"}
        for r in rules
    )
    return Row(
        feed="stat_finance", batch_id=batch, seq=1, file_id=7 if batch == "B1" else 8, file_name="stat/220100/203/203_220100_202603.csv",
        sheet="", row_no=number, scope="220100 202603", reporter="220100", key=f"{CODE}|202603", cells={"name": FIRM},
        reasons=reasons, state=state,
    )  # fmt: skip


def test_rows_that_wait_are_counted_by_rule_with_the_oldest_ones_age_and_file() -> None:
    rows = [
        row("B2", 1, "USCC_CHECK"),
        row("B1", 2, "USCC_CHECK", "CODE_LIST"),
        row("B1", 3, "USCC_CHECK", state="dropped"),
    ]
    found = list(state_tables.quarantined(rows, RECEIVED))
    said = [(r["rule"], r["open_rows"], str(r["open_since"]), r["file_id"]) for r in found]
    # 1:30 in Greenwich is 9:30 at the office
    assert said == [
        ("不在代码表", 1, "2026-04-10 09:30:00", 7),
        ("信用代码校验位不对", 2, "2026-04-10 09:30:00", 7),
    ]


def test_nothing_of_a_firm_is_told() -> None:
    (told,) = state_tables.quarantined([row("B1", 1, "USCC_CHECK")], RECEIVED)
    assert not [v for v in told.values() if isinstance(v, str) and (FIRM in v or CODE in v)]


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ({"missing": ["220100"], "refused": [1], "open": 2}, "逾期未报"),
        ({"refused": [1], "open": 2, "late": ["220100"]}, "有拒收"),
        ({"open": 2, "late": ["220100"]}, "有隔离待处理"),
        ({"late": ["220100"]}, "有迟报"),
        ({}, "已到齐"),
        ({"arrived": []}, "未到齐"),
        ({"period": "*"}, "不定期"),
    ],
)
def test_the_state_is_the_worst_that_is_true(cell: dict[str, object], state: str) -> None:
    plain = {"feed": "f", "period": "202603", "due": None, "expected": ["220100"], "arrived": ["220100"]}
    assert state_tables.state_of(Cell(**plain | cell)) == state  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("base", "run", "address"),
    [
        ("http://af:8080/", "ingest_stat/scheduled__2026-04-10T00:00:00+00:00",
         "http://af:8080/dags/ingest_stat/runs/scheduled__2026-04-10T00%3A00%3A00%2B00%3A00"),
        ("http://af:8080", None, None),
        ("http://af:8080", "by hand", None),
        ("", "ingest_stat/scheduled__1", None),
    ],
    ids=["a run", "no run", "no flow's run", "no address set"],
)  # fmt: skip
def test_a_link_is_made_of_a_run_and_the_address_that_is_set_or_not_at_all(
    base: str, run: str | None, address: str | None
) -> None:
    with environment({"ZJTX_AIRFLOW_URL": base}):
        assert state_tables.run_address(run) == address


def test_every_table_is_there_with_its_comments_also_without_rows(tmp_path: Path) -> None:
    state_file.write(tmp_path / "o.duckdb", {}, datetime(2026, 4, 20, 9))
    with duckdb.connect(str(tmp_path / "o.duckdb"), read_only=True) as con:
        tables = con.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall()
        bare = con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL"
        ).fetchall()
    assert {t for t, comment in tables if comment} == set(state_file.TABLES)
    assert bare == []


def test_who_has_the_file_open_keeps_it_and_the_next_reader_gets_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = iter(("先", "后"))
    monkeypatch.setattr(
        state_file, "collect", lambda: {"operation_step": [{"place": 1, "text": next(steps), "command": ""}]}
    )
    ask = "SELECT text FROM operation_step"
    with environment({"ZJTX_HOME": str(tmp_path)}):
        state_file.refresh()
        with duckdb.connect(str(state_file.current().resolve()), read_only=True) as before:
            state_file.refresh()
            assert before.execute(ask).fetchall() == [("先",)]
        with duckdb.connect(str(state_file.current().resolve()), read_only=True) as after:
            assert after.execute(ask).fetchall() == [("后",)]


def test_old_files_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_file, "collect", dict)
    with environment({"ZJTX_HOME": str(tmp_path)}):
        for _ in range(state_file.KEPT + 3):
            newest = state_file.refresh()
        builds = list((tmp_path / "served" / "operations" / "builds").iterdir())
    assert len(builds) == state_file.KEPT + 1
    assert newest.parent in builds
