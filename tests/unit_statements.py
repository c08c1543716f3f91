"""What files say of units of measure: the statements that were tried, and what each means."""

from __future__ import annotations

from collections.abc import Iterator

SCALE = {"元": 1, "千元": 1_000, "万元": 10_000, "亿元": 100_000_000}
"""Yuan in a unit, written down once more: the tests do not ask the program."""

LINES: dict[str, tuple[str, ...]] = {
    "colon": ("单位：{}", "单位:{}", "单 位 ： {}", "单　位：　{}", "计量单位：{}", "金额单位：{}", "货币单位：{}", "数据单位：{}", "单位——{}"),
    "no colon": ("单位{}", "单位 {}", "计量单位{}", "单位为{}", "金额单位均为{}", "本表金额单位：{}", "单位均为：{}"),
    "brackets": ("（{}）", "({})", "【{}】", "[{}]", "〔{}〕", "单位（{}）", "单位：（{}）", "（单位：{}）", "【单位：{}】", "（金额单位：{}）"),
    "alone": ("{}",),
    "yuan named": ("单位：人民币{}", "单位：{}人民币", "单位：{}（人民币）", "金额单位：人民币（{}）", "单位：人民币 {}", "单位：（人民币）{}",
                   "币种：人民币 单位：{}", "单位：{} 币种：人民币", "单位：RMB {}"),
    "several units": ("单位：户、{}", "单位：%、{}", "单位：{}、人", "计量单位：{}、人", "单位：家，{}，人", "单位：{} 人", "单位：{}；%",
                      "金额单位：{}；人员单位：人", "数量单位：台，金额单位：{}", "单位：台（套）、{}"),
    "another field behind": ("单位：{} 2026年2月", "单位：{}2026年2月", "单位：{} 2026-02-28", "单位：{} 填报人：张三", "单位：{}填报人：张三",
                             "单位：{}　　　报送日期：　年　月　日", "计量单位：{} 表号：B103", "单位：{}（2026年1-2月）", "单位：{} 第1页 共3页"),
    "another field before": ("填报单位：某市统计局 单位：{}", "填报单位（盖章）：某局　　金额单位：{}",
    "2026年2月 单位：{}", "单位负责人：李四 单位：{}",
                             "单位：某市统计局 单位：{}", "财务状况表（单位：{}）", "主要经济指标（{}）"),
    "said in words": ("以{}为单位", "本表以{}为计量单位", "金额以{}计", "按{}填报", "金额：{}", "金额（{}）", "所有金额均为{}"),
    "with a remark": ("单位：{}（保留两位小数）", "单位：{}，保留整数", "除特别注明外，金额单位均为人民币{}", "单位：{}（另有注明的除外）",
                      "单位：{}（下同）", "单位：{}。", "注：本表单位：{}", "单位：“{}”"),
}  # fmt: skip
"""Kind -> ways of stating a unit of money in a line."""

SPELT = {
    "元": ("元", "圆", "元至角分", "元（列至角分）", "元、角、分", "yuan"),
    "千元": ("千元", "仟元", "千 元", "1000元", "1,000 yuan"),
    "万元": ("万元", "萬元", "万 元", "10000元", "10 000 yuan"),
    "亿元": ("亿元", "億元", "100 million yuan"),
}
"""Unit -> its spellings."""

NOT_UNDERSTOOD = (
    "单位：百万元", "单位：十万元", "单位：万", "单位：千", "单位：亿", "（万）", "（百万元）", "百万元",
    "以百万元为单位", "金额单位：未知", "计量单位：",
    "单位：", "单位：＿＿＿＿", "单位：美元", "单位：万美元", "（万美元）", "万美元", "单位：万元（美元）",
    "单位：美元（万元）", "单位：RMB", "RMB'000",
    "单位：million yuan", "(million yuan)", "单位：USD", "单位：万元/人", "单位：元/吨", "单位：千元或万元",
    "单位：万元、百万元", "单位：万元、千人",
    "单位：千人、万元", "单位：见各列", "单位：详见表内各栏目说明", "单位：万元每企", "单位：万元左右", "单位：角",
    "单位：1 元", "单位：10元", "单位：w",
    "营业收入单位：万元", "计量单位：除人数外均为万元",
)  # fmt: skip
"""Lines that speak of a unit that nobody can be sure of."""

OF_SOMETHING_ELSE = (
    "注：金额精确到元",
    "万元以下四舍五入",
    "单位：人",
    "计量单位：户",
    "单位：%",
    "（单位：户、人）",
    "单位：台（套）",
)
"""Lines that state a unit, but none of money."""

NO_STATEMENT = (
    "填报单位：某市统计局", "填报单位（盖章）：", "填报单位：元宝山区统计局", "报送单位：万元店乡政府",
    "单位负责人：张三", "单位（盖章）：", "单位名称：某公司",
    "单位：某市统计局", "单位：某某科技股份有限公司", "规模以上工业法人单位财务状况（B103表）",
    "调查单位基本情况（101表）", "各单位应于每月10日前报送。",
    "年主营业务收入2000万元及以上的企业", "注：年营业收入五百万元以下的不填", "注：每户奖励50万元", "说明：总投资亿元以上项目", "人民币贷款",
    "注：亩均税收（万元/亩）另表报送", "2026年2月", "资料来源：某局", "表号：B103", "填表人：李　元", "局长 王 元", "2026年元月", "某小区3单元",
)  # fmt: skip
"""Lines that say nothing of the unit of the figures."""


def stated() -> Iterator[tuple[str, str, str]]:
    """Yield kind, line and the unit that it means: every way with every unit, every spelling once."""
    for kind, ways in LINES.items():
        for way in ways:
            for unit in SCALE:
                yield kind, way.format(unit), unit
    for unit, words in SPELT.items():
        for word in words[1:]:
            yield "spelling", f"单位：{word}", unit
            yield "spelling", f"（{word}）" if "（" not in word else f"金额单位：{word}", unit
