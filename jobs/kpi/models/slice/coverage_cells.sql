-- grain: period, place or kind, tiers, feed (key), why. Holders who count, by whether a feed has a row of them.
SELECT m.period, m.key, m.why, p.tiers, p.province, p.unit, p.county, p.domain, p.size_class, p.industry,
  grouping(p.unit) = 1 AS by_kind,
  count(*) AS n
FROM coverages m JOIN population p USING (period, holder)
WHERE p.counts
GROUP BY GROUPING SETS (
  (m.period, m.key, m.why, p.tiers, p.province, p.unit, p.county, p.domain),
  (m.period, m.key, m.why, p.tiers, p.province, p.size_class, p.industry))
