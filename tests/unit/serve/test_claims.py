"""Lists of incentives and of certificates that end: amounts, papers, and until when one looks ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from tests.support.served_frames import PERIOD, ServedFile

CITY = "220100"
LATE, LONG = date(2026, 12, 31), date(2027, 1, 1)


def who(firm: str) -> dict[str, Any]:
    return {"region_code": CITY, "uscc": f"U{firm}", "name": firm}


def holder(file: ServedFile, firm: str, tier: str, valid_to: date | None) -> None:
    file.add(
        "enterprise_statement", **who(firm), domain="energy", highest_tier=tier, certificate_valid_to=valid_to
    )


def eligible(file: ServedFile, firm: str, incentive: str, **more: Any) -> None:
    row = {
        "name_zh": incentive,
        "clause": "二（一）5",
        "kind": "award",
        "amount_name": "奖补资金",
        "quantified": True,
    }
    file.add("incentive", **who(firm), incentive_id=incentive, **row | more)


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Firms at the end of March 2026: 甲's certificate ends in June, 乙's in August, 丙's in October, 丁's on the year's
    last day, 戊's the day after; 己 is in the library alone.
    """
    file = ServedFile(tmp_path_factory.mktemp("claims") / "zjtx.duckdb")
    file.add("publication", period=PERIOD, is_latest=True)
    holder(file, "甲", "provincial_srdi", date(2026, 6, 12))
    verdict = {"verdict": "差一项", "n_conditions": 8, "n_met": 7, "n_not_met": 1, "failed": "研发费用"}
    file.add("certificate_expiry", **who("甲"), tier="provincial_srdi", valid_to=date(2026, 6, 12), **verdict)
    holder(file, "乙", "national_little_giant", date(2026, 8, 31))
    holder(file, "丙", "national_champion", date(2026, 10, 31))
    holder(file, "丁", "provincial_srdi", LATE)
    holder(file, "戊", "provincial_srdi", LONG)
    holder(file, "己", "seed", None)
    won = (
        '{"first_awarded_this_period":"provincial_srdi（吉工信民营〔2026〕1号，2026-02-08）；'
        'seed（长工信民营〔2026〕2号，2026-01-08）"}'
    )
    eligible(file, "甲", "I1", amount=200000, cap=200000, cap_hit=False, evidence=won, evidence_lines="{}")
    spent, line = '{"rd_y1":"1167000"}', '{"rd_y1":"stat/1072.csv::76"}'
    eligible(file, "乙", "I7", quantified=False, missing="增量补贴比例", evidence=spent, evidence_lines=line)
    file.add(
        "incentive_rule",
        incentive_id="I7",
        why="文件只给上限",
        policy="JL",
        quote="给予补贴",
        owners="省科技厅",
    )
    with duckdb.connect(str(file.close()), read_only=True) as opened:
        yield opened


@pytest.mark.parametrize(
    ("firm", "told"),
    [
        ("甲", ("2026年06月", 73, "工信部企业〔2026〕2号", "差一项")),
        ("乙", ("2026年08月", 153, "工信部企业〔2022〕63号", "未到预审期")),
        ("丙", ("2026年10月", 214, None, "没有统一的复核条件")),
        ("丁", ("2026年12月", 275, "工信部企业〔2026〕2号", "未到预审期")),
    ],
)
def test_a_certificate_says_when_it_ends_by_what_it_is_reviewed_and_how_it_stands(
    con: duckdb.DuckDBPyConnection, firm: str, told: tuple[Any, ...]
) -> None:
    row = con.execute(
        "SELECT month, days_left, review_doc, verdict FROM certificate_end WHERE name = ?", [firm]
    ).fetchall()
    assert row == [told]


def test_nothing_is_listed_after_the_years_end_nor_twice(con: duckdb.DuckDBPyConnection) -> None:
    names = con.execute("SELECT name FROM certificate_end ORDER BY valid_to").fetchall()
    assert [n for (n,) in names] == ["甲", "乙", "丙", "丁"]


def test_an_amount_that_the_document_does_not_give_is_unknown_and_not_nought(
    con: duckdb.DuckDBPyConnection,
) -> None:
    rows = con.execute(
        "SELECT name, amount, amount_state, missing, why FROM incentive_claim ORDER BY name DESC"
    )
    assert rows.fetchall() == [
        ("甲", 200000, "金额已算", None, None),
        ("乙", None, "文件未写明算法，金额未知", "增量补贴比例", "文件只给上限"),
    ]


def test_what_an_incentive_rests_on_is_told_in_words(con: duckdb.DuckDBPyConnection) -> None:
    told = dict(con.execute("SELECT name, evidence FROM incentive_claim").fetchall())
    assert told == {
        "甲": "首次取得省级“专精特新”（吉工信民营〔2026〕1号，2026-02-08）；优质“种子企业”（长工信民营〔2026〕2号，2026-01-08）",
        "乙": "上年度研发费用 1,167,000 元（stat/1072.csv 第76行）",
    }


def test_every_condition_of_a_review_says_from_when_it_is_asked(con: duckdb.DuckDBPyConnection) -> None:
    """The little giants' rules of 2022 last for reviews until the end of 2026 (工信部企业〔2026〕2号)."""
    terms = "SELECT DISTINCT doc_no, holds_from, holds_to FROM review_condition WHERE tier = ? ORDER BY 2"
    assert con.execute(terms, ["national_little_giant"]).fetchall() == [
        ("工信部企业〔2022〕63号", date(2022, 8, 1), LATE),
        ("工信部企业〔2026〕2号", LONG, None),
    ]
