-- grain: period, region, tier, domain, size class, industry, indicator, reading. Readings of all families with their times
-- and names, without those that say nothing in their cell; lines of notices that match no holder and could change a figure
-- about certificates are added to what is pending.
WITH readings AS (
  FROM ratio_readings UNION ALL BY NAME FROM growth_readings UNION ALL BY NAME FROM level_readings
  UNION ALL BY NAME FROM coverage_readings UNION ALL BY NAME FROM count_readings UNION ALL BY NAME FROM flow_readings
)
SELECT getvariable('release') AS release, getvariable('programme') AS programme, r.period, r.region_code, n.region_name,
  CASE WHEN getvariable('entity') = 'region' THEN getvariable('unit_level') ELSE r.region_level END AS region_level,
  r.tier, r.domain, r.size_class, r.industry, r.indicator, r.reading, r.value, r.unit,
  r.numerator, r.denominator, r.n, r.n_scope, r.n_excluded, r.n_by_source,
  r.n_pending + coalesce(w.lines, 0) AS n_pending,
  CASE WHEN r.n_pending + coalesce(w.lines, 0) > 0 THEN getvariable('pending_mark') END AS mark,
  0.0 AS imputed_share, r.coverage, t.reference_period, t.months, t.reference_date, r.status, t.provisional,
  i.version AS method_version, r.note, CAST(NULL AS VARCHAR) AS source_text
FROM readings r
JOIN (SELECT DISTINCT indicator, version, of_certificates FROM dictionary) i USING (indicator)
LEFT JOIN times t ON t.period = r.period AND t.track = r.track
LEFT JOIN region_names n ON n.region_code = r.region_code
LEFT JOIN waiting_lines w ON i.of_certificates AND w.period = r.period AND w.region_code = r.region_code
  AND w.tier IS NOT DISTINCT FROM r.tier AND w.nested = (r.reading LIKE '%\_or\_higher' ESCAPE '\')
WHERE (r.reading <> 'unlocated' OR r.region_level = 'province' AND r.domain IS NULL AND r.size_class IS NULL AND r.industry IS NULL)
  AND (r.region_level <> 'county' OR r.n_scope > 0 OR r.track = 'date')
