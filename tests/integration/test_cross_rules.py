"""Rules between the columns of a row: 强制性 quarantines it, 核实性 and 查询性 are told to whoever approves."""

from __future__ import annotations

import random

import duckdb
import pytest
from pyspark.sql import SparkSession

from jobs.contract import SEVERITIES, Contract, feed_ids, load_feed
from jobs.feeds.ingest import poll
from jobs.ledger import batches
from jobs.quality.audit import LINE
from jobs.quality.auditor import Auditor, context
from jobs.quality.refusal import remarks
from jobs.quality.silver import TABLE, pieces
from tests.files import code, csv_file
from tests.house import House, delta_rows

pytestmark = pytest.mark.spark

HEADER = (
    "年度", "统一社会信用代码", "单位详细名称", "行政区划代码", "研发人员合计", "研发费用合计（千元）",
    "人员人工费用（千元）", "直接投入费用（千元）", "折旧费用与长期待摊费用（千元）", "无形资产摊销费用（千元）", "设计费用（千元）",
    "装备调试费用与试验费用（千元）", "委托外部研发费用（千元）", "其他费用（千元）",
)  # fmt: skip
PATH = "stat/220100/107/1072_220100_2025.csv"
ROWS = {
    2: [5, 100, 60, 20, 10, 5, 1, 1, 1, 2],
    3: [5, 101, 60, 20, 10, 5, 1, 1, 1, 2],
    4: [5, 100, 60, 20, 10, 5, 1, 1, 1, ""],
    5: [0, 100, 60, 20, 10, 5, 1, 1, 1, 2],
    6: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
}


@pytest.fixture
def taken_in(fresh_house: House) -> House:
    rows = [["2025", code(n), f"企业{n}", "220102", *cells] for n, cells in ROWS.items()]
    fresh_house.deliver(PATH, csv_file(rows, HEADER), "2026-03-20T09:00:00+08:00")
    fresh_house.at("2026-03-21T09:00:00+08:00")
    poll("stat_rd")
    return fresh_house


def test_a_row_that_breaks_a_blocking_rule_is_quarantined_with_column_value_and_rule(taken_in: House) -> None:
    (row,) = delta_rows(f"{taken_in.env['ZJTX_LAKE']}/quarantine/rows")
    (reason,) = row["reasons"]
    assert (row["row_no"], reason["column"], reason["value"]) == (3, "rd_total", "101")
    assert (reason["rule"], reason["message"]) == ("CROSS_COLUMN", "研发费用合计应等于各分项之和")


def test_a_missing_part_breaks_no_rule_and_a_weaker_rule_keeps_the_row(taken_in: House) -> None:
    assert {r["row_no"] for r in taken_in.rows("stat_rd")} == {2, 4, 5, 6}


def test_the_audit_tells_of_a_broken_weaker_rule_by_file_and_line_and_stops_nothing(taken_in: House) -> None:
    auditor = Auditor(context())
    (broken,) = (
        auditor.judge(con, TABLE, "silver_stat_rd", LINE)
        for con in pieces("stat_rd", batches.accepted("stat_rd"))
    )
    assert [f["severity"] for f in broken] == ["info"]
    (said,) = remarks({"silver/stat_rd": broken})
    title = load_feed("stat_rd").title
    assert said == f"提示：{title} 1 行，有研发费用而研发人员合计为 0（如 {PATH} 第 5 行）"


FEEDS = [f for f in feed_ids() if any(c.rules for c in load_feed(f).columns)]
DAYS = (None, "2025-01-01", "2025-01-02")


def rows_for(contract: Contract, count: int = 60) -> list[dict[str, str | int | None]]:
    """Rows of small numbers and near days, many of them missing: some keep a rule, some break it, some say nothing."""
    draw = random.Random(20251231)
    return [
        {
            c.name: draw.choice(DAYS) if c.type == "DATE" else draw.choice((None, 0, 0, 1, 2, 101))
            for c in contract.columns
            if c.type == "DATE" or c.is_figure
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize("feed", FEEDS)
def test_spark_which_blocks_and_duckdb_which_audits_judge_every_row_alike(
    spark: SparkSession, feed: str
) -> None:
    contract = load_feed(feed)
    rules = [rule for column in contract.columns for rule in column.rules]
    assert len({r.name for r in rules}) == len(rules) and {r.severity for r in rules} <= set(SEVERITIES)
    rows = rows_for(contract)
    kinds = {c.name: c.type for c in contract.columns if c.name in rows[0]}
    typed = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in kinds.items())
    listed = ", ".join("(" + ", ".join(literal(v) for v in row.values()) + ")" for row in rows)
    table = f"SELECT {typed} FROM (VALUES {listed}) AS t({', '.join(kinds)})"
    asked = ", ".join(rule.condition for rule in rules)
    by_duckdb = duckdb.sql(f"SELECT {asked} FROM ({table})").fetchall()
    by_spark = [tuple(row) for row in spark.sql(f"SELECT {asked} FROM ({table})").collect()]
    assert by_spark == by_duckdb
    for judged in zip(*by_duckdb, strict=True):
        assert False in judged and None in judged, "the rows try the rule"


def literal(value: str | int | None) -> str:
    """Write a value as SQL."""
    return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)
