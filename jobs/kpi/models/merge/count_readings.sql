-- grain: period, region, tier, domain, size class, industry, indicator, reading. Holders of certificates at the reference
-- date. 0 is a count where the tier was awarded to anybody anywhere; of a tier without any notice nothing is known.
WITH known AS (
  SELECT c.*, i.* EXCLUDE (key), max(c.ever) OVER (PARTITION BY period, tier) > 0 AS awarded
  FROM region_cells c JOIN indicators i ON i.key = c.key AND i.family = 'count'
), each AS (
  SELECT *, unnest([
    {reading: 'valid', n: valid, sure: awarded}, {reading: 'ever', n: ever, sure: awarded},
    {reading: 'valid_or_higher', n: valid_or_higher, sure: true}, {reading: 'unlocated', n: unlocated, sure: awarded}
  ]) AS told_of
  FROM known
)
SELECT period, region_level, region_code, tier, domain, size_class, industry, key, indicator, track,
  told_of.reading, unit, CASE WHEN told_of.sure OR told_of.n > 0 THEN CAST(told_of.n AS DOUBLE) END AS value,
  CASE WHEN told_of.sure OR told_of.n > 0 THEN whole(told_of.n) END AS numerator,
  CAST(NULL AS DECIMAL(38, 4)) AS denominator, told_of.n, told_of.n AS n_scope, no_counts() AS n_excluded,
  no_counts() AS n_by_source, 0 AS n_pending, CAST(NULL AS DOUBLE) AS coverage,
  CASE WHEN told_of.sure OR told_of.n > 0 THEN 'OK' ELSE 'EMPTY' END AS status, CAST(NULL AS VARCHAR) AS note
FROM each
