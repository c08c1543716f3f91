-- grain: period, region, tier, domain, size class, industry, indicator (key). Exact quantiles of the single ratios of a
-- cell, and their mean, added up in ascending order so that it never depends on the run.
WITH single AS (
  SELECT * EXCLUDE (tiers), unnest(tiers) AS tier FROM ratio_singles
), of_places AS (
  SELECT period, key, tier, province, unit, county, domain,
    CAST(NULL AS VARCHAR) AS size_class, CAST(NULL AS VARCHAR) AS industry, grouping(domain) = 0 AS divided,
    CASE WHEN grouping(county) = 0 THEN 'county' WHEN grouping(unit) = 0 THEN 'unit' ELSE 'province' END AS region_level,
    list_sort(list(q)) AS ordered
  FROM single
  GROUP BY GROUPING SETS (
    (period, key, tier, province), (period, key, tier, unit), (period, key, tier, county),
    (period, key, tier, province, domain), (period, key, tier, unit, domain))
), of_kinds AS (
  SELECT period, key, tier, province, CAST(NULL AS VARCHAR) AS unit, CAST(NULL AS VARCHAR) AS county,
    CAST(NULL AS VARCHAR) AS domain, size_class, industry, grouping(industry) = 0 AS divided, 'province' AS region_level,
    list_sort(list(q)) AS ordered
  FROM single SEMI JOIN periods a ON a.period = single.period AND a.asked
  GROUP BY GROUPING SETS ((period, key, tier, province, size_class), (period, key, tier, province, industry))
)
SELECT period, region_level, coalesce(county, unit, province) AS region_code, tier, domain, size_class, industry, key,
  quantile_7(ordered, 0.25) AS p25, quantile_7(ordered, 0.5) AS median, quantile_7(ordered, 0.75) AS p75,
  mean_in_order(ordered) AS mean
FROM (FROM of_places UNION ALL BY NAME FROM of_kinds)
WHERE coalesce(county, unit, province) IS NOT NULL
  AND (NOT divided OR tier IS NULL AND coalesce(domain, industry) IS NOT NULL)
