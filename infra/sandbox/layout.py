"""Words of the files: titles, units, notes, notice headers."""

from __future__ import annotations

from infra.sandbox import geo
from infra.sandbox.delivery import ISSUERS, FilePlan

TIER_WORDS = {
    "seed": "优质“种子企业”",
    "city_srdi": "市（州）级“专精特新”中小企业",
    "provincial_srdi": "省级“专精特新”中小企业",
    "national_little_giant": "国家级专精特新“小巨人”企业",
    "national_champion": "国家制造业“单项冠军”企业",
}
NOTICE_LABELS = {
    "name": "企业名称",
    "new_name": "更名后企业名称",
    "uscc": "统一社会信用代码",
    "unit_name": "所属市（州）",
    "county_name": "所属县（市、区）",
    "valid_from": "证书有效期起",
    "valid_to": "证书有效期止",
}
TITLES = {
    "stat_register": "调查单位基本情况（101表）",
    "stat_finance": "规模以上工业法人单位财务状况（B103表）",
    "stat_rd": "研发活动及相关情况（107-2表）",
}
NOTES = {
    "stat_register": "注：本表由市（州）统计机构汇总上报。",
    "stat_finance": "注：1.本表为1月至本月累计数；2.1月免报；3.上年同期数按本期口径填报。",
    "stat_rd": "注：研发费用合计等于其中各项之和。",
}
FILLED_BY = "填报单位：吉林省统计局"
MONEY_UNIT = {"stat_finance": "计量单位：千元", "stat_rd": "单位：千元"}


def sheet_name(plan: FilePlan) -> str:
    """Name of the only sheet; a CSV file has none."""
    if plan.is_csv:
        return ""
    return {"stat_register": "101表", "stat_finance": "B103", "stat_rd": "107-2"}.get(plan.feed, "名单")


def notice_title(tier: str, event: str, issuer: int, year: int) -> str:
    """Title of a notice, e.g. 2023年度吉林省省级“专精特新”中小企业认定名单."""
    code = ISSUERS[issuer]
    place = {"miit": "", "220000": "吉林省"}.get(code) if issuer < 0 else geo.UNITS[issuer].name
    subject = f"{place}{TIER_WORDS[tier]}"
    if event == "withdraw":
        return f"撤销{subject}称号企业名单"
    if event == "rename":
        return f"{subject}更名企业名单"
    return f"{year}年度{subject}{'认定名单' if event == 'grant' else '复核通过企业名单'}"
