-- grain: period, region, tier, domain, size class, industry, indicator, why. Sums in every cell of the tables: region by
-- tier; region by domain, province by size and tier, province by industry; the two without size for any certificate only.
WITH finest AS (
  SELECT * EXCLUDE (tiers), unnest(tiers) AS tier FROM (
    FROM ratio_cells UNION ALL BY NAME FROM growth_cells UNION ALL BY NAME FROM level_cells
    UNION ALL BY NAME FROM coverage_cells UNION ALL BY NAME FROM count_cells UNION ALL BY NAME FROM contract_cells)
), placed AS (
  SELECT period, key, why, tier, province, unit, county, domain, CAST(NULL AS VARCHAR) AS size_class,
    CAST(NULL AS VARCHAR) AS industry, grouping(domain) = 0 AS divided,
    CASE WHEN grouping(county) = 0 THEN 'county' WHEN grouping(unit) = 0 THEN 'unit' ELSE 'province' END AS region_level,
    CAST(sum(COLUMNS(* EXCLUDE (period, key, why, tier, province, unit, county, domain, size_class, industry, by_kind))) AS BIGINT) AS '\0'
  FROM finest WHERE NOT by_kind
  GROUP BY GROUPING SETS (
    (period, key, why, tier, province), (period, key, why, tier, unit), (period, key, why, tier, county),
    (period, key, why, tier, province, domain), (period, key, why, tier, unit, domain))
), of_kinds AS (
  SELECT period, key, why, tier, province, CAST(NULL AS VARCHAR) AS unit, CAST(NULL AS VARCHAR) AS county,
    CAST(NULL AS VARCHAR) AS domain, size_class, industry, grouping(industry) = 0 AS divided, 'province' AS region_level,
    CAST(sum(COLUMNS(* EXCLUDE (period, key, why, tier, province, unit, county, domain, size_class, industry, by_kind))) AS BIGINT) AS '\0'
  FROM finest SEMI JOIN periods a ON a.period = finest.period AND a.asked WHERE by_kind
  GROUP BY GROUPING SETS (
    (period, key, why, tier, province, size_class), (period, key, why, tier, province, industry))
)
SELECT * EXCLUDE (province, unit, county, divided), coalesce(county, unit, province) AS region_code
FROM (FROM placed UNION ALL BY NAME FROM of_kinds)
WHERE coalesce(county, unit, province) IS NOT NULL
  AND (NOT divided OR tier IS NULL AND coalesce(domain, industry) IS NOT NULL)
