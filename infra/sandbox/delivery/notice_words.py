"""Words of the notices, and who fills in the statistical forms."""

from __future__ import annotations

from infra.sandbox.delivery.schedule import ISSUERS
from infra.sandbox.world import geo

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
FILLED_BY = "填报单位：吉林省统计局"


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
