-- grain: period, region, tier, domain, size class, industry, indicator, reading. The sum of a value over those who report
-- it. The sum of nobody is unknown, not 0; only of a list that names somebody anywhere nobody is 0.
WITH known AS (
  SELECT c.*, i.* EXCLUDE (key), i.absent_zero AND max(ok_n) OVER (PARTITION BY period, c.key) > 0 OR ok_n > 0 AS known
  FROM region_cells c JOIN indicators i ON i.key = c.key AND i.family = 'level'
)
SELECT period, region_level, region_code, tier, domain, size_class, industry, key, indicator, track,
  'sum' AS reading, unit, CASE WHEN known THEN shown(total, minor) END AS value,
  CASE WHEN known THEN amount(total, per_minor) END AS numerator, CAST(NULL AS DECIMAL(38, 4)) AS denominator,
  ok_n AS n, scope AS n_scope, excluded AS n_excluded, one_count(source, ok_n) AS n_by_source, late AS n_pending,
  quotient(ok_n, scope) AS coverage, CASE WHEN known THEN 'OK' ELSE 'EMPTY' END AS status, CAST(NULL AS VARCHAR) AS note
FROM known
