"""Chinese headers of the departments' reports and lists, and of the tickets."""

from __future__ import annotations

from infra.sandbox.columns import FIRM, Column, count, plain

REPORT = (
    plain("item_code", "指标代码"),
    plain("item_name", "指标名称"),
    plain("region_code", "地区代码"),
    plain("region_name", "地区"),
    plain("unit_name", "计量单位"),
    count("value", "数值"),
    plain("basis", "累计/当季"),
    plain("note", "备注"),
)
_PLEDGE = "专利质押"
PATENT = (
    *FIRM,
    Column("valid_inventions", "有效发明专利", "有效专利", "有效发明专利", number=True),
    Column("valid_patents", "有效专利合计", "有效专利", "合计", number=True),
    count("class_one", "Ⅰ类知识产权(件)"),
    Column("pledged", "质押专利数", _PLEDGE, "件数", number=True),
    Column("pledge_amount", "质押金额", _PLEDGE, "金额", number=True, money=True),
)
CREDIT = (
    plain("kind", "名单类别"),
    *FIRM,
    plain("listed_on", "列入日期"),
    plain("reason", "列入原因"),
    plain("authority", "作出决定机关"),
    plain("removed_on", "移出日期"),
    plain("removal_reason", "移出原因"),
)
POWER = (
    plain("period", "用电月份"),
    plain("name", "户名"),
    plain("uscc", "统一社会信用代码"),
    plain("county_code", "行政区划代码"),
    count("kwh", "当月用电量（千瓦时）"),
    count("kwh_prior", "上年同月用电量（千瓦时）"),
)
TICKET = (
    plain("ticket_no", "工单编号"),
    *FIRM,
    plain("domain", "领域"),
    plain("category", "服务类别"),
    plain("content", "问题内容"),
    plain("raised_on", "提出日期"),
    plain("level", "当前层级"),
    plain("state", "状态"),
    plain("closed_on", "办结日期"),
    plain("satisfaction", "满意度"),
)
