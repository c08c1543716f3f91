"""What the tables of the pages of places and domains say about themselves: the comments that SQL Lab shows."""

from __future__ import annotations

TABLES = {
    "region_profile": "市（州）画像：每个方案、期间、市（州）、指标一组行，本市（州）一行、全省一行",
    "region_peer": "市（州）之间的比较：每个方案、期间、市（州）、指标一组行，每个市（州）一行、全省一行；只有比率和增长，没有分子和分母",
    "county_profile": "县（市、区）：每个方案、期间、县（市、区）、指标一组行，本县、所在市（州）、全省各一行",
    "domain_profile": "专班领域：每个方案、期间、领域、地区（全省、市州）、指标一组行，本领域一行、该地区全部领域一行",
}
"""Grain first."""

COLUMNS = {
    "release": "发布批次",
    "programme": "方案",
    "period": "期间",
    "is_latest": "是否方案的最新期间",
    "region_name": "市（州）；专班领域表里还有全省",
    "county_name": "县（市、区）",
    "page_order": "页面对象的次序（按代码）",
    "region_code": "这一行数值所属的地区代码",
    "peer_name": "这一行数值所属的地区",
    "region_order": "地区次序：全省在前",
    "domain_name": "专班领域",
    "region_level": "地区层级：全省、市（州）",
    "domain": "这一行数值的领域代码；空 = 全部领域",
    "place": "这一行是谁的数：本级、上级或比较对象",
    "place_order": "谁的数的次序：1 本级，2 上级或其他市（州）、全部领域，3 全省",
    "figure_group": "指标类别",
    "figure_order": "指标次序",
    "figure": "指标（分梯度的写梯度）",
    "indicator": "指标代码",
    "reading": "口径",
    "tier": "梯度代码；空 = 任一级有效证书（不含种子企业）",
    "value": "数值，按单位列；空 = 没有数据，不是零",
    "value_text": "数值和单位；没有数值时写原因",
    "unit": "单位",
    "amount": "是否可加总的数：与全省比看占比，否则看相差",
    "numerator": "分子",
    "denominator": "分母",
    "n": "进入计算的企业数（户）",
    "n_scope": "范围内企业数（户）",
    "coverage": "覆盖率：进入计算的户数与范围内户数之比",
    "imputed_share": "插补值占分子的比例",
    "median": "同一批企业逐户数值的中位数和单位",
    "complying": "同一批企业中达到该指标标准的占比（%）",
    "goal": "该地区自己的政策目标（期限）",
    "reference_period": "数据所属期",
    "note": "标记：覆盖不足、暂定、更正待处理、插补占比",
}
