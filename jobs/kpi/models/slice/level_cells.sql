-- grain: period, place or kind, tiers, indicator, why. Sums of values over the holders who count.
SELECT m.period, m.key, m.why, p.tiers, p.province, p.unit, p.county, p.domain, p.size_class, p.industry,
  grouping(p.unit) = 1 AS by_kind,
  count(*) AS n,
  count(*) FILTER (m.late) AS late,
  sum(m.value) FILTER (m.why = 'OK') AS total
FROM levels m JOIN population p USING (period, holder)
WHERE p.counts
GROUP BY GROUPING SETS (
  (m.period, m.key, m.why, p.tiers, p.province, p.unit, p.county, p.domain),
  (m.period, m.key, m.why, p.tiers, p.province, p.size_class, p.industry))
