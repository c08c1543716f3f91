"""The ranking under other weights: each criterion alone, and all of them alike where the scheme weighs them otherwise.

Scores are means of the scaled values that the ranking itself published, aggregated and ranked as the scheme says
(methods.md §8): over the criteria that a unit has, equal scores share the better place. The scheme's own scores and
places are those of ``region_ranking``, not computed again.
"""

from __future__ import annotations

import duckdb

from jobs.definitions.policy.model import load_all

_CRITERION = "ranking_criterion"
"""Temporary: how each criterion of a scheme is aggregated, which cell it reads, and in which order the scheme names it."""

_TABLE = f"""
CREATE OR REPLACE TABLE ranking_weight AS
WITH pending AS (
  SELECT DISTINCT programme, period, region_code, indicator, reading, coalesce(tier, '') AS tier, true AS pending
  FROM kpi_region
  WHERE provisional AND domain IS NULL AND size_class IS NULL AND industry IS NULL
), figure AS (
  SELECT c.* EXCLUDE (weight), q.position, q.aggregation, k.pending IS NOT NULL AS pending,
         CASE q.aggregation WHEN 'geometric' THEN ln(c.normalised) WHEN 'harmonic' THEN 1 / c.normalised
                            ELSE c.normalised END AS part
  FROM ranking_component c JOIN {_CRITERION} q USING (programme, scheme_id, indicator, reading)
  LEFT JOIN pending k USING (programme, period, region_code, indicator, reading, tier)
), scheme AS (
  SELECT programme, scheme_id, min(weight) = max(weight) AS alike FROM {_CRITERION} GROUP BY ALL
), weighed AS (
  SELECT *, indicator || ' ' || reading AS weighting, 'alone' AS weighting_kind, position + 1 AS weighting_order,
         '只看' || name_zh AS weighting_name
  FROM figure
  UNION ALL
  SELECT f.*, 'equal', 'equal', 1, '各项权重相等'
  FROM figure f JOIN scheme s USING (programme, scheme_id) WHERE NOT s.alike
), mean AS (
  SELECT release, programme, period, scheme_id, region_code, region_name, weighting, weighting_kind, weighting_order,
         weighting_name, bool_or(pending) AS pending,
         CASE any_value(aggregation) WHEN 'geometric' THEN exp(avg(part)) WHEN 'harmonic' THEN 1 / avg(part)
                                     ELSE avg(part) END AS score
  FROM weighed
  GROUP BY ALL
), placed AS (
  SELECT *, CASE WHEN score IS NOT NULL THEN rank() OVER (PARTITION BY programme, period, scheme_id, weighting
                 ORDER BY round_even(score, 6) DESC NULLS LAST) END AS rank
  FROM mean
  UNION ALL BY NAME
  SELECT r.release, r.programme, r.period, r.scheme_id, r.region_code, r.region_name, 'scheme' AS weighting,
         'scheme' AS weighting_kind, 0 AS weighting_order,
         '办法的权重' || CASE WHEN s.alike THEN '（各项相等）' ELSE '' END AS weighting_name,
         r.provisional AS pending, r.score, r.rank
  FROM region_ranking r JOIN scheme s USING (programme, scheme_id)
), own AS (
  SELECT programme, period, scheme_id, region_code, rank AS rank_scheme,
         max_by(rank, period) OVER (PARTITION BY programme, scheme_id, region_code ORDER BY period
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS rank_newest
  FROM region_ranking
)
SELECT p.release, p.programme, p.period, p.scheme_id, p.region_code, p.region_name, p.weighting, p.weighting_kind,
       CAST(p.weighting_order AS INTEGER) AS weighting_order, p.weighting_name,
       bool_or(p.pending) OVER (PARTITION BY p.programme, p.period, p.scheme_id, p.weighting) AS provisional,
       o.rank_scheme, o.rank_newest, p.score, CAST(p.rank AS INTEGER) AS rank,
       CAST(o.rank_scheme - p.rank AS INTEGER) AS rank_difference,
       CASE WHEN p.rank IS NOT NULL THEN p.rank || CASE
              WHEN p.rank < o.rank_scheme THEN '（↑' || (o.rank_scheme - p.rank) || '）'
              WHEN p.rank > o.rank_scheme THEN '（↓' || (p.rank - o.rank_scheme) || '）' ELSE '' END
            WHEN o.rank_scheme IS NULL THEN '不参评' ELSE '缺这一项' END AS shown
FROM placed p JOIN own o USING (programme, period, scheme_id, region_code)
ORDER BY p.programme, p.period, p.scheme_id, weighting_order, p.region_code
"""
"""One row: a period, a scheme, a weighting, a unit. Whether a place rests on a pending figure is said of the weighting,
for a unit's place hangs on everybody's figures."""

_COMMENTS = {
    "release": "发布批次",
    "programme": "方案",
    "period": "期间",
    "scheme_id": "排名办法",
    "region_code": "地区代码",
    "region_name": "市（州）",
    "weighting": "权重代码：scheme 办法的权重，equal 各项相等（办法本来就相等的不另列），其余为单看的指标和口径",
    "weighting_kind": "权重种类：scheme 办法，equal 各项相等，alone 单看一项",
    "weighting_order": "权重次序：0 为办法的权重",
    "weighting_name": "权重",
    "provisional": "暂定：这一种权重用到的数里有暂定的（不论哪个市（州）的）",
    "rank_scheme": "按办法的位次；空为不参评",
    "rank_newest": "按办法的位次，最新期间",
    "score": "按这一种权重的得分（分）",
    "rank": "按这一种权重的位次；同分并列，空为没有这一项或不参评",
    "rank_difference": "比办法的位次：正数为提前几位",
    "shown": "位次和比办法提前（↑）、落后（↓）的位数；没有位次的写明原因",
}


def _criteria(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {_CRITERION} (programme VARCHAR, scheme_id VARCHAR, position INTEGER, "
        "indicator VARCHAR, reading VARCHAR, tier VARCHAR, weight DOUBLE, aggregation VARCHAR)"
    )
    for p in load_all().values():
        for scheme in p.ranking:
            rows = [
                (p.id, scheme.id, at, c.indicator, c.reading, c.tier or "", c.weight, scheme.aggregation)
                for at, c in enumerate(scheme.criteria, start=1)
            ]
            con.executemany(f"INSERT INTO {_CRITERION} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def add(con: duckdb.DuckDBPyConnection) -> None:
    """Add the table ``ranking_weight`` to a file with the gold tables.

    Source
    ------
    methods.md §8: weights, aggregation over available indicators, competition ranks.
    """
    _criteria(con)
    con.execute(_TABLE)
    con.execute(f"DROP TABLE {_CRITERION}")
    con.execute(
        "COMMENT ON TABLE ranking_weight IS '换一种权重的位次：每个期间、排名办法、权重、市（州）一行'"
    )
    for column, said in _COMMENTS.items():
        con.execute(f"COMMENT ON COLUMN ranking_weight.{column} IS '{said}'")
