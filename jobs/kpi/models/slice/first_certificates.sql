-- grain: period, region, holder, document (the first of the day). Holders of a slice whose certificates of the tier of
-- breakthroughs began first in their region, as known at the period's end; what was withdrawn before it began never counts.
-- The text names no level of region: a holder stands for its unit and for its county, where it lies at the period's end.
WITH begun AS (
  SELECT p.period, p.first_day, p.last_day, c.holder, c.uscc, c.tier, c.valid_from,
    min({document_date: c.document_date, document_no: c.document_no}) AS document
  FROM certificates c JOIN periods p ON p.asked AND c.valid_from <= p.last_day
  WHERE c.tier = getvariable('breakthrough_tier') AND ever_valid(c.valid_from, c.valid_to, c.withdrawn_on)
  GROUP BY ALL
), placed AS (
  SELECT b.*, h.name, unnest([{level: 'unit', code: h.unit}, {level: 'county', code: h.county}]) AS region
  FROM begun b JOIN holders h USING (period, holder)
)
SELECT period, region.level AS region_level, region.code AS region_code, uscc, name, tier, valid_from,
  document.document_no, document.document_date, valid_from BETWEEN first_day AND last_day AS in_period
FROM placed
WHERE region_code IS NOT NULL
QUALIFY valid_from = min(valid_from) OVER (PARTITION BY period, region_level, region_code)
