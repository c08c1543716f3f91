-- grain: period, holder, indicator (contract). Single ratios of the holders who count, with their cells, for quantiles.
SELECT m.period, m.key, m.q, p.tiers, p.province, p.unit, p.county, p.domain, p.size_class, p.industry
FROM ratios m JOIN population p USING (period, holder)
WHERE p.counts AND m.q IS NOT NULL
