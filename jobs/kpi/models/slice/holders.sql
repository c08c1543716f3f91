-- grain: period, holder. Who holds or held a certificate, with its place: by the register's code, else by the names that
-- the notice prints; a place outside the units compared is none. Closed firms keep their certificates.
SELECT h.period, h.holder, h.uscc,
  CASE WHEN f.uscc IS NULL THEN h.printed.name ELSE coalesce(f.last.name, h.printed.name) END AS name,
  getvariable('region_code') AS province,
  CASE WHEN f.uscc IS NULL THEN coalesce(pair.unit, lone.unit, whole.unit) ELSE code.unit END AS unit,
  CASE WHEN f.uscc IS NULL THEN CASE WHEN pair.unit IS NULL THEN lone.county ELSE pair.county END ELSE code.county END AS county,
  coalesce(f.domain, 'unassigned') AS domain,
  f.industry_code, coalesce(substr(f.industry_code, 1, 3), 'unassigned') AS industry,
  f.staff_end, f.opened_on, f.uscc IS NOT NULL AS registered, coalesce(f.closed, false) AS closed,
  h.valid_tiers, h.ever_tiers, h.ends
FROM held h
LEFT JOIN firms f ON f.period = h.period AND f.uscc = h.uscc
LEFT JOIN places_by_code code ON code.code = f.last.code
LEFT JOIN places_by_name pair ON pair.unit_name = h.printed.unit_name AND pair.county_name = coalesce(h.printed.county_name, '')
LEFT JOIN places_by_name lone ON lone.unit_name = '' AND lone.county_name = coalesce(h.printed.county_name, '')
LEFT JOIN places_by_name whole ON whole.county_name = '' AND whole.unit_name = h.printed.unit_name
