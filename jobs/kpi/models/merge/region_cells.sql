-- grain: period, region, tier, domain, size class, industry, indicator (key). The sums of all slices; a region without
-- holders of a tier that was awarded anywhere has a cell of its own, with nothing in it.
WITH empty_cells AS (
  SELECT o.period, o.key, a.tier, g.region_level, g.region_code, g.domain, CAST(NULL AS VARCHAR) AS why
  FROM worked_out o
  JOIN (SELECT DISTINCT period, tier FROM awarded) a USING (period)
  JOIN empty_grid g ON g.domain IS NULL OR a.tier IS NULL
), by_reason AS (
  SELECT period, region_level, region_code, tier, domain, size_class, industry, key, why,
    coalesce(sum(COLUMNS(* EXCLUDE (period, region_level, region_code, tier, domain, size_class, industry, key, why))), 0) AS '\0'
  FROM (FROM cells UNION ALL BY NAME FROM empty_cells) GROUP BY ALL
)
SELECT period, region_level, region_code, tier, domain, size_class, industry, key,
  sum(n) AS scope,
  coalesce(sum(n) FILTER (why = 'OK'), 0) AS ok_n,
  coalesce(sum(n) FILTER (why = 'NO_PRED'), 0) AS no_pred,
  counts_by_name(list({name: why, n: CAST(n AS BIGINT)} ORDER BY r.place) FILTER (r.place IS NOT NULL AND n > 0)) AS excluded,
  sum(COLUMNS(b.* EXCLUDE (period, region_level, region_code, tier, domain, size_class, industry, key, why, n))) AS '\0'
FROM by_reason b LEFT JOIN reasons r USING (why)
GROUP BY ALL
