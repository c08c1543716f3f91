-- grain: period, region, tier, domain, size class, industry, indicator, reading (the feed). How many of the firms in scope
-- a feed has a row of.
SELECT period, region_level, region_code, tier, domain, size_class, industry, c.key, indicator, track,
  i.reading_name AS reading, i.unit, quotient(ok_n, scope) * 100 AS value, whole(ok_n) AS numerator,
  whole(scope) AS denominator, ok_n AS n, scope AS n_scope, excluded AS n_excluded, no_counts() AS n_by_source,
  0 AS n_pending, quotient(ok_n, scope) AS coverage, CASE WHEN scope = 0 THEN 'EMPTY' ELSE 'OK' END AS status,
  CAST(NULL AS VARCHAR) AS note
FROM region_cells c JOIN indicators i ON i.key = c.key AND i.family = 'coverage'
