"""Chinese headers of the departments' reports and lists, and of the tickets."""

from __future__ import annotations

from infra.sandbox.forms.columns import FIRM, Column, count, money, plain

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
ANNUAL = (
    plain("year", "年度"),
    *FIRM,
    money("main_revenue", "主营业务收入"),
    money("net_profit", "净利润"),
    count("segment_years", "从事特定细分市场年限"),
    count("market_share", "主导产品全国细分市场占有率(%)"),
    count("market_rank", "主导产品全国细分市场排名"),
    plain("own_brand", "拥有自主品牌"),
    count("core_systems", "核心业务信息系统数(个)"),
    plain("management_certified", "取得管理体系或产品认证"),
    plain("chain_position", "处于重点产业链关键环节"),
    plain("strategic_field", "属于战略性新兴产业"),
    count("digital_level", "数字化水平等级"),
    count("quality_items", "质量管理水平项数(项)"),
    count("rd_institution", "研发机构级别"),
    count("ip_kind", "与主导产品相关知识产权类别"),
    count("science_award", "近三年科技奖励级别"),
    plain("high_tech", "有效期内高新技术企业"),
    count("maker_china", "近三年“创客中国”企业组名次"),
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
