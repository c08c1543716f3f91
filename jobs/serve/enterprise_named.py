"""The name by which the page of one enterprise finds a firm's rows."""

from __future__ import annotations

PROMPT = "请在上方选择一户企业"
"""What the filter offers first: with it nothing is chosen yet, and the page says so."""
NAMES = """
CREATE OR REPLACE TEMP TABLE named AS
SELECT *, dense_rank() OVER (ORDER BY name_code)::INTEGER AS name_order
FROM (SELECT DISTINCT programme, uscc, region_code, county_code, domain, name || '（' || uscc || '）' AS name_code
      FROM enterprise_statement)
"""
"""Names that a firm bore, by the place in which it bore them."""
NAMED = """JOIN named n ON n.programme = {row}.programme AND n.uscc = {row}.uscc AND n.region_code = {row}.region_code
  AND n.county_code IS NOT DISTINCT FROM {row}.county_code AND n.domain IS NOT DISTINCT FROM {row}.domain"""
"""Join of the names of a row's firm."""
COMMENTS = {
    "name_code": "企业：名称（代码），改过名的每个名称一行",
    "domain_name": "专班",
    "source": "来源：文件、工作表、行",
}
"""What columns hold that all tables of the page have."""


def period_text(column: str) -> str:
    """Return the expression of a period as people say it."""
    return (
        f"CASE WHEN {column} LIKE '____Q_' THEN left({column}, 4) || '年' || right({column}, 1) || '季度' "
        f"ELSE {column} || '年' END"
    )
