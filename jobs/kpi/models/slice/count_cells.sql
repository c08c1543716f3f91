-- grain: period, place or kind, tier. Holders of each tier; those whose place is unknown count apart, so that units add
-- up to the province.
SELECT m.period, i.key, 'OK' AS why, [m.tier] AS tiers, p.province, p.unit, p.county, p.domain, p.size_class, p.industry,
  grouping(p.unit) = 1 AS by_kind,
  count(*) FILTER (m.valid AND p.unit IS NOT NULL) AS valid,
  count(*) FILTER (m.ever AND p.unit IS NOT NULL) AS ever,
  count(*) FILTER (m.valid_or_higher AND p.unit IS NOT NULL) AS valid_or_higher,
  count(*) FILTER (m.valid AND p.unit IS NULL) AS unlocated
FROM members m
JOIN population p USING (period, holder)
JOIN worked_out o ON o.period = m.period
JOIN indicators i ON i.key = o.key AND i.family = 'count'
GROUP BY GROUPING SETS (
  (m.period, i.key, m.tier, p.province, p.unit, p.county, p.domain),
  (m.period, i.key, m.tier, p.province, p.size_class, p.industry))
