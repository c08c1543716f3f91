"""Chinese headers of the files, in their order, and the kind of each column."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column: field of the clean panel, CSV header, and the two header rows of a workbook."""

    field: str
    csv: str
    upper: str
    lower: str | None = None
    number: bool = False


def _pair(field: str, label: str) -> tuple[Column, Column]:
    return (
        Column(field, f"{label}_1-本月", label, "1—本月", number=True),
        Column(f"{field}_prior", f"{label}_上年同期", label, "上年同期", number=True),
    )


def _plain(field: str, label: str, number: bool = False) -> Column:
    return Column(field, label, label, number=number)


_FIRM = (
    _plain("uscc", "统一社会信用代码"),
    _plain("name", "单位详细名称"),
    _plain("county_code", "行政区划代码"),
)

REGISTER = (
    *_FIRM,
    _plain("industry_code", "行业代码"),
    _plain("opened", "开业时间"),
    _plain("change_type", "变动类型"),
    _plain("effective_date", "变动日期"),
    _plain("staff_end", "从业人员期末人数", number=True),
    _plain("domain", "推荐专班"),
)
FINANCE = (
    _plain("period", "报告期"),
    *_FIRM,
    *_pair("revenue", "营业收入"),
    *_pair("operating_cost", "营业成本"),
    *_pair("total_profit", "利润总额"),
    *_pair("rd_expense", "研发费用"),
    *_pair("payroll", "应付职工薪酬"),
    _plain("total_assets", "资产总计", number=True),
    _plain("total_liabilities", "负债合计", number=True),
    _plain("staff_end", "期末用工人数(人)", number=True),
    _plain("staff_avg", "平均用工人数(人)", number=True),
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
    _plain("year", "年度"),
    *_FIRM,
    _plain("rd_staff", "研发人员合计(人)", number=True),
    Column("rd_total", "研发费用合计", "研发费用", "合计", number=True),
    *(Column(f, label, "研发费用", f"其中：{label}", number=True) for f, label in _ITEMS),
    _plain("valid_invention_patents", "期末有效发明专利数(件)", number=True),
    _plain("new_product_revenue", "新产品销售收入", number=True),
)
TABLES = {"stat_register": REGISTER, "stat_finance": FINANCE, "stat_rd": RESEARCH}
REQUIRED_REVENUE = "revenue"
