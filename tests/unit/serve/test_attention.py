"""What is looked at first: the order of firms, what is counted, and what waits for a word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from tests.support.served_frames import PERIOD, ServedFile

CITY, OTHER = "220100", "220200"
FIRMS = {"甲": CITY, "乙": CITY, "丙": CITY, "丁": CITY, "戊": CITY, "己": OTHER, "庚": OTHER}
JULY = date(2026, 7, 10)


def who(firm: str) -> dict[str, Any]:
    return {"region_code": FIRMS[firm], "uscc": f"U{firm}", "name": firm, "domain": "industry"}


def warn(file: ServedFile, firm: str, rule: str, level: int, ladder: str | None = None, **more: Any) -> None:
    """A warning that stands for the second quarter, unless said otherwise."""
    row = {"state": "open", "severity": level, "level": level, "periods_open": 2, "first_seen": "2025Q4"}
    told = {"rule_name": rule, "text": rule, "confidence": "高", "confirmed": False}
    row |= {"ladder_level": ladder, "ladder_body": ladder, "due_on": JULY, **told, **more}
    file.add("warning", **who(firm), rule=rule, **row)


def ticket(file: ServedFile, firm: str, number: str, **more: Any) -> None:
    row = {"category": "finance", "state": "open", "overdue": False, "level": "city", "days_open": 60}
    row |= {"raised_on": date(2026, 1, 30), "due_on": date(2026, 3, 26), "file_name": "t.csv", "row_no": 7}
    file.add("ticket_progress", **who(firm), ticket_no=number, **row | more)


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Seven firms: 甲 with a severe warning, 乙 and 丙 alike but for the ladder, 丁 with a late ticket alone, 戊 with
    a warning whose rule waits, 己 with one that has ended, 庚 with a ticket that is in time.
    """
    file = ServedFile(tmp_path_factory.mktemp("attention") / "zjtx.duckdb")
    file.add("publication", period=PERIOD, is_latest=True)
    for firm in FIRMS:
        file.add("enterprise_statement", **who(firm), tiers="city_srdi", highest_tier="city_srdi")
    lines = {"evidence_lines": '{"revenue":"stat/203.xlsx:B103:367","revenue_prior":"stat/203.csv::367"}'}
    values = {"evidence": '{"revenue":"21203000.5","revenue_prior":"26961000","revenue_change":"-21.36"}'}
    warn(file, "甲", "营业收入下降", 3, "secretary", periods_open=1, first_seen=PERIOD, **values, **lines)
    warn(file, "甲", "用电量下降", 1, "team", confirmed=True)
    warn(file, "乙", "连续两年亏损", 2, "county", due_on=date(2026, 4, 25))
    warn(file, "丙", "连续两年亏损", 2, "team")
    ticket(file, "丁", "T1", overdue=True, next_level="team", next_body="省级工业领域的服务专班")
    warn(file, "戊", "资产负债率过高", 2, review="规则待复核", due_on=None)
    warn(file, "己", "用电量下降", 1, state="closed", due_on=None)
    ticket(file, "庚", "T2", raised_on=date(2025, 11, 1))
    ticket(file, "庚", "T3", state="closed")
    with duckdb.connect(str(file.close()), read_only=True) as opened:
        yield opened


def test_the_severe_come_first_then_those_high_on_the_ladder_and_tickets_last(
    con: duckdb.DuckDBPyConnection,
) -> None:
    order = "severity DESC, ladder_place DESC, due_on, uscc"
    rows = con.execute(f"SELECT name, severity_name FROM attention WHERE needs ORDER BY {order}").fetchall()
    assert rows == [("甲", "重点"), ("丙", "关注"), ("乙", "关注"), ("丁", None)]


def test_a_firm_stands_with_its_highest_level_and_the_first_day_that_is_due(
    con: duckdb.DuckDBPyConnection,
) -> None:
    row = con.execute(
        "SELECT items, ladder_name, due_on, n_warnings, n_new, n_overdue FROM attention WHERE name = '甲'"
    ).fetchone()
    assert row == ("营业收入下降、用电量下降", "省级专班", JULY, 2, 1, 0)


def test_a_rule_that_waits_for_a_word_is_told_apart_and_needs_nobody(con: duckdb.DuckDBPyConnection) -> None:
    row = con.execute(
        "SELECT needs, items, items_waiting, ladder_name FROM attention WHERE name = '戊'"
    ).fetchone()
    assert row == (False, None, "资产负债率过高", None)


@pytest.mark.parametrize(
    ("column", "city", "other"),
    [
        ("n_firms", 5, 2),
        ("n_needs", 4, 0),
        ("n_high", 1, 0),
        ("n_watch", 2, 0),
        ("n_note", 0, 0),
        ("n_late_only", 1, 0),
        ("n_waiting_only", 1, 0),
        ("n_warnings", 4, 0),
        ("n_new", 1, 0),
        ("n_late", 1, 0),
        ("n_ended", 0, 1),
    ],
)
def test_counts_of_a_region_are_there_also_where_they_are_nought(
    con: duckdb.DuckDBPyConnection, column: str, city: int, other: int
) -> None:
    sums = f"SELECT region_code, sum({column}) FROM attention_count GROUP BY 1 ORDER BY 1"
    assert con.execute(sums).fetchall() == [(CITY, city), (OTHER, other)]


def test_evidence_names_the_figure_its_unit_and_its_line_and_no_code(con: duckdb.DuckDBPyConnection) -> None:
    row = con.execute("SELECT evidence FROM attention_item WHERE item = '营业收入下降'").fetchone()
    assert row == (
        "营业收入（1-本月） 21,203,000.5 元（stat/203.xlsx B103 第367行）；"
        "营业收入（1-本月），上年同期 26,961,000 元（stat/203.csv 第367行）",
    )


@pytest.mark.parametrize(
    ("firm", "item", "state", "change", "step"),
    [
        ("甲", "营业收入下降", "分级办理", "新增", "服务秘书"),
        ("甲", "用电量下降", "分级办理", "持续", "省级专班"),
        ("戊", "资产负债率过高", "规则待复核", "持续", None),
        ("己", "用电量下降", "已解除", "解除", None),
        ("丁", "融资服务", "超过时限", "新增", "市（州）"),
    ],
)
def test_an_item_says_where_it_stands_and_whether_it_is_new(
    con: duckdb.DuckDBPyConnection, firm: str, item: str, state: str, change: str, step: str | None
) -> None:
    found = con.execute(
        "SELECT state, change, ladder_name FROM attention_item WHERE name = ? AND item = ?", [firm, item]
    ).fetchall()
    assert found == [(state, change, step)]


def test_a_late_ticket_says_who_is_next_and_where_it_was_read(con: duckdb.DuckDBPyConnection) -> None:
    row = con.execute(
        "SELECT next_name, next_body, evidence FROM attention_item WHERE item_id = 'T1'"
    ).fetchone()
    assert row == ("省级专班", "省级工业领域的服务专班", "t.csv 第7行")
