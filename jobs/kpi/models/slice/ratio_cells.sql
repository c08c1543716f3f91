-- grain: period, place or kind, tiers, indicator, why. Sums of ratios over the holders who count.
SELECT m.period, m.key, m.why, p.tiers, p.province, p.unit, p.county, p.domain, p.size_class, p.industry,
  grouping(p.unit) = 1 AS by_kind,
  count(*) AS n,
  count(*) FILTER (m.late) AS late,
  count(*) FILTER (m.line IS NOT NULL) AS there,
  sum(m.num) FILTER (m.why = 'OK') AS num,
  sum(m.den) FILTER (m.why = 'OK') AS den,
  sum(m.den) FILTER (m.den > 0) AS known_den,
  count(*) FILTER (m.met) AS met
FROM ratios m JOIN population p USING (period, holder)
WHERE p.counts
GROUP BY GROUPING SETS (
  (m.period, m.key, m.why, p.tiers, p.province, p.unit, p.county, p.domain),
  (m.period, m.key, m.why, p.tiers, p.province, p.size_class, p.industry))
