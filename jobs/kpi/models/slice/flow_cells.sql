-- grain: period, region, tier. Flows and first awards in every region: of the very tier, and of that tier or higher.
SELECT period, tier, coalesce(county, unit, province) AS region_code,
  CASE WHEN grouping(county) = 0 THEN 'county' WHEN grouping(unit) = 0 THEN 'unit' ELSE 'province' END AS region_level,
  count(*) FILTER (NOT nested AND entry) AS entry, count(*) FILTER (NOT nested AND reentry) AS reentry,
  count(*) FILTER (NOT nested AND expiry) AS expiry, count(*) FILTER (NOT nested AND withdrawal) AS withdrawal,
  count(*) FILTER (nested AND entry) AS entry_or_higher, count(*) FILTER (nested AND reentry) AS reentry_or_higher,
  count(*) FILTER (nested AND expiry) AS expiry_or_higher, count(*) FILTER (nested AND withdrawal) AS withdrawal_or_higher,
  count(*) FILTER (upgrade) AS upgrade, count(*) FILTER (skip) AS skip, count(*) FILTER (exit) AS exit,
  count(*) FILTER (new_in_window) AS new_in_window, count(*) FILTER (new_in_year) AS new_in_year,
  count(*) FILTER (valid) AS valid, count(*) FILTER (base) AS base, count(*) FILTER (granted_in_year) AS granted_in_year
FROM moves
GROUP BY GROUPING SETS ((period, tier, province), (period, tier, unit), (period, tier, county))
HAVING coalesce(county, unit, province) IS NOT NULL
