"""The forms: which columns a file has, under which title, in which unit of money."""

from __future__ import annotations

from dataclasses import dataclass

from infra.sandbox.forms import columns as c
from infra.sandbox.forms import department_columns as d


@dataclass(frozen=True)
class Form:
    """A form as it is printed.

    Attributes
    ----------
    unit : str
        Text of the line that names the unit of money; empty = none.
    divisor : int
        千元 in one unit of the file's money.
    depth : int
        Header rows of a workbook.
    """

    sheet: str
    title: str
    columns: tuple[c.Column, ...]
    note: str
    unit: str = ""
    divisor: int = 1
    depth: int = 2
    encoding: str = "gb18030"

    def labels(self) -> dict[str, str]:
        """Field -> CSV header."""
        return {x.field: x.csv for x in self.columns}


_FINANCE_NOTE = "注：1.本表为1月至本月累计数；2.1月免报；3.上年同期数按本期口径填报。"
_BUREAU_NOTE = "注：本表由省统计局汇总；1.本表为1月至本月累计数；2.1月免报。"
_STAFF_NOTE = "注：工资总额为1月至本季累计数。"

FORMS: dict[str, Form] = {
    "stat_register": Form(
        "101表", "调查单位基本情况（101表）", c.REGISTER, "注：本表由市（州）统计机构汇总上报。", depth=1
    ),
    "stat_finance": Form(
        "B103", "规模以上工业法人单位财务状况（B103表）", c.FINANCE, _FINANCE_NOTE, "计量单位：千元"
    ),
    "stat_construction": Form(
        "C103", "建筑业法人单位财务状况（C103表）", c.CONSTRUCTION, _BUREAU_NOTE, "计量单位：千元"
    ),
    "stat_trade": Form(
        "E103", "批发和零售业法人单位财务状况（E103表）", c.TRADE, _BUREAU_NOTE, "计量单位：万元", divisor=10
    ),
    "stat_catering": Form(
        "S103", "住宿和餐饮业法人单位财务状况（S103表）", c.CATERING, _BUREAU_NOTE, "单位：千元"
    ),
    "stat_services": Form(
        "F103", "规模以上服务业法人单位财务状况（F103表）", c.SERVICES, _BUREAU_NOTE, "计量单位：千元"
    ),
    "stat_staff": Form(
        "102表", "从业人员及工资总额（102/202表）", c.STAFF_2025, _STAFF_NOTE, "计量单位：千元", depth=1
    ),
    "stat_staff_2026": Form(
        "102表", "用工人员及工资总额（102/202表）", c.STAFF_2026, _STAFF_NOTE, "计量单位：千元"
    ),
    "stat_rd": Form(
        "107-2",
        "研发活动及相关情况（107-2表）",
        c.RESEARCH,
        "注：研发费用合计等于其中各项之和。",
        "单位：千元",
    ),
    "stat_rd_projects": Form(
        "107-1", "研发项目情况（107-1表）", c.PROJECTS, "注：一个项目填一行。", "单位：千元"
    ),
    "dept_report": Form(
        "部门季报", "“专精特新”工作部门季度报表", d.REPORT, "注：累计数自2022年1月1日起算。", depth=1
    ),
    "dept_patent": Form(
        "专利", "企业专利与质押情况", d.PATENT, "注：质押金额为登记金额。", "计量单位：万元", divisor=10
    ),
    "dept_credit_list": Form(
        "名单", "经营异常与失信名单变动", d.CREDIT, "说明：移出时补报移出日期和原因。", depth=1
    ),
    "dept_power": Form("用电", "企业用电量", d.POWER, "", depth=1, encoding="utf-8-sig"),
    "srdi_annual": Form(
        "年度更新",
        "优质中小企业梯度培育平台年度更新信息",
        d.ANNUAL,
        "注：等级、级别、类别、名次填代码，0为无。",
        "计量单位：万元",
        divisor=10,
        depth=1,
    ),
    "ticket": Form(
        "工单", "“专精特新”企业问题办理情况", d.TICKET, "说明：有新提出或有进展的问题均报。", depth=1
    ),
}
NOTICE_SHEET = "名单"
