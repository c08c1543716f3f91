"""Quality: row rules from contracts, and the audits that stand before every release."""

CRITICAL = "critical"
"""Severity of a broken check that stops a release, as the ledger keeps it; the library that checks is not asked for it."""
SILVER = "silver_"
"""Begins the names of the suites of silver tables."""
CONSERVATION = "conservation"
"""Suite of the rows of silver counted against the ledger."""
ROW_RULES = {
    "REQUIRED": "必填项为空",
    "NOT_A_NUMBER": "不是数",
    "NOT_A_DATE": "不是日期",
    "USCC_CHECK": "信用代码校验位不对",
    "USCC_FORMAT": "信用代码格式不对",
    "USCC_EXCEL_LOST": "信用代码被表格软件变成科学计数",
    "KEY_CONFLICT": "同一文件同一主键，内容不同",
    "KEY_OTHER_SCOPE": "主键由别的报送单位持有",
    "REGION_CODE": "不在地区代码表",
    "CODE_LIST": "不在代码表",
    "PATTERN": "格式不符",
    "RANGE": "超出范围",
    "PERIOD_FORMAT": "报告期写错",
    "PERIOD_OUTSIDE": "报告期不属于本文件",
    "PERIOD_FUTURE": "报告期还没有开始",
    "CROSS_COLUMN": "强制性的表内逻辑关系不成立",
    "ERROR_CELL": "单元格是错误值或显示不全",
    "DIGITS_LOST": "科学计数丢了末尾数字",
    "MERGED_CELL": "合并单元格",
    "STRUCK_OUT": "单元格带删除线",
    "DATE_BASE": "计日起点不明",
    "ROW_WIDTH": "列数与表头不同",
    "ITEM_CODE": "不是约定的指标",
    "ITEM_DEPARTMENT": "指标不归这个部门填报",
    "ITEM_UNIT": "计量单位与约定不符",
}
"""Rule by which a row may be quarantined -> what it says."""
CROSS = "cross_table"
"""Suite of the figures that must be equal in two gold tables."""
