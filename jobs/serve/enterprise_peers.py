"""Where an enterprise's figures stand among the firms of its industry and size, as far as that tells of no one else.

A firm's row is read by the people of its region, of its county, of its domain and by itself, each of whom knows the
figures of the own part. What is left when one of them takes the own part away must be nobody, or three firms at least,
as everywhere; else the row says so and nothing more. Among fewer than ten others only the half is said, else tenths,
and never the last tenth on either side by itself: who stands there would bound every other one.
"""

from __future__ import annotations

import duckdb

from jobs.definitions.size_class import UNITS, size_rows
from jobs.serve import served_labels
from jobs.serve.enterprise_named import COMMENTS, NAMED
from jobs.serve.small_cells import FEWEST

MANY = 10
"""Others from which on tenths are told."""
WITHHELD = "同行业、同规模的其他企业过少，不比较"
_NO_SIZE = "没有划型，不比较"

_BOUNDS = "CREATE OR REPLACE TEMP TABLE size_bound (place INTEGER, pattern VARCHAR, staff BIGINT[], revenue BIGINT[], assets BIGINT[])"
_SIZES = """
CREATE OR REPLACE TEMP TABLE enterprise_size AS
-- grain: programme, period (the latest), uscc. As the model of the cells does: every bound of a class must be reached, and
-- where a missing value could change the class there is none. Revenue of the year before: of its last quarter's statement,
-- else of the share of research.
WITH latest AS (
  SELECT *, left(period, 4)::INT - 1 AS before FROM enterprise_statement WHERE is_latest
), full_year AS (
  SELECT programme, uscc, left(period, 4)::INT AS year, revenue FROM enterprise_statement WHERE months = 12
), side AS (
  SELECT programme, period, uscc, any_value(denominator) FILTER (indicator = 'rd_intensity') AS revenue,
    any_value(denominator) FILTER (indicator = 'debt_ratio') AS assets
  FROM kpi_enterprise WHERE is_latest AND indicator IN ('rd_intensity', 'debt_ratio') GROUP BY ALL
), fact AS (
  SELECT s.programme, s.period, s.uscc, s.industry_code, s.staff_end AS staff, k.assets,
    coalesce(y.revenue, CASE WHEN s.rd_year = s.before THEN k.revenue END) AS revenue
  FROM latest s
  LEFT JOIN full_year y ON y.programme = s.programme AND y.uscc = s.uscc AND y.year = s.before
  LEFT JOIN side k ON k.programme = s.programme AND k.period = s.period AND k.uscc = s.uscc
), row_of AS (
  SELECT industry_code, arg_min(struct_pack(staff := b.staff, revenue := b.revenue, assets := b.assets), b.place) AS bounds
  FROM (SELECT DISTINCT industry_code FROM fact) JOIN size_bound b ON regexp_matches(industry_code, b.pattern)
  GROUP BY ALL
), reached AS (
  SELECT f.*, list_transform([1, 2, 3], lambda i:
      (r.bounds.staff IS NULL OR f.staff >= r.bounds.staff[i])
      AND (r.bounds.revenue IS NULL OR f.revenue >= r.bounds.revenue[i])
      AND (r.bounds.assets IS NULL OR f.assets >= r.bounds.assets[i])) AS reached
  FROM fact f JOIN row_of r USING (industry_code)
)
SELECT programme, period, uscc, CASE
    WHEN reached[1] IS NULL THEN NULL WHEN reached[1] THEN '大型'
    WHEN reached[2] IS NULL THEN NULL WHEN reached[2] THEN '中型'
    WHEN reached[3] IS NULL THEN NULL WHEN reached[3] THEN '小型' ELSE '微型' END AS size_name
FROM reached
"""

_AMONG = "programme, indicator, industry, size_name"
"""Whom a figure is compared with."""
_PEERS = f"""
CREATE OR REPLACE TABLE enterprise_peer AS
-- grain: programme, period (the latest), uscc, indicator, name_code. Ratios and growths of a firm, and where they stand.
WITH figure AS (
  SELECT k.*, s.domain, left(s.industry_code, 3) AS industry, z.size_name
  FROM kpi_enterprise k
  JOIN enterprise_statement s USING (programme, period, uscc)
  LEFT JOIN enterprise_size z USING (programme, period, uscc)
  WHERE k.is_latest AND k.label <> 'NO_REPORT' AND k.reading IN ('pooled', 'same_firm')
), peer AS (
  SELECT {_AMONG}, uscc, value, region_code, coalesce(county_code, '') AS county, coalesce(domain, '') AS domain
  FROM figure WHERE value IS NOT NULL AND size_name IS NOT NULL AND industry IS NOT NULL
), alike AS (
  SELECT {_AMONG}, count(*) AS n FROM peer GROUP BY ALL
), of_region AS (
  SELECT {_AMONG}, region_code, count(*) AS n_region FROM peer GROUP BY ALL
), of_county AS (
  SELECT {_AMONG}, region_code, county, count(*) AS n_county FROM peer GROUP BY ALL
), of_domain AS (
  SELECT {_AMONG}, domain, count(*) AS n_domain FROM peer GROUP BY ALL
), tied AS (
  SELECT {_AMONG}, value, count(*) AS n_value FROM peer GROUP BY ALL
), placed AS (
  SELECT *, coalesce(sum(n_value) OVER (PARTITION BY {_AMONG} ORDER BY value
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS below FROM tied
), judged AS (
  SELECT p.programme, p.indicator, p.uscc, n - 1 AS n, (below + (n_value - 1) / 2) / nullif(n - 1, 0) AS share,
    list_bool_and(list_transform([n - 1, n - n_region, n - n_county, n - n_domain],
                                 lambda others: others >= {FEWEST} OR (others = 0 AND n > 1))) AS told
  FROM peer p JOIN alike USING ({_AMONG}) JOIN of_region USING ({_AMONG}, region_code)
  JOIN of_county USING ({_AMONG}, region_code, county) JOIN of_domain USING ({_AMONG}, domain)
  JOIN placed USING ({_AMONG}, value)
)
SELECT f.release, f.programme, f.period, f.region_code, f.county_code, f.domain, f.uscc, f.name, n.name_code, f.indicator, i.name_zh,
  f.reading, f.value, f.unit, f.numerator, f.denominator, CASE WHEN f.label <> 'OK' THEN w.label END AS why, f.mark,
  f.reference_period, f.industry, f.size_name, CASE WHEN j.told THEN j.n END AS n_peers,
  CASE WHEN j.told AND j.n >= {MANY} THEN least(90, greatest(10, 10 * round(10 * j.share)))::INTEGER END AS percentile,
  CASE WHEN f.value IS NULL THEN NULL WHEN f.size_name IS NULL OR f.industry IS NULL THEN '{_NO_SIZE}'
    WHEN NOT j.told THEN '{WITHHELD}'
    WHEN j.n < {MANY} THEN if(j.share >= 0.5, '上半', '下半')
    WHEN j.share < 0.15 THEN '10以下' WHEN j.share >= 0.85 THEN '90以上'
    ELSE '约' || (10 * round(10 * j.share))::INTEGER END AS standing,
  f.file_name || coalesce(' ' || nullif(f.sheet, ''), '') || ' 第' || f.row_no || '行' AS source,
  CASE WHEN (f.den_file_name, f.den_sheet, f.den_row_no) IS DISTINCT FROM (f.file_name, f.sheet, f.row_no)
    THEN f.den_file_name || coalesce(' ' || nullif(f.den_sheet, ''), '') || ' 第' || f.den_row_no || '行' END AS den_source
FROM figure f {{named}}
LEFT JOIN judged j ON j.programme = f.programme AND j.uscc = f.uscc AND j.indicator = f.indicator
LEFT JOIN indicator i ON i.id = f.indicator
LEFT JOIN word w ON w."of" = 'kpi_enterprise.label' AND w.code = f.label
"""


_COMMENTS = COMMENTS | {
    "indicator": "指标代码", "name_zh": "指标", "why": "没有数值的原因", "industry": "行业大类", "size_name": "规模",
    "n_peers": "同行业、同规模的其他企业（户）；过少时为空", "percentile": "百分位，以十为档，10为10及以下，90为90及以上",
    "standing": "在同行中的位置", "den_source": "分母的来源：文件、工作表、行",
}  # fmt: skip


def add_sizes(con: duckdb.DuckDBPyConnection) -> None:
    """Add the temporary table ``enterprise_size``: the size of every firm of the latest period."""
    con.execute(_BOUNDS)
    for place, row in enumerate(size_rows()):
        bounds = {of: [b * UNITS[of] for b in own] for of, own in row.lower.items()}
        pattern = f"^({'|'.join(row.industries)})"
        con.execute(
            "INSERT INTO size_bound VALUES (?, ?, ?, ?, ?)",
            [place, pattern, *(bounds.get(of) for of in ("staff", "revenue", "assets"))],
        )
    con.execute(_SIZES)


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the table ``enterprise_peer``."""
    con.execute(_PEERS.format(named=NAMED.format(row="f")))
    served_labels.comment(
        con, "enterprise_peer", "企业指标在同行业、同规模企业中的位置（最新期间）", _COMMENTS
    )
