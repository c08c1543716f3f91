"""Rules between the columns of a row: 强制性 quarantines it, 核实性 and 查询性 are told to whoever approves."""

from __future__ import annotations

import pytest

from jobs.definitions.contract import load_feed
from jobs.feeds.ingest import poll
from jobs.ledger import batches
from jobs.quality.ahead import looked_at
from jobs.quality.audit import ROW_PLACE
from jobs.quality.auditor import Auditor, context
from jobs.quality.refusal import remarks
from jobs.quality.silver import TABLE, pieces
from tests.support.files import code, csv_file
from tests.support.installation import Installation, delta_rows

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
def taken_in(fresh_installation: Installation) -> Installation:
    rows = [["2025", code(n), f"企业{n}", "220102", *cells] for n, cells in ROWS.items()]
    fresh_installation.deliver(PATH, csv_file(rows, HEADER), "2026-03-20T09:00:00+08:00")
    fresh_installation.at("2026-03-21T09:00:00+08:00")
    poll("stat_rd")
    return fresh_installation


def test_a_row_that_breaks_a_blocking_rule_is_quarantined_with_column_value_and_rule(
    taken_in: Installation,
) -> None:
    (row,) = delta_rows(f"{taken_in.env['ZJTX_LAKE']}/quarantine/rows")
    (reason,) = row["reasons"]
    assert (row["row_no"], reason["column"], reason["value"]) == (3, "rd_total", "101")
    assert (reason["rule"], reason["message"]) == ("CROSS_COLUMN", "研发费用合计应等于各分项之和")


def test_a_missing_part_breaks_no_rule_and_a_weaker_rule_keeps_the_row(taken_in: Installation) -> None:
    assert {r["row_no"] for r in taken_in.rows("stat_rd")} == {2, 4, 5, 6}


def test_the_audit_tells_of_a_broken_weaker_rule_by_file_and_line_and_stops_nothing(
    taken_in: Installation,
) -> None:
    auditor = Auditor(context())
    (piece,) = pieces("stat_rd", batches.accepted("stat_rd"))
    with looked_at(piece, TABLE, "silver_stat_rd") as (con, chosen):
        broken = auditor.judge(con, TABLE, "silver_stat_rd", ROW_PLACE, chosen)
    assert [f["severity"] for f in broken] == ["info"]
    (said,) = remarks({"silver/stat_rd": broken})
    title = load_feed("stat_rd").title
    assert said == f"提示：{title} 1 行，有研发费用而研发人员合计为 0（如 {PATH} 第 5 行）"
