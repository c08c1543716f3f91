"""Statistics by sector, staff, projects, departments' reports, yearly updates, notices and tickets: what their contracts make of real files."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from tests.support.files import COUNTY, FINANCE, code, csv_file, csv_text, finance_path, line, workbook
from tests.support.installation import Installation, delta_rows

pytestmark = pytest.mark.spark

SERVICES = (
    "报告期", "统一社会信用代码", "单位详细名称", "行政区划代码", "营业收入_1-本月", "营业收入_上年同期", "营业税金及附加_1-本月",
)  # fmt: skip
SERVICES_FILE = "stat/220000/F203/F203_220000_202602"


def reasons(installation: Installation) -> dict[int, list[tuple[str, str]]]:
    """Row -> rule and message of what is in quarantine."""
    rows = delta_rows(f"{installation.env['ZJTX_LAKE']}/quarantine/rows")
    return {r["row_no"]: [(x["rule"], x["message"]) for x in r["reasons"]] for r in rows}


def statements() -> dict[str, tuple[str, int]]:
    """Firm -> feed and revenue of what indicators read."""
    from jobs.kpi import inputs, runner
    from jobs.ledger import batches

    feeds = dict.fromkeys(("stat_finance", "stat_services"), "statement")
    pinned = inputs.pin_all(feeds, batches.accepted_of(feeds))
    with runner.connection() as con:
        standing = inputs.latest(con, pinned["statement"], ("uscc", "feed", "revenue"), None)
        rows = con.execute(f"SELECT uscc, feed, revenue FROM ({standing})").fetchall()
    assert len({uscc for uscc, *_ in rows}) == len(rows)
    return {uscc: (feed, int(revenue)) for uscc, feed, revenue in rows}


def services(*firms: tuple[int, int]) -> str:
    rows = [["202602", code(n), f"测试企业{n}", COUNTY, revenue, 100, 3] for n, revenue in firms]
    return csv_text(rows, SERVICES)


def test_a_firm_that_changed_its_form_counts_once_as_the_later_batch_has_it(
    fresh_installation: Installation,
) -> None:
    from jobs.feeds.ingest import poll

    fresh_installation.at("2026-03-20T09:00:00+08:00")
    fresh_installation.deliver(
        finance_path(), csv_file([line(1, 500), line(2, 600)]), "2026-03-18T09:00:00+08:00"
    )
    poll("stat_finance")
    fresh_installation.deliver(
        f"{SERVICES_FILE}.csv", services((2, 700), (3, 800)), "2026-03-18T10:00:00+08:00"
    )
    poll("stat_services")
    assert statements() == {
        code(1): ("stat_finance", 500_000), code(2): ("stat_services", 700_000), code(3): ("stat_services", 800_000),
    }  # fmt: skip
    # The bureau takes the firm out of its form again: what its unit reported stands.
    fresh_installation.deliver(f"{SERVICES_FILE}_r2.csv", services((3, 800)), "2026-03-19T10:00:00+08:00")
    poll("stat_services")
    assert statements()[code(2)] == ("stat_finance", 600_000)


TRADE = ["统一社会信用代码", "单位详细名称", "行政区划代码", "报告期", "营业收入", "营业收入", "商品销售额"]
BELOW = ["统一社会信用代码", "单位详细名称", "行政区划代码", "报告期", "1—本月", "上年同期", "1—本月"]


def test_a_sector_form_in_another_unit_of_money_is_read_in_yuan(fresh_installation: Installation) -> None:
    from jobs.feeds.ingest import poll

    top = [
        ["批发和零售业法人单位财务状况（E103表）", *[""] * 6],
        ["填报单位：省统计局", *[""] * 5, "计量单位：万元"],
    ]
    rows = [*top, TRADE, BELOW, [code(1), "测试企业1", COUNTY, "202602", 1234.5, 1000, 1300]]
    fresh_installation.at("2026-03-20T09:00:00+08:00")
    fresh_installation.deliver(
        "stat/220000/E203/E203_220000_202602.xlsx", workbook(rows), "2026-03-18T09:00:00+08:00"
    )
    poll("stat_trade")
    (row,) = fresh_installation.rows("stat_trade")
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
    fresh_installation: Installation,
) -> None:
    from jobs.feeds.ingest import poll

    fresh_installation.at("2026-04-20T09:00:00+08:00")
    old, new = (
        csv_file([staff("2025Q4", "173")], OLD_STAFF),
        csv_file([staff("2026年一季度", "112")], NEW_STAFF),
    )
    fresh_installation.deliver("stat/220100/102/102_220100_2025.csv", old, "2026-01-16T09:00:00+08:00")
    fresh_installation.deliver("stat/220100/202/202_220100_2026Q1.csv", new, "2026-04-16T09:00:00+08:00")
    result = poll("stat_staff")
    assert result.periods == ["2025Q4", "2026Q1"]
    rows = fresh_installation.rows("stat_staff")
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
    fresh_installation: Installation,
) -> None:
    from jobs.feeds.ingest import poll

    rows = [
        GOOD,
        ["KY02", "可开放科研设施与仪器数", "220100", "长春市", "个", 1600, "累计", ""],
        ["PX01", "培训人次", "220100", "长春市", "人次", 900, "当季", ""],
        ["ZZ99", "别的事项", "220100", "长春市", "个", 1, "累计", ""],
    ]
    fresh_installation.at("2026-04-20T09:00:00+08:00")
    path = "dept/省科技厅/report/省科技厅_2026Q1"
    fresh_installation.deliver(f"{path}.xlsx", report(rows), "2026-04-12T09:00:00+08:00")
    poll("dept_report")
    (row,) = fresh_installation.rows("dept_report")
    said = (row["document_no"], row["filled_by"], row["contact"], str(row["reported_on"]), row["period"])
    assert said == ("吉科报〔2026〕3号", "省科技厅", "李春华", "2026-04-12", "2026Q1")
    assert (row["item_code"], row["basis"], row["value"]) == ("KY01", "cumulative", 1500)
    assert reasons(fresh_installation) == {
        7: [("ITEM_UNIT", "计量单位与指标清单不符：应为“台（套）”，实为“个”")],
        8: [("ITEM_DEPARTMENT", "该指标应由 省人力资源社会保障厅 报送，实为 省科技厅")],
        9: [("ITEM_CODE", "指标代码不在部门报表指标清单内")],
    }
    # A corrected report comes as a new file and replaces the whole of the old one.
    again = report([[*GOOD[:5], 1400, *GOOD[6:]]], 8, "2026年4月16日")
    fresh_installation.deliver(f"{path}_r2.xlsx", again, "2026-04-16T09:00:00+08:00")
    poll("dept_report")
    (row,) = fresh_installation.rows("dept_report")
    assert (row["value"], row["document_no"]) == (1400, "吉科报〔2026〕8号")


def test_a_department_of_a_city_may_report_its_items_and_is_not_waited_for(
    fresh_installation: Installation,
) -> None:
    from jobs.definitions.contract import load_feed
    from jobs.feeds.ingest import poll
    from jobs.ledger import batches
    from jobs.release.completeness import arrival

    top = [
        ["部门季度报表", *[""] * 7],
        ["文号：长科报〔2026〕19号", *[""] * 7],
        ["填报单位：市科技局", *[""] * 6, "填报人：于海涛"],
        ["报送日期：2026年4月11日", *[""] * 7],
    ]
    item = [
        "KY04",
        "“专精特新”中小企业科技人员和专业技术人员数",
        "220100",
        "长春市",
        "人",
        14_410,
        "累计",
        "",
    ]
    foreign = ["KY03", "“专精特新”中小企业科技人员数", "220100", "长春市", "人", 9_000, "累计", ""]
    fresh_installation.at("2026-04-20T09:00:00+08:00")
    path = "dept/市科技局/report/市科技局_2026Q1.xlsx"
    fresh_installation.deliver(path, workbook([*top, REPORT, item, foreign]), "2026-04-11T09:00:00+08:00")
    poll("dept_report")
    (row,) = fresh_installation.rows("dept_report")
    assert (row["reporter"], row["item_code"], row["region_code"], row["value"]) == (
        "市科技局", "KY04", "220100", 14_410,
    )  # fmt: skip
    assert reasons(fresh_installation) == {
        7: [("ITEM_DEPARTMENT", "该指标应由 省科技厅 报送，实为 市科技局")]
    }
    came = arrival(load_feed("dept_report"), "2026Q1", batches.accepted("dept_report"), {})
    assert "市科技局" not in came.expected and came.arrived == ()


def test_a_rate_of_the_central_bank_keeps_its_decimals(fresh_installation: Installation) -> None:
    from jobs.feeds.ingest import poll

    top = [
        ["部门季度报表", *[""] * 7],
        ["文号：长银统报〔2026〕18号", *[""] * 7],
        ["填报单位：人民银行长春中心支行", *[""] * 6, "填报人：周静"],
        ["报送日期：2026年4月13日", *[""] * 7],
    ]
    item = ["TZ07", "企业贷款加权平均利率", "220000", "吉林省", "%", 4.12, "累计", ""]
    fresh_installation.at("2026-04-20T09:00:00+08:00")
    path = "dept/人民银行长春中心支行/report/人民银行长春中心支行_2026Q1.xlsx"
    fresh_installation.deliver(path, workbook([*top, REPORT, item]), "2026-04-13T09:00:00+08:00")
    poll("dept_report")
    (row,) = fresh_installation.rows("dept_report")
    assert (row["value"], row["unit"], row["region_code"]) == (Decimal("4.12"), "%", "220000")


UPDATE = [
    "年度", "统一社会信用代码", "单位详细名称", "行政区划代码", "主营业务收入", "净利润", "主导产品全国细分市场占有率（%）",
    "主导产品全国细分市场排名", "拥有自主品牌", "数字化水平等级", "有效期内高新技术企业",
]  # fmt: skip


def update(number: int, *said: object, year: int = 2025) -> list[object]:
    return [year, code(number), f"测试企业{number}", COUNTY, *said]


def test_a_yearly_update_is_read_in_yuan_with_answers_as_codes_and_blanks_as_unknown(
    fresh_installation: Installation,
) -> None:
    from jobs.feeds.ingest import poll

    rows = [
        update(1, 5200.5, -30, 12.5, 3, "是", 4, "否"),
        update(2, 800, 20, "", "", "", "", ""),
        update(3, 800, 20, 120, 1, "是", 1, "是"),
        update(4, 800, 20, 10, 1, "是", 5, "是"),
        update(5, 800, 20, 10, 1, "部分", 1, "是"),
        update(6, 800, 20, 10, 1, "是", 1, "是", year=2024),
    ]
    top = [
        ["梯度培育平台年度更新信息", *[""] * 10],
        ["填报单位：省工业和信息化厅", *[""] * 9, "计量单位：万元"],
    ]
    fresh_installation.at("2026-05-08T09:00:00+08:00")
    path = "dept/省工业和信息化厅/annual/省工业和信息化厅_2025.xlsx"
    fresh_installation.deliver(path, workbook([*top, UPDATE, *rows]), "2026-04-23T09:00:00+08:00")
    assert poll("srdi_annual").periods == ["2025"]
    names = (
        "uscc",
        "year",
        "main_revenue",
        "net_profit",
        "market_share",
        "market_rank",
        "own_brand",
        "high_tech",
    )
    found = sorted(
        tuple(r[n] for n in (*names, "digital_level")) for r in fresh_installation.rows("srdi_annual")
    )
    assert found == [
        (code(1), 2025, 52_005_000, -300_000, Decimal("12.5"), 3, "yes", "no", 4),
        (code(2), 2025, 8_000_000, 200_000, None, None, None, None, None),
    ]
    assert {row: rule for row, ((rule, _),) in reasons(fresh_installation).items()} == {
        6: "CROSS_COLUMN", 7: "CROSS_COLUMN", 8: "CODE_LIST", 9: "PERIOD_OUTSIDE",
    }  # fmt: skip


def test_receivables_are_read_where_the_form_has_them_and_unknown_where_it_has_not(
    fresh_installation: Installation,
) -> None:
    from jobs.feeds.ingest import poll

    with_column = [*line(1, 500), 120], [*line(2, 500), ""]
    fresh_installation.at("2026-03-20T09:00:00+08:00")
    fresh_installation.deliver(
        finance_path(), csv_file(with_column, [*FINANCE, "应收账款"]), "2026-03-18T09:00:00+08:00"
    )
    fresh_installation.deliver(finance_path("220200"), csv_file([line(3, 500)]), "2026-03-18T10:00:00+08:00")
    poll("stat_finance")
    assert {r["uscc"]: r["receivables"] for r in fresh_installation.rows("stat_finance")} == {
        code(1): 120_000, code(2): None, code(3): None,
    }  # fmt: skip


def test_notices_of_other_provinces_load_under_their_own_tiers(fresh_installation: Installation) -> None:
    from jobs.feeds.ingest import poll

    titles = {
        "晋工信发〔2025〕1号": ("2025年度山西省省级专精特新“小巨人”企业认定名单", "provincial_little_giant"),
        "浙经信企〔2025〕2号": ("2025年度浙江省“隐形冠军”企业认定名单", "provincial_hidden_champion"),
        "鲁工信创〔2025〕3号": ("2025年度山东省创新型中小企业评价名单", "innovative_sme"),
        "并工信发〔2025〕4号": ("太原市市级“专精特新”中小企业培育库入库企业名单", "city_library"),
        "工信部企业〔2025〕5号": ("第七批专精特新“小巨人”企业认定名单", "national_little_giant"),
    }
    for number, (title, _) in titles.items():
        rows = [
            [title, ""],
            [number, ""],
            ["2025年6月15日", ""],
            ["企业名称", "统一社会信用代码"],
            ["甲公司", code(1)],
        ]
        fresh_installation.deliver(
            f"cert/other/2025/{number}.xlsx", workbook(rows), "2025-06-16T09:30:00+08:00"
        )
    fresh_installation.at("2026-03-01T09:00:00+08:00")
    poll("certificate_notice")
    found = {r["document_no"]: (r["tier"], r["event"]) for r in fresh_installation.rows("certificate_notice")}
    assert found == {number: (tier, "grant") for number, (_, tier) in titles.items()}


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


def test_a_ticket_moves_up_and_closes_under_its_number(fresh_installation: Installation) -> None:
    from jobs.feeds.ingest import poll

    head = ["220100-202601-0001", code(1), "测试企业1", COUNTY, "工业", "融资", "需要续贷", "2026-01-09"]
    fresh_installation.at("2026-03-20T09:00:00+08:00")
    first, second = [*head, "县", "办理中", "", ""], [*head, "省级专班", "已办结", "2026-02-11", "满意"]
    for month, cells in (("01", first), ("02", second)):
        path = f"ticket/220100/ticket_220100_2026{month}.csv"
        fresh_installation.deliver(path, csv_file([cells], TICKET), f"2026-{month}-28T09:00:00+08:00")
    poll("ticket")
    (row,) = fresh_installation.rows("ticket")
    assert (row["level"], row["state"], str(row["closed_on"]), row["satisfaction"]) == (
        "team",
        "closed",
        "2026-02-11",
        "3",
    )
    assert (str(row["raised_on"]), row["domain"], row["period"]) == ("2026-01-09", "industry", "202602")
