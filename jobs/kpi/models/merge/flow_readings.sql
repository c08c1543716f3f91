-- grain: period, region, tier, indicator, reading. Flows of the ladder, first awards, batches of recognition and today's
-- stock over that of the day before the window.
WITH summed AS (
  SELECT period, region_level, region_code, tier,
    coalesce(sum(COLUMNS(* EXCLUDE (period, region_level, region_code, tier))), 0) AS '\0'
  FROM (FROM flow_cells UNION ALL BY NAME
    SELECT a.period, a.tier, g.region_level, g.region_code
    FROM (SELECT DISTINCT period, tier FROM awarded WHERE located) a CROSS JOIN empty_grid g WHERE g.domain IS NULL)
  GROUP BY ALL
), documented AS (
  SELECT period, region_code, tier, count(DISTINCT document_no) AS batches FROM grant_documents GROUP BY ALL
), compared AS (
  SELECT s.*, coalesce(d.batches, 0) AS batches,
    min(coalesce(d.batches, 0)) FILTER (region_level = 'unit' AND s.region_code IN (SELECT unit FROM units))
      OVER (PARTITION BY s.period, s.tier) AS batches_min
  FROM summed s LEFT JOIN documented d
    ON d.period = s.period AND d.region_code = s.region_code AND d.tier IS NOT DISTINCT FROM s.tier
), each AS (
  SELECT *, unnest([
    {indicator: 'tier_flow', reading: 'entry', unit: '户', value: entry, n: entry, shown: true},
    {indicator: 'tier_flow', reading: 'reentry', unit: '户', value: reentry, n: reentry, shown: true},
    {indicator: 'tier_flow', reading: 'expiry', unit: '户', value: expiry, n: expiry, shown: true},
    {indicator: 'tier_flow', reading: 'withdrawal', unit: '户', value: withdrawal, n: withdrawal, shown: true},
    {indicator: 'tier_flow', reading: 'upgrade', unit: '户', value: upgrade, n: upgrade, shown: true},
    {indicator: 'tier_flow', reading: 'skip', unit: '户', value: skip, n: skip, shown: true},
    {indicator: 'tier_flow', reading: 'exit', unit: '户', value: exit, n: exit, shown: tier IS NULL},
    {indicator: 'tier_flow', reading: 'entry_or_higher', unit: '户', value: entry_or_higher, n: entry_or_higher, shown: tier IS NOT NULL},
    {indicator: 'tier_flow', reading: 'reentry_or_higher', unit: '户', value: reentry_or_higher, n: reentry_or_higher, shown: tier IS NOT NULL},
    {indicator: 'tier_flow', reading: 'expiry_or_higher', unit: '户', value: expiry_or_higher, n: expiry_or_higher, shown: tier IS NOT NULL},
    {indicator: 'tier_flow', reading: 'withdrawal_or_higher', unit: '户', value: withdrawal_or_higher, n: withdrawal_or_higher, shown: tier IS NOT NULL},
    {indicator: 'certificate_new', reading: 'new_in_window', unit: '户', value: new_in_window, n: new_in_window, shown: true},
    {indicator: 'certificate_new', reading: 'new_in_year', unit: '户', value: new_in_year, n: new_in_year, shown: true},
    {indicator: 'certificate_new', reading: 'batches', unit: '批', value: batches, n: granted_in_year, shown: tier IS NOT NULL AND region_level <> 'county'},
    {indicator: 'certificate_new', reading: 'batches_min', unit: '批', value: batches_min, n: granted_in_year, shown: tier IS NOT NULL AND region_level = 'province'}
  ]) AS told_of
  FROM compared
), counted AS (
  SELECT period, region_level, region_code, tier, told_of.indicator, told_of.reading, told_of.unit,
    CAST(told_of.value AS DOUBLE) AS value, whole(told_of.value) AS numerator, CAST(NULL AS DECIMAL(38, 4)) AS denominator,
    told_of.n, 'OK' AS status
  FROM each WHERE told_of.shown
  UNION ALL
  SELECT period, region_level, region_code, tier, 'certificate_new', 'multiple', '倍', quotient(valid, base), whole(valid),
    whole(base), valid, CASE WHEN base = 0 THEN 'EMPTY' ELSE 'OK' END
  FROM compared
)
SELECT c.* EXCLUDE (n), c.n, c.n AS n_scope, CAST(NULL AS VARCHAR) AS domain, CAST(NULL AS VARCHAR) AS size_class,
  CAST(NULL AS VARCHAR) AS industry, c.indicator AS key, 'date' AS track, no_counts() AS n_excluded, no_counts() AS n_by_source,
  0 AS n_pending, CAST(NULL AS DOUBLE) AS coverage, CAST(NULL AS VARCHAR) AS note
FROM counted c SEMI JOIN dictionary d ON d.indicator = c.indicator AND d.family = 'flow'
