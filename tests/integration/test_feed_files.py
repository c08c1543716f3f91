"""Statistics by sector, staff, projects, departments' reports and tickets: what their contracts make of real files."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.files import COUNTY, code, csv_file, csv_text, finance_path, line, workbook
from tests.house import House, delta_rows

pytestmark = pytest.mark.spark

SERVICES = (
    "报告期", "统一社会信用代码", "单位详细名称", "行政区划代码", "营业收入_1-本月", "营业收入_上年同期", "营业税金及附加_1-本月",
)  # fmt: skip
SERVICES_FILE = "stat/220000/F203/F203_220000_202602"


def reasons(house: House) -> dict[int, list[tuple[str, str]]]:
    """Row -> rule and message of what is in quarantine."""
    rows = delta_rows(f"{house.env['ZJTX_LAKE']}/quarantine/rows")
    return {r["row_no"]: [(x["rule"], x["message"]) for x in r["reasons"]] for r in rows}


def statements() -> dict[str, tuple[str, int]]:
    """Firm -> feed and revenue of what indicators read."""
    from jobs import lake

    with lake.connect() as spark:
        rows = lake.read_group(spark, ["stat_finance", "stat_services"]).collect()
    assert len({r["uscc"] for r in rows}) == len(rows)
    return {r["uscc"]: (r["feed"], int(r["revenue"])) for r in rows}


def services(*firms: tuple[int, int]) -> str:
    rows = [["202602", code(n), f"测试企业{n}", COUNTY, revenue, 100, 3] for n, revenue in firms]
    return csv_text(rows, SERVICES)


def test_a_firm_that_changed_its_form_counts_once_as_the_later_batch_has_it(fresh_house: House) -> None:
    from jobs.feeds.ingest import poll

    fresh_house.at("2026-03-20T09:00:00+08:00")
    fresh_house.deliver(finance_path(), csv_file([line(1, 500), line(2, 600)]), "2026-03-18T09:00:00+08:00")
    poll("stat_finance")
    fresh_house.deliver(f"{SERVICES_FILE}.csv", services((2, 700), (3, 800)), "2026-03-18T10:00:00+08:00")
    poll("stat_services")
    assert statements() == {
        code(1): ("stat_finance", 500_000), code(2): ("stat_services", 700_000), code(3): ("stat_services", 800_000),
    }  # fmt: skip
    # The bureau takes the firm out of its form again: what its unit reported stands.
    fresh_house.deliver(f"{SERVICES_FILE}_r2.csv", services((3, 800)), "2026-03-19T10:00:00+08:00")
    poll("stat_services")
    assert statements()[code(2)] == ("stat_finance", 600_000)


TRADE = ["统一社会信用代码", "单位详细名称", "行政区划代码", "报告期", "营业收入", "营业收入", "商品销售额"]
BELOW = ["统一社会信用代码", "单位详细名称", "行政区划代码", "报告期", "1—本月", "上年同期", "1—本月"]


def test_a_sector_form_in_another_unit_of_money_is_read_in_yuan(fresh_house: House) -> None:
    from jobs.feeds.ingest import poll

    top = [
        ["批发和零售业法人单位财务状况（E103表）", *[""] * 6],
        ["填报单位：省统计局", *[""] * 5, "计量单位：万元"],
    ]
    rows = [*top, TRADE, BELOW, [code(1), "测试企业1", COUNTY, "202602", 1234.5, 1000, 1300]]
    fresh_house.at("2026-03-20T09:00:00+08:00")
    fresh_house.deliver(
        "stat/220000/E203/E203_220000_202602.xlsx", workbook(rows), "2026-03-18T09:00:00+08:00"
    )
    poll("stat_trade")
    (row,) = fresh_house.rows("stat_trade")
    assert (row["revenue"], row["revenue_prior"], row["sales"]) == (12_345_000, 10_000_000, 13_000_000)


OLD_STAFF = [
    "报告期",
    "统一社会信用代码",
    "单位详细名称",
    "行政区划代码",
    "登记注册类型",
    "从业人员期末人数",
    "专业技术人员",
    "从业人员工资总额",
]
NEW_STAFF = [
    "报告期",
    "统一社会信用代码",
    "单位详细名称",
    "行政区划代码",
    "登记注册统计类别",
    "期末用工人数",
    "其中：专业技术人员",
    "用工人员工资总额",
]


def staff(period: str, kind: str) -> list[object]:
    return [period, code(1), "测试企业1", COUNTY, kind, 40, 9, 1500]


def test_two_editions_of_the_staff_form_load_side_by_side_and_the_yearly_form_is_the_fourth_quarter(
    fresh_house: House,
) -> None:
    from jobs.feeds.ingest import poll

    fresh_house.at("2026-04-20T09:00:00+08:00")
    old, new = (
        csv_file([staff("2025Q4", "173")], OLD_STAFF),
        csv_file([staff("2026年一季度", "112")], NEW_STAFF),
    )
    fresh_house.deliver("stat/220100/102/102_220100_2025.csv", old, "2026-01-16T09:00:00+08:00")
    fresh_house.deliver("stat/220100/202/202_220100_2026Q1.csv", new, "2026-04-16T09:00:00+08:00")
    result = poll("stat_staff")
    assert result.periods == ["2025Q4", "2026Q1"]
    rows = fresh_house.rows("stat_staff")
    assert {(r["period"], r["register_type"], r["staff_end"], r["technical_staff"], r["payroll"]) for r in rows} == {
        ("2025Q4", "private_limited", 40, 9, 1_500_000), ("2026Q1", "private_limited", 40, 9, 1_500_000),
    }  # fmt: skip


REPORT = ["指标代码", "指标名称", "地区代码", "地区", "计量单位", "数值", "累计/当季", "备注"]
GOOD = ["KY01", "已开放科研设施与仪器数", "220100", "长春市", "台（套）", 1500, "累计", ""]


def report(rows: Sequence[Sequence[object]], number: int = 3, day: str = "2026年4月12日") -> bytes:
    width = [""] * 6
    top = [
        ["部门季度报表", *width, ""], [f"文号：吉科报〔2026〕{number}号", *width, "报告期：2026Q1"],
        ["填报单位：省科技厅", *width, "填报人：李春华"], [f"报送日期：{day}", *width, "联系电话：0431-8890****"], REPORT,
    ]  # fmt: skip
    return workbook([*top, *rows])


def test_a_department_reports_its_own_items_in_their_own_units_with_document_and_person(
    fresh_house: House,
) -> None:
    from jobs.feeds.ingest import poll

    rows = [
        GOOD,
        ["KY02", "可开放科研设施与仪器数", "220100", "长春市", "个", 1600, "累计", ""],
        ["PX01", "培训人次", "220100", "长春市", "人次", 900, "当季", ""],
        ["ZZ99", "别的事项", "220100", "长春市", "个", 1, "累计", ""],
    ]
    fresh_house.at("2026-04-20T09:00:00+08:00")
    path = "dept/省科技厅/report/省科技厅_2026Q1"
    fresh_house.deliver(f"{path}.xlsx", report(rows), "2026-04-12T09:00:00+08:00")
    poll("dept_report")
    (row,) = fresh_house.rows("dept_report")
    said = (row["document_no"], row["filled_by"], row["contact"], str(row["reported_on"]), row["period"])
    assert said == ("吉科报〔2026〕3号", "省科技厅", "李春华", "2026-04-12", "2026Q1")
    assert (row["item_code"], row["basis"], row["value"]) == ("KY01", "cumulative", 1500)
    assert reasons(fresh_house) == {
        7: [("ITEM_UNIT", "计量单位与指标清单不符：应为“台（套）”，实为“个”")],
        8: [("ITEM_DEPARTMENT", "该指标应由 省人力资源社会保障厅 报送，实为 省科技厅")],
        9: [("ITEM_CODE", "指标代码不在部门报表指标清单内")],
    }
    # A corrected report comes as a new file and replaces the whole of the old one.
    again = report([[*GOOD[:5], 1400, *GOOD[6:]]], 8, "2026年4月16日")
    fresh_house.deliver(f"{path}_r2.xlsx", again, "2026-04-16T09:00:00+08:00")
    poll("dept_report")
    (row,) = fresh_house.rows("dept_report")
    assert (row["value"], row["document_no"]) == (1400, "吉科报〔2026〕8号")


TICKET = [
    "工单编号",
    "统一社会信用代码",
    "单位详细名称",
    "行政区划代码",
    "领域",
    "服务类别",
    "问题内容",
    "提出日期",
    "当前层级",
    "状态",
    "办结日期",
    "满意度",
]


def test_a_ticket_moves_up_and_closes_under_its_number(fresh_house: House) -> None:
    from jobs.feeds.ingest import poll

    head = ["220100-202601-0001", code(1), "测试企业1", COUNTY, "工业", "融资", "需要续贷", "2026-01-09"]
    fresh_house.at("2026-03-20T09:00:00+08:00")
    first, second = [*head, "县", "办理中", "", ""], [*head, "省级专班", "已办结", "2026-02-11", "满意"]
    for month, cells in (("01", first), ("02", second)):
        path = f"ticket/220100/ticket_220100_2026{month}.csv"
        fresh_house.deliver(path, csv_file([cells], TICKET), f"2026-{month}-28T09:00:00+08:00")
    poll("ticket")
    (row,) = fresh_house.rows("ticket")
    assert (row["level"], row["state"], str(row["closed_on"]), row["satisfaction"]) == (
        "team",
        "closed",
        "2026-02-11",
        "3",
    )
    assert (str(row["raised_on"]), row["domain"], row["period"]) == ("2026-01-09", "industry", "202602")
