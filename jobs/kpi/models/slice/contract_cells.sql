-- grain: period, place or kind, tiers, indicator of contracts. Cells in which contracts are asked for, though their holders
-- may have none: a figure that nothing enters is shown as such.
SELECT p.period, i.key, CAST(NULL AS VARCHAR) AS why, p.tiers, p.province, p.unit, p.county, p.domain, p.size_class, p.industry,
  grouping(p.unit) = 1 AS by_kind,
  CAST(0 AS BIGINT) AS n
FROM population p JOIN worked_out o USING (period) JOIN indicators i ON i.key = o.key AND i.of_contracts
WHERE p.counts
GROUP BY GROUPING SETS (
  (p.period, i.key, p.tiers, p.province, p.unit, p.county, p.domain),
  (p.period, i.key, p.tiers, p.province, p.size_class, p.industry))
