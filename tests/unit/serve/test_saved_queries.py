"""The saved queries that analysts share: each runs within an analyst's bounds and answers what its title asks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from infra.superset.specs import load
from infra.superset.statement import WHOLE_FILE, check
from tests.support.analyst_frames import analysts_file

QUERIES = load().queries
# what the small file answers, in a few of the columns, computed by hand
EXPECTED: dict[str, list[dict[str, Any]]] = {
    "growth_by_city_and_tier": [{"梯度": "任一级证书", "同比（%）": 5.0, "户数": 2, "覆盖率（%）": 66.7, "状态": "户数不足"}],
    "late_reports": [{"报送单位": "长春市", "报表": "财务状况（103/203表）", "状态": "迟报", "迟报天数": 3}],
    "ending_this_year": [{"企业": "甲公司", "有效期止": "2026-11-30"}],
    "target_changes": [{"编号": "JL-T01", "原状态": "黄", "状态": "红", "原数值": 80.0, "数值": 81.0}],
    "lost_certificates": [{"企业": "丁公司", "失去的梯度": "省级“专精特新”", "有效期止": "2026-05-31", "原因": "到期"}],
    "targets_at_risk": [{"编号": "JL-T01", "差距": -19.0, "完成率（%）": 81.0, "原因": "低于进度线", "责任单位": "某厅"}],
    "rd_intensity_top": [{"地区": "长春市", "汇总比（%）": 4.0, "中位数（%）": 3.0, "达标企业占比（%）": 50.0, "户数": 2}],
    "coverage_by_reporter": [{"地区": "长春市", "应报户数": 4, "已报户数": 3, "覆盖率（%）": 75.0, "到报状态": "迟报"}],
    "warnings_by_rule": [{"规则": "营业收入下降", "等级": "关注", "触发占比（%）": 33.3, "已佐证户数": 1, "连续多期户数": 1}],
    "figure_trace": [
        {"企业": "甲公司", "计入": True, "分子合计": Decimal(210), "分母合计": Decimal(200), "行": 7},
        {"企业": "乙公司", "计入": True, "分子合计": Decimal(210), "分母合计": Decimal(200), "行": 7},
        {"企业": "丙公司", "计入": False, "原因": "新增（无基数）"},
    ],
    "quantiles": [{"指标": "营业收入增长率", "户数": 2, "中位数": 5.0, "25%": -2.5, "75%": 12.5, "均值": 5.0}],
    "panel_sizes": [{"范围内户数": 3, "样本户数": 2, "未计入的原因": "新增（无基数）", "未计入户数": 1}],
    "ranking_parts": [{"位次": 1, "综合得分": 66.6, "指标": "营业收入增长率", "得分贡献": 33.3, "暂定": True}],
    "provisional_years": [{"指标": "营业收入增长率", "数据所属期": "2026年1-6月", "暂定": False, "第几版": 2}],
    "firm_over_time": [{"期间": "2026Q1", "企业": "甲公司"}, {"期间": "2026Q2", "行业": "专用设备制造业"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = analysts_file(tmp_path_factory.mktemp("served") / "zjtx.duckdb")
    with duckdb.connect(str(path), read_only=True) as con:
        yield con


def test_every_query_has_its_answer_here() -> None:
    assert sorted(QUERIES) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_query_answers_what_its_title_asks(file: duckdb.DuckDBPyConnection, name: str) -> None:
    sql = QUERIES[name]["sql"]
    check(file, sql, WHOLE_FILE)
    answer = file.execute(sql)
    columns = [column[0] for column in answer.description or []]
    rows = [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]
    assert len(rows) == len(EXPECTED[name])
    for row, expected in zip(rows, EXPECTED[name], strict=True):
        told = {c: str(row[c]) if c == "有效期止" else row[c] for c in expected}
        assert told == expected


@pytest.mark.parametrize("name", EXPECTED)
def test_columns_of_an_answer_are_called_in_chinese(file: duckdb.DuckDBPyConnection, name: str) -> None:
    names = [column[0] for column in file.execute(QUERIES[name]["sql"]).description or []]
    assert [n for n in names if n.isascii() and not n.endswith("%")] == []
