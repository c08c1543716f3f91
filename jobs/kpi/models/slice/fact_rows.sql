-- grain: period, uscc. What criteria, warnings and incentives read: the holders of something valid that can be named, of the
-- asked periods and the quarters before each. A fact, its value a year earlier (_prior), the line each stands in (_line),
-- the feeds that have a row of the firm for the period, and those that have one of anybody.
SELECT h.period, p.last_day AS "at", h.uscc, h.name, h.unit, h.county, h.domain, h.industry_code, h.opened_on, h.closed,
  coalesce(list_has_any(h.valid_tiers, (SELECT list(tier ORDER BY tier) FROM tiers WHERE rank >= getvariable('certified_rank'))), false)
    AS certified,
  h.valid_tiers, h.ever_tiers, h.ends, f.* EXCLUDE (period, holder), a.feeds_arrived
FROM holders h
JOIN periods p USING (period)
JOIN facts f USING (period, holder)
JOIN arrived a USING (period)
WHERE h.uscc IS NOT NULL AND h.unit IS NOT NULL AND len(h.valid_tiers) > 0
