"""Chinese headers of the statistical forms, in their order, and the kind of each column."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column: field of the clean panel, CSV header, the two header rows of a workbook; money is kept in 千元."""

    field: str
    csv: str
    upper: str
    lower: str | None = None
    number: bool = False
    money: bool = False


def pair(field: str, label: str) -> tuple[Column, Column]:
    """Return an amount since January and the same of last year."""
    return (
        Column(field, f"{label}_1-本月", label, "1—本月", number=True, money=True),
        Column(f"{field}_prior", f"{label}_上年同期", label, "上年同期", number=True, money=True),
    )


def plain(field: str, label: str) -> Column:
    """Return a column of text, codes or dates under one header."""
    return Column(field, label, label)


def count(field: str, label: str) -> Column:
    """Return a column of whole numbers."""
    return Column(field, label, label, number=True)


def money(field: str, label: str) -> Column:
    """Return a column of amounts."""
    return Column(field, label, label, number=True, money=True)


FIRM = (
    plain("uscc", "统一社会信用代码"),
    plain("name", "单位详细名称"),
    plain("county_code", "行政区划代码"),
)

REGISTER = (
    *FIRM,
    plain("industry_code", "行业代码"),
    plain("opened", "开业时间"),
    plain("change_type", "变动类型"),
    plain("effective_date", "变动日期"),
    count("staff_end", "从业人员期末人数"),
    plain("domain", "推荐专班"),
)
_FLOWS = (
    *pair("revenue", "营业收入"),
    *pair("operating_cost", "营业成本"),
    *pair("total_profit", "利润总额"),
    *pair("rd_expense", "研发费用"),
    *pair("payroll", "应付职工薪酬"),
)
_STOCKS = (
    money("total_assets", "资产总计"),
    money("total_liabilities", "负债合计"),
    count("staff_end", "期末用工人数(人)"),
    count("staff_avg", "平均用工人数(人)"),
)
_MONTH = plain("period", "报告期")
FINANCE = (_MONTH, *FIRM, *_FLOWS, money("receivables", "应收账款"), *_STOCKS)
# Each sector's form has columns of its own, in another place.
CONSTRUCTION = (
    _MONTH,
    *FIRM,
    *pair("construction_output", "建筑业总产值"),
    money("new_contracts", "本年新签合同额"),
    *_FLOWS,
    *_STOCKS,
)
TRADE = (
    *FIRM,
    _MONTH,
    *_FLOWS,
    *pair("sales", "商品销售额"),
    money("retail_sales", "其中：零售额"),
    money("stock", "期末商品库存额"),
    *_STOCKS,
)
CATERING = (
    _MONTH,
    *FIRM,
    *_FLOWS[:2],
    money("room_revenue", "客房收入"),
    money("meal_revenue", "餐费收入"),
    *_FLOWS[2:],
    *_STOCKS,
)
SERVICES = (
    _MONTH,
    *FIRM,
    *_FLOWS,
    *_STOCKS,
    *pair("business_tax", "营业税金及附加"),
    money("vat_payable", "应交增值税"),
)

_QUARTER = plain("period", "报告期")
STAFF_2025 = (
    _QUARTER,
    *FIRM,
    plain("register_code", "登记注册类型"),
    count("staff_end", "从业人员期末人数"),
    count("women", "其中：女性"),
    count("technical_staff", "专业技术人员"),
    count("staff_avg", "从业人员平均人数"),
    money("payroll", "从业人员工资总额"),
)
_STAFF_END = "期末用工人数(人)"
STAFF_2026 = (
    _QUARTER,
    *FIRM,
    plain("register_code", "登记注册统计类别"),
    Column("staff_end", "期末用工人数", _STAFF_END, "合计", number=True),
    Column("women", "期末用工人数_其中：女性", _STAFF_END, "其中：女性", number=True),
    Column("technical_staff", "其中：专业技术人员", _STAFF_END, "其中：专业技术人员", number=True),
    count("staff_avg", "平均用工人数(人)"),
    money("payroll", "用工人员工资总额"),
)

_ITEMS = (
    ("rd_labour", "人员人工费用"),
    ("rd_materials", "直接投入费用"),
    ("rd_depreciation", "折旧费用与长期待摊费用"),
    ("rd_intangibles", "无形资产摊销费用"),
    ("rd_design", "设计费用"),
    ("rd_testing", "装备调试费用与试验费用"),
    ("rd_outsourced", "委托外部研发费用"),
    ("rd_other", "其他费用"),
)
RESEARCH = (
    plain("year", "年度"),
    *FIRM,
    count("rd_staff", "研发人员合计(人)"),
    Column("rd_total", "研发费用合计", "研发费用", "合计", number=True, money=True),
    *(Column(f, label, "研发费用", f"其中：{label}", number=True, money=True) for f, label in _ITEMS),
    count("valid_invention_patents", "期末有效发明专利数(件)"),
    money("new_product_revenue", "新产品销售收入"),
)
_SPENDING = "经费内部支出"
PROJECTS = (
    plain("year", "年度"),
    *FIRM,
    plain("project_name", "项目名称"),
    plain("project_no", "项目编号"),
    plain("source", "项目来源"),
    plain("cooperation", "项目合作形式"),
    plain("outcome", "项目成果形式"),
    plain("goal", "项目技术经济目标"),
    Column("started_on", "项目起始日期", "起止日期", "起始日期"),
    Column("finished_on", "项目完成日期", "起止日期", "完成日期"),
    count("staff", "参加项目人员(人)"),
    count("staff_months", "人月"),
    Column("spending", "项目经费内部支出", _SPENDING, "合计", number=True, money=True),
    Column("government", "其中：政府资金", _SPENDING, "其中：政府资金", number=True, money=True),
)
