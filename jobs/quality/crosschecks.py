"""Checks across tables: pairs of figures that must be equal, for the suite ``expectations/cross_table.json``.

Each check gives rows ``check, subject, left, right``; sums are exact decimals, so equal means equal. The
checks name no indicator: what adds up is known by its reading and its family.
"""

from __future__ import annotations

import duckdb
import pandas as pd
import pyarrow as pa

from jobs.definitions.dictionary import indicators

_PROVINCE = "region_level = 'province' AND domain IS NULL AND size_class IS NULL AND industry IS NULL"
_UNIT = "region_level = 'unit' AND domain IS NULL AND size_class IS NULL AND industry IS NULL"

_SUMS = """
SELECT '{name}' AS "check", concat_ws('/', k, tier, indicator, reading) AS subject,
       coalesce(CAST(p.v AS VARCHAR), '缺') AS "left", coalesce(CAST(u.v AS VARCHAR), '缺') AS "right"
FROM (SELECT period AS k, coalesce(tier, '*') AS tier, indicator, reading, sum({column}) AS v FROM kpi_region
      WHERE {province} AND {added} GROUP BY ALL HAVING sum({column}) <> 0) p
FULL JOIN (SELECT period AS k, coalesce(tier, '*') AS tier, indicator, reading, sum({column}) AS v FROM kpi_region
      WHERE {unit} AND {added} GROUP BY ALL HAVING sum({column}) <> 0) u
  USING (k, tier, indicator, reading)
"""

_EXCLUSIONS = """
SELECT '范围守恒' AS "check", concat_ws('/', period, region_code, tier, domain, size_class, industry, indicator, reading) AS subject,
       CAST(n + list_sum(map_values(n_excluded)) AS VARCHAR) AS "left", CAST(n_scope AS VARCHAR) AS "right"
FROM kpi_region WHERE n_scope IS NOT NULL AND cardinality(n_excluded) > 0
"""


def _near(left: str, right: str) -> str:
    """Return both sides of a comparison of doubles: the same text where they differ by no more than computing does.

    Rounded texts would differ wherever a half lies between the two.
    """
    alike = f"abs(({left}) - ({right})) <= 1e-12 + 4e-15 * abs({left})"
    return f"""CAST({left} AS VARCHAR) AS "left",
       CASE WHEN {alike} THEN CAST({left} AS VARCHAR) ELSE coalesce(CAST({right} AS VARCHAR), '缺') END AS "right"
"""


_QUOTIENT = "CAST(numerator AS DOUBLE) / CAST(denominator AS DOUBLE)"
_RATE = f"CASE reading WHEN 'same_firm' THEN 100 * ({_QUOTIENT} - 1) ELSE 100 * {_QUOTIENT} END"
_RATES = f"""
SELECT '比率与分子分母一致' AS "check", concat_ws('/', period, region_code, tier, domain, size_class, industry, indicator, reading) AS subject,
       {_near("value", _RATE)}
FROM kpi_region WHERE reading IN ('same_firm', 'pooled', 'share') AND unit = '%' AND value IS NOT NULL AND denominator <> 0
"""

_TARGETS = f"""
SELECT '目标取自指标' AS "check", concat_ws('/', t.period, t.target_id, t.indicator, t.reading) AS subject,
       {_near("t.today_value", "k.value * t.factor")}
FROM target_progress t
LEFT JOIN kpi_region k ON k.period = t.period AND k.indicator = t.indicator AND k.reading = t.reading
 AND k.tier IS NOT DISTINCT FROM t.tier AND k.domain IS NULL AND k.size_class IS NULL AND k.industry IS NULL
 AND k.region_code = t.region_code
WHERE t.today_value IS NOT NULL
"""

_DEADLINES = """
SELECT '期限后只用期限当期的数' AS "check", concat_ws('/', period, target_id, indicator, reading) AS subject,
       CAST(reference_date AS VARCHAR) AS "left",
       CAST(least(reference_date, last_day(date_trunc('quarter', deadline) + INTERVAL 2 MONTH)) AS VARCHAR) AS "right"
FROM target_progress WHERE deadline IS NOT NULL AND state IN ('达成', '未达成', '待结账')
"""

_VERDICTS = """
SELECT '结论与结账值一致' AS "check", concat_ws('/', period, target_id, indicator, reading) AS subject,
       concat_ws('/', CAST(value AS VARCHAR), state) AS "left",
       concat_ws('/', CAST(frozen_value AS VARCHAR), frozen_state) AS "right"
FROM target_progress WHERE deadline IS NOT NULL AND frozen_release IS NOT NULL
"""

_RANKING = f"""
SELECT '得分等于各项贡献之和' AS "check", concat_ws('/', r.period, r.scheme_id, r.region_code) AS subject,
       {_near("r.score", "sum(c.contribution)")}
FROM region_ranking r JOIN ranking_component c USING (period, scheme_id, region_code)
WHERE r.score IS NOT NULL GROUP BY r.period, r.scheme_id, r.region_code, r.score
"""

_ROWS = """
SELECT '行数守恒' AS "check", concat_ws('/', period, feed, reporter, source_period) AS subject,
       CAST(rows_landed AS VARCHAR) AS "left",
       CAST(rows_silver + rows_quarantined + rows_duplicate AS VARCHAR) AS "right"
FROM data_status WHERE rows_landed IS NOT NULL
"""

_EVIDENCE = """
SELECT '未解除的预警有证据' AS "check", concat_ws('/', period, rule) AS subject,
       CAST(count(*) AS VARCHAR) AS "left", CAST(count_if(coalesce(cardinality(evidence), 0) > 0) AS VARCHAR) AS "right"
FROM warning WHERE state = 'open' GROUP BY period, rule
"""

_FIRED = """
SELECT '预警户数等于规则的触发户数' AS "check", concat_ws('/', period, rule) AS subject,
       CAST(r.n_fired AS VARCHAR) AS "left", CAST(count(w.uscc) AS VARCHAR) AS "right"
FROM warning_rule r LEFT JOIN (SELECT * FROM warning WHERE state = 'open') w USING (period, rule)
WHERE r.evaluated GROUP BY period, rule, r.n_fired
"""

_CLIMBS = """
SELECT '待复核的规则不进分级办理' AS "check", concat_ws('/', period, rule) AS subject,
       '0' AS "left", CAST(count_if(w.ladder_level IS NOT NULL OR w.review IS DISTINCT FROM r.review) AS VARCHAR) AS "right"
FROM warning w JOIN warning_rule r USING (period, rule)
WHERE w.state = 'open' AND r.review = '规则待复核' GROUP BY period, rule
"""

_BRIDGE = """
SELECT '增长分解平衡' AS "check", concat_ws('/', period, region_code, tier, domain, size_class, industry, indicator) AS subject,
       CAST(sum(CASE WHEN reading = 'all_firm' THEN numerator - denominator ELSE 0 END) AS VARCHAR) AS "left",
       CAST(sum(CASE reading WHEN 'same_firm' THEN numerator - denominator WHEN 'restatement' THEN numerator
                WHEN 'entries' THEN numerator WHEN 'exits' THEN -numerator ELSE 0 END) AS VARCHAR) AS "right"
FROM kpi_region WHERE reading IN ('all_firm', 'same_firm', 'restatement', 'entries', 'exits')
GROUP BY period, region_code, tier, domain, size_class, industry, indicator
HAVING count(DISTINCT reading) = 5 AND count(numerator) = 5
"""


_UNEQUAL = """
SELECT * FROM ({pairs}) WHERE "left" IS NULL OR "right" IS NULL OR "left" <> "right"
UNION ALL
(SELECT * FROM ({pairs}) WHERE "left" = "right" LIMIT 1)
"""


def _queries(tables: set[str], by_region: bool) -> list[str]:
    """Return the checks that the tables at hand allow."""
    readings = "'valid', 'sum', 'same_firm', 'all_firm', 'pooled', 'entries', 'exits', 'restatement'"
    # Figures of departments and those derived from them follow other rules of adding up.
    added = f"reading IN ({readings}) AND indicator IN (SELECT indicator FROM folded)"
    common = {"province": _PROVINCE, "unit": _UNIT, "added": added}
    checks = [_EXCLUSIONS, _RATES, _BRIDGE] if not by_region else [_RATES]
    if not by_region:
        checks += [
            _SUMS.format(name="单位合计等于全省：分子", column="numerator", **common),
            _SUMS.format(name="单位合计等于全省：户数", column="n", **common),
        ]
    needs = {
        _TARGETS: {"target_progress"},
        _DEADLINES: {"target_progress"},
        _VERDICTS: {"target_progress"},
        _RANKING: {"ranking_component"},
        _ROWS: {"data_status"},
        _EVIDENCE: {"warning"},
        _FIRED: {"warning", "warning_rule"},
        _CLIMBS: {"warning", "warning_rule"},
    }
    return checks + [query for query, wanted in needs.items() if wanted <= tables]


def cross_table(con: duckdb.DuckDBPyConnection, tables: set[str], programme: str) -> pd.DataFrame:
    """Return the pairs of a programme's candidate that are not equal, and of each check one that is.

    The others are counted by nobody: a pair of the same two texts breaks nothing.

    Parameters
    ----------
    con : DuckDBPyConnection
        Holds the gold tables.
    tables : set of str
        Their names.
    programme : str
        Only for the rows' own column.

    Returns
    -------
    DataFrame
        Columns ``programme, check, subject, left, right`` (text); never empty of checks that apply.
    """
    con.register("folded", pa.table({"indicator": [i.id for i in indicators().values() if i.folded]}))
    units = con.execute("SELECT count(*) FROM kpi_region WHERE region_level = 'unit'").fetchone()
    parts = [con.execute(_UNEQUAL.format(pairs=q)).df() for q in _queries(tables, units == (0,))]
    whole = pd.concat(parts, ignore_index=True)
    whole.insert(0, "programme", programme)
    return whole
