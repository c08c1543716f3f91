-- grain: period, region, tier, domain, size class, industry, indicator (key). The sums of all slices; a region without
-- holders of a tier that was awarded anywhere has a cell of its own, with nothing in it.
WITH summed AS (
  SELECT period, region_level, region_code, tier, domain, size_class, industry, key,
    sum(n) AS scope, sum(n) FILTER (why = 'OK') AS ok_n, sum(n) FILTER (why = 'NO_PRED') AS no_pred,
    sum(COLUMNS(* EXCLUDE (period, region_level, region_code, tier, domain, size_class, industry, key, why, n))) AS '\0'
  FROM cells GROUP BY ALL
), by_reason AS (
  SELECT period, region_level, region_code, tier, domain, size_class, industry, key, r.place, why AS name,
    CAST(sum(n) AS BIGINT) AS n
  FROM cells JOIN reasons r USING (why) GROUP BY ALL HAVING sum(n) > 0
), left_out AS (
  SELECT * EXCLUDE (place, name, n), list_sort(list({place: place, name: name, n: n})) AS reasons FROM by_reason GROUP BY ALL
), empty_cells AS (
  SELECT o.period, g.region_level, g.region_code, a.tier, g.domain, CAST(NULL AS VARCHAR) AS size_class,
    CAST(NULL AS VARCHAR) AS industry, o.key
  FROM worked_out o
  JOIN (SELECT DISTINCT period, tier FROM awarded) a USING (period)
  JOIN empty_grid g ON g.domain IS NULL OR a.tier IS NULL
), every AS (
  FROM summed UNION ALL BY NAME
  FROM empty_cells e ANTI JOIN summed s ON s.period = e.period AND s.key = e.key AND s.region_level = e.region_level
    AND s.region_code = e.region_code AND s.tier IS NOT DISTINCT FROM e.tier AND s.domain IS NOT DISTINCT FROM e.domain
    AND s.size_class IS NULL AND s.industry IS NULL
)
SELECT e.period, e.region_level, e.region_code, e.tier, e.domain, e.size_class, e.industry, e.key,
  counts_by_name([{name: r.name, n: r.n} FOR r IN l.reasons]) AS excluded,
  coalesce(COLUMNS(e.* EXCLUDE (period, region_level, region_code, tier, domain, size_class, industry, key)), 0) AS '\0'
FROM every e LEFT JOIN left_out l
  ON l.period = e.period AND l.key = e.key AND l.region_level = e.region_level AND l.region_code = e.region_code
  AND l.tier IS NOT DISTINCT FROM e.tier AND l.domain IS NOT DISTINCT FROM e.domain
  AND l.size_class IS NOT DISTINCT FROM e.size_class AND l.industry IS NOT DISTINCT FROM e.industry
