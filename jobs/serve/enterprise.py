"""Tables of the page of one enterprise: the enterprise in every period, and the names by which it is chosen.

Every row carries the name by which the page's filter finds it, ``name_code``. A firm that was renamed has its rows
once under each name, so that a link with an old name and a search for it find the same firm; only under names that it
bore in the same place, whose readers know them.
"""

from __future__ import annotations

import duckdb

from jobs.serve import enterprise_matters, enterprise_peers, enterprise_reviews, served_labels
from jobs.serve.enterprise_named import COMMENTS, NAMED, NAMES, PROMPT
from jobs.sqltext import text

_FIGURES = """
CREATE OR REPLACE TEMP TABLE enterprise_figures AS
-- grain: programme, period, uscc. What the statement does not hold of a firm's profit, debt and research.
SELECT programme, period, uscc,
  any_value(numerator) FILTER (indicator = 'profit_growth') AS profit,
  any_value(denominator) FILTER (indicator = 'profit_growth') AS profit_prior,
  any_value(value) FILTER (indicator = 'profit_growth') AS profit_growth,
  any_value(value) FILTER (indicator = 'debt_ratio') AS debt_ratio,
  any_value(value) FILTER (indicator = 'rd_growth') AS rd_growth,
  any_value(w.label) FILTER (indicator = 'revenue_growth' AND k.label <> 'OK') AS revenue_why,
  any_value(w.label) FILTER (indicator = 'profit_growth' AND k.label <> 'OK') AS profit_why,
  any_value(w.label) FILTER (indicator = 'rd_intensity' AND k.label <> 'OK') AS rd_why,
  any_value(mark) FILTER (indicator = 'revenue_growth') AS mark,
  any_value(file_name || coalesce(' ' || nullif(sheet, ''), '') || ' 第' || row_no || '行')
    FILTER (indicator = 'rd_intensity') AS rd_source
FROM kpi_enterprise k LEFT JOIN word w ON w."of" = 'kpi_enterprise.label' AND w.code = k.label
WHERE indicator IN ('revenue_growth', 'profit_growth', 'debt_ratio', 'rd_growth', 'rd_intensity')
GROUP BY ALL
"""

_ENTERPRISE = """
CREATE OR REPLACE TABLE enterprise AS
-- grain: programme, period, uscc, name_code. Every firm that was ever listed, in every served period; where it held no
-- valid certificate then, with the name and place that it had last, else first. And the prompt, once for each place.
WITH listed AS (
  SELECT DISTINCT programme, period, release FROM enterprise_statement
), firm AS (
  SELECT DISTINCT programme, uscc FROM enterprise_statement
), told AS (
  SELECT l.programme, l.period, l.release, f.uscc, s.uscc IS NOT NULL AS is_held,
    CASE WHEN s.uscc IS NOT NULL THEN struct_pack(
      name := s.name, region_code := s.region_code, region_name := s.region_name, county_code := s.county_code,
      county_name := s.county_name, domain := s.domain, industry_code := s.industry_code) END AS place,
    s.highest_tier_name, s.tier_names, s.certificate_valid_to, s.months, s.revenue, s.revenue_prior, s.revenue_growth,
    s.rd_total, s.rd_year, s.rd_intensity, s.staff_end, s.file_name, s.sheet, s.row_no
  FROM listed l JOIN firm f USING (programme)
  LEFT JOIN enterprise_statement s ON s.programme = l.programme AND s.period = l.period AND s.uscc = f.uscc
), placed AS (
  SELECT * EXCLUDE (place),
    coalesce(last_value(place IGNORE NULLS) OVER till, first_value(place IGNORE NULLS) OVER after) AS place,
    last_value(CASE WHEN is_held THEN struct_pack(place := place, tiers := tier_names) END IGNORE NULLS) OVER ahead AS was
  FROM told
  WINDOW till AS (PARTITION BY programme, uscc ORDER BY period),
    after AS (PARTITION BY programme, uscc ORDER BY period ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING),
    ahead AS (PARTITION BY programme, uscc ORDER BY period ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), described AS (
  SELECT p.* EXCLUDE (place, was, file_name, sheet, row_no), unnest(p.place), w.label AS domain_name,
    CASE WHEN NOT p.is_held THEN '本期没有有效证书' ELSE concat_ws('；',
      {changes},
      CASE WHEN p.was.tiers <> p.tier_names THEN concat_ws('；', {gained}, {lost}) END) END AS changes,
    concat_ws('；', '营业收入：' || k.revenue_why, '利润：' || k.profit_why, '研发：' || k.rd_why, k.mark) AS remark,
    k.profit, k.profit_prior, k.profit_growth, k.debt_ratio, k.rd_growth,
    100 * (p.staff_end / nullif(y.staff_end, 0) - 1) AS staff_growth,
    p.file_name || coalesce(' ' || nullif(p.sheet, ''), '') || ' 第' || p.row_no || '行' AS source, k.rd_source
  FROM placed p
  LEFT JOIN enterprise_figures k USING (programme, period, uscc)
  LEFT JOIN enterprise_statement y ON y.programme = p.programme AND y.uscc = p.uscc
    AND y.period = (left(p.period, 4)::INT - 1) || substr(p.period, 5)
  LEFT JOIN word w ON w."of" = 'enterprise_statement.domain' AND w.code = p.place.domain
)
SELECT d.release, d.programme, d.period, d.region_code, d.region_name, d.county_code, d.county_name, d.domain, d.domain_name,
  d.uscc, d.name, n.name_code, n.name_order, d.is_held, d.changes,
  d.highest_tier_name, d.tier_names, d.certificate_valid_to, d.industry_code, z.size_name, d.months, d.revenue, d.revenue_prior,
  d.revenue_growth, d.profit, d.profit_prior, d.profit_growth, d.rd_total, d.rd_year, d.rd_intensity, d.rd_growth, d.staff_end,
  d.staff_growth, d.debt_ratio, nullif(d.remark, '') AS remark, d.source, d.rd_source
FROM described d {named}
LEFT JOIN enterprise_size z ON z.programme = d.programme AND z.period = d.period AND z.uscc = d.uscc
UNION ALL BY NAME
SELECT DISTINCT release, programme, period, region_code, county_code, domain, {prompt} AS name_code, 0::INTEGER AS name_order
FROM enterprise_statement
"""


def _changed(column: str, label: str) -> str:
    """Return the words on a change since the firm was listed before."""
    return (
        f"CASE WHEN p.was.place.{column} <> p.place.{column} "
        f"THEN '{label}：' || p.was.place.{column} || ' → ' || p.place.{column} END"
    )


def _tiers(label: str, these: str, but: str) -> str:
    """Return the words on the titles that one list has and the other has not."""
    only = (
        f"list_filter(string_split({these}, '、'), lambda t: NOT list_contains(string_split({but}, '、'), t))"
    )
    return f"CASE WHEN len({only}) > 0 THEN '{label}' || array_to_string({only}, '、') END"


_COMMENTS = COMMENTS | {
    "is_held": "期末持有有效证书", "name_order": "次序，提示为0", "changes": "与上一次在册相比的变动",
    "highest_tier_name": "最高称号", "tier_names": "全部称号",
    "size_name": "规模：按登记从业人员、上年度营业收入、资产总计划型，只在最新期间",
    "profit": "利润总额（1-本月，元）", "profit_prior": "利润总额上年同期（元）", "profit_growth": "利润总额增长率（%）",
    "rd_growth": "研发费用增长率（%）", "staff_growth": "从业人员比上年同期（%）", "debt_ratio": "资产负债率（%）",
    "remark": "不能比较或缺数的原因", "rd_source": "研发的来源：文件、工作表、行",
}  # fmt: skip


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the tables of the page, to a file with the gold tables and the names of their tiers."""
    served_labels.add(con)
    con.execute(NAMES)
    enterprise_peers.add_sizes(con)
    con.execute(_FIGURES)
    changes = (
        ("name", "名称"),
        ("region_name", "市（州）"),
        ("county_name", "县（市、区）"),
        ("industry_code", "行业代码"),
    )
    con.execute(
        _ENTERPRISE.format(
            changes=",\n      ".join(_changed(*c) for c in changes),
            gained=_tiers("新增：", "p.tier_names", "p.was.tiers"),
            lost=_tiers("不再有效：", "p.was.tiers", "p.tier_names"),
            named=NAMED.format(row="d"),
            prompt=text(PROMPT),
        )
    )
    served_labels.comment(con, "enterprise", "企业：每个期间一行，在册与否、变动、报表数", _COMMENTS)
    for module in (enterprise_peers, enterprise_reviews, enterprise_matters):
        module.add(con)
